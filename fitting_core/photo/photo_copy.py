"""Copies a photo into a result folder, a piece at a time."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from fitting_core.errors import PhotoError
from fitting_core.files.atomic import replace_when_complete
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.regular_file import open_regular

from .header import MAXIMUM_BYTES

_PIECE_BYTES = 2**20


def write_photo_copy(photo: Path, target: Path) -> None:
    """Write the bytes of a photo under another name, whole or not at all; at most a megabyte is in memory.

    Raises PhotoError where the photo cannot be read (any more) or is larger than MAXIMUM_BYTES, OutputError where the copy
    cannot be written.
    """
    with (
        reader_border(photo, PhotoError, "photo", "Leave it in its place until the fit is done."),
        open_regular(photo) as source,
        replace_when_complete(target) as temporary,
        temporary.open("wb") as copy,
    ):
        for piece in _pieces(source):
            copy.write(piece)


def _pieces(source: BinaryIO) -> Generator[bytes]:
    left = MAXIMUM_BYTES
    while True:
        try:
            piece = source.read(_PIECE_BYTES)
        except OSError as problem:  # not the copy's, which it would be taken for outside
            raise RefusedError(str(problem.strerror)) from problem
        left -= len(piece)
        if left < 0:
            raise RefusedError(f"it is larger than {MAXIMUM_BYTES // 10**6} MB")
        if not piece:
            return
        yield piece
