# pyright: basic
"""Give up the environment that is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..torch_environment.state import last_run, redraw_preferences

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_cancel_environment(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Stop the installation and delete what was installed so far"""

    bl_idname = "smplify.cancel_environment"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Return True while one is being made."""
        run = last_run()
        return run is not None and run.running and run.action == "make" and not run.cancel_asked

    def execute(self, _context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Ask; the preferences show when it is done."""
        run = last_run()
        if run is not None:
            run.cancel()
            redraw_preferences()
        return {"FINISHED"}
