# pyright: basic
"""Below the result: what an animator does with a motion."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..scene.keypoints.frame_points import frame_of
from ..scene.motion.root_motion import root_motion_of
from ..scene.motion.still import still_because
from ..settings.motion_settings import ROOT_MOTIONS, motion_note, motion_settings_of
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
        frame = frame_of(context.active_object)
        if frame is None:
            layout.operator("smplify.edit_frame", icon="EDITMODE_HLT")
        else:  # where Keypoints, below, is out of sight
            text = f"Refit Around Frame {frame.scene_frame}"
            layout.operator("smplify.fit_keypoints", text=text, icon="OUTLINER_OB_ARMATURE")
        column = layout.column(align=True)
        column.operator("smplify.reduce_keys", icon="IPO_EASE_IN_OUT")
        column.operator("smplify.make_cyclic", icon="FILE_REFRESH")
        _draw_root_motion(layout, armature)


def _draw_root_motion(layout: bpy.types.UILayout, armature: bpy.types.Object) -> None:
    """Draw a button for each carrier of the walk; the one that carries it is pressed."""
    column = layout.column(align=True)
    column.label(text="Root Motion")
    row, carrier = column.row(align=True), root_motion_of(armature)
    for identifier, name, _ in ROOT_MOTIONS:
        button: Any = row.operator("smplify.root_motion", text=name, depress=carrier == identifier)
        button.carrier = identifier
