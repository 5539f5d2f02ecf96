# pyright: basic
"""Everything that Blender is told about the add-on, in one place and taken back in reverse."""

from __future__ import annotations

from typing import Any

import bpy

from .command import run_subcommand
from .fit_process.process import stop_all
from .fit_process.resident import stop_residents
from .operators.export_figure import SMPLIFY_OT_export_figure, draw_export_entry
from .operators.import_result import SMPLIFY_OT_import_result, draw_menu_entry

CLASSES = (SMPLIFY_OT_import_result, SMPLIFY_OT_export_figure)
COMMAND = "smplify"

_command_handles: list[Any] = []


def register(package: str) -> None:
    """Register all classes, the menu entries and `blender --command smplify`.

    `package` is the extension's own name in Blender: the one that preferences and its folders go by.
    """
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.TOPBAR_MT_file_import.append(draw_menu_entry)
    bpy.types.TOPBAR_MT_file_export.append(draw_export_entry)
    _command_handles.append(bpy.utils.register_cli_command(COMMAND, _run_subcommand))


def unregister() -> None:
    """Take back what `register` did; a fit that still runs is stopped."""
    stop_all()
    stop_residents()
    while _command_handles:
        bpy.utils.unregister_cli_command(_command_handles.pop())
    bpy.types.TOPBAR_MT_file_export.remove(draw_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(draw_menu_entry)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


def _run_subcommand(arguments: list[str]) -> int:
    """`blender --command smplify SUBCOMMAND …`; the return value becomes the exit code."""
    return run_subcommand(arguments, f"blender --command {COMMAND}")
