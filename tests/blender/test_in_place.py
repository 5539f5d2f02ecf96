"""Another solution leaves everything that an artist has made of a figure: one row of the table for each kind of work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.artists_work import KINDS, REFITTED, Stage, Work, two_takes
from tests.blender.synthetic_result import SyntheticBody, random_person

MAX_M = 2e-5


@pytest.fixture
def stage(bpy: ModuleType, tmp_path: Path) -> Stage:
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    folder = two_takes(tmp_path / "beam_20")
    context = bpy.context
    built = place_fit(context.scene, context.view_layer, FitPlacement(folder, "token", set_camera=True))
    return Stage(bpy, built.figures[0], folder)


CHANGES: dict[str, Callable[[Stage], None]] = {"take": Stage.take, "refit": Stage.refit}


def camera_points(stage: Stage) -> np.ndarray:
    """The shown vertices in the photo camera's frame: what the photo shows, wherever figure and camera stand."""
    camera = stage.armature["smplify_camera"]
    shown = stage.shown()
    view = np.array(camera.matrix_world.inverted())
    return shown @ view[:3, :3].T + view[:3, 3]


def expected_points() -> np.ndarray:
    vertices, _ = SyntheticBody.make().pose(
        {key: value.astype(np.float32).astype(np.float64) for key, value in random_person(REFITTED).items()}
    )
    return vertices * (1.0, -1.0, -1.0)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_figure_is_the_other_solution(stage: Stage, change: Callable[[Stage], None]) -> None:
    blocks = [stage.armature, stage.mesh, stage.armature.data, stage.mesh.data, stage.mesh.data.shape_keys]
    blocks += [stage.armature["smplify_camera"], stage.armature.animation_data.action]
    pointers = [block.as_pointer() for block in blocks]
    count = {
        kind: len(getattr(stage.bpy.data, kind))
        for kind in ("objects", "meshes", "armatures", "actions", "cameras")
    }
    change(stage)
    assert [block.as_pointer() for block in blocks] == pointers
    assert {kind: len(getattr(stage.bpy.data, kind)) for kind in count} == count
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=MAX_M)
    assert abs(stage.shown()[:, 2].min()) < MAX_M, "the feet are not on the floor"
    stage.bpy.context.scene.frame_set(1)
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=MAX_M)


def test_there_and_back_is_where_it_was(stage: Stage) -> None:
    from smplify_blender.scene.placing.show_take import show_take

    before, context = stage.shown(), stage.bpy.context
    heads = np.array([bone.head_local for bone in stage.armature.data.bones])
    for name in ("person_00_take_1.npz", "person_00.npz"):
        show_take(context.scene, context.view_layer, stage.armature, name)
    np.testing.assert_allclose(stage.shown(), before, atol=MAX_M)
    np.testing.assert_allclose([bone.head_local for bone in stage.armature.data.bones], heads, atol=MAX_M)


def alike(one: Any, other: Any) -> bool:
    """The same values, numbers to a thousandth."""
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(alike(*pair) for pair in zip(one, other, strict=True))
    return bool(abs(one - other) < 1e-3) if isinstance(one, float) else bool(one == other)


@pytest.mark.parametrize("work", KINDS.values(), ids=KINDS)
def test_the_artists_work_survives(stage: Stage, work: Work) -> None:
    """A take, and a refit from there back to the first solution's person."""
    read = work(stage)
    stage.update()
    before = read()
    for change in (stage.take, stage.refit_first):
        head = stage.bones[stage.bone("head")].matrix.copy()
        change()
        stage.update()
        assert alike(read(), before), (change.__name__, read(), before)
        assert stage.bones[stage.bone("head")].matrix != head, "nothing has changed at all"


def test_a_key_that_the_artist_has_made_is_kept(stage: Stage) -> None:
    """Their hand-posed elbow at the fit's frame stays in their action; the take goes to a copy of it."""
    animation = stage.armature.animation_data
    theirs, elbow = animation.action, stage.bones[stage.bone("left_elbow")]
    elbow.rotation_quaternion = (0.6, 0.8, 0.0, 0.0)
    elbow.keyframe_insert("rotation_quaternion", frame=1)
    elbow.keyframe_insert("rotation_quaternion", frame=30)
    kept = curves_of(theirs, stage)
    built = stage.take_notes()
    assert animation.action != theirs and theirs.use_fake_user
    assert_same_keys(curves_of(theirs, stage), kept)
    assert any(theirs.name in note and animation.action.name in note for note in built)
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=MAX_M)
    own = animation.action
    stage.refit_first()  # nobody has touched the keys of the copy
    assert animation.action == own
    assert_same_keys(curves_of(theirs, stage), kept)


