# pyright: basic
"""Below the result: the figure's control rig, limb by limb."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..scene.control_rig.names import FOLLOW_PROPERTY, GAZE, IK_PROPERTY, LIMBS
from ..scene.control_rig.rig import has_control_rig
from ..scene.control_rig.snap import handle_share
from ..scene.figure.hinges import has_joint_limits, joint_limits_are_on
from ..scene.figure.pose import pose_bones
from ..scene.rigify.follow import followed_rig
from ..scene.twist.twist_rig import has_twist_bones
from ..settings.scene_choices import figure_in
from .drawing import FigurePanel, draw_text
from .panel_state import Line


class SMPLIFY_PT_rig(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Handles for posing and animating the figure"""

    bl_idname = "SMPLIFY_PT_rig"
    bl_label = "Rig"

    def draw(self, context: bpy.types.Context) -> None:
        """The button that adds handles; where there are some, a row a limb and the buttons that bake."""
        layout = cast("bpy.types.UILayout", self.layout)
        armature = cast("bpy.types.Object", figure_in(context))
        rig = followed_rig(armature)
        if rig is not None:
            draw_text(layout, Line(f"Follows “{rig.name}”", "ARMATURE_DATA"), context)
            layout.operator("smplify.remove_rigify", icon="TRASH")
        elif has_control_rig(armature):
            _draw_controls(layout, armature)
        else:
            column = layout.column(align=True)
            column.operator("smplify.add_control_rig", icon="OUTLINER_OB_ARMATURE")
            column.operator("smplify.generate_rigify", icon="OUTLINER_DATA_ARMATURE")
        if has_joint_limits(armature):
            layout.operator(
                "smplify.switch_joint_limits", icon="LOCKED", depress=joint_limits_are_on(armature)
            )
        layout.operator("smplify.switch_twist_bones", icon="MOD_SCREW", depress=has_twist_bones(armature))
        layout.operator("smplify.mark_pose", icon="ASSET_MANAGER")


def _draw_controls(layout: Any, armature: bpy.types.Object) -> None:
    column = layout.column(align=True)
    for index, limb in enumerate(LIMBS):
        row = column.split(factor=0.8, align=True)
        on = handle_share(armature, limb) > 0.5
        row.prop(pose_bones(armature)[limb.handle], f'["{IK_PROPERTY}"]', text=limb.title, slider=True)
        row.operator("smplify.switch_limb", text="FK" if on else "IK").limb = index
    if GAZE in pose_bones(armature):
        column.prop(pose_bones(armature)[GAZE], f'["{FOLLOW_PROPERTY}"]', text="Eyes Follow", slider=True)
    column = layout.column(align=True)
    column.operator(
        "smplify.bake_controls", text="Bones to Handles", icon="CON_ARMATURE"
    ).direction = "TO_CONTROLS"
    column.operator("smplify.bake_controls", text="Handles to Bones", icon="BONE_DATA").direction = "TO_BONES"
    layout.operator("smplify.remove_control_rig", icon="TRASH")
