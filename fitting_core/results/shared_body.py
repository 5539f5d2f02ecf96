"""The bodies of many results kept once on the disk: each result's file of one is a hard link to it.

So a result folder stays whole wherever it is moved or copied to, and a body's 2.7 MB are paid once a batch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from errno import EMLINK
from pathlib import Path

from fitting_core.body_model.body_model import BodyModel
from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.results.body_file import body_file, body_name
from fitting_core.results.exchange import ResultFiles

BODIES = ".bodies"  # folder in the output folder of a batch


def place_bodies(files: ResultFiles, models: Sequence[BodyModel], bodies: Path | None) -> None:
    """Add the files of different bodies to a result: body.npz for the first, body_female.npz and the like for the others.

    Where `bodies` is a folder, each is a link to the copy that lies there. Raises OSError.
    """
    for model in models:
        place = files.place(body_name(model, models[0]))
        place_body(place, *body_file(model), bodies)


def place_body(place: Path, data: bytes, sha256: str, bodies: Path | None) -> None:
    """Make a body's file: a link to the copy that `bodies` keeps, a file of its own where the system has no such links.

    Raises OSError.
    """
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
