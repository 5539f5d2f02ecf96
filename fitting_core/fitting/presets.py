"""The objectives and schedules of SMPLify and SMPLify-X as stages of this fit; line by line in docs/presets.md.

The papers' objective is E = Σ (w c)² ρ(r) + λθ² E_pose + λβ² ‖β‖² + …; what is minimised here is ½ E. So a λ² of theirs on
a sum of squares is a weight λ² here, and on a negative log-likelihood ½ λ². SMPLify: Bogo et al., ECCV 2016. SMPLify-X:
Pavlakos et al., CVPR 2019. The numbers are those of their published configurations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fitting_core.arrays import NumpyArray

from .priors.distributions import GaussianMixture
from .priors.vposer import LATENT_SIZE, VPoserDecoder
from .setup import FitSetup, PosePrior
from .stages import BODY_DEVIATION, DEPTH_DEVIATION_M, DataTerm, Stage, TermWeights, stages_keeping
from .starts.torso_start import TORSO_KEYPOINTS, TorsoStart

PresetName = Literal["smplify", "smplifyx"]
# λθ, λβ and λψ of the five stages of SMPLify-X; SMPLify has the last four, with the same numbers for pose and shape.
_POSE_LAMBDAS = (404.0, 404.0, 57.4, 4.78, 4.78)
_SHAPE_LAMBDAS = (100.0, 50.0, 10.0, 5.0, 5.0)
_JAW_LAMBDAS = (
    (4040.0, 40400.0, 40400.0),
    (4040.0, 40400.0, 40400.0),
    (574.0, 5740.0, 5740.0),
    (47.8, 478.0, 478.0),
    (47.8, 478.0, 478.0),
)
_HAND_KEYPOINTS = (0.0, 0.0, 0.0, 0.1, 2.0)
_FACE_KEYPOINTS = (0.0, 0.0, 0.0, 0.0, 2.0)
_COLLISIONS = (0.0, 0.0, 0.0, 0.01, 1.0)
_SMPLIFY_LAMBDAS = ((404.0, 100.0), (404.0, 50.0), (57.4, 10.0), (4.78, 5.0))
# The bend prior's factor: on λθ in SMPLify-X, on its square (as a part of the residual) in SMPLify.
_BEND = 3.17
# The focal length that both papers' programs assume for every photo.
PRESET_FOCAL_PX = 5000.0
# Scale of Geman–McClure, pixels of the photo.
_ROBUST_PX = 100.0
# Keypoints that the body term leaves out: OpenPose puts them where no joint of the body lies.
_IGNORED = (("neck", 0.0), ("left_hip", 0.0), ("right_hip", 0.0))
# The capsules' cost is counted against keypoints of BODY_DEVIATION units; the papers' keypoints have a deviation of one, and
# their capsules one of this depth (m).
_PRESET_DEPTH_M = 0.01
_CAPSULES = (BODY_DEVIATION * DEPTH_DEVIATION_M / _PRESET_DEPTH_M) ** 2
# The papers' keypoints have a deviation of one unit, whoever has found them.
_PAPERS_DATA = DataTerm(
    body_deviation=1.0, hand_deviation=1.0, face_deviation=1.0, widths_in_px=True, per_coordinate=True
)
# Our own: how often the optimiser may step in a stage. It is one of second order and needs fewer steps than theirs.
_ITERATIONS = 30
_LAST_ITERATIONS = 60


@dataclass(frozen=True)
class Preset:
    """A paper's way to fit: its stages (the camera first) and how it measures the distance to the keypoints."""

    stages: tuple[Stage, ...]
    data: DataTerm


def with_preset(setup: FitSetup, name: PresetName, side_view: bool, takes: int = 1) -> FitSetup:
    """Return the setup with a paper's objective, schedule and starts in place of the product's own; its pose prior stays."""
    preset = _PRESETS[name](setup.pose_prior)
    camera, *after = preset.stages
    wider = stages_keeping(takes, tuple(after))
    return replace(
        setup,
        lifter=None,
        start_poses=mean_pose(setup.pose_prior)[None],
        stages=preset.stages,
        take_stages=(camera, *wider) if wider else (),
        warm_stages=(replace(preset.stages[-1], name="refit"),),
        data=preset.data,
        torso_start=TorsoStart(side_view),
    )


