# pyright: basic
"""Sidebar, fourth: the large button, and what a running fit does."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..keypoint_editor.drawing import mode_of
from ..session.fit_run import fit_runs
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of, inspection_for
from .drawing import SidebarPanel, draw_text, split_column
from .panel_state import FitState, Line, fit_state

BUTTON_SCALE = 1.8


class SMPLIFY_PT_fit(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Fit, progress, cancel"""

    bl_idname = "SMPLIFY_PT_fit"
    bl_label = "Fit"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        """A button, or the progress in its place."""
        layout = cast("bpy.types.UILayout", self.layout)
        engine = engine_of(context)
        choices = choices_of(cast("bpy.types.Scene", context.scene), engine)
        runs = fit_runs()
        state = fit_state(
            choices, engine, inspection_for(choices), runs.current, runs.error, mode_of(context)
        )
        if state.running:
            _draw_progress(layout, state, context)
        else:
            _draw_button(layout, state, context)


def _draw_button(layout: Any, state: FitState, context: bpy.types.Context) -> None:
    column = layout.column()
    row = column.row(align=True)
    row.scale_y = BUTTON_SCALE
    row.enabled = not state.reason
    row.operator("smplify.fit_photo", text=state.button, icon="OUTLINER_OB_ARMATURE")
    copied = row.row(align=True)
    copied.operator_context = "INVOKE_DEFAULT"
    copied.operator("smplify.fit_photo", text="", icon="DUPLICATE").copy = True
    if state.reason:
        draw_text(column, Line(state.reason, "INFO"), context)
    if state.error:
        draw_text(column, Line(state.error, "ERROR", True), context)


def _draw_progress(layout: Any, state: FitState, context: bpy.types.Context) -> None:
    column = layout.column()
    row = column.row(align=True)
    row.scale_y = BUTTON_SCALE
    row.progress(factor=state.fraction, text=state.progress_text)
    row.operator("smplify.cancel_fit", text="", icon="X")
    if state.status:
        draw_text(column, Line(state.status), context)


class SMPLIFY_PT_fit_options(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Options of a fit"""

    bl_idname = "SMPLIFY_PT_fit_options"
    bl_parent_id = "SMPLIFY_PT_fit"
    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options that few need to change."""
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        column = split_column(self.layout)
        column.prop(settings, "takes")
        column.prop(settings, "interpenetration")
        column.prop(settings, "keys_at")
