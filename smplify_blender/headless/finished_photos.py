"""The photos that a batch has finished: a JSON line each, so that a run goes on where an earlier one ended.

A line is added, and forced onto the disk, once everything of the photo is in place: a kill loses the photo at work and no other.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import cast

from ..result.errors import ResultError
from ..result.output_file import replaced_when_written
from .batch_table import BatchRow

LIST = "rigs.jsonl"
_HEAD = b'{"smplify_rigs": 1}\n'
_MOST_LINE_BYTES = 65_536
_MOST_BYTES = 100_000_000
_LONGEST_SECONDS = 1e9
_BLOCK_BYTES = 2**20
_MANIFEST = Path(__file__).parents[2] / "blender_manifest.toml"  # has the version of the add-on
_KEYPOINT_SUFFIXES = (".json", ".npz", ".npy", ".pkl")


class FinishedPhotos:
    """The list in the output folder of a batch. Raises ResultError where it cannot be read or written, or is no such list."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LIST
        self._lines: dict[str, tuple[BatchRow, str]] = {}
        try:
            if not self._path.exists():
                return
            if self._path.stat().st_size > _MOST_BYTES:
                raise _unusable(self._path, f"it is larger than {_MOST_BYTES} bytes")
            self._read()
        except OSError as problem:
            raise _unusable(self._path, problem.strerror or str(problem)) from problem

    def done(self, photo: str, fingerprint: str) -> BatchRow | None:
        """Return the row of a photo that was done with this fingerprint; None if it has to be done."""
        row, earlier = self._lines.get(photo, (None, ""))
        return row if row is not None and row.status == "done" and earlier == fingerprint else None

    def tells_of(self, photo: str) -> bool:
        """True if an earlier run has worked on this photo."""
        return photo in self._lines

    def add(self, row: BatchRow, fingerprint: str) -> None:
        """Note a photo whose files are in place, or that has failed."""
        self._lines[row.photo] = (row, fingerprint)
        try:
            if not self._path.exists():
                self._write([])
            with self._path.open("ab") as file:
                file.write(_line(row, fingerprint))
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise _unusable(self._path, problem.strerror or str(problem)) from problem

    def close(self, photos: Sequence[str]) -> None:
        """Write the file anew with one line a photo, those of `photos` alone."""
        try:
            self._write([self._lines[photo] for photo in photos if photo in self._lines])
        except OSError as problem:
            raise _unusable(self._path, problem.strerror or str(problem)) from problem

    def _write(self, lines: Sequence[tuple[BatchRow, str]]) -> None:
        with replaced_when_written(self._path.absolute()) as temporary:
            temporary.write_bytes(_HEAD + b"".join(_line(*line) for line in lines))

    def _read(self) -> None:
        is_whole = True
        with self._path.open("rb") as file:
            if file.readline(_MOST_LINE_BYTES) != _HEAD:
                raise _unusable(self._path, "it is not the list of finished photos of such a run")
            while line := file.readline(_MOST_LINE_BYTES):
                is_whole = line.endswith(b"\n")
                parsed = _parsed(line)
                if parsed is not None:
                    self._lines[parsed[0].photo] = parsed
        if not is_whole:
            with self._path.open("ab") as file:
                file.write(b"\n")


def _unusable(path: Path, reason: str) -> ResultError:
    return ResultError(f"{path} cannot be used: {reason}. Remove it, or choose another --out.")


def _line(row: BatchRow, fingerprint: str) -> bytes:
    return json.dumps(asdict(row) | {"fingerprint": fingerprint}).encode() + b"\n"


def _parsed(line: bytes) -> tuple[BatchRow, str] | None:
    """Return what a line says; None for one that is cut short or that no such run has written."""
    try:
        content: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    values = dict(cast("Mapping[str, object]", content))
    fingerprint = values.pop("fingerprint", None)
    usual = asdict(BatchRow("", "done"))
    is_usual = values.keys() == usual.keys() and all(
        isinstance(values[name], type(usual[name]) if name != "seconds" else (int, float)) for name in usual
    )
    if not is_usual or not isinstance(fingerprint, str):
        return None
    if not 0 <= cast("float", values["seconds"]) < _LONGEST_SECONDS:  # false for NaN
        return None
    return BatchRow(**values), fingerprint  # type: ignore[arg-type]


class KeypointIndex:
    """The keypoint files of a folder of photos, of the folders in it and of `more`, found by the names of the photos.

    A file is a photo's if its name begins with the photo's, or ends with it before its ending.
    """

    def __init__(self, photos: Path, more: Path | None) -> None:
        inside = [Path(entry.path) for entry in _entries(photos) if entry.is_dir(follow_symlinks=False)]
        stems: list[tuple[str, Path]] = []
        for folder in [photos, *inside, *([more] if more is not None else [])]:
            for entry in _entries(folder):
                stem, ending = os.path.splitext(_folded(entry.name))
                if ending in _KEYPOINT_SUFFIXES:
                    stems.append((stem, Path(entry.path)))
        self._forwards = sorted(stems)
        self._backwards = sorted((stem[::-1], path) for stem, path in stems)

    def of(self, photo: Path) -> tuple[Path, ...]:
        """Return the keypoint files that have the name of a photo in theirs, sorted."""
        stem = _folded(photo.stem)
        found = {*_beginning(self._forwards, stem), *_beginning(self._backwards, stem[::-1])}
        return tuple(sorted(found))


def _beginning(names: Sequence[tuple[str, Path]], beginning: str) -> Iterator[Path]:
    """Yield the files whose name begins so and then ends, or goes on with neither a letter nor a digit."""
    for name, path in islice(names, bisect_left(names, (beginning,)), None):
        if not name.startswith(beginning):
            return
        if not name[len(beginning) :][:1].isalnum():
            yield path


def fingerprint_of(files: Sequence[Path], options: str) -> str:
    """Return the SHA-256 of what a photo's rig is made from: the content of files, the options, and the add-on's version."""
    digest = hashlib.sha256(options.encode("utf-8", "surrogatepass"))
    for path in (_MANIFEST, *files):
        digest.update(_content(path))
    return digest.hexdigest()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _content(path: Path) -> bytes:
    """Return the SHA-256 of a file; of one that cannot be read that of the reason."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as problem:
        digest.update(str(problem.strerror).encode())
    return digest.digest()
