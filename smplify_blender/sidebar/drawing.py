# pyright: basic
"""Rows of text as every panel draws them, and the base classes of the panels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..result.errors import one_line
from ..settings.scene_choices import figure_in
from .panel_state import Line, wrapped

CATEGORY = "SMPLify"


class SidebarPanel:
    """In the 3D view's sidebar, under the add-on's own tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


class FigurePanel(SidebarPanel):
    """Below the result, closed at first, where there is a figure."""

    bl_parent_id = "SMPLIFY_PT_result"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure."""
        return figure_in(context) is not None


def draw_text(layout: Any, line: Line, context: bpy.types.Context) -> None:
    """One text in as many rows as the sidebar's width asks for, so that nothing is cut."""
    column = layout.column(align=True)
    column.alert = line.alert
    blender: Any = context
    width = blender.region.width if blender.region is not None else 0
    rows = wrapped(one_line(line.text), width, blender.preferences.system.ui_scale)
    for number, text in enumerate(rows):
        column.label(text=text, icon=_icon(line, number))


def _icon(line: Line, row: int) -> str:
    if row == 0 or line.icon == "NONE":
        return line.icon
    return "BLANK1"


def draw_texts(layout: Any, lines: Iterable[Line], context: bpy.types.Context) -> None:
    """Several texts close together."""
    column = layout.column(align=True)
    for line in lines:
        draw_text(column, line, context)


def split_column(layout: Any) -> Any:
    """A column of properties with their names on the left, as in Blender's own panels."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout.column()
