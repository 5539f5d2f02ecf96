# pyright: basic
"""Ask the chosen Python what it can compute with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..session.engine_checks import start_check
from ..session.timer import watch
from ..settings.photo_looks import wait_for
from ..settings.scene_choices import engine_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_check_engine(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Start the chosen Python and show its version, its PyTorch and its devices"""

    bl_idname = "smplify.check_engine"
    bl_label = "Check Engine"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Ask; in a window the preferences show the answer when it is there."""
        engine = engine_of(context)
        if engine.problem:
            self.report({"ERROR"}, engine.problem)
            return {"CANCELLED"}
        job = start_check(engine.python)
        if not bpy.app.background:
            watch(job, lambda: None)
            return {"FINISHED"}
        wait_for(job)
        return {"CANCELLED"} if job.failed is not None else {"FINISHED"}
