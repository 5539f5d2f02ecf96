# pyright: basic
"""Other takes of a fit, given to figures that stand already: they can be chosen then, and nothing that one sees changes."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...result.read_result import read_result
from ..figure.lookup import add_stored_takes, stored_group, stored_report
from ..figure.solutions import add_solutions, best_of, has_solutions
from .place_fit import FitPlacement, kept_fit


def figures_with_one_take(token: str) -> list[bpy.types.Object]:
    """Return the figures of this fit that keep its best take alone; not those that were fitted again since."""
    return [
        thing
        for thing in bpy.data.objects
        if thing.type == "ARMATURE"
        and thing.library is None
        and has_solutions(thing)
        and _keeps_one(thing, token)
    ]


def _keeps_one(armature: bpy.types.Object, token: str) -> bool:
    report = stored_report(armature)
    return report is not None and stored_group(armature).text("token") == token and len(report.takes) == 1


def add_takes(token: str, folder: Path) -> bool:
    """Give the figures of a fit the other takes of its whole result; return False if none of them has any.

    Raises `ResultError` before anything is changed.
    """
    figures = figures_with_one_take(token)
    if not figures:
        return True
    result = read_result(folder)
    people = {person.file_name: person for person in result.people}
    names = {figure: best_of(stored_group(figure).text("file")) for figure in figures}
    placement = FitPlacement(folder, token)
    kept = {name: kept_fit(result, people[name], placement) for name in set(names.values()) if name in people}
    for figure, name in names.items():
        report = kept[name].report if name in kept else None
        if report is not None:
            add_solutions(figure, kept[name])
            add_stored_takes(figure, report.takes)
    return any(one.report is not None and len(one.report.takes) > 1 for one in kept.values())
