"""The known facts of a figure in the scene when the sidebar is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from ..result.motion_verdict import MotionVerdict
from ..result.read_report import FitReport
from ..session.fit_request import FitChoices


@dataclass(frozen=True)
class FigureFacts:
    """The known facts of the chosen figure: its name, its report, its files that are still there. `made`: the choices of its fit,
    while the fit's files are there.
    """

    name: str
    report: FitReport | None
    file_name: str
    made: FitChoices | None
    has_camera: bool
    standing: str = ""  # what the floor came to, in words
    doubtful: bool = False  # the floor did not do, or changed much
    motion: MotionVerdict | None = None  # of a figure that moves
    takes_coming: int = 0  # other takes that are still looked for, at most
