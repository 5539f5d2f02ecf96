"""Shape sliders moved, then *Fit Bones to Shape*: the rig is that of somebody who was fitted with that shape."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name
from tests.blender.synthetic_result import JOINT_NAMES, SyntheticBody, random_person, write_result

BONES = [bone_name(joint) for joint in JOINT_NAMES]

FRAMES = (1, 5, 12)


def with_shape(person: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    betas = np.random.default_rng(seed).normal(0, 1.5, len(person["betas"])).astype(np.float32)
    return {**person, "betas": betas}


def set_sliders(figure: Any, betas: np.ndarray) -> None:
    for index, beta in enumerate(betas):
        figure.mesh.data.shape_keys.key_blocks[f"Shape{index:03d}"].value = float(beta)


def fit_bones(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape

    fit_bones_to_shape(figure.armature, bpy.context.view_layer)


def shown(bpy: ModuleType, figure: Any) -> np.ndarray:
    """Vertices in the armature's own frame."""
    from smplify_blender.scene.figure.build import evaluated_vertices

    bpy.context.view_layer.update()
    return evaluated_vertices(figure, bpy.context.evaluated_depsgraph_get()) - np.array(
        figure.armature.location
    )


@pytest.fixture
def pair(build: Callable[..., Any], tmp_path: Path) -> tuple[Any, Any, np.ndarray]:
    """One pose in two shapes, and the second shape: the first figure is to become the second."""
    first = random_person(1)
    second = with_shape(first, seed=7)
    figures = build(write_result(tmp_path / "fit", [first, second])).figures
    return figures[0], figures[1], second["betas"]


def test_renamed_bones_still_follow(bpy: ModuleType, pair: Any) -> None:
    figure, expected, betas = pair
    figure.armature.data.bones["shin.L"].name = "my knee"
    set_sliders(figure, betas)
    fit_bones(bpy, figure)
    heads = [
        one.armature.data.bones[name].head_local for one, name in ((figure, "my knee"), (expected, "shin.L"))
    ]
    np.testing.assert_allclose(*heads, atol=2e-5)


def test_bones_stand_where_a_fit_of_that_shape_puts_them(bpy: ModuleType, pair: Any) -> None:
    figure, expected, betas = pair
    names = ["head_local", "tail_local", "x_axis", "z_axis"]
    rest = lambda of: np.array(  # noqa: E731
        [[getattr(of.armature.data.bones[joint], name) for name in names] for joint in BONES]
    )
    assert np.abs(rest(figure) - rest(expected)).max() > 0.02
    set_sliders(figure, betas)
    fit_bones(bpy, figure)
    np.testing.assert_allclose(rest(figure), rest(expected), atol=2e-5)
    for joint in BONES:
        bones = [one.armature.data.bones[joint] for one in (figure, expected)]
        assert bones[0].use_connect == bones[1].use_connect


def test_the_pose_is_kept(bpy: ModuleType, pair: Any) -> None:
    figure, expected, betas = pair
    set_sliders(figure, betas)
    fit_bones(bpy, figure)
    for joint in BONES[1:]:
        turns = [np.array(one.armature.pose.bones[joint].rotation_quaternion) for one in (figure, expected)]
        assert abs(float(turns[0] @ turns[1])) > 1 - 1e-5, joint
    ours, theirs = shown(bpy, figure), shown(bpy, expected)
    # Where the pelvis goes is the pose's in one and the photo's in the other.
    np.testing.assert_allclose(ours - ours.mean(axis=0), theirs - theirs.mean(axis=0), atol=1e-4)


def test_the_rest_body_stands_on_the_floor_and_a_pose_in_it_still_does(bpy: ModuleType, pair: Any) -> None:
    figure, _, betas = pair
    for bone in figure.armature.pose.bones:
        bone.matrix_basis.identity()
    figure.armature.animation_data_clear()
    assert abs(shown(bpy, figure)[:, 2].min()) < 1e-5
    set_sliders(figure, betas)
    assert abs(shown(bpy, figure)[:, 2].min()) > 1e-3
    fit_bones(bpy, figure)
    assert abs(shown(bpy, figure)[:, 2].min()) < 1e-5
    assert figure.armature.data["smplify"]["lift"] == pytest.approx(
        figure.armature.data.bones["hips"].head_local.z - (np.array(expected_joints(betas))[0, 1]), abs=1e-5
    )


