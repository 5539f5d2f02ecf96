"""The camera of a fitted photo after estimation: unchanged, or with a focal length corrected by the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from fitting_core.arrays import ArrayMaker
from fitting_core.fitting.fit_batch import BatchFit
from fitting_core.fitting.focal_estimate import (
    ASSUMED_DEVIATION,
    KNOWN_DEVIATION,
    FocalEstimate,
    at_focal,
    estimate_focal,
    refit_at,
)
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera
from fitting_core.photo.focal import FocalLength


@dataclass(frozen=True, eq=False)
class EstimatedCamera:
    """A photo's camera after its focal length was estimated, with the people and their fit under it.

    `warning` says in words that the estimate was not taken.
    """

    camera: PhotoCamera
    estimate: FocalEstimate
    subjects: tuple[Subject, ...]
    fit: BatchFit
    warning: str | None = None


def estimated_camera(
    setup: FitSetup,
    subjects: Sequence[Subject],
    camera: PhotoCamera,
    fit: BatchFit,
    make: ArrayMaker,
    messenger: Messenger,
) -> EstimatedCamera:
    """Estimate the focal length from people fitted at the guess, and fit them there; the guess stays if nothing tells."""
    deviation = ASSUMED_DEVIATION if camera.focal.is_assumed else KNOWN_DEVIATION
    messenger.status("Estimating the focal length from the perspective")
    estimate = estimate_focal(setup, subjects, fit, deviation, make)
    if not estimate.tells:
        warning = (
            f"The perspective is too weak to tell the focal length: {estimate.guess_px:.0f} px was kept "
            f"({camera.focal.source})."
        )
        messenger.warning(warning)
        return EstimatedCamera(camera, estimate, tuple(subjects), fit, warning)
    focal = FocalLength(estimate.px, f"estimated from the perspective, {in_words(estimate)}")
    messenger.status(f"Focal length {focal.px:.0f} px ({focal.source})")
    seen = tuple(at_focal(subjects, estimate.px))
    refitted = refit_at(setup, subjects, fit, estimate.px, make)
    return EstimatedCamera(replace(camera, focal=focal), estimate, seen, refitted)


def in_words(estimate: FocalEstimate) -> str:
    """Return the range of one deviation, and the guess, in words."""
    low, high = one_deviation(estimate)
    return f"{low:.0f} to {high:.0f} px likely; the guess was {estimate.guess_px:.0f} px"


def one_deviation(estimate: FocalEstimate) -> tuple[float, float]:
    """Focal lengths (px) one deviation below and above the estimate."""
    factor = exp(estimate.deviation)
    return estimate.px / factor, estimate.px * factor
