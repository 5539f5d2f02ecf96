# pyright: basic
"""Ask the chosen Python what it can compute with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..fit_session import Job, session
from ..scene_choices import engine_of
from ..session_timer import watch
from .inspect_photo import wait_for

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

_checks: list[tuple[Path | None, Job]] = []


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
        job = session().request("engines", (), engine.python)
        _checks[:] = [(engine.python, job)]
        if not bpy.app.background:
            watch(job, lambda: None)
            return {"FINISHED"}
        wait_for(job)
        return {"CANCELLED"} if job.failed is not None else {"FINISHED"}


def last_check(python: Path | None) -> Job | None:
    """The last check of this session, if it was of this Python (None: Blender's own)."""
    return next((job for asked, job in _checks if asked == python), None)
