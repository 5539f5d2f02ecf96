"""One photo or clip on its way through a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from fitting_core.arguments.request import FitRequest, SequenceRequest
from fitting_core.batch.messages import PhotoRow
from fitting_core.errors import FittingError
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.photo_input import PhotoInput

Request = TypeVar("Request", FitRequest, SequenceRequest)


@dataclass(eq=False)
class BatchItem(Generic[Request]):
    """One photo or clip: read, fitted, written, or stopped by `problem`.

    `label` is its path in the folder of photos, `name` that of its result in the output folder, both with slashes. `finished` is
    its line in the table, once nothing is left to do: also from an earlier run with the same file and options.
    """

    path: Path
    label: str
    name: str
    request: Request | None = None
    fingerprint: str = ""
    finished: PhotoRow | None = None
    people: int = 0  # that are to be fitted; 0 until the photo is read
    seconds: float = 0.0
    quality: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    problem: FittingError | None = None
    ask: Callable[[str], Path] | None = (
        None  # asks for a file of this kind; None where this Python decodes by itself
    )

    @property
    def pictures(self) -> int:
        """Number of pictures that are to be fitted, by which the progress is counted."""
        return 1

    def row(self) -> PhotoRow:
        """Return the line in the table."""
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
        """Return the line, and let go of everything else: a folder of any length fits into the memory."""
        self.finished = self.row()
        self.request = self.ask = None
        return self.finished


@dataclass(eq=False)
class PhotoItem(BatchItem[FitRequest]):
    """One photo; `input` is what was read of it.

    A companion was finished by a run that was stopped, and is fitted once more with those that were to be fitted with it, so that
    they come to the same as in an unbroken run; its result stays as it is.
    """

    input: PhotoInput | None = None
    is_companion: bool = False

    def finish(self) -> PhotoRow:
        """See `BatchItem`."""
        self.input = None
        return super().finish()


@dataclass(eq=False)
class ClipItem(BatchItem[SequenceRequest]):
    """One clip of `frame_count` frames, 0 until it is opened."""

    frame_count: int = 0

    @property
    def pictures(self) -> int:
        """See `BatchItem`."""
        return max(1, self.frame_count)


AnyItem = PhotoItem | ClipItem


class Notes(JsonMessenger):
    """Keeps the warnings of one photo or clip; the rest of its messages would only bury those of the batch."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def _send(self, kind: str, **content: Any) -> None:
        if kind == "WARNING":
            self._notes.append(str(content["text"]))


def program_fault(path: Path, problem: Exception) -> FittingError:
    """Return an error of the program, or one without the file's name, as the problem of one photo or clip."""
    if isinstance(problem, FittingError):
        return FittingError(f"{path}: {problem}")
    return FittingError(
        f"{path}: an error in the program: {type(problem).__name__}: {problem}. Please report it."
    )
