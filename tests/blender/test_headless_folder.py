"""`batch` over a mixed and nested folder by a Python without Pillow and PyAV, as Blender's is: rigs, tables and contact sheet."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.contract.test_sequence import FRAMES, write_clip
from tests.photos import synthetic_case, write_photo

ROOT = Path(__file__).parents[2]
SECONDS_AT_MOST = 120
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos and clips, some in a folder inside, and a photo and a clip that are none."""
    folder = tmp_path_factory.mktemp("mixed") / "shots 中"
    (folder / "late").mkdir(parents=True)
    write_photo(folder, [synthetic_case(0).subject.keypoints], "a")
    write_photo(folder / "late", [synthetic_case(1).subject.keypoints], "a")
    write_clip(folder / "late")
    shutil.copy(folder / "late" / "clip.mp4", folder / "again.mp4")
    shutil.copytree(folder / "late" / "clip", folder / "again_keypoints")
    (folder / "torn.png").write_bytes(b"no picture")
    (folder / "torn.mov").write_bytes(b"no movie")
    return folder


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core's Python has NumPy and the add-on's own modules, and nothing else."""
    from smplify_blender.fit_process import command

    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("numpy", *command.CORE_REQUIREMENTS):
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        home = Path(spec.origin).parents[1]
        for path in (*home.glob(f"{name}*"), *home.glob("numpy.libs")):
            if not (modules / path.name).exists():
                (modules / path.name).symlink_to(path)

    def line(arguments: Sequence[str], python: Path | None = None) -> list[str]:
        words = command.child_command(arguments, python, [modules])
        return [words[0], "-S", *words[1:]]

    monkeypatch.setattr("smplify_blender.headless.core_batch.core_command", line)


def line(shots: Path, out: Path, *more: object) -> list[object]:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    return ["batch", shots, "--out", out, "--nested", "--focal-px", focal, "--root-motion", "object", *more]


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def times_of(out: Path) -> dict[str, int]:
    files = (*out.rglob("*.blend"), *out.rglob("summary.json"))
    return {str(path.relative_to(out)): path.stat().st_mtime_ns for path in files}


DONE = ("a.png", "late/a.png", "again.mp4", "late/clip.mp4")
RIGS = {"a.blend", "late/a.blend", "again.blend", "late/clip.blend"}


def blends_of(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*.blend*")}


def test_one_command_makes_everything(
    bpy: ModuleType,
    command: Any,
    shots: Path,
    bare: None,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "rigs"
    assert command(*line(shots, out, "--render", "--render-size", 100)) == 1
    said = capfd.readouterr()
    assert " left)" in said.err and "frame.tga" not in said.out + said.err
    rows = rows_of(out)
    assert {name: row["status"] for name, row in rows.items()} == dict.fromkeys(DONE, "done") | dict.fromkeys(
        ("torn.png", "torn.mov"), "failed"
    )
    assert "no movie that Blender can read" in rows["torn.mov"]["reason"]
    assert blends_of(out) == RIGS
    assert {path.relative_to(out).as_posix() for path in out.glob("**/*.png") if "results" not in path.parts} == {
        "a.png", "late/a.png",
    }  # fmt: skip
    assert not list(out.glob(".*"))  # nothing that was handed over stays
    results = out / "results"
    for name in ("a", "late/a", "late/clip", "again"):
        views = np.asarray(Image.open(results / name / "views.jpg").convert("RGB")).astype(int)
        assert np.ptp(views[:, -150:]) > 60  # the figure from the side
    assert {"overlay.png"} <= {path.name for path in (results / "a").iterdir()}
    assert not list(results.rglob("*.mp4"))  # the core has neither Pillow nor PyAV
    people = [json.loads(row) for row in (results / "people.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {person["photo"] for person in people} == set(DONE)
    sheet = (results / "index.html").read_text(encoding="utf-8")
    assert sheet.count("<article") == 6 and sheet.count('src="data:image/jpeg') == 4
    bpy.ops.wm.open_mainfile(filepath=str(out / "late" / "clip.blend"))
    scene = bpy.context.scene
    assert scene.frame_end - scene.frame_start == FRAMES - 1
    (figure,) = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    assert figure.name == "clip"
    places = []
    for frame in (scene.frame_start, scene.frame_end):
        scene.frame_set(frame)
        places.append(np.array(figure.matrix_world))
    assert not np.allclose(*places)  # the object moves
    (movie,) = bpy.data.movieclips
    assert Path(bpy.path.abspath(movie.filepath)).resolve() == (shots / "late" / "clip.mp4").resolve()

    before = times_of(out)
    assert command(*line(shots, out, "--render", "--render-size", 100)) == 1
    assert capfd.readouterr().err.count("done by an earlier run") == 4
    assert times_of(out) == before


def test_a_core_that_dies_is_started_again(
    command: Any, shots: Path, bare: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.headless import core_batch

    heard = core_batch.CoreBatch._finished
    started: list[object] = []

    def deadly(self: Any, message: Any) -> Any:
        # a photo that fails is tried again by each core, which gets it nowhere
        if self not in started and message["status"] == "done":
            started.append(self)
            if len(started) < 3:
                self._child._child.kill()
        return heard(self, message)

    monkeypatch.setattr(core_batch.CoreBatch, "_finished", deadly)
    out = tmp_path / "rigs"
    assert command(*line(shots, out)) == 1
    assert len(started) >= 2
    assert {name for name, row in rows_of(out).items() if row["status"] == "done"} == set(DONE)
    assert blends_of(out) == RIGS


REFUSED = {
    "results that would be photos": (["{s}", "--out", "{s}/rigs", "--nested"], "Choose a folder outside"),
    "messages": (["{s}", "--out", "{o}", "--messages", "text"], "--messages: the batch says this by itself"),
    "the core's options": (["{s}", "--out", "{o}", "--smoothness"], "--smoothness"),
    "the folder of results, a file": (["{s}", "--out", "{f}"], "results"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_is_done(
    command: Any,
    shots: Path,
    tmp_path: Path,
    words: list[str],
    said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "results").write_text("mine")
    before = sorted(shots.rglob("*"))
    places = {"s": shots, "o": tmp_path / "out", "f": tmp_path / "full"}
    assert command("batch", *(word.format(**places) for word in words)) == 2
    assert said in capfd.readouterr().err
    assert sorted(shots.rglob("*")) == before and not (tmp_path / "out").exists()
    assert (tmp_path / "full" / "results").read_text() == "mine"
    assert not list(tmp_path.rglob("*.blend"))


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_killed_at_several_moments_and_resumed(shots: Path, tmp_path: Path) -> None:
    out = tmp_path / "rigs"
    words = [str(word) for word in line(shots, out, "--workers", "1", "--no-overlay")]
    kept: dict[str, int] = {}
    for lines in (1, 3, 5):  # of rigs.jsonl: in the middle of the first rig, after some, among the clips
        _kill_at(words, out / "rigs.jsonl", lines)
        now = times_of(out)
        done = {Path(name) for name, row in _rigs(out).items() if row["status"] == "done"}
        finished = {str(name.with_suffix(".blend")) for name in done}
        assert finished <= now.keys()
        assert all(now[name] == kept[name] for name in kept)  # nothing is done twice
        kept = {name: now[name] for name in finished}
    last = subprocess.run(
        [sys.executable, "-m", "smplify_blender", *words],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert last.returncode == 1, last.stderr
    now = times_of(out)
    assert all(now[name] == kept[name] for name in kept)
    assert blends_of(out) == RIGS and not list(out.rglob(".*.blend*")) and not list(out.glob(".*"))
    assert {name for name, row in rows_of(out).items() if row["status"] == "done"} == set(DONE)


def _rigs(out: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for text in (out / "rigs.jsonl").read_text(encoding="utf-8").splitlines()[1:]:
        row = json.loads(text)
        rows[row["photo"]] = row
    return rows


def _kill_at(words: Sequence[str], log: Path, lines: int) -> None:
    """Start the command, kill it with SIGKILL when the log has so many lines more, and wait until its child has gone, too."""
    before = len(log.read_bytes().splitlines()) if log.exists() else 0
    process = subprocess.Popen(
        [sys.executable, "-m", "smplify_blender", *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + SECONDS_AT_MOST
    while process.poll() is None and time.monotonic() < until:
        if log.exists() and len(log.read_bytes().splitlines()) - before >= lines:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    process.wait(SECONDS_AT_MOST)
    while _holds(log.parent / "results"):
        assert time.monotonic() < until, "the child outlives Blender"
        time.sleep(0.05)


def _holds(folder: Path) -> bool:
    """True while a core is at work in the folder."""
    import fcntl

    if not folder.is_dir():
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
