"""Unseen limbs rest, seen ones are left alone; the upright term against finite differences."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from benchmarks.accuracy import procrustes_distance
from fitting_core.arrays import ArrayMaker
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.joints import joint_index
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.priors.rest_pose import UprightPrior, joint_precision, rest_priors
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from tests.photos import synthetic_case

_LOWER_BODY = [
    name for name in BODY_25.names if any(part in name for part in ("hip", "knee", "ankle", "toe", "heel"))
]
_MAKE = ArrayMaker(xp, xp.float64)


def _without(keypoints: Keypoints2D, names: list[str]) -> Keypoints2D:
    body = keypoints.body.copy()
    body[[BODY_25.index(name) for name in names]] = 0
    return replace(keypoints, body=body)


def _complete() -> Keypoints2D:
    random = np.random.default_rng(0)
    table = random.uniform(100, 500, (137, 3))
    table[:, 2] = 0.8
    return Keypoints2D(table[:25], table[25:46], table[46:67], table[67:])


_CASES: dict[str, tuple[list[str], set[str]]] = {
    "everything seen": ([], {"left_foot", "right_foot"}),
    "no left ankle": (
        ["left_ankle", "left_big_toe", "left_small_toe", "left_heel"],
        {"left_foot", "right_foot", "left_ankle", "left_knee"},
    ),
    "waist up": (
        _LOWER_BODY,
        {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "foot")}
        | {"spine1", "spine2", "spine3"},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_only_unseen_joints_are_pulled(name: str) -> None:
    missing, pulled = _CASES[name]
    precision = joint_precision(_without(_complete(), missing))
    assert {joint_table.BODY_JOINT_NAMES[index] for index in np.nonzero(precision)[0]} == pulled


def test_upright_term_is_differentiated() -> None:
    root = np.random.default_rng(1).normal(0, 1, (3, 3))
    up = np.tile([0.0, -1.0, 0.0], (3, 1))
    prior = UprightPrior(np.arange(3, 6), up, np.array([4.0, 0.0, 9.0]))
    cost, gradient, _ = prior.evaluate(root)
    assert cost[1] == 0
    step = 1e-6
    for axis in range(3):
        move = np.tile(step * np.eye(3)[axis], (3, 1))
        ahead, behind = prior.evaluate(root + move)[0], prior.evaluate(root - move)[0]
        np.testing.assert_allclose(gradient[:, axis], (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-6)


def test_hips_in_sight_switch_the_upright_term_off() -> None:
    layout = ParameterLayout(55, 10, 10)
    subjects = [
        Subject(_complete(), 1000.0, np.zeros(2)),
        Subject(_without(_complete(), _LOWER_BODY), 1000.0, np.zeros(2)),
    ]
    assert len(rest_priors(layout, joint_table.BODY_POSE, subjects[:1], 2, _MAKE)) == 1
    upright = rest_priors(layout, joint_table.BODY_POSE, subjects, 2, _MAKE)[1]
    cost = upright.evaluate(np.full((4, 3), 0.3))[0]
    assert (cost[:2] == 0).all()
    assert (cost[2:] > 0).all()


def test_a_waist_up_photo_gives_a_standing_figure() -> None:
    case = synthetic_case(1)
    subject = replace(case.subject, keypoints=_without(case.subject.keypoints, _LOWER_BODY))
    setup = fit_setup()
    found = fit_batch(setup, [subject], choose_engine("numpy", "auto").make)
    person = fitted_person(setup.points.model, setup.layout, subject, found.x[0, 0], float(found.loss[0, 0]))
    rotation = matrix_from_vector(person.pose.rotations[joint_table.PELVIS])
    assert rotation[1, 1] < -0.8  # within 37° of upright in the picture, whatever the trunk does
    knees = person.pose.rotations[[joint_index("left_knee"), joint_index("right_knee")]]
    assert np.degrees(np.linalg.norm(knees, axis=1)).max() < 40
    arms = slice(16, 22)
    assert procrustes_distance(person.points[arms], case.points[arms]) < 0.08
