# pyright: basic
"""Help on mouse and keys in Blender's status bar while keypoints are edited; otherwise the bar is Blender's own."""

from __future__ import annotations

from typing import Any, cast

import bpy

from .drawing import edited_object

# Blender's own icons of the keys, and what they do.
HELP = (
    (("MOUSE_LMB_DRAG",), "Move"),
    (("EVENT_SHIFT", "MOUSE_LMB"), "Select Several"),
    (("EVENT_B",), "Box Select"),
    (("EVENT_A",), "Select All"),
    (("EVENT_S",), "Scale"),
    (("EVENT_X",), "Delete"),
    (("EVENT_P",), "Pin"),
    (("EVENT_CTRL", "EVENT_Z"), "Undo"),
    (("EVENT_TAB",), "Done"),
)
TELLING = (
    "TRANSFORM_OT_",
    "MESH_OT_",
    "SMPLIFY_OT_",
)  # operators that use the status bar themselves while they run


def show_help() -> None:
    """From now on, where nobody has put something else there in the meantime."""
    if cast("Any", bpy.types).STATUSBAR_HT_header.draw is not _draw:
        _set(_draw)


def hide_help() -> None:
    """Blender's own status bar again; what somebody else has put there stays."""
    if cast("Any", bpy.types).STATUSBAR_HT_header.draw is _draw:
        _set(None)


def somebody_tells(window: bpy.types.Window) -> bool:
    """True if an operator that says its own keys or progress there runs in this window."""
    return any(operator.bl_idname.startswith(TELLING) for operator in cast("Any", window).modal_operators)


def _set(text: Any) -> None:
    workspaces: Any = bpy.data.workspaces
    workspaces[0].status_text_set(text)  # for all of them: Blender replaces the header's drawing


def _draw(header: Any, context: Any) -> None:
    layout = header.layout
    if edited_object(context) is None or somebody_tells(context.window):
        layout.template_input_status()
    else:
        _draw_help(layout)
    layout.separator_spacer()
    layout.template_reports_banner()
    layout.template_running_jobs()
    layout.separator_spacer()
    row = layout.row()
    row.alignment = "RIGHT"
    row.template_status_info()


def _draw_help(layout: Any) -> None:
    for icons, does in HELP:
        row = layout.row(align=True)
        for icon in icons[:-1]:
            row.label(icon=icon)
        row.label(text=does, icon=icons[-1])
