# pyright: basic
"""Sidebar, fourth: the large button, and what a running fit does."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..keypoint_editor.drawing import mode_of
from ..session.fit_run import fit_runs
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, clip_choices_of, engine_of, inspection_for, is_video
from .drawing import SidebarPanel, draw_text, split_column
from .panel_state import FitState, Line, clip_fit_state, fit_state

BUTTON_SCALE = 1.8
PHOTO_OPTIONS = ("takes", "interpenetration", "keys_at")
CLIP_OPTIONS = ("clip_body_order", "clip_smoothness", "clip_root_motion", "set_scene_rate", "keys_at")


class SMPLIFY_PT_fit(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Fit, progress, cancel"""

    bl_idname = "SMPLIFY_PT_fit"
    bl_label = "Fit"
    bl_order = 3

    def draw(self, context: bpy.types.Context) -> None:
        """A button, or the progress in its place."""
        layout = cast("bpy.types.UILayout", self.layout)
        engine = engine_of(context)
        runs, scene = fit_runs(), cast("bpy.types.Scene", context.scene)
        if is_video(scene):
            clip = clip_choices_of(scene, engine)
            state = clip_fit_state(clip, engine, runs.current, runs.error, mode_of(context))
        else:
            choices = choices_of(scene, engine)
            looked = inspection_for(choices)
            state = fit_state(choices, engine, looked, runs.current, runs.error, mode_of(context))
        if state.running:
            _draw_progress(layout, state, context)
        else:
            _draw_button(layout, state, context, is_video(scene))


def _draw_button(layout: Any, state: FitState, context: bpy.types.Context, is_clip: bool) -> None:
    column = layout.column()
    row = column.row(align=True)
    row.scale_y = BUTTON_SCALE
    row.enabled = not state.reason
    if is_clip:
        row.operator("smplify.fit_clip", text=state.button, icon="OUTLINER_OB_ARMATURE")
    else:
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
        scene = cast("bpy.types.Scene", context.scene)
        settings = settings_of(scene)
        column = split_column(self.layout)
        for name in CLIP_OPTIONS if is_video(scene) else PHOTO_OPTIONS:
            column.prop(settings, name)
