"""The zip in real Blenders with a window: installed as users install it, fitting, importing, undone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from smplify_blender.keypoints.names import BODY_NAMES
from tests.blender.synthetic_result import random_person, write_result
from tests.blender.test_face_actions import expression, faced_body
from tests.fitting_core.conversion import foreign_files
from tests.photos import synthetic_case, write_photo

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SUITES = {"4.3": "trixie", "5.2": "sid"}
TALL_SCREEN = "1280x1200"  # the whole sidebar is in sight: nothing has to be scrolled
NOT_THERE = 125  # exit code of the starter where its Blender was never set up

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    builder = [sys.executable, str(ROOT / "tools" / "build_extension.py"), "--output-dir", str(folder)]
    subprocess.run(builder, check=True, capture_output=True)
    return next(folder.glob("smplify-*.zip"))


class RealBlender:
    """One real Blender with the extension installed, and a folder that it sees under the same path."""

    def __init__(self, starter: Path, suite: str, project: Path) -> None:
        self.driver_folder = starter.parent
        self.project = project
        self._command = ["bash", str(starter), "--suite", suite, "--project", str(project), "--offline"]
        self._command += ["--user", str(project / "user"), "--bind", str(self.driver_folder)]

    def run(self, *arguments: object, screen: str = "1280x800") -> str:
        """Everything it prints; the test fails where it ends badly and is skipped where it is not there."""
        line = [*self._command, "--screen", screen, *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode == NOT_THERE:
            pytest.skip(f"a Blender with a window is not set up here: {done.stderr.strip()}")
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "Traceback" not in said, said
        return said

    def script(self, name: str) -> Path:
        """A copy of a script from this folder where Blender sees it, with what the scripts share."""
        shutil.copy(HERE / "window_steps.py", self.project)
        return Path(shutil.copy(HERE / name, self.project))


@pytest.fixture(params=SUITES.values(), ids=SUITES)
def blender(request: pytest.FixtureRequest, shared: Path, archive: Path, tmp_path: Path) -> RealBlender:
    starter = (shared / "tools" / "blender-gui").resolve()  # links are not followed inside the real Blender
    if not starter.is_file() or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a Blender with a window needs Linux, root and its starter among the real files")
    real = RealBlender(starter, request.param, tmp_path)
    copy = shutil.copy(archive, tmp_path)
    real.run("--command", "extension", "validate", copy)
    real.run("--command", "extension", "install-file", "--repo", "user_default", "--enable", copy)
    return real


def test_fit_and_import(blender: RealBlender, archive: Path) -> None:
    photo, keypoints = write_photo(blender.project, [synthetic_case(0).subject.keypoints])
    script = blender.script("fit_from_extension.py")
    out = blender.project / "fit"
    arguments = ("--", blender.project / archive.name, photo, keypoints, out)
    said = blender.run("-b", "--python-exit-code", "1", "--python", script, *arguments)
    assert said.rstrip().endswith("ALL GOOD"), said


def test_window(blender: RealBlender) -> None:
    folder = write_result(blender.project / "fit", [random_person(1), random_person(2, 4.5)])
    shots = blender.project / "shots"
    script = blender.script("import_in_window.py")
    arguments = ("--", blender.driver_folder, folder, shots)
    said = blender.run("--enable-event-simulate", "--python-exit-code", "1", "--python", script, *arguments)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 6


def test_motion(blender: RealBlender) -> None:
    """A dropped AMASS motion: its redo panel, one undo step; and the file browser with all options."""
    motion = foreign_files.write(blender.project / "walk_poses.npz", foreign_files.amass(frames=40))
    shots = blender.project / "shots"
    script = blender.script("motion_in_window.py")
    arguments = ("--", blender.driver_folder, motion, shots)
    said = blender.run("--enable-event-simulate", "--python-exit-code", "1", "--python", script, *arguments)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 3


def write_dance(folder: Path) -> Path:
    """The demo picture, further to the right in each of eight frames, as dance_0.png …, and the keypoints of the frames."""
    demo = ROOT / "docs" / "demo"
    document = json.loads((demo / "demo_photo_keypoints.json").read_text(encoding="utf-8"))
    (folder / "dance_keypoints").mkdir()
    (folder / "frames").mkdir()
    with Image.open(demo / "demo_photo.jpg") as photo:
        for number in range(8):
            right = 8 * number
            frame = Image.new("RGB", photo.size, (90, 90, 90))
            frame.paste(photo, (right, 0))
            frame.save(folder / "frames" / f"dance_{number}.png")
            people = {**document, "people": [moved(person, right) for person in document["people"]]}
            name = f"dance_{number:012d}_keypoints.json"
            (folder / "dance_keypoints" / name).write_text(json.dumps(people), encoding="utf-8")
    return folder / "dance.mp4"


def test_video(blender: RealBlender) -> None:
    """A movie chosen, fitted, watched over its plate, its motion changed, a frame mended, undone; and a fit that is given up."""
    movie = write_dance(blender.project)
    shutil.copy(ROOT / "tests" / "blender" / "clips.py", blender.project)
    shots = blender.project / "shots"
    script = blender.script("video_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    said = blender.run(*start, blender.driver_folder, movie, shots, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    names = {
        "video_empty",
        "video_ready",
        "video_people",
        "video_running",
        "video_result",
        "video_sliders",
        "video_motion",
        "video_root_motion",
        "video_mending",
        "video_mended",
    }
    assert {path.stem for path in shots.glob("*.png")} == names


def test_explanations(blender: RealBlender) -> None:
    """A keypoint file explained from the sidebar and copied, and a motion explained over the import dialog."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    motion = foreign_files.write(blender.project / "walk_poses.npz", foreign_files.amass(frames=40))
    shots = blender.project / "shots"
    script = blender.script("explain_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    photo = blender.project / "demo_photo.jpg"
    said = blender.run(*start, blender.driver_folder, photo, motion, shots, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 3


def test_sidebar(blender: RealBlender) -> None:
    """By simulated clicks: photo to rig, takes, refit, undo, giving up, a core that dies, bad keypoints, removal."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    shots = blender.project / "shots"
    script = blender.script("sidebar_in_window.py")
    arguments = ("--", blender.driver_folder, blender.project / "demo_photo.jpg", shots)
    said = blender.run(
        "--enable-event-simulate",
        "--python-exit-code",
        "1",
        "--python",
        script,
        *arguments,
        screen=TALL_SCREEN,
    )
    assert "ALL GOOD" in said, said
    names = {
        "panel_empty",
        "panel_ready",
        "panel_people",
        "panel_running",
        "panel_result",
        "panel_takes_coming",
        "panel_shape",
        "panel_error",
        "panel_bad_keypoints",
    }
    assert {path.stem for path in shots.glob("*.png")} == names


def test_bodies(blender: RealBlender) -> None:
    """The four bodies' pictures, a click on one that fits the figure anew, and the choice that is left to the fit."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    shots = blender.project / "shots"
    script = blender.script("body_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    photo = blender.project / "demo_photo.jpg"
    said = blender.run(*start, blender.driver_folder, photo, shots, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    assert {path.stem for path in shots.glob("*.png")} == {"panel_body", "panel_body_automatic"}


def test_an_artists_work_is_kept(blender: RealBlender) -> None:
    """A hat on the head bone, a Subdivision and a moved figure through a take, a refit, Pose Mode and a second photo."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    second, _ = write_photo(blender.project, [synthetic_case(0).subject.keypoints], "second")
    shots = blender.project / "shots"
    script = blender.script("kept_work_in_window.py")
    arguments = ("--", blender.driver_folder, blender.project / "demo_photo.jpg", second, shots)
    starting = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script)
    said = blender.run(*starting, *arguments, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("kept_*.png"))) == 8


def test_photo_alone(blender: RealBlender) -> None:
    """A photo without a keypoint file: chosen, Fit pressed, a rig; and the found points are what the editor edits."""
    photo = shutil.copy(ROOT / "docs" / "demo" / "demo_photo.jpg", blender.project / "person.jpg")
    shots = blender.project / "shots"
    script = blender.script("photo_alone_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    said = blender.run(*start, blender.driver_folder, photo, shots, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 3


def test_contact(blender: RealBlender) -> None:
    """Standing on a step by the Contact panel's button, switched off by its row, and each undone by one step."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    shots = blender.project / "shots"
    script = blender.script("contact_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    said = blender.run(
        *start, blender.driver_folder, blender.project / "demo_photo.jpg", shots, screen=TALL_SCREEN
    )
    assert "ALL GOOD" in said, said
    assert {path.stem for path in shots.glob("*.png")} == {"contact_before", "contact_after", "contact_off"}


def test_scene_camera(blender: RealBlender) -> None:
    """Before the camera that took the demo picture, on the floor of its studio."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    shots = blender.project / "shots"
    script = blender.script("scene_camera_in_window.py")
    said = blender.run(
        "--enable-event-simulate",
        "--python-exit-code",
        "1",
        "--python",
        script,
        "--",
        blender.driver_folder,
        blender.project / "demo_photo.jpg",
        shots,
        screen=TALL_SCREEN,
    )
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 5


def test_keypoint_editor(blender: RealBlender) -> None:
    """A stick figure on a bare photo, dragged by the mouse and fitted; then its wrist dragged and refitted."""
    photo = Path(shutil.copy(ROOT / "docs" / "demo" / "demo_photo.jpg", blender.project / "person.jpg"))
    known = json.loads((ROOT / "docs" / "demo" / "demo_photo_keypoints.json").read_text(encoding="utf-8"))
    body = known["people"][0]["pose_keypoints_2d"]
    points = {name: body[3 * row : 3 * row + 2] for row, name in enumerate(BODY_NAMES)}
    photo.with_name("person_points.json").write_text(json.dumps(points), encoding="utf-8")
    shots = blender.project / "shots"
    script = blender.script("keypoints_in_window.py")
    arguments = ("--", blender.driver_folder, photo, shots)
    said = blender.run("--enable-event-simulate", "--python-exit-code", "1", "--python", script, *arguments)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 7


def test_every_end_of_an_edit(blender: RealBlender) -> None:
    """Figure, tool and status bar come back however an edit of keypoints ends; undo and redo keep the points."""
    for file in (ROOT / "docs" / "demo").glob("demo_photo*"):
        shutil.copy(file, blender.project)
    shots = blender.project / "shots"
    script = blender.script("editor_ends_in_window.py")
    arguments = ("--", blender.driver_folder, blender.project / "demo_photo.jpg", shots)
    said = blender.run("--enable-event-simulate", "--python-exit-code", "1", "--python", script, *arguments)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 4


def write_trio(folder: Path) -> Path:
    """The demo picture three times beside itself with its keypoints, of the third person nose and eyes only; alone.jpg: once."""
    demo = ROOT / "docs" / "demo"
    shutil.copy(demo / "demo_photo.jpg", folder / "alone.jpg")
    shutil.copy(demo / "demo_photo_keypoints.json", folder / "alone_keypoints.json")
    document = json.loads((folder / "alone_keypoints.json").read_text(encoding="utf-8"))
    with Image.open(folder / "alone.jpg") as one:
        width, height = one.size
        trio = Image.new("RGB", (3 * width, height))
        for number in range(3):
            trio.paste(one, (number * width, 0))
    trio.save(folder / "trio.jpg")
    document["people"] = [moved(document["people"][0], number * width) for number in range(3)]
    third = document["people"][2]
    third |= {part: [] for part in third if part.startswith(("face", "hand"))}
    third["pose_keypoints_2d"][3:45] = [0.0] * 42
    third["pose_keypoints_2d"][51:] = [0.0] * 24
    (folder / "trio_keypoints.json").write_text(json.dumps(document), encoding="utf-8")
    return folder / "trio.jpg"


def moved(person: dict[str, Any], right_px: int) -> dict[str, Any]:
    """A person of an OpenPose file further right; points that were not seen stay at 0."""
    person = json.loads(json.dumps(person))
    for values in [values for key, values in person.items() if key.endswith("keypoints_2d")]:
        for start in range(0, len(values), 3):
            values[start] += right_px if values[start + 2] else 0
    return person


# In the newest Blender only, as tests/blender looks at it in others.
@pytest.mark.parametrize("blender", [SUITES["5.2"]], ids=["5.2"], indirect=True)
def test_rig(blender: RealBlender) -> None:
    """A control rig added by its button, posed, switched, removed; what it has posed stays. Clothes, a render, a face."""
    person = random_person(1) | {"expression": expression(2.0, 1.0)}
    folder = write_result(blender.project / "fit", [person], body=faced_body())
    shots = blender.project / "shots"
    script = blender.script("rig_in_window.py")
    start = ("--enable-event-simulate", "--python-exit-code", "1", "--python", script, "--")
    said = blender.run(*start, blender.driver_folder, folder, shots, screen=TALL_SCREEN)
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("rig_*.png"))) == 6


# In the newest Blender only: it looks and works alike in both, and a minute is a minute.
@pytest.mark.parametrize("blender", [SUITES["5.2"]], ids=["5.2"], indirect=True)
def test_parts_of_the_sidebar(blender: RealBlender) -> None:
    """Person picker, images, dropped files, export, preferences, the environment's dialog."""
    shots = blender.project / "shots"
    script = blender.script("sidebar_parts_in_window.py")
    arguments = ("--", blender.driver_folder, write_trio(blender.project), shots)
    said = blender.run(
        "--enable-event-simulate",
        "--python-exit-code",
        "1",
        "--python",
        script,
        *arguments,
        screen=TALL_SCREEN,
    )
    assert "ALL GOOD" in said, said
    assert len(list(shots.glob("*.png"))) == 14


def test_command(blender: RealBlender) -> None:
    folder = write_result(blender.project / "fit")
    blender.run("--command", "smplify", "import", folder, "--blend", blender.project / "a.blend")
    assert (blender.project / "a.blend").stat().st_size > 10_000


def test_launcher_without_the_extension(blender: RealBlender) -> None:
    folder = write_result(blender.project / "fit")
    for name in ("tools", "smplify_blender"):
        shutil.copytree(ROOT / name, blender.project / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = blender.project / "tools" / "import_result.py"
    arguments = ("--", folder, "--blend", blender.project / "b.blend")
    blender.run("-b", "--python-exit-code", "1", "--python", script, *arguments)
    assert (blender.project / "b.blend").stat().st_size > 10_000


def test_fit_and_batch_commands(blender: RealBlender) -> None:
    """From the installed zip, as a farm runs them; the exports that this Blender has."""
    folder = blender.project / "shots with ünïcode"
    folder.mkdir()
    photo, _ = write_photo(folder, [synthetic_case(0).subject.keypoints], "a")
    out = blender.project / "out"
    files = {"--out": "a.blend", "--render": "a.png", "--glb": "a.glb", "--fbx": "a.fbx"}
    options = [word for option, name in files.items() for word in (option, out / name)]
    said = blender.run("--command", "smplify", "fit", photo, *options, "--render-size", "300")
    assert f"{out / 'a.blend'}: 1 person" in said
    assert sorted(path.name for path in out.iterdir()) == sorted(files.values())
    said = blender.run("--command", "smplify", "batch", folder, "--out", blender.project / "all", "--glb")
    assert "1 of 1 photos done." in said
    results = blender.project / "all" / "results"
    assert (results / "a" / "summary.json").is_file() and (results / "index.html").is_file()
