# pyright: basic
"""Below the result: what the figure touches in the scene."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..result.contacts import ACTIONS
from ..scene.contact.things import others_before
from ..scene.figure.lookup import stored_report
from ..session.fit_run import fit_runs
from ..settings.properties import settings_of
from ..settings.scene_choices import figure_in
from ..settings.stored_choices import made_choices
from .contact_state import ContactRow, contact_rows
from .drawing import FigurePanel, draw_text
from .panel_state import Line

WORDS_SHARE = 0.62  # of the sidebar's width


class SMPLIFY_PT_contact(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Things that the figure stands, sits or leans on, or holds"""

    bl_idname = "SMPLIFY_PT_contact"
    bl_label = "Contact"

    def draw(self, context: bpy.types.Context) -> None:
        """The thing, a button an action, and a row a contact."""
        layout: Any = self.layout
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        layout.row().prop(settings, "contact_kind", expand=True)
        if settings.contact_kind != "GROUND":
            layout.prop(settings, f"contact_{settings.contact_kind.lower()}", text="")
        armature = cast("bpy.types.Object", figure_in(context))
        has_others = bool(others_before(cast("bpy.types.Scene", context.scene), armature))
        if has_others:
            layout.prop(settings, "contact_everybody")
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        grid.enabled = fit_runs().current is None
        for action, words in ACTIONS.items():
            button = grid.operator("smplify.touch", text=words)
            button.action, button.everybody = action, has_others and settings.contact_everybody
        made, report = made_choices(armature), stored_report(armature)
        rows = contact_rows(
            made.contacts if made is not None else (), report.contacts if report is not None else ()
        )
        column = layout.column(align=True)
        column.enabled = fit_runs().current is None
        for row in rows:
            _draw_row(column, row)
        if not rows:
            draw_text(layout, Line("Pick what the figure touches, then press how", "INFO"), context)


def _draw_row(layout: Any, row: ContactRow) -> None:
    split = layout.split(factor=WORDS_SHARE)
    box = split.operator(
        "smplify.switch_contact",
        text=row.words,
        icon="CHECKBOX_HLT" if row.is_on else "CHECKBOX_DEHLT",
        emboss=False,
    )
    box.part, box.thing = row.part, row.thing
    line = split.row(align=True)
    line.label(text=row.gap)
    if row.is_chosen:
        away = line.operator("smplify.remove_contact", text="", icon="X", emboss=False)
        away.part, away.thing = row.part, row.thing
