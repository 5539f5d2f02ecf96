"""The messages of a batch: the messages of a fit, and one for each photo that is finished."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from fitting_core.arguments.photo_folder import has_movie_name
from fitting_core.errors import MOST_MESSAGE, printable, shown
from fitting_core.messages import JsonMessenger, Messenger, TextMessenger, write_text


@dataclass(frozen=True)
class PhotoRow:
    """One line of the summary: what became of one photo or clip.

    `quality` has a word a person, `reason` the warnings or the error.
    """

    photo: str
    status: Literal["done", "failed"]
    people: int = 0
    quality: str = ""
    seconds: float = 0.0
    folder: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Pace:
    """Pace of a batch: photos and frames of clips a second since its start, and the seconds left at that rate."""

    photos_per_second: float
    seconds_left: float


COLUMNS = tuple(field.name for field in fields(PhotoRow))
_TABLE_START = b"photo,status,people,quality,seconds,"


@runtime_checkable
class BatchMessenger(Messenger, Protocol):
    """The receiver of a batch's messages."""

    def photo(self, number: int, count: int, row: PhotoRow, pace: Pace | None) -> None:
        """One photo or clip is finished, well or not: the `number`th of `count`. `pace` is None where nothing was fitted."""
        ...

    def table(self, rows: Sequence[PhotoRow]) -> None:
        """All photos and clips, at the end."""
        ...

    def wanted(self, file: str) -> None:
        """A program beside is to hand over the file of this name (see `hand_over`)."""
        ...


class JsonBatchMessenger(JsonMessenger):
    """A PHOTO message for each photo and clip; the table is summary.csv."""

    def photo(self, number: int, count: int, row: PhotoRow, pace: Pace | None) -> None:
        """See `BatchMessenger`."""
        facts = {} if pace is None else {name: round(value, 3) for name, value in asdict(pace).items()}
        self._send("PHOTO", number=number, count=count, **asdict(row), **facts)

    def table(self, rows: Sequence[PhotoRow]) -> None:
        """See `BatchMessenger`."""

    def wanted(self, file: str) -> None:
        """See `BatchMessenger`."""
        self._send("WANTED", file=file)


class TextBatchMessenger(TextMessenger):
    """A line for each photo and clip on stderr, the table on stdout."""

    def photo(self, number: int, count: int, row: PhotoRow, pace: Pace | None) -> None:
        """See `BatchMessenger`."""
        words = row.quality if row.status == "done" else f"FAILED: {row.reason}"
        left = "" if pace is None or number == count else f" ({_in_words(pace)})"
        self.status(f"[{number}/{count}] {shown(row.photo)}: {words}{left}")

    def table(self, rows: Sequence[PhotoRow]) -> None:
        """See `BatchMessenger`."""
        write_text(sys.stdout, text_table(rows))

    def wanted(self, file: str) -> None:
        """See `BatchMessenger`."""
        self.status(f"{file} is wanted")


def _in_words(pace: Pace) -> str:
    minutes, seconds = divmod(round(pace.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    left = (
        f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    )
    return f"{pace.photos_per_second:.2g} photos a second, {left} left"


def csv_text(rows: Sequence[PhotoRow]) -> str:
    """Return the rows as a CSV file with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(value) for value in asdict(row).values()] for row in rows)
    return out.getvalue()


def is_our_table(path: Path) -> bool:
    """Return True if a file begins as the tables of this batch and of the add-on's do. Raises OSError."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return begins_as_our_table(file.read(len(_TABLE_START)))


def begins_as_our_table(start: bytes) -> bool:
    """Return True if these are the first bytes of such a table."""
    return start.startswith(_TABLE_START)


def csv_cell(value: object) -> str:
    """Return a value as a spreadsheet shows it: one printable line, and no text that it would compute."""
    text = printable(str(value)[:MOST_MESSAGE])
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def _counted(rows: Sequence[PhotoRow]) -> str:
    """Return how many are done, such as "3 of 4 photos and 1 of 1 clips"."""
    parts: list[str] = []
    for word, is_movie in (("photos", False), ("clips", True)):
        done = [row.status == "done" for row in rows if has_movie_name(row.photo) == is_movie]
        parts += [f"{sum(done)} of {len(done)} {word}"] if done else []
    return " and ".join(parts)


def text_table(rows: Sequence[PhotoRow]) -> str:
    """Return the rows in columns for a terminal, and a last line that counts them."""
    cells = [("photo", "status", "people", "quality", "seconds")]
    cells += [
        (shown(row.photo), row.status, str(row.people), shown(row.quality), f"{row.seconds:.2f}")
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    failed = [row for row in rows if row.status == "failed"]
    lines += [f"{_counted(rows)} done."]
    lines += [f"failed: {shown(row.photo)}: {printable(row.reason)}" for row in failed]
    return "\n".join(line.rstrip() for line in lines) + "\n"
