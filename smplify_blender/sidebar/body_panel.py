# pyright: basic
"""Sidebar, third: the body that is fitted."""

from __future__ import annotations

from typing import cast

import bpy

from ..session.fit_request import EVERYBODY
from ..settings.preferences import SMPLIFY_AP_preferences
from ..settings.properties import settings_of
from ..settings.scene_choices import engine_of
from .drawing import SidebarPanel, draw_text, split_column
from .panel_state import Line


class SMPLIFY_PT_body(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Body model and gender"""

    bl_idname = "SMPLIFY_PT_body"
    bl_label = "Body"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choice of the body and of its person."""
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        column = split_column(self.layout)
        column.prop(settings, "body")
        column.prop(settings, "gender")
        row = column.row()
        row.enabled = settings.person != EVERYBODY  # a height is one person's
        row.prop(settings, "height_cm")
        if settings.body == "OWN" and engine_of(context).own_model is None:
            draw_text(self.layout, Line("Your SMPL-X file is chosen in the preferences", "ERROR"), context)
            opened = cast("bpy.types.UILayout", self.layout).operator(
                "preferences.addon_show", text="Open Preferences", icon="PREFERENCES"
            )
            opened.module = SMPLIFY_AP_preferences.bl_idname  # type: ignore[attr-defined]
