"""Files for other programs, read again: the figure where it stood, in the units, axes, names and with the root that they want."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name_of
from smplify_blender.result.export_targets import EXPORT_TARGETS
from tests.blender.synthetic_result import JOINT_NAMES, SyntheticBody, random_person, write_result
from tests.blender.test_export import distance_mm, read_again, shown, state

MOST_JOINT_MM, MOST_VERTEX_MM = 0.5, 1.0
READABLE = {name: target for name, target in EXPORT_TARGETS.items() if target.suffix != ".vrm"}
AT_FRAME = 9


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    return build(write_result(tmp_path / "fit", body=SyntheticBody.make(with_posedirs=True))).figures[0]


def joints(armature: Any, name_of: Callable[[str], str]) -> np.ndarray:
    """Places of the joints in the world."""
    world = np.array(armature.matrix_world)
    heads = np.array([armature.pose.bones[name_of(joint)].head for joint in JOINT_NAMES])
    return heads @ world[:3, :3].T + world[:3, 3]


def stand_elsewhere(bpy: ModuleType, figure: Any) -> None:
    """A figure that its user has moved, turned and scaled."""
    figure.armature.location = (1.5, -0.7, 0.2)
    figure.armature.rotation_euler = (0.1, 0.2, 0.9)
    figure.armature.scale = (1.2, 1.2, 1.2)


def walk(bpy: ModuleType, figure: Any) -> None:
    """Keys of the object itself, of the hips and of a limb."""
    stand_elsewhere(bpy, figure)
    armature, bones = figure.armature, figure.armature.pose.bones
    for frame, step in ((1, 0.0), (AT_FRAME, 1.0)):
        armature.location.x += step
        armature.rotation_euler.z += step
        bones["hips"].location.y += 0.3 * step
        bones["shin.L"].rotation_quaternion = (0.8, 0.6 * step, 0.0, 0.0)
        armature.keyframe_insert("location", frame=frame)
        armature.keyframe_insert("rotation_euler", frame=frame)
        bones["hips"].keyframe_insert("location", frame=frame)
        bones["shin.L"].keyframe_insert("rotation_quaternion", frame=frame)


SCENES: dict[str, tuple[Callable[[ModuleType, Any], None], bool, int]] = {
    "as fitted": (lambda _bpy, _figure: None, False, 1),
    "moved": (stand_elsewhere, False, 1),
    "moved, pose as rest": (stand_elsewhere, True, 1),
    "walking": (walk, False, AT_FRAME),
}


@pytest.mark.parametrize(("prepare", "pose_as_rest", "frame"), SCENES.values(), ids=SCENES)
@pytest.mark.parametrize("name", READABLE)
def test_read_again(
    bpy: ModuleType, figure: Any, tmp_path: Path, name: str, prepare: Any, pose_as_rest: bool, frame: int
) -> None:
    from dataclasses import replace

    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    target = EXPORT_TARGETS[name]
    prepare(bpy, figure)
    bpy.context.scene.frame_set(frame)
    bpy.context.view_layer.update()
    own = {bone["smplx_joint"]: bone.name for bone in figure.armature.data.bones}
    wanted, vertices = joints(figure.armature, own.__getitem__), shown(bpy, figure.mesh)
    before = state(bpy)
    path = tmp_path / f"figure{target.suffix}"
    report = export_figures([figure.armature], path, replace(settings_for(name), pose_as_rest=pose_as_rest))
    assert state(bpy) == before
    assert (report.shape_keys > 0) == target.has_shape_keys
    fps = bpy.context.scene.render.fps
    (armature,), (mesh,) = read_again(bpy, path)
    bpy.context.scene.render.fps = fps
    bpy.context.scene.frame_set(frame)
    found = joints(armature, lambda joint: bone_name_of(target.naming, joint))
    assert 1000 * np.abs(found - wanted).max() < MOST_JOINT_MM
    assert distance_mm(shown(bpy, mesh), vertices) < MOST_VERTEX_MM
    tops = {bone.name for bone in armature.data.bones if bone.parent is None}
    assert tops == {target.form.root_bone or bone_name_of(target.naming, "pelvis")}


@pytest.mark.parametrize("name", ["mixamo", "unreal", "godot"])
def test_a_character_at_rest(bpy: ModuleType, figure: Any, tmp_path: Path, name: str) -> None:
    """The pose is left out, in every unit and with every root: bones and surface are as the figure's at rest."""
    from dataclasses import replace

    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    target = EXPORT_TARGETS[name]
    path = tmp_path / f"figure{target.suffix}"
    export_figures([figure.armature], path, replace(settings_for(name), is_at_rest=True))
    figure.armature.data.pose_position = "REST"
    bpy.context.view_layer.update()
    own = {bone["smplx_joint"]: bone.name for bone in figure.armature.data.bones}
    wanted = joints(figure.armature, own.__getitem__)
    (armature,), _ = read_again(bpy, path)
    found = joints(armature, lambda joint: bone_name_of(target.naming, joint))
    assert 1000 * np.abs(found - wanted).max() < MOST_JOINT_MM
    assert max(np.abs(np.array(bone.matrix_basis) - np.eye(4)).max() for bone in armature.pose.bones) < 1e-3


