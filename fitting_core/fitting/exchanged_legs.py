"""How much cheaper a fit becomes when left and right of the legs are exchanged: detectors take one for the other."""

from __future__ import annotations

from dataclasses import replace

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.keypoints.layouts import BODY_25

from .fit_batch import refit
from .setup import FitSetup
from .subject import Subject

_LEG = ("knee", "ankle", "big_toe", "small_toe", "heel")
_LEFT = [BODY_25.index(f"left_{name}") for name in _LEG]
_RIGHT = [BODY_25.index(f"right_{name}") for name in _LEG]


def gain_of_exchanged_legs(
    setup: FitSetup, subject: Subject, x: NumpyArray, loss: float, make: ArrayMaker
) -> float:
    """Return by how many nats a solution (N,) of this loss becomes cheaper when it is refitted with its legs exchanged."""
    return loss - float(refit(setup, with_exchanged_legs(subject), x, make).loss[0, 0])


def with_exchanged_legs(subject: Subject) -> Subject:
    """Return a person whose keypoints from the knees down have changed sides.

    Depths change with them only if the eyes have found both: they see the depths of a file's people with sides of their own.
    """
    body, depths = subject.keypoints.body.copy(), subject.cues.body_depths
    body[_LEFT + _RIGHT] = body[_RIGHT + _LEFT]
    if depths is not None and subject.keypoints.detector == "eyes":
        depths = depths.copy()
        depths[_LEFT + _RIGHT] = depths[_RIGHT + _LEFT]
    cues = replace(subject.cues, body_depths=depths)
    return replace(subject, keypoints=replace(subject.keypoints, body=body), cues=cues)
