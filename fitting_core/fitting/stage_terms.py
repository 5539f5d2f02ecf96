"""The weights of a stage → the priors it uses, each under the name that scores give it, and how much each keypoint counts.

Free of bpy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.joints import BEND_AXES, JointGroups, joint_index
from fitting_core.keypoints.layouts import BODY_25

from . import stages as constants
from .parameters import ParameterLayout
from .priors.distributions import (
    BendPrior,
    DiagonalPrior,
    GaussianMixture,
    GaussianPrior,
    HandPrior,
    LimitPrior,
    MaxMixturePrior,
    NormalPose,
    Prior,
)
from .priors.vposer import VPoserDecoder
from .stages import DataTerm, Stage, TermWeights
from .subject import Subject

# What is known about body poses. VPoser's cost lies on latent values, which latent_problem.py adds; None: nothing is known.
PosePrior = GaussianMixture | NormalPose | VPoserDecoder | None


class Term(NamedTuple):
    """A prior and what its cost counts as in a score."""

    name: str
    prior: Prior


def pose_terms(
    pose_prior: PosePrior, layout: ParameterLayout, body: slice, weights: TermWeights, make: ArrayMaker
) -> list[Term]:
    """What acts on the 21 joints of the body pose."""
    columns = layout.joints(body)
    found: list[Term] = []
    if isinstance(pose_prior, GaussianMixture):
        found.append(Term("pose", MaxMixturePrior(pose_prior, columns, weights.pose, make)))
    if isinstance(pose_prior, NormalPose):
        deviation = np.full(len(columns), pose_prior.deviation / weights.pose**0.5)
        found.append(Term("pose", DiagonalPrior(np.zeros(len(columns)), deviation, columns, make)))
    if weights.bend:
        found.append(Term("bend", _bend_prior(layout, weights.bend, make)))
    return found


def _bend_prior(layout: ParameterLayout, weight: float, make: ArrayMaker) -> BendPrior:
    columns = np.array([layout.joints([joint_index(joint)])[axis] for joint, axis, _ in BEND_AXES])
    return BendPrior(np.array([sign for _, _, sign in BEND_AXES]), weight, columns, make)


def shape_term(layout: ParameterLayout, weights: TermWeights, make: ArrayMaker) -> Term:
    """What acts on the shape coefficients."""
    return Term("shape", _resting(layout.betas(), constants.BETA_DEVIATION, weights.shape, make))


def hand_and_face_terms(
    layout: ParameterLayout, groups: JointGroups, hand: HandPrior, weights: TermWeights, make: ArrayMaker
) -> list[Term]:
    """The priors on what a kind of body has beyond its 22 joints."""
    found: list[Term] = []
    expression = layout.expression()
    if len(expression):
        prior = _resting(expression, constants.EXPRESSION_DEVIATION, weights.expression, make)
        found.append(Term("face", prior))
    if groups.jaw is not None:
        jaw = layout.joints([groups.jaw])
        found.append(Term("face", DiagonalPrior(np.zeros(3), np.array(weights.jaw_deviation), jaw, make)))
    if groups.left_hand is not None and groups.right_hand is not None:
        left, right = layout.joints(groups.left_hand), layout.joints(groups.right_hand)
        found += [
            Term("hands", GaussianPrior(hand.mean_left, weights.hands * hand.precision_left, left, make)),
            Term("hands", GaussianPrior(hand.mean_right, weights.hands * hand.precision_right, right, make)),
        ]
        if weights.hand_limits:
            softness = constants.HAND_LIMIT_SOFTNESS / weights.hand_limits**0.5
            columns = np.concatenate([left, right])
            found.append(Term("hands", LimitPrior(hand.limits, softness, columns, make)))
    return found


def _resting(columns: NumpyArray, deviation: float, weight: float, make: ArrayMaker) -> DiagonalPrior:
    spread = np.full(len(columns), deviation / weight**0.5)
    return DiagonalPrior(np.zeros(len(columns)), spread, columns, make)


def keypoint_deviations(data: DataTerm, stage: Stage) -> NumpyArray:
    """(137,) deviation of every keypoint of full confidence in the data term's units; infinite for those left out."""
    deviation = np.full(landmarks.POINT_OF_KEYPOINT.shape, data.body_deviation)
    for name, trust in data.trust:
        deviation[BODY_25.index(name)] = _divided(data.body_deviation, trust)
    for index, name in enumerate(BODY_25.names):
        if stage.body_keypoints and name not in stage.body_keypoints:
            deviation[index] = np.inf
    hand = _divided(data.hand_deviation, stage.terms.hand_keypoints)
    deviation[landmarks.LEFT_HAND_KEYPOINTS] = hand
    deviation[landmarks.RIGHT_HAND_KEYPOINTS] = hand
    deviation[landmarks.FACE_KEYPOINTS] = _divided(data.face_deviation, stage.terms.face_keypoints)
    return deviation


def _divided(deviation: float, factor: float) -> float:
    return deviation / factor if factor else np.inf


def unit_px(data: DataTerm, subject: Subject, stature_m: float) -> float:
    """The data term's unit in pixels of the subject's photo."""
    if data.unit == "person":
        return subject.unit_px(stature_m)
    return 1.0 if data.unit == "pixel" else subject.photo_height_px / 1000.0