def assert_same_keys(keys: list[Any], kept: list[Any]) -> None:
    """The same keys, turned with the bones by what the other shape turns those."""
    assert [row[:2] for row in keys] == [row[:2] for row in kept]
    for row, before in zip(keys, kept, strict=True):
        np.testing.assert_allclose(row[2], before[2], atol=0.1)


def curves_of(action: Any, stage: Stage) -> list[Any]:
    """Every key of an action, whatever moves by it."""
    if hasattr(action, "layers"):
        bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
        curves = [curve for bag in bags for curve in bag.fcurves]
    else:
        curves = list(action.fcurves)
    return sorted(
        (curve.data_path, curve.array_index, [tuple(key.co) for key in curve.keyframe_points])
        for curve in curves
    )


APPLIED: dict[str, Callable[[Stage], None]] = {
    "moved": lambda stage: setattr(stage.armature, "location", (3.0, 2.0, 0.0)),
    "turned": lambda stage: setattr(stage.armature, "rotation_euler", (0.1, -0.2, 2.0)),
    "scaled": lambda stage: setattr(stage.armature, "scale", (1.3, 1.3, 1.3)),
}


@pytest.mark.parametrize("transform", APPLIED.values(), ids=APPLIED)
def test_a_transform_that_was_applied_stays(stage: Stage, transform: Callable[[Stage], None]) -> None:
    """Ctrl-A on armature and mesh: the take is the one that stands there without it, with that transform."""
    from smplify_blender.scene.placing.show_take import show_take

    bpy, context = stage.bpy, stage.bpy.context
    transform(stage)
    stage.update()
    applied = np.array(stage.armature.matrix_world)
    stage.take()
    expected = stage.shown()
    show_take(context.scene, context.view_layer, stage.armature, "person_00.npz")
    for thing in (stage.armature, stage.mesh):
        thing.select_set(True)
    context.view_layer.objects.active = stage.armature
    with context.temp_override(selected_editable_objects=[stage.armature, stage.mesh]):
        bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    stage.update()
    assert (
        np.abs(np.array(stage.armature.matrix_world) - np.eye(4)).max()
        < 1e-6
        < np.abs(applied - np.eye(4)).max()
    )
    stage.take()
    np.testing.assert_allclose(stage.shown(), expected, atol=1e-4)


def test_a_control_rig_shows_the_take(stage: Stage) -> None:
    """The handles go where the take has the limbs; a key that was made with them at another frame stays."""
    from smplify_blender.scene.control_rig.bake import bake_to_controls
    from smplify_blender.scene.control_rig.names import LIMBS
    from smplify_blender.scene.control_rig.rig import add_control_rig
    from smplify_blender.scene.control_rig.snap import handle_share

    scene, layer = stage.bpy.context.scene, stage.bpy.context.view_layer
    add_control_rig(stage.armature, layer)
    bake_to_controls(stage.armature, scene)
    hand = stage.bones[LIMBS[0].handle]
    hand.location.z += 0.2
    hand.keyframe_insert("location", frame=24)
    posed = tuple(hand.location)
    theirs = stage.armature.animation_data.action
    for _ in range(2):
        stage.take()
        np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
        scene.frame_set(24)
        np.testing.assert_allclose(tuple(hand.location), posed, atol=1e-5)
        scene.frame_set(1)
        np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
        assert handle_share(stage.armature, LIMBS[0]) == 1.0
    own = stage.armature.animation_data.action
    assert own != theirs and len(stage.bpy.data.actions) == 2


def generated(stage: Stage) -> Any:
    from smplify_blender.scene.rigify.generated import generate_rig

    context = stage.bpy.context
    return generate_rig(stage.armature, context.scene, context.view_layer)


