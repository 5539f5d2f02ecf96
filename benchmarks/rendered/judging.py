"""Compares one fit with the truth: errors in millimetres, signed errors of angles, height and weight, and what lies in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy import procrustes_distance
from benchmarks.real_views import ROWS
from benchmarks.rendered.cache import Truth
from benchmarks.rendered.posture import (
    head_pitch,
    hip_flexion,
    knee_flexion,
    trunk_pitch,
    trunk_yaw_between,
)
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import BODY_JOINT_NAMES, joint_index
from fitting_core.body_model.measurements import measured
from fitting_core.results.person import FittedPerson

STRAIGHT_DEGREES, BENT_DEGREES = 12.0, 25.0
PAIRED_JOINTS = ("wrist", "elbow", "knee", "ankle")
TELLING_DEPTH_M = 0.08  # a pair that is less apart along the view says nothing of which limb is in front
_LIMBS = landmarks.POINT_OF_KEYPOINT[ROWS]


@dataclass(frozen=True)
class Judgement:
    """One fitted case: lengths in mm, angles in degrees (fit less truth), height in m, weight in kg (fit less truth)."""

    kind: str  # of pose
    person: str
    word: str
    pelvis: float
    procrustes: float
    limbs: float
    vertices: float
    knees: tuple[float, float]
    hips: tuple[float, float]
    trunk_pitch: float
    trunk_yaw: float
    head_pitch: float
    height: float
    weight: float
    front_right: int  # pairs of limbs of which the fit has the right one in front
    front_told: int  # pairs of limbs that are apart along the view in truth
    straight_knees: int  # in truth
    straight_knees_bent: int  # of these, over BENT_DEGREES in the fit


def judge(truth: Truth, model: BodyModel, person: FittedPerson, word: str) -> Judgement:
    """Compare a fit with the truth; both have the open body's joints and vertices."""
    true, found = truth.points, person.points
    body = slice(0, len(BODY_JOINT_NAMES))
    true_knees, found_knees = knee_flexion(true), knee_flexion(found)
    straight = true_knees < STRAIGHT_DEGREES
    sizes = measured(model, person.pose.shape[: model.beta_count])
    right, told = _limbs_in_front(found, true)
    return Judgement(
        kind=truth.kind,
        person=truth.person,
        word=word,
        pelvis=1000 * _distance(found[body] - found[0], true[body] - true[0]),
        procrustes=1000 * procrustes_distance(found[body], true[body]),
        limbs=1000 * procrustes_distance(found[_LIMBS], true[_LIMBS]),
        vertices=1000 * _distance(person.vertices - found[0], truth.vertices - true[0]),
        knees=_pair(found_knees - true_knees),
        hips=_pair(_wrapped(hip_flexion(found) - hip_flexion(true))),
        trunk_pitch=trunk_pitch(found) - trunk_pitch(true),
        trunk_yaw=trunk_yaw_between(found, true),
        head_pitch=head_pitch(found, truth.up) - head_pitch(true, truth.up),
        height=sizes.height_m - truth.height_m,
        weight=(sizes.weight_kg or np.nan) - truth.weight_kg,
        front_right=right,
        front_told=told,
        straight_knees=int(straight.sum()),
        straight_knees_bent=int((straight & (found_knees > BENT_DEGREES)).sum()),
    )


def _limbs_in_front(found: NumpyArray, true: NumpyArray) -> tuple[int, int]:
    """Return how many pairs of limbs have the right one in front, and how many are apart along the view."""
    left, right = ([joint_index(f"{side}_{joint}") for joint in PAIRED_JOINTS] for side in ("left", "right"))
    apart = true[left, 2] - true[right, 2]
    told = np.abs(apart) > TELLING_DEPTH_M
    agree = (found[left, 2] - found[right, 2]) * apart > 0
    return int((told & agree).sum()), int(told.sum())


def _wrapped(degrees: NumpyArray) -> NumpyArray:
    return (degrees + 180.0) % 360.0 - 180.0


def _pair(values: NumpyArray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _distance(a: NumpyArray, b: NumpyArray) -> float:
    return float(np.linalg.norm(a - b, axis=1).mean())
