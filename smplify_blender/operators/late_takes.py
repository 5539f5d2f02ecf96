# pyright: basic
"""Gives figures the takes that come after them: once when they come, and again where undo has taken them away."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..result.errors import ResultError
from ..scene.placing.more_takes import add_takes
from ..session.fit_request import FitChoices
from ..session.fit_run import FitRun, fit_runs
from ..session.fit_session import session
from ..session.late_takes import late_fits
from ..session.result_store import record_of, show_whole
from ..session.timer import watch


def wait_for_takes(run: FitRun) -> None:
    """Have the other takes of a run given to its figures as soon as the core has them."""
    record = record_of(run.token)
    if record is None:
        return
    late_fits().begin(run, record.choices)
    watch(run.job, lambda: _arrived(run))


def give_up_takes(choices: FitChoices, replaced: str) -> None:
    """Give up takes that nobody will see once a new fit is there, which would wait for them."""
    for job in late_fits().in_the_way(choices, replaced):
        session().cancel(job)


def add_take_handlers() -> None:
    """Look after each undo and redo."""
    for handlers in _handlers():
        handlers.append(_give_again)


def remove_take_handlers() -> None:
    """Look no more."""
    for handlers in _handlers():
        handlers.remove(_give_again)


def _handlers() -> tuple[list[Any], ...]:
    handlers: Any = bpy.app.handlers
    return handlers.undo_post, handlers.redo_post


def _arrived(run: FitRun) -> None:
    job = run.job
    late_fits().end(run.token, job.done is not None)
    problem = ""
    if job.done is not None:
        show_whole(run.token)
        problem = _give(run.token)
    elif job.failed is not None and not job.cancelled:
        problem = job.failed.text
    if problem:
        fit_runs().error = f"The other takes were not found. {problem}"


def _give(token: str) -> str:
    """Give a fit's figures its takes; return the error in words. No undo step: the figures' own step stays the last one."""
    record = record_of(token)
    if record is None:
        return ""
    try:
        if not add_takes(token, record.folder):
            late_fits().arrived.discard(token)  # no undo can take away what there is not
    except ResultError as error:
        return str(error)
    return ""


@persistent
def _give_again(*_: Any) -> None:
    """An undo step is as old as its figure, and does not know the takes that came later."""
    for token in tuple(late_fits().arrived):
        _give(token)
