"""The manifest of a batch: one JSON line a finished photo, so that a run goes on where an earlier one ended.

A line is added, and forced onto the disk, once the photo's result is in place: a kill loses the photos in flight and no others. A
line that a kill has cut short is no line. A run that comes to its end adds a line that says so: what stands after the last such
line was finished by a run that was stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from fitting_core.batch.messages import PhotoRow
from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically

MANIFEST = "batch.jsonl"
_HEAD = b'{"smplify_batch": 1}\n'
_END = b'{"ended": true}\n'
_MOST_LINE_BYTES = 65_536
_LONGEST_SECONDS = 1e9
_MOST_BYTES = 300_000_000  # a million photos


@dataclass(frozen=True)
class Finished:
    """A photo as a run has finished it, and the fingerprint of what its result was made from.

    `by_stopped_run`: the run that has finished it never came to its end.
    """

    row: PhotoRow
    fingerprint: str
    by_stopped_run: bool = False


class Manifest:
    """The manifest in the output folder of a batch, at `path`. Raises OutputError where it cannot be read or is no manifest."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / MANIFEST
        self._finished: dict[str, Finished] = {}
        try:
            if self.path.exists():
                if self.path.stat().st_size > _MOST_BYTES:
                    raise _unusable(self.path, f"it is larger than {_MOST_BYTES} bytes")
                self._read()
            else:
                write_bytes_atomically(self.path, _HEAD)
        except OSError as problem:
            raise _unusable(self.path, problem.strerror or str(problem)) from problem

    def done(self, photo: str) -> Finished | None:
        """Return how a photo, by its path in the folder of photos, was finished; None if it never was."""
        return self._finished.get(photo)

    def add(self, row: PhotoRow, fingerprint: str) -> None:
        """Note a photo whose result is in place. Raises OutputError."""
        finished = Finished(row, fingerprint)
        self._finished[row.photo] = finished
        try:
            with self.path.open("ab") as file:
                file.write(_line(finished))
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise _unusable(self.path, problem.strerror or str(problem)) from problem

    def close(self, photos: Sequence[str]) -> None:
        """Write the file anew at the end of a run: one line a photo, those of `photos` alone. Raises OutputError."""
        kept = [self._finished[photo] for photo in photos if photo in self._finished]
        write_bytes_atomically(self.path, _HEAD + b"".join(map(_line, kept)) + _END)

    def _read(self) -> None:
        with self.path.open("rb") as file:
            if file.readline(_MOST_LINE_BYTES) != _HEAD:
                raise _unusable(self.path, "it is not the list of finished photos of such a run")
            is_whole = True
            while line := file.readline(_MOST_LINE_BYTES):
                is_whole = line.endswith(b"\n")
                if line == _END:
                    self._finished = {
                        name: replace(one, by_stopped_run=False) for name, one in self._finished.items()
                    }
                finished = _parsed(line)
                if finished is not None:
                    self._finished[finished.row.photo] = finished
        if not is_whole:
            with self.path.open("ab") as file:
                file.write(b"\n")


def _unusable(path: Path, reason: str) -> OutputError:
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
