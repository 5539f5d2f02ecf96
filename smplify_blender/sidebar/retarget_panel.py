# pyright: basic
"""Below the rig: another armature that takes the figure's pose over, and its bones, to be corrected."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..result.bone_guess import is_enough
from ..settings.retarget import chosen_bones, retarget_of
from .drawing import FigurePanel, draw_text
from .panel_state import Line

ROWS = 8
JOINT_SHARE = 0.42


class SMPLIFY_UL_retarget_bones(bpy.types.UIList):  # noqa: N801 - Blender's naming rule
    """The joints of the body and the bones that stand for them"""

    def draw_item(  # noqa: PLR0913 - Blender counts its arguments
        self,
        context: bpy.types.Context,
        layout: Any,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
        index: int,
    ) -> None:
        """The joint in words, and a search among the armature's bones."""
        del context, icon, active_data, active_property, index
        row = layout.split(factor=JOINT_SHARE)
        row.label(text=item.name.replace("_", " ").title())
        row.prop_search(item, "bone", data.armature.data, "bones", text="", icon="BONE_DATA")


class SMPLIFY_PT_retarget(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """The figure's pose on an armature that is in the scene already"""

    bl_idname = "SMPLIFY_PT_retarget"
    bl_label = "Retarget"

    def draw(self, context: bpy.types.Context) -> None:
        """The armature, its bones, and the buttons."""
        layout = cast("bpy.types.UILayout", self.layout)
        choices = retarget_of(cast("bpy.types.Scene", context.scene))
        layout.prop(choices, "armature", text="")
        if choices.armature is None:
            draw_text(
                layout,
                Line("Choose an armature of the scene: Rigify, Mixamo, Unreal, VRM …", "INFO"),
                context,
            )
            return
        bones = chosen_bones(choices)
        draw_text(
            layout, Line(f"{len(bones)} of {len(choices.bones)} joints have a bone", "BONE_DATA"), context
        )
        if not is_enough(bones):
            text = "Choose a bone for the pelvis, and for both thighs, shins, upper arms and forearms"
            draw_text(layout, Line(text, "ERROR"), context)
        layout.template_list("SMPLIFY_UL_retarget_bones", "", choices, "bones", choices, "shown", rows=ROWS)
        layout.operator("smplify.guess_bones", icon="VIEWZOOM")
        layout.prop(choices, "keep_place")
        column: Any = layout.column(align=True)
        column.enabled = is_enough(bones)
        column.operator(
            "smplify.retarget", text="Onto the Armature", icon="ARMATURE_DATA"
        ).direction = "TO_ARMATURE"
        column.operator(
            "smplify.retarget", text="Onto the Figure", icon="OUTLINER_OB_ARMATURE"
        ).direction = "TO_FIGURE"
