"""The fit that runs now, if one does, and the outcome of the last one.

One at a time: the core answers one after another, and a user looks at one photo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from .fit_session import Job


@dataclass
class FitRun:
    """One fit on its way into a scene.

    `replaces` names the figure that is fitted again; `copy`: its figures are to stand beside earlier ones of the same people;
    `waits_for` is the reason in words why a finished fit is not in the scene yet; `clip` is the file of a video's fit, whose
    `job` is first that of reading it. `finish` is called at the end of what brings no figure, and returns an error in words.
    """

    job: Job
    token: str
    folder: Path
    scene: str
    image_size: tuple[int, int] = (0, 0)
    replaces: str = ""
    copy: bool = False
    waits_for: str = ""
    clip: Path | None = None
    finish: Callable[[], str] | None = None
    began: float = field(default_factory=monotonic)


class FitRuns:
    """The fit that runs, the error of the last one, and the name of the last figure."""

    def __init__(self) -> None:
        self.current: FitRun | None = None
        self.error = ""
        self.last_figure = ""
        self.last_seconds = 0.0

    def begin(self, run: FitRun) -> None:
        """Note that a fit has been asked for."""
        self.current, self.error = run, ""

    def end(self, error: str = "", figure: str = "") -> None:
        """It is over: in the scene as `figure`, failed with `error`, or (with neither) cancelled."""
        if self.current is not None and figure:
            self.last_seconds = monotonic() - self.current.began
        self.current, self.error = None, error
        self.last_figure = figure or self.last_figure


_runs = FitRuns()


def fit_runs() -> FitRuns:
    """Return this session's fit runs."""
    return _runs
