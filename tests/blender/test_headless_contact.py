"""Contact without a window: figures among the things of the .blend that is open, before its own camera, and what is refused."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.test_floor import looking, new_mesh, square
from tests.photos import synthetic_case, write_photo

_FLOOR_M = 0.3  # above z = 0
_CAMERA = (1.0, -3.2, _FLOOR_M + 0.87)  # a twentieth higher above the floor than the photo alone says
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shots")
    return write_photo(folder, [synthetic_case(0).subject.keypoints], "a")[0]


@pytest.fixture
def room(bpy: ModuleType, tmp_path: Path) -> Path:
    """A .blend that is open: a floor above z = 0, and a camera of the user's that has taken the photo."""
    from mathutils import Matrix

    new_mesh(bpy, "Floor", square(10.0, _FLOOR_M), [(0, 1, 2, 3)])
    camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    place = np.eye(4)
    place[:3, :3] = looking(0.1, 0.0, 0.0) @ np.diag([1.0, -1.0, -1.0])
    place[:3, 3] = _CAMERA
    camera.matrix_world = Matrix(place.tolist())
    case = synthetic_case(0)
    scene.camera, (scene.render.resolution_x, scene.render.resolution_y) = camera, (800, 1000)
    camera.data.sensor_fit, camera.data.sensor_height = "VERTICAL", 36.0
    camera.data.lens = case.subject.focal_px * 36.0 / 1000.0
    path = tmp_path / "room.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def _lowest(bpy: ModuleType) -> float:
    """The lowest height of the skin of the file's one figure."""
    (body,) = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.name != "Floor"]
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return min((evaluated.matrix_world @ vertex.co).z for vertex in evaluated.data.vertices)


def test_fit_and_batch_before_the_cameras_of_the_open_scene(
    bpy: ModuleType, command: Any, room: Path, photo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ("--scene-camera", "--stand-on", "Floor")
    assert command("fit", photo, "--out", tmp_path / "a.blend", *options) == 0
    said = capfd.readouterr().out
    assert "Stand on Floor" in said
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert abs(_lowest(bpy) - _FLOOR_M) < 0.015
    camera = bpy.context.scene.camera
    assert camera.name == "Shot"
    np.testing.assert_allclose(camera.matrix_world.translation, _CAMERA, atol=1e-5)

    bpy.ops.wm.open_mainfile(filepath=str(room))
    assert command("batch", photo.parent, "--out", tmp_path / "all", *options) == 0
    assert "Stand on Floor" in (tmp_path / "all" / "summary.csv").read_text(encoding="utf-8")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "all" / "a.blend"))
    assert abs(_lowest(bpy) - _FLOOR_M) < 0.015


def test_a_part_touches_the_ground_without_a_file(
    bpy: ModuleType, command: Any, photo: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("fit", photo, "--out", tmp_path / "a.blend", "--touch", "left_sole=ground") == 0
    assert "Left sole: the ground" in capfd.readouterr().out


_REFUSED = {
    "a thing that the file does not have": (True, ("--sit-on", "Chair"), "--sit-on Chair: There is no object"),
    "a part that no body has": (True, ("--touch", "tail=Floor"), "write PART=NAME"),
    "a thing without a file": (False, ("--hold", "Ball"), "--hold Ball: no .blend is open"),
    "a camera without a file": (False, ("--scene-camera",), "--scene-camera: no .blend"),
}  # fmt: skip


@pytest.mark.parametrize("word", ["fit", "batch"])
@pytest.mark.parametrize("case", _REFUSED)
def test_before_any_fit_it_is_refused(
    bpy: ModuleType,
    command: Any,
    request: pytest.FixtureRequest,
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    case: str,
    word: str,
) -> None:
    is_open, options, words = _REFUSED[case]
    if is_open:
        request.getfixturevalue("room")
    source, out = (photo, "a.blend") if word == "fit" else (photo.parent, "all")
    assert command(word, source, "--out", tmp_path / out, *options) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.rglob("a.blend"))