def mean_pose(prior: PosePrior) -> NumpyArray:
    """Return the pose (63,) that the papers start from: the mixture's mean, VPoser's pose for z = 0, else that of rest."""
    if isinstance(prior, GaussianMixture):
        return prior.weights @ prior.means
    if isinstance(prior, VPoserDecoder):
        return prior.pose(np.zeros((1, LATENT_SIZE)))[0]
    return np.zeros(63)


def _smplify(prior: PosePrior) -> Preset:
    last = len(_SMPLIFY_LAMBDAS) - 1
    stages = [
        _stage(
            f"stage {number + 1}",
            TermWeights(
                pose=_pose_weight(prior, pose),
                shape=shape**2,
                rest=0.0,
                bend=(_BEND * pose) ** 2,
                interpenetration=_CAPSULES if number == last else 0.0,
                hand_keypoints=0.0,
                face_keypoints=0.0,
            ),
            last=number == last,
        )
        for number, (pose, shape) in enumerate(_SMPLIFY_LAMBDAS)
    ]
    data = replace(_PAPERS_DATA, unit="pixel", trust=_IGNORED[:1])
    return Preset((_camera_stage(), *stages), data)


def _smplifyx(prior: PosePrior) -> Preset:
    stages: list[Stage] = []
    for number, (pose, shape) in enumerate(zip(_POSE_LAMBDAS, _SHAPE_LAMBDAS, strict=True)):
        terms = TermWeights(
            pose=_pose_weight(prior, pose),
            shape=shape**2,
            rest=0.0,
            bend=_BEND * pose,
            interpenetration=_CAPSULES * _COLLISIONS[number],
            hand_keypoints=_HAND_KEYPOINTS[number],
            face_keypoints=_FACE_KEYPOINTS[number],
            hands=pose**2,
            hand_limits=0.0,
            expression=shape**2,
            jaw_deviation=_inverse(_JAW_LAMBDAS[number]),
        )
        # Without keypoints of its own, what is no body stays at its priors' means, where it starts.
        whole = _HAND_KEYPOINTS[number] > 0
        stages.append(_stage(f"stage {number + 1}", terms, whole, last=number == len(_POSE_LAMBDAS) - 1))
    data = replace(_PAPERS_DATA, unit="photo", trust=_IGNORED)
    return Preset((_camera_stage(), *stages), data)


_PRESETS = {"smplify": _smplify, "smplifyx": _smplifyx}


def _pose_weight(prior: PosePrior, pose_lambda: float) -> float:
    """Return the pose prior's weight here for a paper's cost ½ λθ² E_pose.

    For VPoser E_pose is ‖z‖², and a weight of 1 means ½ ‖z‖² here; for the other priors E_pose is the cost as it is here.
    """
    return pose_lambda**2 * (1.0 if isinstance(prior, VPoserDecoder) else 0.5)


def _inverse(lambdas: tuple[float, float, float]) -> tuple[float, float, float]:
    return 1.0 / lambdas[0], 1.0 / lambdas[1], 1.0 / lambdas[2]


def _camera_stage() -> Stage:
    """Place and turn the figure so that the torso lies on its keypoints."""
    plain = TermWeights(hand_keypoints=0.0, face_keypoints=0.0)
    return Stage(
        name="camera",
        pose=False,
        hands_and_face=False,
        terms=plain,
        robust_width=1e6,
        iterations=_ITERATIONS,
        tolerance=1e-4,
        keep=1,
        body_keypoints=TORSO_KEYPOINTS,
    )


def _stage(name: str, terms: TermWeights, hands_and_face: bool = False, last: bool = False) -> Stage:
    iterations, tolerance = (_LAST_ITERATIONS, 1e-6) if last else (_ITERATIONS, 1e-4)
    first = name == "stage 1"
    return Stage(
        name=name,
        pose=True,
        hands_and_face=hands_and_face,
        terms=terms,
        robust_width=_ROBUST_PX,
        iterations=iterations,
        tolerance=tolerance,
        keep=2,
        turn_around=first,
    )
