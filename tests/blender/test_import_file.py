"""Files of other programs through the operator, the typed interface and the command line, converted by the real core."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fitting_core.body_model.body_model import Pose, vertices
from fitting_core.body_model.model_file import load_body_model
from tests.blender.synthetic_result import write_result
from tests.fitting_core.conversion import foreign_files
from tests.photos import synthetic_case, write_photo

ROOT = Path(__file__).parents[2]
MAX_MM = 0.2
PELVIS = np.array([-0.0018, -0.2233, 0.0282])  # of SMPL's mean body, from which its translations count
pytestmark = pytest.mark.slow


def everything(bpy: ModuleType) -> dict[str, int]:
    kinds = ("objects", "meshes", "armatures", "cameras", "images", "collections", "actions", "materials")
    return {kind: len(getattr(bpy.data, kind)) for kind in kinds}


def mesh_at(bpy: ModuleType, frame: float) -> np.ndarray:
    bpy.context.scene.frame_set(int(frame), subframe=float(frame % 1))
    body = next(thing for thing in bpy.data.objects if thing.type == "MESH")
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    flat = np.empty(3 * len(mesh.vertices))
    mesh.vertices.foreach_get("co", flat)
    evaluated.to_mesh_clear()
    matrix = np.array(evaluated.matrix_world)
    return flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def file_mesh(values: dict[str, Any], frame: int) -> np.ndarray:
    """What AMASS's own words say, on the open body: turned about the pelvis, which is at J + trans; no shape."""
    model = load_body_model("open", "female")
    rotations = np.zeros((55, 3))
    row = values["poses"][frame].reshape(52, 3)
    rotations[:22], rotations[25:] = row[:22], row[22:]
    pelvis = PELVIS + values["trans"][frame] - model.joints_template[0]
    return vertices(model, Pose(rotations, np.zeros(model.shape_directions.shape[2]), pelvis))


def test_amass_motion(addon: ModuleType, tmp_path: Path) -> None:
    values = foreign_files.amass(frames=6)
    file = foreign_files.write(tmp_path / "walk ünï.npz", values)
    assert addon.ops.smplify.import_result(filepath=str(file), start_frame=5, floor="FILE") == {"FINISHED"}
    armature = addon.context.object
    assert armature.name == "walk ünï" and armature.animation_data.action is not None
    assert [thing.name for thing in addon.data.cameras] == []
    for row in range(6):
        wanted = file_mesh(values, row)
        assert 1000 * np.abs(mesh_at(addon, 5 + row * 24 / 120) - wanted).max() < MAX_MM


def test_a_file_is_explained_without_being_imported(addon: ModuleType, tmp_path: Path) -> None:
    before = everything(addon)
    file = foreign_files.write(tmp_path / "walk.npz", foreign_files.amass(frames=6))
    assert addon.ops.smplify.explain_file(filepath=str(file)) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Choose a file first"):
        addon.ops.smplify.explain_file()
    assert everything(addon) == before


def test_smplifyx_result_with_the_photo_of_the_sidebar(addon: ModuleType, tmp_path: Path) -> None:
    photo, _ = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    file = foreign_files.write(tmp_path / "000.pkl", foreign_files.smplifyx())
    addon.context.scene.smplify.photo_path = str(photo)
    assert addon.ops.smplify.import_result(filepath=str(file)) == {"FINISHED"}
    assert not addon.context.scene.camera.data.show_background_images
    assert addon.ops.smplify.import_result(filepath=str(file), use_sidebar_photo=True) == {"FINISHED"}
    camera = addon.context.scene.camera
    (plate,) = camera.data.background_images
    assert tuple(plate.image.size) == (800, 1000)
    assert camera.data.lens == pytest.approx(5000 * 36 / 1000, rel=1e-5)
    assert "000" in addon.data.collections


def test_a_redo_takes_the_conversion_that_is_there(addon: ModuleType, tmp_path: Path) -> None:
    """As the redo panel does it: the same operator with its own properties of the first time, one of them changed."""
    from smplify_blender.session import conversion

    file = foreign_files.write(tmp_path / "walk.npz", foreign_files.amass(frames=6))
    assert addon.ops.smplify.import_result(filepath=str(file)) == {"FINISHED"}
    token = next(reversed(conversion._kept))
    file.unlink()
    again = {"filepath": str(file), "token": token}
    assert addon.ops.smplify.import_result(**again, start_frame=40) == {"FINISHED"}
    assert addon.context.object.animation_data.action.frame_range[0] == 40
    before = everything(addon)
    with pytest.raises(RuntimeError, match="there is no such file"):  # another gender needs the file
        addon.ops.smplify.import_result(**again, gender="male")
    assert everything(addon) == before


