# pyright: basic
"""The control rig of a figure: added, switched limb by limb, baked both ways, taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..scene.control_rig.bake import bake_to_bones, bake_to_controls, keyed_frames
from ..scene.control_rig.names import LIMBS, Limb
from ..scene.control_rig.rig import has_control_rig, remove_control_rig
from ..scene.control_rig.snap import handle_share, set_handle_share, snap_bones, snap_handle
from ..scene.figure.bone_joints import bones_by_joint
from ..scene.figure.hinges import has_joint_limits, joint_limits_are_on, switch_joint_limits
from ..scene.figure.pose import rotation_channel
from ..scene.rigify.follow import followed_rig
from ..scene.rigify.generated import RigifyError, remove_rig
from ..scene.rigs import add_rig, reason_against_rig
from ..settings.scene_choices import figure_in
from .modes import out_of_pose_mode

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class _RigOperator:
    """A step on a figure that is the file's own, in Object or Pose Mode."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so
    needs_controls = True

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure on which this can be done; say why not otherwise."""
        reason = reason_against(context, cls.needs_controls)
        if not reason:
            reason = cls.reason_against(cast("bpy.types.Object", figure_in(context)))
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason

    @classmethod
    def reason_against(cls, armature: bpy.types.Object) -> str:
        """Return what else speaks against it for this figure; empty for nothing."""
        del armature
        return ""


def reason_against(context: bpy.types.Context, needs_controls: bool) -> str:
    """Return why the rig of the chosen figure cannot be changed; empty if it can."""
    armature = figure_in(context)
    if armature is None:
        return "There is no figure: fit a photo first"
    if context.mode not in ("OBJECT", "POSE"):
        return "Leave the current mode for Object Mode or Pose Mode first"
    data = cast("bpy.types.Armature", armature.data)
    if armature.library is not None or data.library is not None or armature.override_library is not None:
        return "This figure is linked from another file: change it there"
    if armature.name not in cast("bpy.types.ViewLayer", context.view_layer).objects or armature.hide_viewport:
        return "This figure is not in the view layer: include its collection, and enable it"
    if needs_controls and not has_control_rig(armature):
        return "Add a control rig first"
    return ""


class SMPLIFY_OT_add_control_rig(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Add handles: IK for arms and legs, foot roll, spine, head, fingers, eyes. Pose and keys stay as they are"""

    bl_idname = "smplify.add_control_rig"
    bl_label = "Add Control Rig"
    needs_controls = False

    @classmethod
    def reason_against(cls, armature: bpy.types.Object) -> str:
        """See `_RigOperator`; a figure has one rig."""
        return reason_against_rig(armature, "control")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Add it, and bake the keys of the figure's own bones onto it."""
        armature = cast("bpy.types.Object", figure_in(context))
        with out_of_pose_mode(context):
            add_rig(
                armature,
                "control",
                cast("bpy.types.Scene", context.scene),
                cast("bpy.types.ViewLayer", context.view_layer),
            )
        return {"FINISHED"}


