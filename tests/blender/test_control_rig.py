"""A control rig: nothing moves when it comes, when limbs are switched, when a motion is baked, or when it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import SyntheticBody, random_person, write_result
from tests.blender.test_export import distance_mm, read_again, shown

MOST_MM = 0.1
MOST_STRAIGHT_MM = 0.3
"""Of a knee or an elbow that is straight to some degrees: the 0.02 mm that Blender's solver leaves at the end of the limb are ten
times as much there."""
FRAMES = (1, 9, 14)


@pytest.fixture
def figure(bpy: ModuleType, request: pytest.FixtureRequest, build: Callable[..., Any], tmp_path: Path) -> Any:
    person = random_person(getattr(request, "param", 1))
    built = build(write_result(tmp_path / "fit", [person], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


@pytest.fixture
def rigged(bpy: ModuleType, figure: Any) -> Any:
    from smplify_blender.scene.control_rig.rig import add_control_rig

    add_control_rig(figure.armature, bpy.context.view_layer)
    return figure


def limbs() -> tuple[Any, ...]:
    from smplify_blender.scene.control_rig.names import LIMBS

    return LIMBS


def follow(bpy: ModuleType, figure: Any, share: float) -> None:
    from smplify_blender.scene.control_rig.snap import set_gaze_share, set_handle_share

    for limb in limbs():
        set_handle_share(figure.armature, limb, share)
    set_gaze_share(figure.armature, share)
    bpy.context.view_layer.update()


def joints(figure: Any) -> dict[str, np.ndarray]:
    """Both ends of every bone of the figure's own, and a point five centimetres to its side."""
    return {
        bone.name: np.array([*bone.head, *bone.tail, *(bone.head + 0.05 * bone.x_axis)])
        for bone in figure.armature.pose.bones
        if "smplx_joint" in bone.bone
    }


