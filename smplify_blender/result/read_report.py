"""Reads the report on one figure, for the sidebar, from a result folder's summary.json and a person's residuals."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .bounded_file import damage_border, read_bytes
from .contacts import MetContact, met_contacts
from .read_result import TAKE_PATTERN, names_a_person
from .result_folder import Array

SUMMARY_FILE = "summary.json"
MAX_SUMMARY_BYTES = 2**20
MAX_WORDS = 20  # reasons, names of limbs, takes: no honest file has more
MAX_TEXT = 300
FULL_FRAME_MM = 36.0  # width of a 35-mm picture
QUALITY_WORDS = ("good", "check", "poor")

# Mean distance between figure and keypoints in thousandths of the person's size, from which on a limb is looked at
# twice, or bad; the limits of the whole body in fitting_core/results/quality.py.
CHECK_RESIDUAL = 14.0
POOR_RESIDUAL = 30.0

# Rows of “keypoints” (docs/result-files.md): OpenPose BODY_25, left hand, right hand, face.
LIMBS: dict[str, tuple[int, ...]] = {
    "Head": (0, 15, 16, 17, 18, *range(67, 137)),
    # shoulders and hips; detectors set the neck and the mid hip beside the joints, so that the fit hardly follows those
    "Trunk": (2, 5, 9, 12),
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
class FocalEstimate:
    """The lens as the perspective tells it, 35-mm equivalents; `low_mm` to `high_mm` is one deviation either way.

    `taken` is False where it told too little: the guess was kept then.
    """

    taken: bool
    mm: float
    low_mm: float
    high_mm: float
    guess_mm: float

    @property
    def text(self) -> str:
        """The estimate as a sentence."""
        if not self.taken:
            return f"The perspective tells too little of the lens: {self.guess_mm:.0f} mm was kept"
        return f"Estimated lens: {self.mm:.0f} mm (35-mm equivalent), likely {self.low_mm:.0f} to {self.high_mm:.0f} mm"


@dataclass(frozen=True)
class FitReport:
    """A fit's report on one person. `takes` are file names, the best first; `focal` is there where it was estimated.

    `gender` says in words which body the fit has chosen; empty where the user had.
    """

    quality: str
    reasons: tuple[str, ...]
    takes: tuple[str, ...]
    number: int
    limbs: tuple[LimbQuality, ...]
    focal: FocalEstimate | None = None
    gender: str = ""
    contacts: tuple[MetContact, ...] = ()  # with the things of a scene, where the figure was fitted in one


def read_report(folder: Path, file_name: str, residual_px: Array | None) -> FitReport | None:
    """Read the report of `person_NN.npz` (or one of its takes) in `folder`; None where summary.json does not tell of it.

    `residual_px` (137,) is the person's own, NaN where nothing was seen. The quality word is that of the best take; the
    limbs are those of the take itself. Raises `ResultError` where summary.json is there and damaged.
    """
    path = folder / SUMMARY_FILE
    if not path.is_file():
        return None
    with damage_border(f"{path} is damaged"):
        summary = _summary(path)
        person = _person(summary, file_name)
        if person is None:
            return None
        quality = str(person["quality"])
        return FitReport(
            quality=quality if quality in QUALITY_WORDS else "check",
            reasons=_texts(person["reasons"]),
            takes=tuple(name for name in _texts(person["takes"]) if names_a_person(name)),
            number=int(person["number_in_keypoint_file"]),
            limbs=_limbs(residual_px, float(person["size_px"])),
            focal=_focal(summary),
            gender=str(dict(person.get("automatic_gender", {})).get("words", ""))[:MAX_TEXT],
            contacts=met_contacts(person),
        )


def read_focal_estimate(folder: Path) -> FocalEstimate | None:
    """Read the lens that the fit in `folder` estimated; None where it did not. Raises `ResultError` like `read_report`."""
    path = folder / SUMMARY_FILE
    if not path.is_file():
        return None
    with damage_border(f"{path} is damaged"):
        return _focal(_summary(path))


def read_focal_px(folder: Path) -> float | None:
    """Read the focal length of a fit, px; None where its summary.json is gone or does not tell. Raises `ResultError`."""
    path = folder / SUMMARY_FILE
    if not path.is_file():
        return None
    with damage_border(f"{path} is damaged"):
        focal_px = _summary(path).get("focal_px")
    return float(focal_px) if isinstance(focal_px, float) and 0 < focal_px < math.inf else None


def _summary(path: Path) -> dict[str, Any]:
    return dict(json.loads(read_bytes(path, MAX_SUMMARY_BYTES)))


def _person(summary: dict[str, Any], file_name: str) -> dict[str, Any] | None:
    matched = TAKE_PATTERN.fullmatch(file_name)
    best = f"{matched[1]}.npz" if matched else file_name
    return next((person for person in summary["people"] if person["file"] == best), None)


def _focal(summary: dict[str, Any]) -> FocalEstimate | None:
    """In millimetres of a lens whose picture is as wide as a full frame along the photo's longer side."""
    if "focal_estimate" not in summary:
        return None
    estimate = cast("dict[str, Any]", summary["focal_estimate"])
    side = max(float(side) for side in summary["image_size"])
    mm_per_px = FULL_FRAME_MM / max(side, 1.0)
    low, high = (float(value) for value in estimate["likely_px"])
    numbers = (float(estimate["px"]), low, high, float(estimate["guess_px"]))
    if side < 1.0 or not all(math.isfinite(mm_per_px * value) and value > 0 for value in numbers):
        raise ValueError("a lens that is none")
    return FocalEstimate(bool(estimate["taken"]), *(mm_per_px * value for value in numbers))


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