class FbxFile:
    """The contents of an FBX file, by the reader that Blender's importer uses."""

    def __init__(self, path: Path) -> None:
        root = importlib.import_module("io_scene_fbx.parse_fbx").parse(str(path))[0]
        self._parts = {part.id: part for part in root.elems}

    def settings(self) -> dict[bytes, Any]:
        return self._properties(self._parts[b"GlobalSettings"])

    def model(self, name: str) -> dict[bytes, Any]:
        """The properties of an object or bone by its name."""
        for part in self._parts[b"Objects"].elems:
            if part.id == b"Model" and part.props[1].split(b"\x00")[0].decode() == name:
                return self._properties(part)
        raise KeyError(name)

    def _properties(self, part: Any) -> dict[bytes, Any]:
        block = next(one for one in part.elems if one.id == b"Properties70")
        return {one.props[0]: one.props[4:] for one in block.elems}


@pytest.fixture
def blender_addons(bpy: ModuleType) -> Iterator[None]:
    """Blender's own add-ons as modules that can be imported."""
    import addon_utils

    addon_utils.modules()
    yield


FBX_UNITS = {"unreal": 1.0, "unity": 100.0, "mixamo": 1.0}  # centimetres of a unit


@pytest.mark.parametrize(("name", "centimetres"), FBX_UNITS.items(), ids=FBX_UNITS)
def test_fbx_units_and_nodes(
    bpy: ModuleType, blender_addons: None, figure: Any, tmp_path: Path, name: str, centimetres: float
) -> None:
    """No object is scaled; where nodes have to be upright none is turned; the hips are at their height in the file's unit."""
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    target = EXPORT_TARGETS[name]
    height = figure.armature.data.bones["hips"].head_local.z
    clash = bpy.data.objects.new("Armature", None)  # the user's own object of that name
    path = tmp_path / "figure.fbx"
    export_figures([figure.armature], path, settings_for(name))
    assert clash.name == "Armature" and figure.armature.name == "fit"
    file = FbxFile(path)
    assert file.settings()[b"UnitScaleFactor"] == pytest.approx([centimetres])
    node = file.model(target.form.armature_name or "fit")
    np.testing.assert_allclose(node.get(b"Lcl Scaling", [1, 1, 1]), 1, atol=1e-5)
    if target.form.has_upright_nodes:
        np.testing.assert_allclose(node.get(b"Lcl Rotation", [0, 0, 0]), 0, atol=1e-3)
    if target.form.root_bone:
        root = file.model(target.form.root_bone)
        for channel in (b"Lcl Rotation", b"Lcl Translation"):
            np.testing.assert_allclose(root.get(channel, [0, 0, 0])[:2], 0, atol=1e-3)
    (armature,), _ = read_again(bpy, path)
    hips = armature.data.bones[bone_name_of(target.naming, "pelvis")]
    up = hips.head_local.y if target.form.has_upright_nodes else hips.head_local.z
    assert up == pytest.approx(height * 100 / centimetres, rel=1e-4)


def test_a_bone_that_has_the_roots_name_already(bpy: ModuleType, figure: Any, tmp_path: Path) -> None:
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    bpy.context.view_layer.objects.active = figure.armature
    bpy.ops.object.mode_set(mode="EDIT")
    made = figure.armature.data.edit_bones.new("root")
    made.tail = (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    export_figures([figure.armature], tmp_path / "a.glb", settings_for("web"))
    (armature,), _ = read_again(bpy, tmp_path / "a.glb")
    assert armature.data.bones["root"].parent is None
    assert armature.data.bones["root of the figure"].parent.name == "root"
    assert armature.data.bones["pelvis"].parent.name == "root"


@pytest.mark.parametrize("name", ["unreal", "godot", "web", "unity"])
def test_influences_of_a_program(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    """As many bones a vertex as the program reads, and how far that moves the surface is said."""
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    body = SyntheticBody.make()
    weights = body.arrays["weights"]
    weights[:] = np.random.default_rng(3).dirichlet(np.full(55, 0.05), len(weights)).astype(np.float32)
    built = build(write_result(tmp_path / "fit", [random_person(2)], body=body)).figures[0]
    target = EXPORT_TARGETS[name]
    path = tmp_path / f"a{target.suffix}"
    report = export_figures([built.armature], path, settings_for(name))
    assert report.most_influences > target.influences
    assert report.deviation_mm > 0.05 and f"{report.deviation_mm:.1f} mm" in report.in_words
    _, (mesh,) = read_again(bpy, path)
    assert max(len(vertex.groups) for vertex in mesh.data.vertices) == target.influences


def test_without_the_vrm_add_on_it_says_so(bpy: ModuleType, figure: Any, tmp_path: Path) -> None:
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import ExportError, settings_for
    from smplify_blender.scene.export.writers import can_export_vrm

    assert not can_export_vrm()
    with pytest.raises(ExportError, match="no VRM add-on"):
        export_figures([figure.armature], tmp_path / "a.vrm", settings_for("vrm"))
    with pytest.raises(ExportError, match="“nobody”: figures are exported for unreal"):
        settings_for("nobody")