def agree(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> None:
    limbs_own = ("thigh", "shin", "upper_arm", "forearm")
    for name, points in before.items():
        most = MOST_STRAIGHT_MM if name.startswith(limbs_own) else MOST_MM
        assert 1000 * np.abs(points - after[name]).max() < most, name


def draw_in(figure: Any, handle: str, root: str, share: float) -> None:
    """Move a limb's handle towards its root, so that it stays in reach whatever else moves."""
    bones = figure.armature.pose.bones
    way = share * (bones[root].head - bones[handle].head)
    bones[handle].location += bones[handle].bone.matrix_local.to_3x3().inverted() @ way


def disturb(figure: Any) -> None:
    """Move every kind of control; no limb is drawn straight."""
    bones = figure.armature.pose.bones
    for suffix in (".L", ".R"):
        draw_in(figure, f"hand_ik{suffix}", f"upper_arm{suffix}", 0.4)
        draw_in(figure, f"foot_ik{suffix}", f"thigh{suffix}", 0.25)
    bones["elbow_pole.R"].location.z += 0.2
    bones["foot_roll.L"].rotation_euler.x = -0.6
    bones["foot_roll.R"].rotation_euler.x = 0.3
    bones["spine_control"].rotation_quaternion = (0.97, 0.24, 0, 0)
    bones["head_control"].rotation_quaternion = (0.97, 0, 0.24, 0)
    bones["fingers_curl.R"].rotation_euler.x = 0.8
    bones["thumb_curl.L"].rotation_euler.x = 0.5
    bones["gaze"].location.x += 0.1


def move(bpy: ModuleType, figure: Any) -> None:
    """A motion of three keys of the figure's own bones."""
    generator = np.random.default_rng(3)
    for frame in FRAMES:
        for name in ("thigh.L", "shin.L", "upper_arm.R", "forearm.R", "foot.L", "hips", "eye.L"):
            bone = figure.armature.pose.bones[name]
            bone.rotation_quaternion = np.array(bone.rotation_quaternion) + generator.normal(0, 0.15, 4)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    bpy.context.scene.frame_set(1)


def at_frames(bpy: ModuleType, figure: Any, frames: tuple[int, ...]) -> list[np.ndarray]:
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        found.append(shown(bpy, figure.mesh))
    return found


@pytest.mark.parametrize("figure", range(3), indirect=True)
def test_adding_it_moves_nothing(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.control_rig.rig import add_control_rig, has_control_rig

    before, names = joints(figure), {bone.name for bone in figure.armature.data.bones}
    add_control_rig(figure.armature, bpy.context.view_layer)
    assert has_control_rig(figure.armature)
    agree(before, joints(figure))
    added = [bone for bone in figure.armature.data.bones if bone.name not in names]
    assert len(added) > 30 and not any(bone.use_deform for bone in added)


@pytest.mark.parametrize("figure", range(3), indirect=True)
def test_fk_and_ik_agree(bpy: ModuleType, rigged: Any) -> None:
    with_handles = joints(rigged)
    follow(bpy, rigged, 0.0)
    agree(with_handles, joints(rigged))


@pytest.mark.parametrize("control", ["hand_ik.L", "foot_ik.R"])
def test_a_limb_reaches_for_its_handle(bpy: ModuleType, rigged: Any, control: str) -> None:
    """A third of the way to the limb's root is always in reach."""
    bones = rigged.armature.pose.bones
    root, end = {"hand_ik.L": ("upper_arm.L", "hand.L"), "foot_ik.R": ("thigh.R", "foot.R")}[control]
    aim = bones[end].head + (bones[root].head - bones[end].head) / 3
    handle = bones[control]
    handle.location = handle.bone.matrix_local.to_3x3().inverted() @ (aim - handle.bone.head_local)
    bpy.context.view_layer.update()
    assert (bones[end].head - aim).length < 1e-3


def test_every_control_moves_the_body_and_the_switch_keeps_it(bpy: ModuleType, rigged: Any) -> None:
    from smplify_blender.scene.control_rig.snap import snap_bones, snap_handle

    before = shown(bpy, rigged.mesh)
    disturb(rigged)
    bpy.context.view_layer.update()
    disturbed = joints(rigged)
    assert distance_mm(before, shown(bpy, rigged.mesh)) > 50
    for limb in limbs():
        snap_bones(rigged.armature, limb)
    follow(bpy, rigged, 0.0)
    eyes = {"eye.L", "eye.R"}
    after = joints(rigged)
    agree({name: ends for name, ends in disturbed.items() if name not in eyes}, after)
    for limb in limbs():
        snap_handle(rigged.armature, limb)
    follow(bpy, rigged, 1.0)
    agree(disturbed, joints(rigged))


@pytest.mark.parametrize(
    ("control", "turn", "moved", "kept"),
    [
        ("foot_roll.L", -0.6, "foot.L", "toe.L"),  # the heel rises, the ball stays
        ("foot_roll.L", 0.4, "toe.L", None),
        ("index_curl.R", 0.7, "f_index.03.R", "f_middle.03.R"),
        ("fingers_curl.L", 0.7, "f_pinky.02.L", "thumb.03.L"),
    ],
)
def test_a_turn_reaches_what_it_is_for(
    bpy: ModuleType, rigged: Any, control: str, turn: float, moved: str, kept: str | None
) -> None:
    bones = rigged.armature.pose.bones
    draw_in(rigged, "foot_ik.L", "thigh.L", 0.25)
    bpy.context.view_layer.update()
    before = {name: bones[name].head.copy() for name in (moved, kept or moved)}
    bones[control].rotation_euler.x = turn
    bpy.context.view_layer.update()
    assert (bones[moved].head - before[moved]).length > 0.005
    if kept is not None:
        assert (bones[kept].head - before[kept]).length < 2e-3


def test_a_motion_goes_onto_the_controls_and_back(bpy: ModuleType, rigged: Any) -> None:
    from smplify_blender.scene.control_rig.bake import bake_to_bones, bake_to_controls

    follow(bpy, rigged, 0.0)
    move(bpy, rigged)
    before = at_frames(bpy, rigged, FRAMES)
    assert bake_to_controls(rigged.armature, bpy.context.scene) == len(FRAMES)
    assert bpy.context.scene.frame_current == FRAMES[-1]
    for one, other in zip(before, at_frames(bpy, rigged, FRAMES), strict=True):
        assert distance_mm(one, other) < MOST_STRAIGHT_MM
    disturb(rigged)
    rigged.armature.pose.bones["hand_ik.L"].keyframe_insert("location", frame=9)
    rigged.armature.pose.bones["spine_control"].keyframe_insert("rotation_quaternion", frame=9)
    every = tuple(range(FRAMES[0], FRAMES[-1] + 1))
    between = at_frames(bpy, rigged, every)
    assert bake_to_bones(rigged.armature, bpy.context.scene) == len(every)
    for one, other in zip(between, at_frames(bpy, rigged, every), strict=True):
        assert distance_mm(one, other) < MOST_STRAIGHT_MM


def test_a_pose_without_keys_gets_none(bpy: ModuleType, rigged: Any) -> None:
    from smplify_blender.scene.control_rig.bake import bake_to_bones

    rigged.armature.animation_data.action = None
    disturb(rigged)
    bpy.context.view_layer.update()
    before = joints(rigged)
    assert bake_to_bones(rigged.armature, bpy.context.scene) == 0
    assert rigged.armature.animation_data.action is None
    bpy.context.view_layer.update()
    agree(before, joints(rigged))


def test_taking_it_off_leaves_no_trace(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.control_rig.rig import add_control_rig, remove_control_rig

    def state() -> Any:
        armature = figure.armature
        return (
            [bone.name for bone in armature.data.bones],
            [bone.name for bone in armature.data.collections],
            [
                (one.name, one.mute, bone.lock_ik_y, bone.use_ik_limit_x)
                for bone in armature.pose.bones
                for one in bone.constraints
            ],
            len(armature.animation_data.drivers),
        )

    before, pose = state(), joints(figure)
    for _ in range(2):
        add_control_rig(figure.armature, bpy.context.view_layer)
        remove_control_rig(figure.armature, bpy.context.view_layer)
    assert state() == before
    bpy.context.view_layer.update()
    agree(pose, joints(figure))


def test_it_follows_another_shape(bpy: ModuleType, rigged: Any) -> None:
    from smplify_blender.scene.control_rig.rig import refresh_control_rig
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape

    rigged.mesh.data.shape_keys.key_blocks["Shape000"].value += 2.0
    follow(bpy, rigged, 0.0)
    fit_bones_to_shape(rigged.armature, bpy.context.view_layer)
    bpy.context.view_layer.update()
    own = joints(rigged)
    refresh_control_rig(rigged.armature, bpy.context.view_layer)
    follow(bpy, rigged, 1.0)
    agree(own, joints(rigged))


@pytest.mark.parametrize("suffix", [".glb", ".fbx"])
@pytest.mark.parametrize("animated", [False, True], ids=["pose", "motion"])
def test_exports_show_the_controls_work_and_not_the_controls(
    bpy: ModuleType, rigged: Any, tmp_path: Path, suffix: str, animated: bool
) -> None:
    from smplify_blender.scene.export.export_figures import export_figures

    disturb(rigged)
    if animated:
        rigged.armature.pose.bones["foot_ik.R"].keyframe_insert("location", frame=1)
        rigged.armature.pose.bones["foot_ik.R"].location.z += 0.1
        rigged.armature.pose.bones["foot_ik.R"].keyframe_insert("location", frame=9)
        bpy.context.scene.frame_set(9)
    bpy.context.view_layer.update()
    wanted = shown(bpy, rigged.mesh)
    export_figures([rigged.armature], tmp_path / f"a{suffix}")
    assert "hand_ik.L" in rigged.armature.pose.bones and rigged.armature.pose.bones["shin.L"].constraints
    fps = bpy.context.scene.render.fps
    (armature,), (mesh,) = read_again(bpy, tmp_path / f"a{suffix}")
    bpy.context.scene.render.fps = fps
    bpy.context.scene.frame_set(9 if animated else 1)
    assert not [bone.name for bone in armature.data.bones if "ik" in bone.name or "control" in bone.name]
    assert distance_mm(shown(bpy, mesh), wanted) < MOST_MM


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "not keyed yet"])
def test_the_buttons_do_it_all_from_pose_mode(addon: ModuleType, figure: Any, keyed: bool) -> None:
    """Added, a limb posed by its handle and switched, baked, removed: the pose that was made stays, and so does the mode."""
    ops, armature = addon.ops.smplify, figure.armature
    addon.context.view_layer.objects.active = armature
    before = joints(figure)
    assert not ops.switch_limb.poll() and not ops.remove_control_rig.poll()
    addon.ops.object.mode_set(mode="POSE")
    assert ops.add_control_rig() == {"FINISHED"} and addon.context.mode == "POSE"
    assert not ops.add_control_rig.poll()
    agree(before, joints(figure))
    disturb(figure)
    if keyed:
        for bone in armature.pose.bones:  # Add has keyed most of them
            if "smplx_joint" not in bone.bone:
                bone.keyframe_insert("location", frame=1)
                turns = "rotation_quaternion" if bone.rotation_mode == "QUATERNION" else "rotation_euler"
                bone.keyframe_insert(turns, frame=1)
    addon.context.view_layer.update()
    posed = joints(figure)
    for limb in (0, 0, 1, 3):
        assert ops.switch_limb(limb=limb) == {"FINISHED"}
        if keyed:
            addon.context.scene.frame_set(1)
        addon.context.view_layer.update()
        agree(posed, joints(figure))
    shares = [armature.pose.bones[limb.handle]["ik"] for limb in limbs()]
    assert shares == [1.0, 0.0, 1.0, 0.0]
    assert ops.bake_controls(direction="TO_BONES") == {"FINISHED"}
    addon.context.scene.frame_set(1)
    agree(posed, joints(figure))
    assert ops.bake_controls(direction="TO_CONTROLS") == {"FINISHED"}
    assert ops.remove_control_rig() == {"FINISHED"} and addon.context.mode == "POSE"
    addon.context.scene.frame_set(1)
    agree(posed, joints(figure))


def test_joint_limits_are_switched_by_their_button(addon: ModuleType, figure: Any) -> None:
    addon.context.view_layer.objects.active = figure.armature
    muted = lambda: {  # noqa: E731
        one.mute for bone in figure.armature.pose.bones for one in bone.constraints
    }
    assert muted() == {True}
    assert addon.ops.smplify.switch_joint_limits() == {"FINISHED"} and muted() == {False}
    assert addon.ops.smplify.switch_joint_limits() == {"FINISHED"} and muted() == {True}


@pytest.fixture(autouse=True)
def quiet(bpy: ModuleType) -> Iterator[None]:
    """Every constraint is valid: Blender would say so on stderr otherwise, and leave the bone alone."""
    yield
    bad = [
        (bone.name, one.name)
        for thing in bpy.data.objects
        if thing.type == "ARMATURE"
        for bone in thing.pose.bones
        for one in bone.constraints
        if not one.is_valid
    ]
    assert not bad
