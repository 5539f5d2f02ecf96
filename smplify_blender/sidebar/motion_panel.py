# pyright: basic
"""Below the result: what an animator does with a motion."""

from __future__ import annotations

from typing import cast

import bpy

from ..scene.motion.still import still_because
from ..settings.motion_settings import motion_note, motion_settings_of
from ..settings.scene_choices import figure_in
from .drawing import FigurePanel, draw_text
from .panel_state import Line


class SMPLIFY_PT_motion(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Keys of the figure's motion"""

    bl_idname = "SMPLIFY_PT_motion"
    bl_label = "Motion"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the sliders and a button a step; grey where the figure has no motion that can be changed."""
        layout = cast("bpy.types.UILayout", self.layout)
        armature = cast("bpy.types.Object", figure_in(context))
        sliders = layout.column(align=True)
        sliders.enabled = not still_because(armature)
        for name in ("smoothness", "foot_lock"):
            sliders.prop(motion_settings_of(armature), name, slider=True)
        note = motion_note(armature)
        if note:
            draw_text(layout, Line(note, "INFO"), context)
        layout.operator("smplify.edit_frame", icon="EDITMODE_HLT")
        column = layout.column(align=True)
        column.operator("smplify.reduce_keys", icon="IPO_EASE_IN_OUT")
        column.operator("smplify.make_cyclic", icon="FILE_REFRESH")
