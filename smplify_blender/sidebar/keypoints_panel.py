# pyright: basic
"""Sidebar: the keypoints as points to drag, and what can be done with them."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..keypoint_editor.editing import keypoints_facts
from ..keypoints.names import SWAPS
from .drawing import SidebarPanel, draw_text
from .keypoints_state import PART_LABELS, KeypointsState, keypoints_state
from .panel_state import Line

BUTTON_SCALE = 1.4


class SMPLIFY_PT_keypoints(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Points on the photo, by hand"""

    bl_idname = "SMPLIFY_PT_keypoints"
    bl_label = "Keypoints"
    bl_order = 5

    def draw(self, context: bpy.types.Context) -> None:
        """Into the edit, the edit itself, out of it."""
        layout = cast("bpy.types.UILayout", self.layout)
        state = keypoints_state(keypoints_facts(context))
        if state.editing:
            _draw_editing(layout, state, context)
        else:
            _draw_start(layout, state, context)
        if state.has_figure:
            layout.operator("smplify.show_figure", text="Show or Hide Figure", icon="HIDE_OFF")
        if state.has_points:
            _draw_end(layout, state, context)


def _draw_start(layout: Any, state: KeypointsState, context: bpy.types.Context) -> None:
    column = layout.column(align=True)
    row = column.row()
    row.enabled = not state.edit_reason
    row.operator("smplify.edit_keypoints", icon="EDITMODE_HLT")
    row = column.row()
    row.enabled = not state.new_reason
    row.operator("smplify.new_stick_figure", icon="ADD")
    if state.error:
        draw_text(layout, Line(state.error, "ERROR", True), context)
    elif state.new_reason or state.hint:
        draw_text(layout, Line(state.new_reason or state.hint, "INFO"), context)


def _draw_editing(layout: Any, state: KeypointsState, context: bpy.types.Context) -> None:
    column = layout.column(align=True)
    row = column.row(align=True)
    row.enabled = not state.selection_reason
    row.operator("smplify.pin_keypoints", text="Pin", icon="PINNED")
    row.operator("smplify.delete_keypoints", text="Delete", icon="X")
    row = column.row(align=True)
    row.enabled = not state.restore_reason
    row.operator("smplify.restore_keypoints", icon="LOOP_BACK")
    if state.selection_reason:
        draw_text(layout, Line(state.selection_reason, "INFO"), context)
    column = layout.column(align=True)
    column.label(text="Swap Left and Right")
    row = column.row(align=True)
    for group, label, _ in SWAPS:
        row.operator("smplify.swap_sides", text=label).group = group
    if state.missing_parts:
        column = layout.column(align=True)
        column.label(text="Add Missing Points")
        grid = column.grid_flow(columns=2, even_columns=True, align=True, row_major=True)
        for part in state.missing_parts:
            grid.operator("smplify.add_keypoints", text=PART_LABELS[part]).part = part
    layout.operator("smplify.finish_keypoints", icon="CHECKMARK")


def _draw_end(layout: Any, state: KeypointsState, context: bpy.types.Context) -> None:
    column = layout.column(align=True)
    for text in (state.title, *state.facts):
        if text:
            draw_text(column, Line(text, "POINTCLOUD_DATA" if text == state.facts[0] else "NONE"), context)
    if state.facts:
        row = layout.row()
        row.scale_y = BUTTON_SCALE
        row.enabled = not state.fit_reason
        row.operator("smplify.fit_keypoints", text=state.fit_label, icon="OUTLINER_OB_ARMATURE")
        if state.fit_reason:
            draw_text(layout, Line(state.fit_reason, "INFO"), context)
    row = layout.row(align=True)
    if state.facts:
        row.operator("smplify.save_keypoints", text="Save as JSON …", icon="FILE_TICK")
    row.operator("smplify.discard_keypoints", text="Discard", icon="TRASH")
