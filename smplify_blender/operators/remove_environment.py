# pyright: basic
"""Remove the environment that the add-on has made, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy

from ..fit_process.command import FitProcessError
from ..session.fit_session import session
from ..torch_environment.commands import WHOLE, present_names, python_inside, removal_order
from ..torch_environment.run import EnvironmentRun
from ..torch_environment.state import begin, environment_folder, is_busy, own_preferences
from .create_environment import wait_for

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_remove_environment(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Delete the environment that Create Environment has made, and what a run that was cut off has left"""

    bl_idname = "smplify.remove_environment"
    bl_label = "Remove Environment"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Return True if there is something to remove and nothing at work in it."""
        folder = environment_folder()
        if folder is None or not present_names(folder):
            cls.poll_message_set("There is none that the add-on has made")
            return False
        if is_busy():
            cls.poll_message_set("It is being made or removed already")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Ask first: getting it back is a large download."""
        manager = cast("Any", context.window_manager)
        return manager.invoke_confirm(
            self,
            event,
            title="Remove the environment with PyTorch?",
            message="Its folder is deleted; the built-in engine is used from then on.",
            confirm_text="Remove",
        )

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Go back to the built-in engine where the environment was chosen, then delete it in the background."""
        folder = cast("Path", environment_folder())
        leave(context, python_inside(folder / WHOLE))
        try:
            run = EnvironmentRun(removal_order(folder))
        except (FitProcessError, OSError) as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        begin(run, lambda _run: None)
        if not bpy.app.background:
            return {"FINISHED"}
        wait_for(run)
        if run.failed:
            self.report({"ERROR"}, run.failed)
        return {"FINISHED"} if run.succeeded else {"CANCELLED"}


def leave(context: bpy.types.Context, python: Path) -> None:
    """Nothing runs on this Python any more, and the preferences no longer name it."""
    preferences = own_preferences(context)
    if preferences is None or Path(preferences.python_path) != python:
        return
    session().stop()
    preferences.engine, preferences.python_path = "BUILT_IN", ""
    cast("Any", context.preferences).is_dirty = True
