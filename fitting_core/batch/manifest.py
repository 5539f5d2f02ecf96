"""The manifest of a batch: one JSON line a finished photo, so that a run goes on where an earlier one ended.

A line is added, and forced onto the disk, once the photo's result is in place: a kill loses the photos in flight and no others. A
line that a kill has cut short is no line. A run that comes to its end adds a line that says so: what stands after the last such
line was finished by a run that was stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from fitting_core.batch.messages import PhotoRow
from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.storage.address import Address

MANIFEST = "batch.jsonl"
HEAD = b'{"smplify_batch": 1}\n'
END = b'{"ended": true}\n'
_MOST_LINE_BYTES = 65_536
_LONGEST_SECONDS = 1e9
MOST_BYTES = 300_000_000  # a million photos


@dataclass(frozen=True)
class Finished:
    """A photo as a run has finished it, and the fingerprint of what its result was made from.

    `by_stopped_run`: the run that has finished it never came to its end.
    """

    row: PhotoRow
    fingerprint: str
    by_stopped_run: bool = False


@runtime_checkable
class ManifestLines(Protocol):
    """The lines of a manifest, wherever they are kept. Everything raises OutputError."""

    @property
    def place(self) -> Path | Address:
        """Where they are kept."""
        ...

    def read(self) -> Iterator[bytes]:
        """Yield the lines, of which the last may be cut short, after the head; begin a manifest where there is none."""
        ...

    def add(self, line: bytes) -> None:
        """Add a line that is there for good when this returns."""
        ...

    def replace(self, content: bytes) -> None:
        """Put other lines in the place of all."""
        ...


class FileLines:
    """The lines of a manifest in a file; see `ManifestLines`."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def read(self) -> Iterator[bytes]:
        """See `ManifestLines`."""
        try:
            if not self.place.exists():
                write_bytes_atomically(self.place, HEAD)
            if self.place.stat().st_size > MOST_BYTES:
                raise unusable(self.place, f"it is larger than {MOST_BYTES} bytes")
            line = b"\n"
            with self.place.open("rb") as file:
                while more := file.readline(_MOST_LINE_BYTES):
                    line = more
                    yield line
            if not line.endswith(b"\n"):
                with self.place.open("ab") as file:
                    file.write(b"\n")
        except OSError as problem:
            raise unusable(self.place, problem.strerror or str(problem)) from problem

    def add(self, line: bytes) -> None:
        """See `ManifestLines`."""
        try:
            with self.place.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise unusable(self.place, problem.strerror or str(problem)) from problem

    def replace(self, content: bytes) -> None:
        """See `ManifestLines`."""
        write_bytes_atomically(self.place, content)


class Manifest:
    """The manifest in the output folder of a batch. Raises OutputError where it cannot be read or is no manifest."""

    def __init__(self, lines: ManifestLines) -> None:
        self._lines = lines
        self._finished: dict[str, Finished] = {}
        self._read()

    def done(self, photo: str) -> Finished | None:
        """Return how a photo, by its path in the folder of photos, was finished; None if it never was."""
        return self._finished.get(photo)

    def add(self, row: PhotoRow, fingerprint: str) -> None:
        """Note a photo whose result is in place. Raises OutputError."""
        finished = Finished(row, fingerprint)
        self._finished[row.photo] = finished
        self._lines.add(_line(finished))

    def close(self, photos: Sequence[str]) -> None:
        """Write the lines anew at the end of a run: one a photo, those of `photos` alone. Raises OutputError."""
        kept = [self._finished[photo] for photo in photos if photo in self._finished]
        self._lines.replace(HEAD + b"".join(map(_line, kept)) + END)

    def _read(self) -> None:
        lines = self._lines.read()
        if next(lines, b"") != HEAD:
            raise unusable(self._lines.place, "it is not the list of finished photos of such a run")
        for line in lines:
            if line == END:
                self._finished = {
                    name: replace(one, by_stopped_run=False) for name, one in self._finished.items()
                }
            finished = _parsed(line)
            if finished is not None:
                self._finished[finished.row.photo] = finished


def unusable(path: Path | Address, reason: str) -> OutputError:
    """Return the error of a manifest that cannot be read or written."""
    return OutputError(f"{path} cannot be used: {reason}. Remove it, or choose another --out.")


def _line(finished: Finished) -> bytes:
    return json.dumps(asdict(finished.row) | {"fingerprint": finished.fingerprint}).encode() + b"\n"


def _parsed(line: bytes) -> Finished | None:
    """Return what a line says; None for one that is cut short or was not written by this version."""
    try:
        content: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    values = dict(cast("Mapping[str, object]", content))
    fingerprint = values.pop("fingerprint", None)
    usual = asdict(PhotoRow("", "done"))
    is_usual = values.keys() == usual.keys() and all(
        isinstance(values[name], type(usual[name]) if name != "seconds" else (int, float)) for name in usual
    )
    if not is_usual or not isinstance(fingerprint, str) or values["status"] not in ("done", "failed"):
        return None
    if not 0 <= cast("float", values["seconds"]) < _LONGEST_SECONDS:  # false for NaN
        return None
    return Finished(PhotoRow(**values), fingerprint, by_stopped_run=True)  # type: ignore[arg-type]
