# pyright: basic
"""Sidebar, fifth: how well the figure fits, its other takes, and what can be done with it."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..keypoint_editor.drawing import mode_of
from ..scene.figure.lookup import camera_of
from ..scene.placing.in_the_way import default_cube
from ..scene.placing.other_photos import has_other_photos
from ..session.fit_run import fit_runs
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of, figure_facts, figure_in
from .camera_state import placed_lines
from .drawing import SidebarPanel, draw_text, draw_texts
from .panel_state import LimbRow, Line, ResultState, result_state

LIMB_NAME_SHARE = 0.22  # of the sidebar's width: the longest name at the default width
SIDES = ("L ", "R ")


class SMPLIFY_PT_result(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Quality, takes, and what to do with the figure"""

    bl_idname = "SMPLIFY_PT_result"
    bl_label = "Result"
    bl_order = 4

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True if there is a figure to speak of."""
        return figure_in(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """From the judgement to the actions."""
        layout = cast("bpy.types.UILayout", self.layout)
        engine = engine_of(context)
        choices = choices_of(cast("bpy.types.Scene", context.scene), engine)
        armature = figure_in(context)
        facts = figure_facts(armature)
        state = result_state(facts, choices, engine, mode_of(context))
        _draw_quality(layout, state, context)
        draw_texts(layout, placed_lines(facts), context)
        _draw_cube(layout, context, cast("bpy.types.Object", armature))
        _draw_takes(layout, state, context)
        _draw_actions(layout, state, context, cast("bpy.types.Object", armature))


def _draw_quality(layout: Any, state: ResultState, context: bpy.types.Context) -> None:
    row = layout.row()
    row.label(text=state.figure, icon="OUTLINER_OB_ARMATURE")
    if state.quality is None:
        if state.hint:
            draw_text(layout, Line(state.hint, "INFO"), context)
        return
    draw_text(layout, state.quality, context)
    draw_texts(layout, state.reasons, context)
    _draw_worst_frames(layout, state.worst)
    column = layout.column(align=True)
    for limb in state.limbs:
        _draw_limb(column, limb)


def _draw_worst_frames(layout: Any, frames: tuple[int, ...]) -> None:
    if not frames:
        return
    row = layout.row(align=True)
    row.label(text="Worst frames")
    for frame in frames:
        row.operator("smplify.show_frame", text=str(frame)).frame = frame


def _draw_limb(layout: Any, limb: LimbRow) -> None:
    split = layout.split(factor=LIMB_NAME_SHARE)
    split.label(text=limb.name)
    cells = split.row()
    for number, cell in enumerate(limb.cells):
        side = SIDES[number] if len(limb.cells) == len(SIDES) else ""
        cells.label(text=f"{side}{cell.text}", icon=cell.icon)


def _draw_cube(layout: Any, context: bpy.types.Context, armature: bpy.types.Object) -> None:
    view_layer = context.view_layer
    if view_layer is not None and default_cube(view_layer, armature) is not None:
        draw_text(layout, Line("The default cube is in the way", "ERROR"), context)
        layout.operator("smplify.hide_cube", icon="HIDE_ON")


def _draw_takes(layout: Any, state: ResultState, context: bpy.types.Context) -> None:
    if state.takes_coming:
        row = layout.row(align=True)
        row.label(text=state.takes_coming, icon="TIME")
        row.operator("smplify.cancel_fit", text="", icon="X")
    if not state.takes:
        return
    row = layout.row(align=True)
    row.label(text="Takes")
    buttons = row.row(align=True)
    buttons.enabled = not state.takes_reason
    for take in state.takes:
        buttons.operator("smplify.choose_take", text=take.text, depress=take.chosen).take = take.index
    if state.takes_reason:
        draw_text(layout, Line(state.takes_reason, "INFO"), context)


def _draw_refit(layout: Any, state: ResultState, context: bpy.types.Context) -> None:
    row = layout.row()
    row.enabled = not state.refit_reason and fit_runs().current is None
    row.operator("smplify.refit", icon="FILE_REFRESH")
    if state.refit_reason and state.refit_reason != state.takes_reason:
        draw_text(layout, Line(state.refit_reason, "INFO"), context)


def _draw_actions(
    layout: Any, state: ResultState, context: bpy.types.Context, armature: bpy.types.Object
) -> None:
    if state.can_refit:
        _draw_refit(layout, state, context)
    row = layout.row(align=True)
    row.enabled = not state.camera_reason
    row.operator("smplify.look_through_camera", text="Camera View", icon="VIEW_CAMERA")
    camera = camera_of(armature)
    if camera is not None and len(cast("bpy.types.Camera", camera.data).background_images):
        row.prop(camera.data, "show_background_images", text="", icon="IMAGE_BACKGROUND")
    settings = settings_of(cast("bpy.types.Scene", context.scene))
    if settings.hide_others or has_other_photos(cast("bpy.types.Scene", context.scene), armature):
        layout.prop(settings, "hide_others")
    row = layout.row(align=True)
    row.operator("smplify.select_figure", text="Select", icon="RESTRICT_SELECT_OFF")
    row.operator("smplify.remove_figure", text="Remove", icon="TRASH")
    row = layout.row()
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("smplify.export_figure", text="Export …", icon="EXPORT")
