"""A pose and a motion on somebody else's armature and back: limbs point the same way, feet stay on the floor."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_guess import guess_bones, is_enough
from smplify_blender.result.bone_names import Naming, bone_name_of
from tests.blender.synthetic_result import (
    JOINT_NAMES,
    PARENTS,
    SyntheticBody,
    random_person,
    rest_joints,
    write_result,
)

LIMBS = [
    ("hip", "knee"),
    ("knee", "ankle"),
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("index1", "index2"),
    ("wrist", "middle1"),
]
MOST_DEGREES = 1.0


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    built = build(write_result(tmp_path / "fit", [random_person(3)], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


@pytest.fixture
def other_figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    """Of the same build in another pose and place."""
    person = {
        **random_person(4, sideways=1.0),
        **{key: random_person(3)[key] for key in ("betas", "expression")},
    }
    built = build(write_result(tmp_path / "other", [person], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


def stranger(
    bpy: ModuleType,
    naming: Naming = "mixamo",
    arms_down_degrees: float = 45.0,
    object_scale: float = 1.0,
    turned: tuple[float, float, float] = (0.0, 0.0, 0.0),
    size: float = 1.2,
) -> Any:
    """An armature as another program makes it: its own names, rolls, proportions, A-pose, scale and axes."""
    places = dict(zip(JOINT_NAMES, rest_joints(), strict=True))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn = math.radians(-arms_down_degrees) * sign
        rotation = np.array(
            [[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]]
        )
        centre = places[f"{side}_shoulder"].copy()
        for name in JOINT_NAMES:
            if name.startswith(side) and below(name, f"{side}_shoulder"):
                places[name] = centre + rotation @ (places[name] - centre)
    data = bpy.data.armatures.new("Stranger")
    thing = bpy.data.objects.new("Stranger", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    generator = np.random.default_rng(5)
    made = {}
    root = data.edit_bones.new("root")
    root.head, root.tail = (0, 0, 0), (0, 0.3, 0)
    for index, name in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(bone_name_of(naming, name))
        x, y, z = size * places[name] / object_scale
        bone.head = (x, -z, y + 1.05 * size / object_scale)
        bone.tail = np.array(bone.head) + generator.normal(0, 0.1, 3) / object_scale
        bone.roll = generator.uniform(-3, 3)
        bone.parent = made[JOINT_NAMES[PARENTS[index]]] if PARENTS[index] >= 0 else root
        made[name] = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    thing.scale = (object_scale,) * 3
    thing.rotation_euler = turned
    thing.location = (0.4, 2.0, 0.0)
    bpy.context.view_layer.update()
    return thing


def below(name: str, ancestor: str) -> bool:
    joint = JOINT_NAMES.index(name)
    while joint >= 0:
        if JOINT_NAMES[joint] == ancestor:
            return True
        joint = PARENTS[joint]
    return False


def mapped(thing: Any) -> Any:
    from smplify_blender.scene.retarget.retarget import Mapped

    found = guess_bones({bone.name: bone.parent.name if bone.parent else "" for bone in thing.data.bones})
    assert is_enough(found)
    return Mapped(thing, found)


def heads(one: Any) -> dict[str, np.ndarray]:
    world = one.armature.matrix_world
    return {joint: np.array(world @ one.armature.pose.bones[bone].head) for joint, bone in one.bones.items()}


def limb_angles(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> dict[str, float]:
    """Degrees between the directions of the same limb."""
    found = {}
    for side in ("left", "right"):
        for start, end in LIMBS:
            if f"{side}_{end}" not in first or f"{side}_{end}" not in second:
                continue
            one, other = (at[f"{side}_{end}"] - at[f"{side}_{start}"] for at in (first, second))
            cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            found[f"{side} {start}"] = math.degrees(math.acos(min(cosine, 1.0)))
    return found


STRANGERS: dict[str, dict[str, Any]] = {
    "mixamo, arms hanging": {},
    "unreal, T-pose, small": {"naming": "unreal", "arms_down_degrees": 0.0, "size": 0.6},
    "humanoid, in centimetres": {"naming": "humanoid", "object_scale": 0.01},
    "smplx, turned": {"naming": "smplx", "turned": (0.0, 0.0, 2.0)},
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_limbs_point_the_same_way(bpy: ModuleType, figure: Any, kind: str) -> None:
    from smplify_blender.scene.retarget.retarget import retarget

    source, target = mapped(figure.armature), mapped(stranger(bpy, **STRANGERS[kind]))
    assert retarget(source, target, bpy.context.scene) == 1
    bpy.context.view_layer.update()
    angles = limb_angles(heads(source), heads(target))
    assert len(angles) == 2 * len(LIMBS) and max(angles.values()) < MOST_DEGREES, angles
    assert np.linalg.norm((heads(source)["pelvis"] - heads(target)["pelvis"])[:2]) < 1e-3


@pytest.mark.parametrize("kind", STRANGERS)
def test_there_and_back(bpy: ModuleType, figure: Any, other_figure: Any, kind: str) -> None:
    """Onto a stranger, and from there onto a figure in another pose: every mapped bone stands as it did."""
    from smplify_blender.scene.retarget.retarget import retarget

    source, target, back = (
        mapped(figure.armature),
        mapped(stranger(bpy, **STRANGERS[kind])),
        mapped(other_figure.armature),
    )
    retarget(source, target, bpy.context.scene)
    bpy.context.view_layer.update()
    retarget(target, back, bpy.context.scene)
    bpy.context.view_layer.update()
    turned = {
        joint: math.degrees(
            figure.armature.pose.bones[bone]
            .matrix.to_quaternion()
            .rotation_difference(other_figure.armature.pose.bones[bone].matrix.to_quaternion())
            .angle
        )
        for joint, bone in back.bones.items()
    }
    assert len(turned) > 45 and max(turned.values()) < MOST_DEGREES, turned


def test_a_motion_keeps_its_feet_on_the_floor(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.retarget.retarget import retarget

    bones = figure.armature.pose.bones
    for frame, bend in ((1, 0.0), (6, 0.5), (11, 0.9)):
        for name, sign in (
            ("thigh.L", 1),
            ("thigh.R", 1),
            ("shin.L", 2),
            ("shin.R", 2),
            ("foot.L", 1),
            ("foot.R", 1),
        ):
            bones[name].rotation_quaternion = (math.cos(sign * bend / 2), math.sin(sign * bend / 2), 0, 0)
            bones[name].keyframe_insert("rotation_quaternion", frame=frame)
        bones["hips"].location = (0.1 * bend, -0.4 * bend, 0)
        bones["hips"].keyframe_insert("location", frame=frame)
    source, target = mapped(figure.armature), mapped(stranger(bpy))
    assert retarget(source, target, bpy.context.scene) == 3
    rest = min(
        (target.armature.matrix_world @ target.armature.data.bones[target.bones[joint]].head_local).z
        for joint in ("left_foot", "right_foot", "left_ankle", "right_ankle")
    )
    own = min(
        (figure.armature.matrix_world @ figure.armature.data.bones[source.bones[joint]].head_local).z
        for joint in ("left_foot", "right_foot", "left_ankle", "right_ankle")
    )
    for frame in (1, 6, 11):
        bpy.context.scene.frame_set(frame)
        lowest = [
            min(heads(one)[joint][2] for joint in ("left_foot", "right_foot", "left_ankle", "right_ankle"))
            for one in (source, target)
        ]
        assert lowest[1] - rest == pytest.approx(1.2 * (lowest[0] - own), abs=0.03)
        angles = limb_angles(heads(source), heads(target))
        assert max(angles.values()) < MOST_DEGREES


def test_only_mapped_bones_are_keyed_and_the_earlier_action_stays(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.motion.action_curves import object_curves
    from smplify_blender.scene.retarget.retarget import retarget

    thing = stranger(bpy)
    thing.pose.bones["root"].keyframe_insert("location", frame=5)
    earlier = thing.animation_data.action
    target = mapped(thing)
    modes = {"mixamorig:LeftArm": "XYZ", "mixamorig:RightLeg": "AXIS_ANGLE"}
    for name, mode in modes.items():
        thing.pose.bones[name].rotation_mode = mode
    retarget(mapped(figure.armature), target, bpy.context.scene)
    assert (
        earlier.name in bpy.data.actions and earlier.use_fake_user and thing.animation_data.action != earlier
    )
    keyed = {curve.data_path.split('"')[1] for curve in object_curves(thing)}
    assert keyed == set(target.bones.values())
    assert {
        curve.data_path.split('"')[1] for curve in object_curves(thing) if "location" in curve.data_path
    } == {"mixamorig:Hips"}
    assert {name: thing.pose.bones[name].rotation_mode for name in modes} == modes
    bpy.context.scene.frame_set(1)
    assert max(limb_angles(heads(mapped(figure.armature)), heads(target)).values()) < MOST_DEGREES


def test_the_place_can_stay(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.retarget.retarget import retarget

    target = mapped(stranger(bpy))
    before = heads(target)["pelvis"]
    retarget(mapped(figure.armature), target, bpy.context.scene, keep_place=True)
    bpy.context.view_layer.update()
    assert np.linalg.norm((heads(target)["pelvis"] - before)[:2]) < 1e-4


def drop(bones: dict[str, str]) -> dict[str, str]:
    return {joint: bone for joint, bone in bones.items() if joint != "left_knee"}


def rename(bones: dict[str, str]) -> dict[str, str]:
    return {**bones, "head": "nobody's bone"}


def double(bones: dict[str, str]) -> dict[str, str]:
    return {**bones, "left_elbow": bones["left_shoulder"]}


@pytest.mark.parametrize(
    ("spoil", "words"), [(drop, "left knee"), (rename, "no bone “nobody's bone”"), (double, "two joints")]
)
def test_a_map_that_cannot_work_is_told_and_nothing_happens(
    bpy: ModuleType, figure: Any, spoil: Any, words: str
) -> None:
    from smplify_blender.scene.retarget.retarget import Mapped, RetargetError, retarget

    target = mapped(stranger(bpy))
    with pytest.raises(RetargetError, match=words):
        retarget(mapped(figure.armature), Mapped(target.armature, spoil(target.bones)), bpy.context.scene)
    assert target.armature.animation_data is None


def test_by_its_buttons(addon: ModuleType, figure: Any) -> None:
    """Chosen, guessed, corrected, taken over; a wrong list is told in words."""
    ops, choices = addon.ops.smplify, addon.context.scene.smplify_retarget
    assert not ops.retarget.poll()
    thing = stranger(addon)
    addon.context.view_layer.objects.active = figure.armature
    choices.armature = thing
    listed = {row.name: row.bone for row in choices.bones}
    assert listed["left_hip"] == "mixamorig:LeftUpLeg" and len(listed) > 50
    choices.bones["left_knee"].bone = ""
    with pytest.raises(RuntimeError, match="left knee"):
        ops.retarget(direction="TO_ARMATURE")
    assert ops.guess_bones() == {"FINISHED"} and choices.bones["left_knee"].bone == "mixamorig:LeftLeg"
    assert ops.retarget(direction="TO_ARMATURE") == {"FINISHED"}
    addon.context.view_layer.update()
    wanted = heads(mapped(figure.armature))
    assert max(limb_angles(wanted, heads(mapped(thing))).values()) < MOST_DEGREES
    for bone in figure.armature.pose.bones:
        bone.rotation_quaternion = (1, 0, 0, 0)
    assert ops.retarget(direction="TO_FIGURE") == {"FINISHED"}
    addon.context.view_layer.update()
    assert max(limb_angles(wanted, heads(mapped(figure.armature))).values()) < MOST_DEGREES
    choices.armature = None
    assert len(choices.bones) == 0
