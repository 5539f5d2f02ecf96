"""One photo on its way through a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fitting_core.arguments.request import FitRequest
from fitting_core.batch.messages import PhotoRow
from fitting_core.errors import FittingError
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline import PhotoInput


@dataclass(eq=False)
class BatchItem:
    """One photo: read, fitted, written, or stopped by `problem`.

    `label` is its path in the folder of photos, `name` that of its result in the output folder, both with slashes. `finished` is
    its line in the table, once nothing is left to do: also from an earlier run with the same photo and options.
    """

    photo: Path
    label: str
    name: str
    request: FitRequest | None = None
    fingerprint: str = ""
    finished: PhotoRow | None = None
    input: PhotoInput | None = None
    people: int = 0  # that are to be fitted; 0 until the photo is read
    seconds: float = 0.0
    quality: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    problem: FittingError | None = None

    def row(self) -> PhotoRow:
        """Return the photo's line in the table."""
        if self.finished is not None:
            return self.finished
        seconds = round(self.seconds, 3)
        if self.problem is not None:
            reason = str(self.problem)
            return PhotoRow(self.label, "failed", seconds=seconds, code=self.problem.code, reason=reason)
        words = " ".join(self.quality)
        return PhotoRow(
            self.label, "done", self.people, words, seconds, self.name, reason="; ".join(self.notes)
        )

    def finish(self) -> PhotoRow:
        """Return the photo's line, and let go of everything else: a folder of any length fits into the memory."""
        self.finished = self.row()
        self.request = self.input = None
        return self.finished


class Notes(JsonMessenger):
    """Keeps the warnings of one photo; the rest of its messages would only bury those of the batch."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def _send(self, kind: str, **content: Any) -> None:
        if kind == "WARNING":
            self._notes.append(str(content["text"]))
