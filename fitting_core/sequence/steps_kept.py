"""Keeps the steps of a long run in the result folder, so that a run that was killed goes on where it was.

The folder `.sequence-steps` holds one file a step and the fingerprint of the request; a run of another request or another clip
begins anew. Arrays come back bit by bit, so that the end is that of an unbroken run.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from fitting_core import __version__
from fitting_core.arrays import NumpyArray
from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.files.npz_reader import read_arrays
from fitting_core.results.exchange import SEQUENCE_STEPS

_FINGERPRINT = "fingerprint"
_STEP = re.compile(r"[a-z]+(_\d+)*\.npz")

Arrays = Mapping[str, NumpyArray]


class KeptSteps:
    """The steps of one run: each is done once, and read back when the run is repeated."""

    def __init__(self, folder: Path, request: Sequence[object], files: Sequence[Path]) -> None:
        """Open the steps of a request whose input are `files`; those of another request are removed. Raises OutputError."""
        self._folder = folder / SEQUENCE_STEPS
        self.read_back = 0
        fingerprint = _fingerprint(request, files)
        known = self._folder / _FINGERPRINT
        try:
            if not known.is_file() or known.read_bytes() != fingerprint:
                self.remove()
                self._folder.mkdir(parents=True, exist_ok=True)
                write_bytes_atomically(known, fingerprint)
        except OSError as problem:
            raise OutputError(
                f"{folder}: the steps of the run cannot be kept there ({problem.strerror or problem}). Choose another --out."
            ) from problem

    def has(self, name: str) -> bool:
        """True if a step was kept by a run before this one."""
        return (self._folder / f"{name}.npz").is_file()

    def step(self, name: str, names: Sequence[str], compute: Callable[[], Arrays]) -> dict[str, NumpyArray]:
        """Return the arrays of a step by their `names`: those that an earlier run has kept, else those computed now."""
        path = self._folder / f"{name}.npz"
        if self.has(name):
            found = read_arrays(path, names, OutputError, "step of a sequence")
            if len(found) < len(names):
                raise OutputError(f"{path} is damaged. Remove the folder {SEQUENCE_STEPS} to begin anew.")
            self.read_back += 1
            return found
        computed = {key: np.asarray(value) for key, value in compute().items()}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **computed)
        write_bytes_atomically(path, buffer.getvalue())
        return computed

    def remove(self) -> None:
        """Remove the steps: the run has ended, or another begins. Files that no run has written stay, with their folder."""
        with suppress(OSError):
            for path in list(self._folder.iterdir()):
                if path.name == _FINGERPRINT or _STEP.fullmatch(path.name):
                    path.unlink()
            self._folder.rmdir()


def _fingerprint(request: Sequence[object], files: Sequence[Path]) -> bytes:
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr((__version__, request, states)).encode()).hexdigest().encode()
