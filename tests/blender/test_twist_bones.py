"""Twist bones: skin that is not wrung, while joints, keys, rigs and exported files stay what they were."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name_of
from smplify_blender.result.export_targets import EXPORT_TARGETS
from tests.blender.artists_work import Stage, two_takes
from tests.blender.synthetic_result import SyntheticBody, random_person, write_result
from tests.blender.test_control_rig import FRAMES, agree, at_frames, joints, move
from tests.blender.test_export import distance_mm, read_again, shown

MOST_MM = 0.1
TURN = math.radians(90.0)


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    built = build(write_result(tmp_path / "fit", [random_person(1)], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


def add(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.twist.twist_rig import add_twist_bones

    add_twist_bones(figure.armature, bpy.context.view_layer)


def remove(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.twist.twist_rig import remove_twist_bones

    remove_twist_bones(figure.armature, bpy.context.view_layer)


def weights(figure: Any) -> np.ndarray:
    from smplify_blender.scene.figure.mesh import group_weights

    return group_weights(figure.mesh)


def state(figure: Any) -> Any:
    data, animation = figure.armature.data, figure.armature.animation_data
    return (
        [(bone.name, bone.parent and bone.parent.name) for bone in data.bones],
        [collection.name for collection in data.collections],
        [group.name for group in figure.mesh.vertex_groups],
        len(animation.drivers),
    )


def at_rest(figure: Any) -> None:
    figure.armature.animation_data.action = None
    for bone in figure.armature.pose.bones:
        bone.matrix_basis.identity()


@pytest.mark.parametrize(("name", "way"), [("hand.L", 1.0), ("forearm.L", -1.0), ("forearm.R", -1.0)])
def test_skin_of_a_forearm_turns_along_its_length(
    bpy: ModuleType, figure: Any, name: str, way: float
) -> None:
    """Each vertex of the forearm turns by its share of the turn, and stays as far from the bone as it was."""
    add(bpy, figure)
    at_rest(figure)
    bone = figure.armature.data.bones[f"forearm{name[-2:]}"]
    before = shown(bpy, figure.mesh)
    figure.armature.pose.bones[name].rotation_quaternion = (math.cos(TURN / 2), 0, math.sin(TURN / 2), 0)
    bpy.context.view_layer.update()
    into = np.linalg.inv(np.array(figure.armature.matrix_world @ bone.matrix_local))
    rest, turned = (points @ into[:3, :3].T + into[:3, 3] for points in (before, shown(bpy, figure.mesh)))
    groups = [g.name.startswith("forearm") and g.name.endswith(name[-2:]) for g in figure.mesh.vertex_groups]
    own = np.flatnonzero(weights(figure)[:, groups].sum(axis=1) > 0.999)
    places = np.clip(rest[own, 1] / bone.length, 0.0, 1.0)
    assert len(own) > 8 and np.ptp(places) > 0.3
    angles = [np.arctan2(points[own, 0], points[own, 2]) for points in (rest, turned)]
    turns = np.degrees((angles[1] - angles[0] + np.pi) % (2 * np.pi) - np.pi)
    np.testing.assert_allclose(turns, 90.0 * places, atol=3.0)
    radii = [np.hypot(points[own, 0], points[own, 2]) for points in (rest, turned)]
    assert (radii[1] / radii[0]).min() > 0.9


def test_a_pure_swing_moves_no_twist_bone(bpy: ModuleType, figure: Any) -> None:
    at_rest(figure)
    for name in ("upper_arm.L", "forearm.R", "thigh.L", "hand.R"):
        figure.armature.pose.bones[name].rotation_quaternion = (0.8, 0.36, 0.0, 0.48)
    bpy.context.view_layer.update()
    before = shown(bpy, figure.mesh)
    add(bpy, figure)
    assert distance_mm(before, shown(bpy, figure.mesh)) < MOST_MM


def test_added_and_removed_is_as_before(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.looks.clothes import add_clothes
    from smplify_blender.scene.twist.twist_rig import has_twist_bones

    add_clothes(figure.armature, bpy.context.view_layer)
    clothes = [thing for thing in bpy.data.objects if thing.type == "MESH" and thing != figure.mesh]
    before = joints(figure), weights(figure), state(figure), shown(bpy, figure.mesh)
    add(bpy, figure)
    assert has_twist_bones(figure.armature)
    agree(before[0], joints(figure))
    twists = [bone.name for bone in figure.armature.data.bones if "smplify_twist" in bone]
    assert len(twists) == 14 and len(figure.armature.animation_data.drivers) == before[2][3] + 14
    assert all(any(name in thing.vertex_groups for name in twists) for thing in clothes)
    np.testing.assert_allclose(weights(figure).sum(axis=1), before[1].sum(axis=1), atol=1e-6)
    remove(bpy, figure)
    assert state(figure) == before[2]
    assert not any(name in thing.vertex_groups for name in twists for thing in clothes)
    np.testing.assert_allclose(weights(figure), before[1], atol=1e-6)
    np.testing.assert_allclose(shown(bpy, figure.mesh), before[3], atol=1e-5)


def test_the_figures_own_body_is_the_same(bpy: ModuleType, figure: Any) -> None:
    """Weights are read back by joint: the shape that bones and clothes are made from."""
    from smplify_blender.scene.figure.figure_body import figure_as_made, figure_body

    def body() -> Any:
        return figure_body(figure_as_made(figure.armature, bpy.context.view_layer))

    before = body()
    add(bpy, figure)
    np.testing.assert_allclose(body().weights, before.weights, atol=1e-6)
    assert body().parents == before.parents


def along_limbs(figure: Any) -> dict[str, float]:
    """Where each twist bone begins along its limb, and how far beside it."""
    bones = figure.armature.data.bones
    found = {}
    for bone in bones:
        if "smplify_twist" in bone:
            inside = bone.parent.matrix_local.inverted() @ bone.head_local
            assert math.hypot(inside.x, inside.z) < 1e-5
            found[bone.name] = inside.y / bone.parent.length
    return found


def test_a_take_a_refit_and_a_shape_take_them_along(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    context = bpy.context
    placement = FitPlacement(two_takes(tmp_path / "beam"), "token", set_camera=True)
    stage = Stage(bpy, place_fit(context.scene, context.view_layer, placement).figures[0], tmp_path / "beam")
    add(bpy, stage.figure)
    before, length = along_limbs(stage.figure), stage.armature.data.bones["forearm.L"].length

    def bend() -> None:
        for number in range(4):
            stage.mesh.data.shape_keys.key_blocks[f"Shape{number:03d}"].value = 3.0
        fit_bones_to_shape(stage.armature, context.view_layer)

    for change in (stage.take, stage.refit_first, bend):
        change()
        stage.update()
        after = along_limbs(stage.figure)
        assert after.keys() == before.keys()
        np.testing.assert_allclose(list(after.values()), list(before.values()), atol=1e-4)
    assert abs(stage.armature.data.bones["forearm.L"].length - length) > 1e-3, "the arm has not changed"


def test_another_surface_is_shared_out_again(bpy: ModuleType, figure: Any) -> None:
    """A body whose vertices are others comes with plain weights."""
    from smplify_blender.result.figure_pose import FigurePlacement
    from smplify_blender.scene.figure.figure_body import figure_as_made, figure_body
    from smplify_blender.scene.figure.mesh import fill_body_mesh
    from smplify_blender.scene.twist.twist_rig import refresh_twist_bones

    made = figure_as_made(figure.armature, bpy.context.view_layer)
    body = figure_body(made)
    add(bpy, figure)
    wanted = weights(figure)
    figure.mesh.vertex_groups.clear()
    figure.mesh.data = bpy.data.meshes.new("other")
    fill_body_mesh(figure.mesh, body, FigurePlacement(made.placement.lift, np.zeros(3), 1.0))
    refresh_twist_bones(figure.armature, bpy.context.view_layer)
    assert weights(figure).shape == wanted.shape
    assert (weights(figure)[:, -14:].sum(axis=0) > 0).sum() == 14


def test_by_its_button(bpy: ModuleType, figure: Any) -> None:
    """On and off, from Object Mode and from Pose Mode, in which the figure stays."""
    import smplify_blender.registration as registration
    from smplify_blender.scene.twist.twist_rig import has_twist_bones

    registration.register("smplify_blender")
    try:
        bpy.context.view_layer.objects.active = figure.armature
        for mode, there in (("OBJECT", True), ("POSE", False), ("POSE", True)):
            bpy.ops.object.mode_set(mode=mode)
            assert bpy.ops.smplify.switch_twist_bones() == {"FINISHED"}
            assert has_twist_bones(figure.armature) is there and figure.armature.mode == mode
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        registration.unregister()


RIGS = ("control", "rigify")


@pytest.mark.parametrize("first", ["twist", "rig"])
@pytest.mark.parametrize("kind", RIGS)
def test_they_show_what_a_rig_does(bpy: ModuleType, figure: Any, kind: Any, first: str) -> None:
    """Whichever came first, joints stand where the rig has them, and the wrist's turn is shared out."""
    from smplify_blender.scene.rigs import add_rig

    def rig() -> Any:
        return add_rig(figure.armature, kind, bpy.context.scene, bpy.context.view_layer)

    before = joints(figure)
    if first == "twist":
        add(bpy, figure)
        rigged = rig()
    else:
        rigged = rig()
        add(bpy, figure)
    bpy.context.view_layer.update()
    agree(before, joints(figure))
    handle = rigged.pose.bones["hand_ik.L" if kind == "control" else "hand_fk.L"]
    twist = figure.armature.pose.bones["forearm.twist.01.L"]
    angle = twist.rotation_euler.y
    handle.rotation_quaternion = handle.rotation_quaternion @ handle.rotation_quaternion.__class__(
        (0, 1, 0), 0.7
    )
    bpy.context.view_layer.update()
    assert abs(twist.rotation_euler.y - angle) == pytest.approx(0.7, abs=0.05)


