"""Confidences as detectors write them, in percent, logits or scores beyond 1, as numbers from 0 to 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.raw_people import Points, RawKeypoints

# OpenPose writes up to about 1.05; anything more is another scale.
MAXIMUM_CONFIDENCE = 1.5
# Scores of SimCC networks (RTMPose, RTMW, DWPose) reach some 10; percent of a person in plain sight are more.
_LEAST_PERCENT = 20.0
_MOST_PERCENT = 100.5
_WHOLES = (255.0, 1000.0)
# Logits are negative where nothing is seen: at least so large a share of them, or beside values beyond 1.
_LOGIT_SHARE = 0.25
_LEAST_LOGIT = -30.0  # no network is surer than that that there is nothing


def with_sound_confidences(raw: RawKeypoints) -> RawKeypoints:
    """Return the people with confidences from 0 to 1, and a warning where another scale was read.

    The scale is that of the whole file. Points of no confidence become rows of zeros.
    """
    parts = [part for person in raw.people for part in person.parts()]
    values = np.concatenate([part[np.any(part != 0, axis=1), 2] for part in parts]) if parts else np.zeros(0)
    scale, words = _scale_of(values)

    people = tuple(person.mapped(lambda part: _cleaned(part, scale)) for person in raw.people)
    return replace(raw, people=people, warnings=raw.warnings if words is None else (*raw.warnings, words))


def _scale_of(values: NumpyArray) -> tuple[str, str | None]:
    """Choose "as is", "percent", "logits" or "certain" for all confidences of a file, and say so."""
    if not values.size:
        return "as is", None
    least, most = float(values.min()), float(values.max())
    extent = f"its confidences reach from {least:g} to {most:g}"
    if least < 0:
        return _scale_below_zero(values, extent)
    if _LEAST_PERCENT <= most <= _MOST_PERCENT:
        return "percent", f"{extent}: they were read as percent"
    for whole in _WHOLES if most > _MOST_PERCENT else ():
        if most <= whole:
            return f"of {whole:g}", f"{extent}: they were read as parts of {whole:g}"
    if most > MAXIMUM_CONFIDENCE:
        return "as is", f"{extent}; they were cut to 0–1"
    return "as is", None


def _scale_below_zero(values: NumpyArray, extent: str) -> tuple[str, str]:
    """Choose the scale of confidences of which some are negative."""
    below = values[values < 0]
    if float(below.min()) < _LEAST_LOGIT:
        return "certain", f"{extent}, which are likely depths; every point counts as certain"
    are_many = len(np.unique(below)) > _LOGIT_SHARE * values.size
    if are_many or float(values.max()) > MAXIMUM_CONFIDENCE:
        return "logits", f"{extent}: they were read as logits"
    return "as is", f"{extent}; they were cut to 0–1"


def _cleaned(part: Points, scale: str) -> Points:
    confidence = part[:, 2]
    if scale == "percent":
        confidence = confidence / 100.0
    elif scale.startswith("of "):
        confidence = confidence / float(scale.removeprefix("of "))
    elif scale == "certain":
        confidence = np.ones_like(confidence)
    elif scale == "logits":
        confidence = 1.0 / (1.0 + np.exp(-np.clip(confidence, -50.0, 50.0)))
    cleaned = np.column_stack([part[:, :2], np.clip(confidence, 0.0, 1.0)])
    cleaned[~np.any(part != 0, axis=1) | (cleaned[:, 2] <= 0)] = 0.0
    return cleaned
