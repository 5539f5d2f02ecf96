"""The body.npz of many results kept once on the disk: each result's file is a hard link to it.

So a result folder stays whole wherever it is moved or copied to, and a body's 2.7 MB are paid once a batch.
"""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EMLINK
from pathlib import Path

from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.results.exchange import ResultFiles

BODY_FILE = "body.npz"
BODIES = ".bodies"  # folder in the output folder of a batch


def place_body(files: ResultFiles, data: bytes, sha256: str, bodies: Path | None) -> None:
    """Add body.npz to a result: a link to the copy that `bodies` keeps, a file of its own where the system has no such links.

    Raises OSError.
    """
    place = files.place(BODY_FILE)
    if bodies is None or not _linked(place, data, bodies / f"{sha256}.npz"):
        place.write_bytes(data)


def _linked(place: Path, data: bytes, kept: Path) -> bool:
    """Make the link, and what is linked to if need be; return False where that cannot be."""
    try:
        if not kept.is_file() or kept.stat().st_size != len(data):
            _keep(data, kept)
        os.link(kept, place)
    except OSError as problem:
        # So many links are too many for this system: the next ones are to a second copy.
        return problem.errno == EMLINK and _linked_to_another(place, data, kept)
    except OutputError:
        return False
    return True


def _linked_to_another(place: Path, data: bytes, kept: Path) -> bool:
    with suppress(OSError, OutputError):
        _keep(data, kept)
        os.link(kept, place)
        return True
    return False


def _keep(data: bytes, kept: Path) -> None:
    kept.parent.mkdir(exist_ok=True)
    write_bytes_atomically(kept, data)
