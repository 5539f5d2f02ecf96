# pyright: basic
"""The whole log of the environment's making, for a bug report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..torch_environment.state import last_run

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_copy_environment_log(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Copy everything that the installation has said to the clipboard. It holds paths of your computer"""

    bl_idname = "smplify.copy_environment_log"
    bl_label = "Copy Log"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Return True if there is a log."""
        run = last_run()
        return run is not None and bool(run.log)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Copy it."""
        run = last_run()
        if run is not None:
            cast("bpy.types.WindowManager", context.window_manager).clipboard = "\n".join(run.log)
            self.report({"INFO"}, f"{len(run.log)} lines are on the clipboard")
        return {"FINISHED"}
