"""Fits whose best takes stand in the scene already, while the core looks for the others.

Nothing here is part of a scene, so that undo does not touch it: what has come once can be given to a figure again.
"""

from __future__ import annotations

from dataclasses import dataclass

from .fit_request import EVERYBODY, FitChoices
from .fit_run import FitRun
from .fit_session import Job

TAKES = "takes"  # the field of the core's `FitRequest`


@dataclass(frozen=True)
class LateTakes:
    """A fit whose other takes are looked for; `most` is how many there can be."""

    job: Job
    choices: FitChoices
    most: int


class LateFits:
    """The fits whose other takes are still looked for, and the tokens of those whose takes have come."""

    def __init__(self) -> None:
        self._waiting: dict[str, LateTakes] = {}
        self.arrived: set[str] = set()

    @property
    def waiting(self) -> tuple[LateTakes, ...]:
        """The fits whose other takes are looked for."""
        return tuple(self._waiting.values())

    def begin(self, run: FitRun, choices: FitChoices) -> None:
        """Note that the best takes of a run are there, and the others are looked for."""
        wanted = next((value for option, value in choices.options if option.field == TAKES), 1)
        self._waiting[run.token] = LateTakes(run.job, choices, max(0, int(wanted) - 1))

    def end(self, token: str, has_come: bool) -> None:
        """Note that nothing more comes: the takes are there, or are given up."""
        self._waiting.pop(token, None)
        if has_come:
            self.arrived.add(token)

    def coming(self, token: str) -> int:
        """Return how many more takes there can be of a fit's figures; 0 where none are looked for."""
        late = self._waiting.get(token)
        return 0 if late is None or late.job.cancel_asked else late.most

    def in_the_way(self, choices: FitChoices, replaced: str) -> list[Job]:
        """Return the jobs whose takes nobody will see once a new fit is there.

        Those are of the same person in the same photo, or of the figure with the token `replaced` where it is alone in its fit.
        """
        return [
            late.job
            for token, late in self._waiting.items()
            if (token == replaced and late.choices.person != EVERYBODY)
            or (not replaced and (late.choices.photo, late.choices.person) == (choices.photo, choices.person))
        ]

    def clear(self) -> None:
        """Forget everything: when the add-on is disabled."""
        self._waiting.clear()
        self.arrived.clear()


_late = LateFits()


def late_fits() -> LateFits:
    """Return this session's late fits."""
    return _late
