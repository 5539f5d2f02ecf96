# pyright: basic
"""What a file holds, how it is read, what looks wrong and what to do, in a dialog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy

from ..fit_process.messages import Failed
from ..result.errors import one_line
from ..session.explanation import explain
from ..session.fit_session import idle_session
from ..settings.scene_choices import engine_of
from ..sidebar.panel_state import wrapped

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

WIDTH_PX = 640  # of the dialog, before Blender scales it
MOST_ROWS = 60  # a dialog has no scroll bar; the clipboard has all of it


class SMPLIFY_OT_explain_file(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Say in plain words what this file holds, how it is read, what looks wrong and what to do"""

    bl_idname = "smplify.explain_file"
    bl_label = "Explain This File"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender reads it so

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    frame: bpy.props.IntProperty(default=-1, min=-1, options={"SKIP_SAVE"})  # type: ignore[valid-type]
    lines: tuple[str, ...] = ()

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> Any:
        """Show all of it; the button copies it."""
        if not self._explained(context):
            return {"CANCELLED"}
        manager: Any = context.window_manager
        return manager.invoke_props_dialog(
            self, width=WIDTH_PX, title=Path(self.filepath).name, confirm_text="Copy"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw each sentence in as many rows as it needs."""
        column = cast("Any", self.layout).column(align=True)
        rows = [(row, number == 0) for line in self.lines for number, row in enumerate(_rows_of(line))]
        for text, is_first in rows[:MOST_ROWS]:
            column.label(text=text, icon="DOT" if is_first else "BLANK1")
        if len(rows) > MOST_ROWS:
            column.label(text=f"… and {len(rows) - MOST_ROWS} more rows: Copy takes all of them", icon="INFO")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Copy what the dialog shows; without a dialog report it, for scripts."""
        if self.lines:
            cast("bpy.types.WindowManager", context.window_manager).clipboard = "\n".join(self.lines)
            self.report({"INFO"}, f"{len(self.lines)} lines are on the clipboard")
            return {"FINISHED"}
        if not self._explained(context):
            return {"CANCELLED"}
        for line in self.lines:
            self.report({"INFO"}, line)
        return {"FINISHED"}

    def _explained(self, context: bpy.types.Context) -> bool:
        """Ask the core; an error is reported."""
        if not self.filepath:
            self.report({"ERROR"}, "Choose a file first")
            return False
        window = cast("bpy.types.Window | None", context.window)
        if window is not None:
            window.cursor_modal_set("WAIT")
        try:
            with idle_session() as core:
                found = explain(
                    Path(bpy.path.abspath(self.filepath)),
                    core,
                    engine_of(context).python,
                    self.frame if self.frame >= 0 else None,
                )
        finally:
            if window is not None:
                window.cursor_modal_restore()
        if isinstance(found, Failed):
            self.report({"ERROR"}, found.text)
            return False
        self.lines = tuple(one_line(line) for line in found)
        return True


def _rows_of(line: str) -> list[str]:
    return wrapped(line, WIDTH_PX, 1.0)