class SMPLIFY_OT_remove_control_rig(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Take the handles off. What they show is baked onto the figure's own bones first: pose and animation stay"""

    bl_idname = "smplify.remove_control_rig"
    bl_label = "Remove Control Rig"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Bake, then remove."""
        armature = cast("bpy.types.Object", figure_in(context))
        bake_to_bones(armature, cast("bpy.types.Scene", context.scene))
        with out_of_pose_mode(context):
            remove_control_rig(armature, cast("bpy.types.ViewLayer", context.view_layer))
        return {"FINISHED"}


class SMPLIFY_OT_bake_controls(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Bake pose and animation from the figure's own bones onto its handles, or back"""

    bl_idname = "smplify.bake_controls"
    bl_label = "Bake"

    direction: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Direction",
        items=[
            (
                "TO_CONTROLS",
                "Bones to Handles",
                "Handles go where the bones are, with a key wherever those have one",
            ),
            (
                "TO_BONES",
                "Handles to Bones",
                "Bones are turned as they are shown, and animation is keyed at every frame; spine, head and finger handles go to "
                "rest",
            ),
        ],
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Return the description of the chosen direction."""
        return (
            "Put the handles where the figure's own bones are, with a key wherever those have one. Keys that the handles had go"
            if properties.direction == "TO_CONTROLS"
            else "Turn the figure's own bones to where the handles have them; animation is keyed at every frame"
        )

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Bake, and say at how many frames there are keys."""
        armature, scene = cast("bpy.types.Object", figure_in(context)), cast("bpy.types.Scene", context.scene)
        bake = bake_to_controls if cast("Any", self).direction == "TO_CONTROLS" else bake_to_bones
        count = bake(armature, scene)
        self.report({"INFO"}, f"Baked {count} keyed frames" if count > 1 else "Baked the pose")
        return {"FINISHED"}


class SMPLIFY_OT_switch_limb(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Switch a limb between its handle (IK) and its own bones (FK); it stays where it is"""

    bl_idname = "smplify.switch_limb"
    bl_label = "Switch Limb"

    limb: bpy.props.IntProperty(name="Limb", min=0, max=len(LIMBS) - 1)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Snap the side that will be followed to what is shown, then switch."""
        armature = cast("bpy.types.Object", figure_in(context))
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        limb = LIMBS[cast("Any", self).limb]
        view_layer.update()
        to_own = handle_share(armature, limb) > 0.5
        snap_bones(armature, limb)  # the handle is snapped to them: they have to be what is shown
        if not to_own:
            view_layer.update()
            snap_handle(armature, limb)
        set_handle_share(armature, limb, 0.0 if to_own else 1.0)
        _key_where_keyed(context, armature, limb)
        return {"FINISHED"}


class SMPLIFY_OT_switch_joint_limits(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Hold elbows, knees, fingers and jaw in the range of people's joints, or let them go again; no key is changed"""

    bl_idname = "smplify.switch_joint_limits"
    bl_label = "Joint Limits"
    needs_controls = False

    @classmethod
    def reason_against(cls, armature: bpy.types.Object) -> str:
        """See `_RigOperator`."""
        if has_joint_limits(armature):
            return ""
        return "The figure has no joint limits: it was made before there were any"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Switch all of them."""
        armature = cast("bpy.types.Object", figure_in(context))
        switch_joint_limits(armature, not joint_limits_are_on(armature))
        return {"FINISHED"}


class SMPLIFY_OT_generate_rigify(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Generate Blender's own Rigify rig for this figure, pose and key it alike, and let the figure follow it"""

    bl_idname = "smplify.generate_rigify"
    bl_label = "Generate Rigify Rig"
    needs_controls = False

    @classmethod
    def reason_against(cls, armature: bpy.types.Object) -> str:
        """See `_RigOperator`; a figure has one rig."""
        return reason_against_rig(armature, "rigify")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Generate it, or say what Rigify says."""
        armature = cast("bpy.types.Object", figure_in(context))
        try:
            with out_of_pose_mode(context):
                rig = add_rig(
                    armature,
                    "rigify",
                    cast("bpy.types.Scene", context.scene),
                    cast("bpy.types.ViewLayer", context.view_layer),
                )
        except RigifyError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Pose “{rig.name}”: the figure follows it")
        return {"FINISHED"}


class SMPLIFY_OT_remove_rigify(_RigOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Take the Rigify rig away. What it shows is baked onto the figure's own bones first: pose and animation stay"""

    bl_idname = "smplify.remove_rigify"
    bl_label = "Remove Rigify Rig"
    needs_controls = False

    @classmethod
    def reason_against(cls, armature: bpy.types.Object) -> str:
        """See `_RigOperator`."""
        return "" if followed_rig(armature) is not None else "The figure follows no Rigify rig"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Bake, then remove."""
        armature = cast("bpy.types.Object", figure_in(context))
        with out_of_pose_mode(context):
            remove_rig(
                armature,
                cast("bpy.types.Scene", context.scene),
                cast("bpy.types.ViewLayer", context.view_layer),
            )
        return {"FINISHED"}


def _key_where_keyed(context: bpy.types.Context, armature: bpy.types.Object, limb: Limb) -> None:
    """Key what was snapped at the current frame where it has keys already: the next change of frame would take it back."""
    frame = cast("bpy.types.Scene", context.scene).frame_current
    pose = cast("bpy.types.Pose", armature.pose)
    names = bones_by_joint(armature)
    joints = [joint for joint in (limb.root, limb.middle, limb.end, limb.toe) if joint]
    for name in [*(names[joint] for joint in joints), *limb.controls]:
        bone = pose.bones[name]
        if keyed_frames(armature, [name]):
            bone.keyframe_insert(rotation_channel(bone), frame=frame)
            if not all(cast("Any", bone).lock_location):
                bone.keyframe_insert("location", frame=frame)
