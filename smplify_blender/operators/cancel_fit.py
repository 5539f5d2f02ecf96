# pyright: basic
"""Give up the fit that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..session.fit_run import fit_runs
from ..session.fit_session import session
from ..session.late_takes import late_fits

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_cancel_fit(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Give up the running fit, or the search for other takes; the scene stays as it is"""

    bl_idname = "smplify.cancel_fit"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There has to be one."""
        return fit_runs().current is not None or bool(late_fits().waiting)

    def execute(self, _context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Ask the core to stop; the running operator ends when it has. A fit that only waits for Object Mode is dropped."""
        run = fit_runs().current
        if run is None:
            for late in late_fits().waiting:
                session().cancel(late.job)
        elif run.job.running:
            session().cancel(run.job)
        else:
            fit_runs().end()
        return {"FINISHED"}