def expected_joints(betas: np.ndarray) -> np.ndarray:
    body = SyntheticBody.make().arrays
    return body["joints_template"] + body["joint_shape_directions"] @ betas


def test_keys_are_carried_over(bpy: ModuleType, pair: Any) -> None:
    from smplify_blender.scene.motion.action_curves import bone_curves, object_curves

    figure, _, betas = pair
    bone = figure.armature.pose.bones["forearm.L"]
    random = np.random.default_rng(3)
    for frame in FRAMES[1:]:
        turn = random.normal(size=4)
        bone.rotation_quaternion = (turn / np.linalg.norm(turn)).tolist()
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    before = {frame: world_turn(bpy, figure, "forearm.L", frame) for frame in FRAMES}
    set_sliders(figure, betas)
    fit_bones(bpy, figure)
    for frame in FRAMES:
        np.testing.assert_allclose(world_turn(bpy, figure, "forearm.L", frame), before[frame], atol=2e-5)
    curves = bone_curves(object_curves(figure.armature), "forearm.L", "rotation_quaternion")
    assert {len(curve.keyframe_points) for curve in curves.values()} == {len(FRAMES)}


def world_turn(bpy: ModuleType, figure: Any, joint: str, frame: int) -> np.ndarray:
    """What the joint does to the limb, whatever the rest axes of its bone are."""
    bpy.context.scene.frame_set(frame)
    bone = figure.armature.pose.bones[joint]
    return np.array((bone.matrix @ bone.bone.matrix_local.inverted()).to_3x3())


def test_a_second_time_and_back_again(bpy: ModuleType, pair: Any) -> None:
    from smplify_blender.scene.figure.bones_to_shape import bones_are_behind

    figure, _, betas = pair
    fitted = np.array(
        [key.value for key in figure.mesh.data.shape_keys.key_blocks if key.name.startswith("Shape")]
    )
    before = shown(bpy, figure)
    assert not bones_are_behind(figure.armature)
    set_sliders(figure, betas)
    assert bones_are_behind(figure.armature)
    fit_bones(bpy, figure)
    assert not bones_are_behind(figure.armature)
    set_sliders(figure, fitted)
    assert bones_are_behind(figure.armature)
    fit_bones(bpy, figure)
    np.testing.assert_allclose(shown(bpy, figure), before, atol=5e-5)


def drop_group(bpy: ModuleType, figure: Any) -> None:
    figure.armature.data.bones["shin.L"].name = "knee.L"
    figure.mesh.vertex_groups.remove(figure.mesh.vertex_groups["knee.L"])


def share_data(bpy: ModuleType, figure: Any) -> None:
    bpy.context.collection.objects.link(figure.armature.copy())


def key_euler(bpy: ModuleType, figure: Any) -> None:
    bone = figure.armature.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    bone.keyframe_insert("rotation_euler", frame=1)


def key_one_axis(bpy: ModuleType, figure: Any) -> None:
    figure.armature.animation_data_clear()
    figure.armature.pose.bones["head"].keyframe_insert("location", index=1, frame=1)


def drop_key(bpy: ModuleType, figure: Any) -> None:
    keys = figure.mesh.data.shape_keys.key_blocks
    figure.mesh.shape_key_remove(keys["Shape003"])


def push_down(bpy: ModuleType, figure: Any) -> None:
    animation = figure.armature.animation_data
    action, animation.action = animation.action, None
    animation.nla_tracks.new().strips.new("pose", 1, action)


def key_closely(bpy: ModuleType, figure: Any) -> None:
    bone = figure.armature.pose.bones["head"]
    bone.keyframe_insert("rotation_quaternion", index=1, frame=10.0)
    bone.keyframe_insert("rotation_quaternion", index=2, frame=10.005)


