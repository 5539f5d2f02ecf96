# pyright: basic
"""Sidebar, third: the body that is fitted."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..session.fit_request import EVERYBODY
from ..settings.preferences import SMPLIFY_AP_preferences
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of
from .drawing import SidebarPanel, draw_text, split_column
from .gender_pictures import gender_icon
from .panel_state import Line

PICTURED = ("female", "neutral", "male", "child")
PICTURE_SCALE = 3.2  # of a row's height


class SMPLIFY_PT_body(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Body model and gender"""

    bl_idname = "SMPLIFY_PT_body"
    bl_label = "Body"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choice of the body, a picture each, and what is known of the person."""
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        column = split_column(self.layout)
        column.prop(settings, "body")
        _draw_genders(self.layout, context)
        column = split_column(self.layout)
        row = column.row()
        row.enabled = settings.person != EVERYBODY  # a height is one person's
        row.prop(settings, "height_cm")
        if settings.body == "OWN" and engine_of(context).own_model is None:
            draw_text(self.layout, Line("Your SMPL-X file is chosen in the preferences", "ERROR"), context)
            opened = cast("bpy.types.UILayout", self.layout).operator(
                "preferences.addon_show", text="Open Preferences", icon="PREFERENCES"
            )
            opened.module = SMPLIFY_AP_preferences.bl_idname  # type: ignore[attr-defined]


def _draw_genders(layout: Any, context: bpy.types.Context) -> None:
    """Draw a button for each gender under its body's picture, and one that leaves the choice to the fit."""
    scene = cast("bpy.types.Scene", context.scene)
    chosen = choices_of(scene, engine_of(context)).gender
    column = layout.column(align=True)
    pictures = column.row(align=True)
    for gender in PICTURED:
        cell = pictures.column(align=True)
        cell.template_icon(icon_value=gender_icon(gender), scale=PICTURE_SCALE)
        choice = cell.operator("smplify.choose_gender", text=gender.capitalize(), depress=gender == chosen)
        choice.gender = gender
    automatic = column.operator("smplify.choose_gender", text="Automatic", depress=chosen == "automatic")
    automatic.gender = "automatic"