EXPORTS = [(name, True) for name, target in EXPORT_TARGETS.items() if target.suffix != ".vrm"]
EXPORTS += [(name, False) for name in ("unreal", "web", "usd")]  # one of each kind of file


@pytest.mark.parametrize(("name", "animated"), EXPORTS)
def test_exports_hold_them(bpy: ModuleType, figure: Any, tmp_path: Path, name: str, animated: bool) -> None:
    """As bones under the program's names, turned as they are shown, with the skin where it was."""
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import settings_for

    target = EXPORT_TARGETS[name]
    if animated:
        move(bpy, figure)
    add(bpy, figure)
    frames = FRAMES if animated else (1,)
    wanted, drivers = at_frames(bpy, figure, frames), len(figure.armature.animation_data.drivers)
    path = tmp_path / f"figure{target.suffix}"
    report = export_figures([figure.armature], path, settings_for(name))
    assert report.most_influences <= 8
    assert len(figure.armature.animation_data.drivers) == drivers
    fps = bpy.context.scene.render.fps
    (armature,), (mesh,) = read_again(bpy, path)
    bpy.context.scene.render.fps = fps
    assert bone_name_of(target.naming, "left_elbow_twist1") in armature.data.bones
    for frame, points in zip(frames, wanted, strict=True):
        bpy.context.scene.frame_set(frame)
        assert distance_mm(shown(bpy, mesh), points) < 1.0
