# pyright: basic
"""The part of the preferences that makes, shows and removes the environment with PyTorch; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .commands import environment_python, present_names, wrapped
from .run import EnvironmentRun
from .state import environment_folder, last_run, offline_reason

if TYPE_CHECKING:
    import bpy

LOG_LINES = 8
LINE_CHARACTERS = 140
BAR_WIDTH = 0.8  # of the row that the progress bar shares with Cancel
MEGABYTE = 1e6


def draw_environment(layout: bpy.types.UILayout) -> None:
    """Draw the buttons that can be pressed now, the reason why one cannot, and the log of a run that goes on or has failed."""
    folder = environment_folder()
    if folder is None:
        return
    run = last_run()
    if run is not None and run.running:
        _draw_running(layout, run)
        return
    if run is not None and run.failed:
        _draw_failure(layout, run)
    if environment_python(folder) is not None:
        layout.operator("smplify.remove_environment", icon="TRASH")
        return
    row = layout.row(align=True)
    row.operator("smplify.create_environment", icon="IMPORT")
    if present_names(folder):
        row.operator("smplify.remove_environment", text="Remove What Is Left", icon="TRASH")
    problem = offline_reason()
    if problem:
        layout.label(text=problem, icon="INFO")


def _draw_running(layout: bpy.types.UILayout, run: EnvironmentRun) -> None:
    box = layout.box()
    row = box.split(factor=BAR_WIDTH)
    row.progress(factor=progress(run), text=progress_text(run))
    if run.action == "make":
        row.operator("smplify.cancel_environment", icon="CANCEL")
    _draw_log(box, run)


def _draw_failure(layout: bpy.types.UILayout, run: EnvironmentRun) -> None:
    box = layout.box()
    row = box.split(factor=BAR_WIDTH)
    row.label(text="The environment was not " + ("made" if run.action == "make" else "removed"), icon="ERROR")
    row.operator("smplify.copy_environment_log", icon="COPYDOWN")
    _draw_log(box, run)


def _draw_log(layout: bpy.types.UILayout, run: EnvironmentRun) -> None:
    column = layout.column(align=True)
    column.scale_y = 0.7
    for line in log_lines(run):
        column.label(text=line)


def log_lines(run: EnvironmentRun) -> list[str]:
    """Break the end of the log into lines that fit; a failure's message is shown whole."""
    lines = [line for text in run.log[-LOG_LINES:] for line in wrapped(text, LINE_CHARACTERS)]
    return lines[-LOG_LINES:]


def progress(run: EnvironmentRun) -> float:
    """Progress of the run from 0 to 1: each step counts the same, a download by its bytes."""
    if not run.steps:
        return 0.0
    done, total = run.loaded or (0, 1)
    return min(1.0, (max(0, run.step - 1) + done / total) / run.steps)


def progress_text(run: EnvironmentRun) -> str:
    """Name the step, with the megabytes of a download."""
    if run.loaded is None:
        return run.title
    done, total = run.loaded
    return f"{run.title}: {done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