def apply_scale(bpy: ModuleType, figure: Any) -> None:
    figure.armature.scale = (2.0, 2.0, 2.0)
    chosen = [figure.armature]
    with bpy.context.temp_override(
        selected_editable_objects=chosen, selected_objects=chosen, active_object=chosen[0], object=chosen[0]
    ):
        bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)


def disable(bpy: ModuleType, figure: Any) -> None:
    figure.armature.hide_viewport = True


def exclude(bpy: ModuleType, figure: Any) -> None:
    photo = bpy.context.view_layer.layer_collection.children[0]
    for own in photo.children:
        if own.collection == figure.armature.users_collection[0]:
            own.exclude = True


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (drop_group, "knee.L"),
        (share_data, "Make Single User"),
        (key_euler, "euler"),
        (key_one_axis, "some axes"),
        (drop_key, "shape keys"),
        (push_down, "NLA"),
        (key_closely, "too close"),
        (apply_scale, "scale or rotation"),
        (disable, "disabled in viewports"),
        (exclude, "not in this view layer"),
    ],
)
def test_what_cannot_follow_is_told_and_stays(bpy: ModuleType, pair: Any, spoil: Any, words: str) -> None:
    from smplify_blender.scene.figure.bones_to_shape import FigureChangedError

    figure, _, betas = pair
    set_sliders(figure, betas)
    spoil(bpy, figure)
    active = bpy.context.view_layer.objects.active
    heads = [tuple(bone.head_local) for bone in figure.armature.data.bones]
    with pytest.raises(FigureChangedError, match=words):
        fit_bones(bpy, figure)
    assert [tuple(bone.head_local) for bone in figure.armature.data.bones] == heads
    assert bpy.context.mode == "OBJECT" and bpy.context.view_layer.objects.active == active


def test_the_armatures_own_mirroring_moves_no_bone(bpy: ModuleType, pair: Any) -> None:
    figure, expected, betas = pair
    figure.armature.data.use_mirror_x = True
    set_sliders(figure, betas)
    fit_bones(bpy, figure)
    for joint in BONES:
        heads = [one.armature.data.bones[joint].head_local for one in (figure, expected)]
        np.testing.assert_allclose(*heads, atol=2e-5, err_msg=joint)
    assert figure.armature.data.use_mirror_x


def test_of_an_action_for_two_only_the_own_keys_are_turned(bpy: ModuleType, pair: Any) -> None:
    other, figure, _ = pair
    action = bpy.data.actions.new("both")
    for one, turn in ((other, (0.8, 0.6, 0.0, 0.0)), (figure, (0.8, 0.0, 0.6, 0.0))):
        one.armature.animation_data.action = action
        if hasattr(action, "slots"):  # before Blender 4.4 both move by the same keys
            one.armature.animation_data.action_slot = action.slots.new("OBJECT", one.armature.name)
        one.armature.pose.bones["forearm.L"].rotation_quaternion = turn
        one.armature.pose.bones["forearm.L"].keyframe_insert("rotation_quaternion", frame=1)
    before = [world_turn(bpy, one, "forearm.L", 1) for one in (other, figure)]
    set_sliders(figure, np.resize([2.0, -2.0], 10))
    fit_bones(bpy, figure)
    for one, turned in zip((other, figure), before, strict=True):
        np.testing.assert_allclose(world_turn(bpy, one, "forearm.L", 1), turned, atol=2e-5)


def test_operator(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> None:
    from smplify_blender import registration

    registration.register("smplify_blender")
    try:
        figure = build(write_result(tmp_path / "fit")).figures[0]
        bpy.context.view_layer.objects.active = figure.mesh
        assert not bpy.ops.smplify.fit_bones.poll()
        figure.mesh.data.shape_keys.key_blocks["Shape000"].value = 2.0
        assert bpy.ops.smplify.fit_bones() == {"FINISHED"}
        assert not bpy.ops.smplify.fit_bones.poll()
    finally:
        registration.unregister()
