"""The capsules of the open bodies, fitted once by `tools/fit_open_capsules.py`: fitting them takes a tenth of a second a body."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray

from ..body_model import BodyModel
from .posed_capsules import BodyCapsules

FOLDER = Path(__file__).parents[2] / "data" / "open_body"
ARRAYS = (
    "joint",
    "ends",
    "end_directions",
    "radius",
    "radius_directions",
    "pairs",
    "allowance",
    "allowance_directions",
)


def capsules_file(gender: str) -> Path:
    """Return the file of the capsules of an open body."""
    return FOLDER / f"capsules_{gender}.npz"


def capsule_entries(capsules: BodyCapsules) -> dict[str, NumpyArray]:
    """Return the content of the file: the arrays, the names, and the SHA-256 of the body file that they are of."""
    arrays: dict[str, NumpyArray] = {name: np.asarray(getattr(capsules, name)) for name in ARRAYS}
    texts = {"names": np.array(capsules.names), "body_sha256": np.array(capsules.model.sha256)}
    return arrays | texts


def shipped_capsules(model: BodyModel) -> BodyCapsules | None:
    """Return the capsules that ship for a body; None for any other body, and for one with fewer shape coefficients."""
    file = capsules_file(model.gender)
    if not model.shareable_shape or not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as data:
        if str(data["body_sha256"]) != model.sha256:
            return None
        arrays = {name: data[name] for name in ARRAYS}
        names = tuple(str(name) for name in data["names"])
    if arrays["radius_directions"].shape[1] != model.shape_directions.shape[2]:
        return None
    return BodyCapsules(model, names, **arrays)
