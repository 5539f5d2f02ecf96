# pyright: basic
"""A metarig with the figure's own bones, told to Rigify limb by limb.

Heads, tails and axes are the figure's: what the generated rig's original bones do is what the figure's bones do.
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Vector

from ...result.bone_names import bone_name
from ...result.joint_names import FINGERS
from ..figure.armature import edited
from ..figure.bone_joints import bones_by_joint
from ..figure.pose import pose_bones

SIDES = (("left", ".L"), ("right", ".R"))
TRUNK = ("pelvis", "spine1", "spine2", "spine3")
LEG, ARM = ("hip", "knee", "ankle", "foot"), ("shoulder", "elbow", "wrist")
FORWARD = Vector((0.0, -1.0, 0.0))
HEEL_BEHIND_ANKLE = 0.3  # of the distance from the ankle to the tip of the toes
FINGER_SEGMENTS = (1, 2, 3)
FINGER_CHAINS = tuple(tuple(f"{finger}{segment}" for segment in FINGER_SEGMENTS) for finger in FINGERS)


def needed_joints() -> tuple[str, ...]:
    """Return the joints that a metarig cannot do without."""
    limbs = tuple(f"{side}_{joint}" for side, _ in SIDES for joint in ("collar", *ARM, *LEG))
    return (*TRUNK, "neck", "head", *limbs)


def new_metarig(
    armature_object: bpy.types.Object, collection: bpy.types.Collection, view_layer: bpy.types.ViewLayer
) -> bpy.types.Object:
    """Return a metarig that stands where the figure's armature does; `view_layer` has to be in object mode."""
    data = bpy.data.armatures.new(f"{armature_object.name} metarig")
    metarig = bpy.data.objects.new(f"{armature_object.name} metarig", data)
    collection.objects.link(metarig)
    metarig.matrix_world = armature_object.matrix_world.copy()
    figure: Any = armature_object.data
    rest = {joint: figure.bones[name] for joint, name in bones_by_joint(armature_object).items()}
    types: dict[str, str] = {}
    with edited(metarig, view_layer):
        _MetarigBones(data, rest, types).add_all()
    for name, kind in types.items():
        _tell_rigify(pose_bones(metarig)[name], kind)
    return metarig


class _MetarigBones:
    """The bones of a metarig in edit mode, and the kinds that Rigify is told of."""

    def __init__(self, data: Any, rest: dict[str, Any], types: dict[str, str]) -> None:
        self._bones, self._rest, self._types = data.edit_bones, rest, types

    def add_all(self) -> None:
        """Add what the body has: fingers, jaw and eyes are left out where it lacks them."""
        self._chain(TRUNK, "", "spines.basic_spine")
        self._chain(("neck", "head"), "spine3", "spines.super_head")
        self._chain(("jaw",), "head", "basic.super_copy")
        for side, suffix in SIDES:
            self._chain((f"{side}_eye",), "head", "basic.super_copy")
            self._chain((f"{side}_collar",), "spine3", "basic.super_copy")
            self._chain([f"{side}_{joint}" for joint in ARM], f"{side}_collar", "limbs.arm")
            self._chain([f"{side}_{joint}" for joint in LEG], "pelvis", "limbs.leg", forward=2)
            self._heel(side, suffix)
            for chain in FINGER_CHAINS:
                self._chain([f"{side}_{joint}" for joint in chain], f"{side}_wrist", "limbs.super_finger")

    def _chain(self, joints: Any, parent: str, kind: str, forward: int = 0) -> None:
        """Add connected bones; the first `forward` get the front as the side of their Z axes, as Rigify's knees want it."""
        if any(joint not in self._rest for joint in joints):
            return
        above = bone_name(parent) if parent else ""
        for index, joint in enumerate(joints):
            bone, name = self._rest[joint], bone_name(joint)
            made = self._bones.new(name)
            made.head, made.tail = bone.head_local, bone.tail_local
            made.align_roll(FORWARD if index < forward else bone.matrix_local.col[2].to_3d())
            if above:
                made.parent = self._bones[above]
                made.use_connect = index > 0
            above = name
        self._types[bone_name(joints[0])] = kind

    def _heel(self, side: str, suffix: str) -> None:
        """Add the bone across the heel, on the floor, that Rigify's foot roll asks for."""
        ankle, tip = self._rest[f"{side}_ankle"].head_local, self._rest[f"{side}_foot"].tail_local
        ahead = Vector((tip.x - ankle.x, tip.y - ankle.y, 0.0))
        across = Vector((ahead.y, -ahead.x, 0.0)).normalized() * 0.15 * ahead.length
        heel = Vector((ankle.x, ankle.y, 0.0)) - HEEL_BEHIND_ANKLE * ahead
        made = self._bones.new(f"heel{suffix}")
        made.head, made.tail = heel - across, heel + across
        made.parent = self._bones[bone_name(f"{side}_ankle")]


def _tell_rigify(bone: Any, kind: str) -> None:
    bone.rigify_type = kind
    parameters = bone.rigify_parameters
    if kind in ("limbs.arm", "limbs.leg"):
        parameters.rotation_axis = "x"
        parameters.segments = parameters.bbones = 1
    elif kind == "limbs.super_finger":
        parameters.primary_rotation_axis = "X"
        parameters.bbones = 1
    elif kind == "spines.basic_spine":
        parameters.pivot_pos = 2
        parameters.make_fk_controls = True