def test_a_rigify_rig_takes_the_shape_and_the_pose(stage: Stage) -> None:
    """What an artist has made of the rig stays: a constraint, a property, a bone, a hidden collection, an object on a bone."""
    bpy, rig = stage.bpy, generated(stage)
    blocks = ("objects", "armatures", "meshes", "texts", "collections")
    arm = rig.pose.bones["upper_arm_fk.L"]
    arm["mine"] = 7
    arm.constraints.new("LIMIT_ROTATION").name = "Mine"
    hidden = rig.data.collections[0]
    hidden.is_visible = False
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    added = rig.data.edit_bones.new("antenna")
    added.head = rig.data.edit_bones["head"].tail
    added.tail = added.head + type(added.head)((0, 0, 0.1))
    added.parent = rig.data.edit_bones["head"]
    bpy.ops.object.mode_set(mode="OBJECT")
    before = {kind: {thing.name for thing in getattr(bpy.data, kind)} for kind in blocks}
    heights = [rig.data.bones[name].head_local.z for name in ("antenna", "head")]
    for _ in range(2):
        assert stage.take_notes() == ()
        np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
    assert {kind: {thing.name for thing in getattr(bpy.data, kind)} for kind in blocks} == before
    moved = [
        rig.data.bones[name].head_local.z - height
        for name, height in zip(("antenna", "head"), heights, strict=True)
    ]
    assert abs(moved[1]) > 0.005 and moved[0] == pytest.approx(moved[1], abs=0.02)
    assert arm["mine"] == 7 and "Mine" in arm.constraints and not hidden.is_visible
    wrist = stage.bones["hand.L"].head.copy()
    rig.pose.bones["forearm_fk.L"].rotation_quaternion = (0.8, 0.6, 0, 0)
    stage.update()
    assert (stage.bones["hand.L"].head - wrist).length > 0.05
    assert rig["smplify_rigify"].hide_get()


def test_a_rigify_rig_keeps_its_keys(stage: Stage) -> None:
    """A walk on the rig, in IK and FK: it stays in its action; the take is shown at its frame in an action of its own."""
    from smplify_blender.scene.motion.action_curves import object_curves

    bpy, rig = stage.bpy, generated(stage)
    bones = rig.pose.bones
    for frame, height in ((1, 0.0), (24, 0.3)):
        bones["torso"].location.z += height
        bones["torso"].keyframe_insert("location", frame=frame)
        bones["hand_ik.L"].keyframe_insert("location", frame=frame)
        bones["upper_arm_parent.L"]["IK_FK"] = 0.0
        bones["upper_arm_parent.L"].keyframe_insert('["IK_FK"]', frame=frame)
    theirs = rig.animation_data.action
    keys = [(curve.data_path, curve.array_index, len(curve.keyframe_points)) for curve in object_curves(rig)]
    bpy.context.scene.frame_set(24)
    posed = tuple(bones["torso"].location)
    bpy.context.scene.frame_set(1)
    (note,) = stage.take_notes()
    assert "Your keys of" in note
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
    bpy.context.scene.frame_set(24)
    np.testing.assert_allclose(tuple(bones["torso"].location), posed, atol=1e-5)
    bpy.context.scene.frame_set(1)
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
    assert rig.animation_data.action != theirs and theirs.name in bpy.data.actions
    rig.animation_data.action = theirs
    assert keys == [
        (curve.data_path, curve.array_index, len(curve.keyframe_points)) for curve in object_curves(rig)
    ]


def lose_a_bone(bpy: ModuleType, rig: Any) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    rig.data.edit_bones.remove(rig.data.edit_bones["ORG-head"])
    bpy.ops.object.mode_set(mode="OBJECT")


def leave_the_view_layer(bpy: ModuleType, rig: Any) -> None:
    for collection in list(rig.users_collection):
        collection.objects.unlink(rig)
    apart = bpy.data.collections.new("apart")
    bpy.context.scene.collection.children.link(apart)
    apart.objects.link(rig)
    bpy.context.view_layer.layer_collection.children["apart"].exclude = True


def be_disabled(bpy: ModuleType, rig: Any) -> None:
    rig.hide_viewport = True


@pytest.mark.parametrize("spoil", [lose_a_bone, leave_the_view_layer, be_disabled])
def test_a_rigify_rig_that_cannot_be_changed_is_left_with_a_word(stage: Stage, spoil: Any) -> None:
    bpy, rig = stage.bpy, generated(stage)
    spoil(bpy, rig)
    objects = {thing.name for thing in bpy.data.objects}
    (note,) = stage.take_notes()
    assert "generate a rig again" in note
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=MAX_M)
    assert {thing.name for thing in bpy.data.objects} == objects


def test_a_hidden_rigify_rig_takes_the_shape(stage: Stage) -> None:
    rig = generated(stage)
    rig.hide_set(True)
    assert stage.take_notes() == ()
    np.testing.assert_allclose(camera_points(stage), expected_points(), atol=5e-4)
    assert rig.hide_get()
