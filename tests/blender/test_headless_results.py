"""Rigs of what `smplify-fit batch` has fitted: photos in folders and a clip, without another fit."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fitting_core.cli import main
from tests.contract.test_sequence import FRAMES, write_clip
from tests.photos import synthetic_case, write_photo

pytestmark = pytest.mark.slow


@pytest.fixture
def command(bpy: ModuleType) -> Any:
    from smplify_blender.headless.command import run_subcommand

    return lambda *words: run_subcommand([str(word) for word in words], "smplify")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a batch of two photos, one of them in a folder inside, of a clip, and of a file that is no photo."""
    place = tmp_path_factory.mktemp("core's batch")
    for folder, number in (("shots", 0), ("shots/late", 1)):
        (place / folder).mkdir()
        write_photo(place / folder, [synthetic_case(number).subject.keypoints], "a")
    write_clip(place / "shots")
    (place / "shots" / "torn.png").write_bytes(b"no picture")
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    line = ["batch", str(place / "shots"), "--out", str(place / "out"), "--nested", "--no-overlay"]
    assert main([*line, "--focal-px", focal]) == 1
    return place / "out"


def _rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def test_every_result_becomes_a_rig_once(
    bpy: ModuleType, command: Any, results: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rigs"
    scene = bpy.context.scene
    before = (scene.render.fps, scene.frame_start, scene.frame_end)
    assert command("batch", results, "--out", out, "--render", "--render-size", 100) == 1
    assert (scene.render.fps, scene.frame_start, scene.frame_end) == before
    assert {str(path.relative_to(out)) for path in out.rglob("*.*") if path.suffix != ".jsonl"} == {
        "summary.csv", "a.blend", "a.png", "late/a.blend", "late/a.png", "clip.blend",
    }  # fmt: skip
    rows = _rows(out)
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.png": "done", "late/a.png": "done", "torn.png": "failed", "clip.mp4": "done",
    }  # fmt: skip
    assert rows["torn.png"]["code"] == "bad-photo"
    written = {path: path.stat().st_mtime_ns for path in out.rglob("*.blend")}
    capfd.readouterr()
    assert command("batch", results, "--out", out, "--render", "--render-size", 100) == 1
    assert capfd.readouterr().err.count("done by an earlier run") == 3
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.blend")} == written
    bpy.ops.wm.open_mainfile(filepath=str(out / "clip.blend"))
    assert bpy.context.scene.frame_end - bpy.context.scene.frame_start == FRAMES - 1
    assert [thing.name for thing in bpy.data.objects if thing.type == "ARMATURE"] == ["clip"]


REFUSED = {
    "options of the fit": (["{r}", "--out", "{o}", "--person", "all"], "--person: the photos of"),
    "keypoints": (["{r}", "--out", "{o}", "--keypoints", "{r}"], "--keypoints: the photos of"),
    "the scene of a fit": (["{r}", "--out", "{o}", "--stand-on", "ground"], "is fitted already"),
    "the results' own folder": (["{r}", "--out", "{r}"], "the results themselves lie there"),
    "a file of the user's": (["{r}", "--out", "{u}"], "a.blend is there already"),
    "a table of the user's": (["{r}", "--out", "{t}"], "summary.csv is there already"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_done(
    command: Any,
    results: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    own = shutil.copytree(results, tmp_path / "results")
    for folder, name in (("users", "a.blend"), ("tables", "summary.csv")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("mine")
    places = {"r": own, "o": tmp_path / "out", "u": tmp_path / "users", "t": tmp_path / "tables"}
    assert command("batch", *(word.format(**places) for word in words)) == 2
    assert said in capfd.readouterr().err
    assert (tmp_path / "users" / "a.blend").read_text() == "mine"
    assert (tmp_path / "tables" / "summary.csv").read_text() == "mine"
