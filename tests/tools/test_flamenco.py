"""The Flamenco job type, compiled by a real JavaScript engine with the few names that Flamenco gives it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "flamenco" / "smplify_batch.js"
# What Flamenco's Manager offers to a job compiler script: `author` and `path`, and a job that takes tasks.
MANAGER = """
const path = { join: (...parts) => parts.join("/") };
const author = {
    Task: (name, type) => ({ name, type, commands: [], addCommand(command) { this.commands.push(command); } }),
    Command: (name, parameters) => ({ name, parameters }),
};
const job = { settings: SETTINGS, tasks: [], addTask(task) { this.tasks.push(task); } };
compileJob(job);
console.log(JSON.stringify({ type: JOB_TYPE, tasks: job.tasks }));
"""
DEFAULTS = {"photo_folder": "/shots", "output_folder": "/out", "person": "", "gender": "neutral", "render": True, "glb": False,
            "fbx": False, "bake_shape": False, "fit_options": ""}  # fmt: skip


def compiled(**settings: Any) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here to run JavaScript with")
    script = SCRIPT.read_text(encoding="utf-8") + MANAGER.replace("SETTINGS", json.dumps(DEFAULTS | settings))
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_task_a_photo() -> None:
    found = compiled(
        photos="a.jpg|b c.PNG|A.png", person="all", glb=True, fit_options="--takes 3  --focal-mm35 50"
    )
    tasks = found["tasks"]
    assert [task["name"] for task in tasks] == ["fit a.jpg", "fit b c.PNG", "fit A.png"]
    assert all(task["type"] == "blender" and len(task["commands"]) == 1 for task in tasks)
    command = tasks[1]["commands"][0]
    assert command["name"] == "exec" and command["parameters"]["exe"] == "{blender}"
    assert command["parameters"]["args"] == [
        "--command", "smplify", "fit", "/shots/b c.PNG", "--out", "/out/b c.blend", "--results", "/out/b c_fit",
        "--gender", "neutral", "--person", "all", "--render", "/out/b c.png", "--glb", "/out/b c.glb",
        "--takes", "3", "--focal-mm35", "50",
    ]  # fmt: skip
    outs = [task["commands"][0]["parameters"]["args"][5] for task in tasks]
    assert outs == ["/out/a.jpg.blend", "/out/b c.blend", "/out/A.png.blend"]


def test_settings_have_what_flamenco_wants() -> None:
    settings = compiled(photos="a.jpg")["type"]["settings"]
    assert {setting["type"] for setting in settings} <= {"string", "int32", "float", "bool"}
    assert len({setting["key"] for setting in settings}) == len(settings)
    assert {setting["key"] for setting in settings} == {*DEFAULTS, "photos"}


def test_photos_are_listed_when_the_job_is_submitted(tmp_path: Path) -> None:
    """The expression that Blender evaluates finds what `batch` finds."""
    from fitting_core.arguments.photo_folder import photos_in

    for name in ("b.PNG", "a.jpg", ".hidden.jpg", "a_keypoints.json", "notes.txt"):
        (tmp_path / name).write_text("x")
    expression = next(
        setting["eval"] for setting in compiled(photos="a")["type"]["settings"] if setting["key"] == "photos"
    )
    names = {
        "Path": Path,
        "bpy": SimpleNamespace(path=SimpleNamespace(abspath=lambda text: text)),
        "settings": SimpleNamespace(photo_folder=str(tmp_path)),
    }
    assert eval(expression, names).split("|") == [PurePath(photo).name for photo in photos_in(tmp_path)]  # noqa: S307
