"""A result folder's summary.json and a person's residuals → what is said of one figure in the sidebar. Free of bpy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .errors import ResultError
from .read_body import read_bytes
from .read_result import TAKE_PATTERN, names_a_person
from .result_folder import Array

SUMMARY_FILE = "summary.json"
MAX_SUMMARY_BYTES = 2**20
MAX_WORDS = 20  # reasons, names of limbs, takes: no honest file has more
MAX_TEXT = 300
QUALITY_WORDS = ("good", "check", "poor")

# Mean distance between figure and keypoints in thousandths of the person's size, from which on a limb is looked at
# twice, or bad; the limits of the whole body in fitting_core/quality.py.
CHECK_RESIDUAL = 14.0
POOR_RESIDUAL = 30.0

# Rows of “keypoints” (docs/result-files.md): OpenPose BODY_25, left hand, right hand, face.
LIMBS: dict[str, tuple[int, ...]] = {
    "Head": (0, 15, 16, 17, 18, *range(67, 137)),
    "Trunk": (1, 8),
    "Left arm": (5, 6, 7),
    "Right arm": (2, 3, 4),
    "Left hand": tuple(range(25, 46)),
    "Right hand": tuple(range(46, 67)),
    "Left leg": (12, 13, 14, 19, 20, 21),
    "Right leg": (9, 10, 11, 22, 23, 24),
}


@dataclass(frozen=True)
class LimbQuality:
    """One limb: “good”, “check”, “poor”, or “guessed” where nothing of it was seen; residual in thousandths of the size."""

    name: str
    word: str
    residual: float | None


@dataclass(frozen=True)
class FitReport:
    """What a fit says about one person. `takes` are file names, the best first."""

    quality: str
    reasons: tuple[str, ...]
    takes: tuple[str, ...]
    number: int
    limbs: tuple[LimbQuality, ...]


def read_report(folder: Path, file_name: str, residual_px: Array | None) -> FitReport | None:
    """The report of `person_NN.npz` (or one of its takes) in `folder`; None where summary.json does not tell of it.

    `residual_px` (137,) is the person's own, NaN where nothing was seen. The quality word is that of the best take; the
    limbs are those of the take itself. Raises `ResultError` where summary.json is there and damaged.
    """
    path = folder / SUMMARY_FILE
    if not path.is_file():
        return None
    person = _person(path, file_name)
    if person is None:
        return None
    try:
        quality = str(person["quality"])
        return FitReport(
            quality=quality if quality in QUALITY_WORDS else "check",
            reasons=_texts(person["reasons"]),
            takes=tuple(name for name in _texts(person["takes"]) if names_a_person(name)),
            number=int(person["number_in_keypoint_file"]),
            limbs=_limbs(residual_px, float(person["size_px"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{path} is damaged ({error!r}). Run the fit again.") from None


def _person(path: Path, file_name: str) -> dict[str, Any] | None:
    matched = TAKE_PATTERN.fullmatch(file_name)
    best = f"{matched[1]}.npz" if matched else file_name
    content = read_bytes(path)
    try:
        if len(content) > MAX_SUMMARY_BYTES:
            raise ValueError("larger than a megabyte")
        people = cast("dict[str, Any]", json.loads(content))["people"]
        return next((person for person in people if person["file"] == best), None)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ResultError(f"{path} is damaged ({error!r}). Run the fit again.") from None


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value)[:MAX_TEXT] for value in list(values)[:MAX_WORDS])


def _limbs(residual_px: Array | None, size_px: float) -> tuple[LimbQuality, ...]:
    if residual_px is None or not size_px > 0:
        return ()
    permille = 1000.0 * residual_px / size_px
    return tuple(_limb(name, permille[list(rows)]) for name, rows in LIMBS.items())


def _limb(name: str, permille: Array) -> LimbQuality:
    seen = permille[np.isfinite(permille)]
    if not seen.size:
        return LimbQuality(name, "guessed", None)
    mean = float(seen.mean())
    word = "good" if mean <= CHECK_RESIDUAL else "check" if mean <= POOR_RESIDUAL else "poor"
    return LimbQuality(name, word, mean)
