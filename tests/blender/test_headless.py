"""fit and batch without a window: what is written, how they end, and the same through `smplify_blender.api`."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fitting_core.results.previous import gender_of_start
from tests.photos import synthetic_case, write_photo

ROOT = Path(__file__).parents[2]
BLEND_LIMIT_BYTES = 10 * 2**20
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good photos under one name, one of them with two people, and two bad ones."""
    folder = tmp_path_factory.mktemp("shots with ünïcode 中")
    people = [synthetic_case(number).subject.keypoints for number in range(3)]
    write_photo(folder, people[:1], "a")
    photo, keypoints = write_photo(folder, people[1:], "b")
    (folder / "keypoints").mkdir()
    photo.rename(folder / "b.PNG")
    keypoints.rename(folder / "keypoints" / keypoints.name)
    shutil.copy(folder / "a.png", folder / "lonely.png")
    (folder / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "torn.json").write_text("{}")
    return folder


def picture_size(png: Path) -> tuple[int, int]:
    header = png.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")


def figures_in(bpy: ModuleType, blend: Path) -> list[str]:
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def test_fit_writes_what_was_asked_for(
    bpy: ModuleType, command: Any, shots: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new ünïcode folder"
    files = {"--out": "x.blend", "--render": "x.png", "--glb": "x.glb", "--fbx": "x.fbx", "--results": "fit"}
    options = [word for option, name in files.items() for word in (option, out / name)]
    assert command("fit", shots / "b.PNG", *options, "--person", "all", "--render-size", 200) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(files.values())
    # Blender and its exporters may bring lines of their own, late
    ours = (f"{out / 'x.blend'}: 2 people", "x.glb: 2 figures", "x.fbx: 2 figures")
    said = capfd.readouterr().out.splitlines()
    assert all(any(line.startswith(words) for line in said) for words in ours)
    assert picture_size(out / "x.png") == (160, 200)
    assert (out / "x.blend").stat().st_size < BLEND_LIMIT_BYTES
    assert (out / "x.blend").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"  # Zstandard: compressed
    assert figures_in(bpy, out / "x.blend") == ["b", "b.person_2"]
    assert not [image for image in bpy.data.images if image.packed_file is None and image.users]


@pytest.mark.parametrize("word", ["fit", "batch"])
def test_a_render_that_was_set_up_and_clothes_travel_in_the_blend(
    bpy: ModuleType, command: Any, shots: Path, tmp_path: Path, word: str
) -> None:
    """Every photo's file has its own setup, also after another's; the exports have nothing of it."""
    from smplify_blender.api import take_back_render
    from smplify_blender.scene.looks.render_setup import has_render_setup

    line = {"fit": ("fit", shots / "a.png", "--out", tmp_path / "a.blend", "--glb", tmp_path / "a.glb"),
            "batch": ("batch", shots, "--out", tmp_path, "--no-overlay")}[word]  # fmt: skip
    command(*line, "--set-up-render", "--clothes")
    for blend in sorted(tmp_path.glob("*.blend")):
        figures_in(bpy, blend)
        scene = bpy.context.scene
        assert has_render_setup(scene) and scene.render.film_transparent and scene.world.name == "Photo light"
        plates = [image.name for image in bpy.data.images if "smplify_photo" in image and image.packed_file]
        assert plates == [f"{blend.stem}.png"] or plates == [f"{blend.stem}.PNG"]
        assert (
            len(scene.objects) == 4 * len([thing for thing in scene.objects if thing.type == "ARMATURE"]) + 3
        )  # rig, body, shirt, shorts; camera, sun, floor
        take_back_render(scene)
        assert not scene.render.film_transparent and "Photo sun" not in bpy.data.objects
    if word == "fit":
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        bpy.ops.import_scene.gltf(filepath=str(tmp_path / "a.glb"))
        assert "SMPLify shirt" in bpy.data.materials
        assert not [thing for thing in bpy.data.objects if thing.name in ("Photo sun", "Shadow floor")]


REFUSED = {
    "no arguments": ([], 2, "--out BLEND"),
    "no output": (["{a}"], 2, "--out"),
    "no photo": (["--out", "{o}/x.blend"], 2, "PHOTO"),
    "unknown option, in the core's words": (["{a}", "--out", "{o}/x.blend", "--frobnicate"], 2, "Unrecognized arguments: --frob"),
    "bad value, in the core's words": (["{a}", "--out", "{o}/x.blend", "--gender", "x"], 2, "invalid choice: 'x'"),
    "a value that looks like a file": (["{a}", "--gender", "female", "--out", "{o}/x.blend", "--person", "9"], 2, "no person 9"),
    "wrong ending": (["{a}", "--out", "{o}/x.txt"], 2, "has to end in .blend"),
    "wrong ending of an export": (["{a}", "--out", "{o}/x.blend", "--glb", "x.fbx"], 2, "has to end in .glb"),
    "missing photo": (["{s}/no.jpg", "--out", "{o}/x.blend"], 3, "no.jpg"),
    "no keypoints": (["{s}/lonely.png", "--out", "{o}/x.blend"], 5, "nobody was found in the photo"),
    "no such model": (["{a}", "--out", "{o}/x.blend", "--model", "no.npz"], 6, "no.npz"),
    "folder that is a file": (["{a}", "--out", "{a}/x.blend"], 8, "its folder cannot be made"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_fit_refuses(
    command: Any, shots: Path, tmp_path: Path, arguments: list[str], code: int, words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    places = {"a": shots / "a.png", "s": shots, "o": tmp_path}
    assert command("fit", *(word.format(**places) for word in arguments)) == code
    said = capfd.readouterr()
    assert words in said.err and "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


def test_help_has_the_options_of_the_core(command: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("fit", "--help") == 0
    said = capfd.readouterr().out
    assert "--render-engine" in said and "--keypoint-weights" in said


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def test_batch(
    bpy: ModuleType, command: Any, shots: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from smplify_blender.fit_process import batch_process
    from smplify_blender.result.output_file import held_alone

    started: list[int] = []
    begin = batch_process.BatchProcess.__init__

    def counted(self: Any, *arguments: Any) -> None:
        begin(self, *arguments)
        started.append(1)

    out = tmp_path / "out"
    line = ("batch", shots, "--out", out, "--person", "all", "--glb", "--no-overlay")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_process.BatchProcess, "__init__", counted)
        assert command(*line) == 1
    assert len(started) == 1  # one child for all photos
    said = capfd.readouterr()
    rows = rows_of(out)
    assert [rows[name]["status"] for name in ("a.png", "b.PNG", "lonely.png", "torn.jpg")] == [
        "done", "done", "failed", "failed",
    ]  # fmt: skip
    assert "nobody was found in the photo" in rows["lonely.png"]["reason"]
    assert "torn.jpg" in rows["torn.jpg"]["reason"]
    assert "2 of 4 photos done." in said.out and "failed: torn.jpg: " in said.out
    names = {"a.blend", "a.glb", "b.blend", "b.glb", "results", "summary.csv", "rigs.jsonl"}
    assert {path.name for path in out.iterdir()} == names
    assert not bpy.data.objects and not bpy.data.images and not bpy.data.meshes
    assert figures_in(bpy, out / "a.blend") == ["a"]  # nothing of another photo
    assert figures_in(bpy, out / "b.blend") == ["b", "b.person_2"]
    assert (len(bpy.data.cameras), len(bpy.data.materials)) == (
        1,
        6,
    )  # skin, lips, nails, mouth, tongue, eyes

    (out / "b.glb").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.blend")}
    capfd.readouterr()
    assert command(*line) == 1  # what is there stays, what failed is tried again
    said = capfd.readouterr()
    assert "a.png: done by an earlier run" in said.err and "2 of 4 photos done." in said.out
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("*.blend")}
    assert {name for name, when in after.items() if when != before[name]} == {"b.blend"}
    assert {path.name for path in out.iterdir()} == names
    with held_alone(out):
        assert command(*line, "--again") == 2
    assert "another run is at work there" in capfd.readouterr().err
    assert command(*line, "--again") == 1
    assert all(path.stat().st_mtime_ns != after[path.name] for path in out.glob("*.blend"))


NOTHING = {
    "no arguments": [],
    "no folder": ["--out", "{o}"],
    "no such folder": ["{s}/nowhere", "--out", "{o}"],
    "a file": ["{s}/a.png", "--out", "{o}"],
    "no photos": ["{s}/keypoints", "--out", "{o}"],
    "nonsense": ["{s}", "--out", "{o}", "--frobnicate"],
    "out below a file": ["{s}", "--out", "{s}/a.png/out"],
}


@pytest.mark.parametrize("arguments", NOTHING.values(), ids=NOTHING)
def test_batch_without_anything_done(
    command: Any, shots: Path, tmp_path: Path, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("batch", *(word.format(s=shots, o=tmp_path / "out") for word in arguments)) == 2
    said = capfd.readouterr()
    assert said.err and "Traceback" not in said.err
    assert not list(tmp_path.glob("out/*.blend"))


def test_api(bpy: ModuleType, shots: Path, tmp_path: Path) -> None:
    from smplify_blender import api
    from smplify_blender.settings.refit_files import write_start

    told: list[float] = []
    fitted = api.fit_photo(shots / "a.png", on_progress=lambda fraction, _: told.append(fraction))
    assert told == sorted(told) and told[-1] > 0
    assert len(fitted.armatures) == len(fitted.meshes) == len(fitted.quality) == 1
    assert bpy.context.scene.camera == fitted.camera
    report = api.export_figure(fitted.armatures[0], tmp_path / "a.glb")
    assert report.shape_keys > 50 and 0 < report.deviation_mm < 10
    api.render_over_photo(fitted, tmp_path / "a.png", long_side_px=100)
    assert picture_size(tmp_path / "a.png") == (80, 100)
    for wrong in (
        lambda: api.export_figure(fitted.armatures, tmp_path / "a.obj"),
        lambda: api.import_result(tmp_path),
        lambda: api.render_over_photo(fitted, tmp_path / "b.png", engine="x"),
    ):
        with pytest.raises(api.SmplifyError):
            wrong()
    again = api.fit_photo(shots / "a.png", shots / "a_keypoints.json", options=("--gender", "male"))
    assert again.armatures[0].data["smplify"]["gender"] == "male"
    assert gender_of_start(write_start(again.armatures[0])) == "male"  # a refit by “automatic” keeps the body
    kinds = (bpy.data.images, bpy.data.cameras, bpy.data.materials)
    assert [sum(not block.name.startswith("Render") for block in kind) for kind in kinds] == [2, 1, 6]


def test_the_lens_is_estimated(
    bpy: ModuleType, command: Any, shots: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By a script, for one photo and for a folder: what was found is said, and the camera has it."""
    from smplify_blender import api

    fitted = api.fit_photo(shots / "b.PNG", options=("--person", "all", "--estimate-focal"))
    found = fitted.focal_estimate
    assert found is not None and found.low_mm < found.mm < found.high_mm
    taken = found.mm if found.taken else found.guess_mm
    assert fitted.camera.data.lens == pytest.approx(taken, rel=1e-3)
    said = found.text if found.taken else "too weak to tell"
    assert (
        command("fit", shots / "b.PNG", "--out", tmp_path / "b.blend", "--person", "all", "--estimate-focal")
        == 0
    )
    told = capfd.readouterr()
    assert said in told.out + told.err
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(shots / "b.PNG", folder)
    shutil.copy(shots / "keypoints" / "b_keypoints.json", folder)
    assert command("batch", folder, "--out", tmp_path / "out", "--person", "all", "--estimate-focal") == 0
    assert said in (tmp_path / "out" / "summary.csv").read_text(encoding="utf-8")
    assert api.import_result(tmp_path / "out" / "results" / "b").focal_estimate == found


def test_launchers(shots: Path, tmp_path: Path) -> None:
    """The module and the script for `blender --python`, in processes of their own."""
    script = ROOT / "tools" / "run_smplify.py"
    for number, start in enumerate(
        ([sys.executable, "-m", "smplify_blender"], [sys.executable, script, "--"])
    ):
        line = [*map(str, start), "fit", str(shots / "a.png"), "--out", str(tmp_path / f"{number}.blend")]
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{tmp_path}/{number}.blend: 1 person")
        line[-1] = str(tmp_path / "no.txt")
        done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 2 and "Traceback" not in done.stderr
