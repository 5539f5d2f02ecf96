"""The table of a batch: what became of each photo, as CSV and for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from ..result.errors import MOST_MESSAGE, printable, shown


@dataclass(frozen=True)
class BatchRow:
    """One line of the summary: what became of one photo. `reason` has the warnings, or the error."""

    photo: str
    status: str
    people: int = 0
    quality: str = ""
    seconds: float = 0.0
    files: str = ""
    code: str = ""
    reason: str = ""


def csv_text(rows: Sequence[BatchRow]) -> str:
    """Return the rows as a CSV file with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(field.name for field in fields(BatchRow))
    writer.writerows([_cell(value) for value in asdict(row).values()] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """Return a value as a spreadsheet shows it: one printable line, and no text that it would compute."""
    text = printable(str(value)[:MOST_MESSAGE])
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@")) else text


def text_table(rows: Sequence[BatchRow]) -> str:
    """The rows in columns for a terminal; then how many were done, and why the others were not."""
    cells = [("photo", "status", "people", "quality", "seconds")]
    cells += [
        (shown(row.photo), row.status, str(row.people), row.quality, f"{row.seconds:.2f}") for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    failed = [row for row in rows if row.status != "done"]
    lines.append(f"{len(rows) - len(failed)} of {len(rows)} photos done.")
    lines += [f"failed: {shown(row.photo)}: {printable(row.reason)}" for row in failed]
    return "\n".join(line.rstrip() for line in lines) + "\n"