REFUSED = {
    "no motion": ("npz", {"image": np.zeros(3)}, {}, "is not a SMPLify-X result"),
    "not a number": ("npz", foreign_files.amass(trans=np.full((4, 3), np.nan)), {}, "'trans' holds values"),
    "VPoser's values": ("pkl", foreign_files.smplifyx(body_pose=np.zeros((1, 32))), {}, "VPoser v1"),
    "too many keys": ("npz", foreign_files.amass(frames=40_001, size=66), {}, "Set Frame Step to 2"),
    "up axis of a photo": ("pkl", foreign_files.smplifyx(), {"up_axis": "z"}, "“Up Axis”: .* Leave it out"),
    "lens of a motion": (
        "npz",
        foreign_files.amass(),
        {"focal_px": 900.0},
        "“Focal Length .px.”: .* has no camera",
    ),
    "rate of nothing": (
        "npz",
        foreign_files.amass(),
        {"file_fps": 5000.0},
        "“File's Rate”: no motion has 5000",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_the_scene_untouched(addon: ModuleType, tmp_path: Path, name: str) -> None:
    suffix, values, options, words = REFUSED[name]
    file = foreign_files.write(tmp_path / f"thing.{suffix}", values)
    before = everything(addon)
    with pytest.raises(RuntimeError, match=words):
        addon.ops.smplify.import_result(filepath=str(file), **options)
    assert everything(addon) == before


def test_what_one_file_needed_is_not_kept_for_the_next(addon: ModuleType) -> None:
    """A dropped file has no dialog in which the lens of the last one could be taken back."""
    properties = addon.ops.smplify.import_result.get_rna_type().properties
    of_one_file = ("filepath", "up_axis", "add_hand_mean", "use_sidebar_photo", "focal_px", "file_fps")
    assert all(properties[name].is_skip_save for name in of_one_file)
    assert not properties["frame_rate"].is_skip_save


def test_a_dropped_file_is_imported_at_once(addon: ModuleType, tmp_path: Path) -> None:
    handler = addon.types.SMPLIFY_FH_import_dropped
    assert handler.bl_import_operator == "smplify.import_result"
    assert handler.bl_file_extensions == ".npz;.pkl;.pk;.pt;.npy"
    file = foreign_files.write(tmp_path / "a.npz", foreign_files.parameters())
    assert addon.ops.smplify.import_result("INVOKE_DEFAULT", filepath=str(file)) == {"FINISHED"}
    assert addon.context.object.name == "a"


def test_typed_interface(addon: ModuleType, tmp_path: Path) -> None:
    from smplify_blender import api
    from smplify_blender.result.motion_tracks import MotionTiming

    model = foreign_files.body_with_hands(tmp_path / "SMPLX_NEUTRAL.npz")
    file = foreign_files.write(tmp_path / "a.npz", foreign_files.amass(size=165))
    found = api.import_file(file, options=("--model", str(model)), timing=MotionTiming(rate="ONE_PER_FRAME"))
    assert isinstance(found, api.ImportedMotion)
    assert found.frames == (1.0, 4.0)
    assert [key.name for key in found.meshes[0].data.shape_keys.key_blocks][1] == "Shape000"
    assert any("pose correctives" in warning for warning in found.warnings)
    photo = api.import_file(foreign_files.write(tmp_path / "b.pkl", foreign_files.smplifyx()))
    assert isinstance(photo, api.FittedPhoto) and photo.camera.name.startswith("Photo camera")
    with pytest.raises(api.SmplifyError) as refused:
        api.import_file(tmp_path / "nowhere.npz")
    assert refused.value.code == "bad-import"
    with pytest.raises(api.SmplifyError, match="a result already"):
        api.import_file(tmp_path, options=("--fps", "30"))


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smplify_blender", "import", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_command_line(tmp_path: Path) -> None:
    file = foreign_files.write(tmp_path / "walk.npz", foreign_files.amass())
    out = tmp_path / "new"
    done = run(file, "--blend", out / "a.blend", "--side", out / "a.png", "--every", "2", "--floor", "soles")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(out / "a.blend"), str(out / "a.png")]
    assert "betas" in done.stderr and "soles meet the floor" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["a.blend", "a.png"]


COMMANDS: dict[str, tuple[list[str], int, str]] = {
    "no such file": (["nowhere.npz"], 11, "there is no such file"),
    "option of the core": (["walk.npz", "--up", "w"], 2, "invalid choice"),
    "picture of no photo": (["walk.npz", "--render", "a.png"], 2, "a motion has no photo"),
    "person of a motion": (["walk.npz", "--person", "1"], 2, "--person: walk.npz is no result folder"),
    "option of another command": (["walk.npz", "--takes", "3"], 2, "Unrecognized arguments: --takes"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), COMMANDS.values(), ids=COMMANDS)
def test_command_line_refuses(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    file = foreign_files.write(tmp_path / "walk.npz", foreign_files.amass())
    done = run(file.with_name(arguments[0]), *arguments[1:], "--blend", tmp_path / "a.blend")
    assert done.returncode == code and words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "a.blend").exists()


def test_a_photo_does_not_move(tmp_path: Path) -> None:
    write_result(tmp_path / "photo")
    done = run(tmp_path / "photo", "--root-motion", "object", "--blend", tmp_path / "a.blend")
    assert done.returncode == 2 and "the figure of a photo does not move" in done.stderr, done.stderr
    assert not (tmp_path / "a.blend").exists()
