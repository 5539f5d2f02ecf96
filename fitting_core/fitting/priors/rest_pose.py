"""A prior that puts to rest the joints that a photo does not show: unseen limbs hang, an unseen lower body stands.

Without this the mixture alone decides, and it knows climbers and dancers. A joint is seen when any keypoint beyond it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace
from fitting_core.body_model.joints import joint_index
from fitting_core.body_model.landmarks import FACE_KEYPOINTS, LEFT_HAND_KEYPOINTS, RIGHT_HAND_KEYPOINTS
from fitting_core.geometry.rotations import matrix_and_right_jacobian, skew
from fitting_core.keypoints.keypoints2d import KEYPOINT_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25

from ..parameters import ParameterLayout
from ..subject import Subject

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

# Radians by which an unseen joint may comfortably differ from rest, and an unseen trunk from upright. Chosen so that
# they outweigh the mixture's preference among its components (some 10 nats) but give way to any keypoint.
LIMB_DEVIATION = 0.3
TRUNK_DEVIATION = 0.15
UPRIGHT_DEVIATION = 0.12
_SEEN = 0.1
_FEET = ("big_toe", "small_toe", "heel")
_HAND = "hand"
# By joint: the keypoints beyond it that tell how it is turned; `hand` stands for any point of that side's hand.
_SIDED_EVIDENCE = {
    "hip": ("knee", "ankle", *_FEET),
    "knee": ("ankle", *_FEET),
    "ankle": _FEET,
    "foot": (),
    "shoulder": ("elbow", "wrist", _HAND),
    "elbow": ("wrist", _HAND),
    "wrist": (_HAND,),
}
_SPINE = ("spine1", "spine2", "spine3")
_HIPS = ("mid_hip", "left_hip", "right_hip")
_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
# Standing with the arms hanging a little away from the body, in radians about the body's axes; all else is 0.
_HANGING_ARM = 1.2
_RESTING = {"left_shoulder": (0.0, 0.0, -_HANGING_ARM), "right_shoulder": (0.0, 0.0, _HANGING_ARM)}


class RestPrior:
    """½ Σ precision (θ − rest)² over the body joints, with a precision per subject that is 0 where a joint is seen."""

    def __init__(self, columns: NumpyArray, rest: Array, precision: Array) -> None:
        self.columns = columns
        self.mean = rest
        self.precision = precision

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        difference = values - self.mean
        gradient = difference * self.precision
        return 0.5 * xp.sum(difference * gradient, axis=-1), gradient, self.precision

    def subset(self, elements: Int[Array, " elements"]) -> RestPrior:
        """See `Prior.subset`."""
        return RestPrior(self.columns, self.mean, self.precision[elements])


class UprightPrior:
    """½ precision ‖R e_y − up‖² on the root: a body whose hips are not seen stands upright in the picture.

    `up` (B, 3) is a unit direction in the camera frame.
    """

    def __init__(self, columns: NumpyArray, up: Array, precision: Array) -> None:
        self.columns = columns
        self._up = up
        self._precision = precision

    def evaluate(self, values: Array) -> tuple[Array, Array, Array]:
        """See `Prior.evaluate`."""
        xp = array_namespace(values)
        rotation, right = matrix_and_right_jacobian(values)
        residual = rotation[..., :, 1] - self._up
        axis = xp.zeros_like(values)
        axis[..., 1] = 1.0
        jacobian = -xp.matmul(xp.matmul(rotation, skew(axis)), right)
        transposed = xp.matrix_transpose(jacobian)
        gradient = self._precision[:, None] * xp.matmul(transposed, residual[..., None])[..., 0]
        hessian = self._precision[:, None, None] * xp.matmul(transposed, jacobian)
        return 0.5 * self._precision * xp.sum(residual * residual, axis=-1), gradient, hessian

    def subset(self, elements: Int[Array, " elements"]) -> UprightPrior:
        """See `Prior.subset`."""
        return UprightPrior(self.columns, self._up[elements], self._precision[elements])


def rest_priors(
    layout: ParameterLayout, body_joints: slice, subjects: Sequence[Subject], starts: int, make: ArrayMaker
) -> tuple[RestPrior, UprightPrior] | tuple[RestPrior]:
    """Return the priors for a batch of `starts` elements per subject; without the second where everyone's hips are seen."""
    seen = np.stack([subject.stacked_keypoints[:, 2] for subject in subjects]) > _SEEN
    precision = _precision_of_seen(seen)
    columns = layout.joints(body_joints)
    rest = np.zeros((layout.joint_count, 3))
    for name, angles in _RESTING.items():
        rest[joint_index(name)] = angles
    first = body_joints.start
    count = body_joints.stop - first
    per_axis = np.repeat(precision[:, first : first + count], 3, axis=1)
    rolls = np.array([subject.roll for subject in subjects])
    up = np.stack([np.sin(rolls), -np.cos(rolls), np.zeros_like(rolls)], axis=1)
    hips_seen = seen[:, _body_indices(_HIPS)].any(axis=1)
    upright = np.where(hips_seen, 0.0, UPRIGHT_DEVIATION**-2)
    resting = RestPrior(columns, make.floats(rest[body_joints].reshape(-1)), make.repeated(per_axis, starts))
    if not upright.any():
        return (resting,)
    root = layout.joints([0])
    return resting, UprightPrior(root, make.repeated(up, starts), make.repeated(upright, starts))


def joint_precision(keypoints: Keypoints2D) -> NumpyArray:
    """Return 1/deviation² (22,) of the pull to rest of every body joint; 0 for the joints that a keypoint tells about."""
    return _precision_of_seen(keypoints.stacked()[None, :, 2] > _SEEN)[0]


def _precision_of_seen(seen: Bool[NumpyArray, "subjects 137"]) -> Float[NumpyArray, "subjects 22"]:
    """Return `joint_precision` of many people by their keypoints that are seen."""
    evidence, precision = _evidence_table()
    told = seen.astype(np.float64) @ evidence.T.astype(np.float64) > 0
    return np.where(told, 0.0, precision)


@lru_cache(maxsize=1)
def _evidence_table() -> tuple[NumpyArray, NumpyArray]:
    """Return the keypoints (22, 137) that tell how each joint is turned, and 1/deviation² (22,) where none of them is seen."""
    evidence = np.zeros((22, KEYPOINT_COUNT), dtype=bool)
    precision = np.zeros(22)
    index = np.arange(KEYPOINT_COUNT)
    hands = {"left": index[LEFT_HAND_KEYPOINTS], "right": index[RIGHT_HAND_KEYPOINTS]}
    for side, hand in hands.items():
        for joint, names in _SIDED_EVIDENCE.items():
            row = joint_index(f"{side}_{joint}")
            precision[row] = LIMB_DEVIATION**-2
            evidence[row, _body_indices([f"{side}_{name}" for name in names if name != _HAND])] = True
            if _HAND in names:
                evidence[row, hand[1:]] = True  # all but the wrist
    spine, head = ([joint_index(name) for name in names] for names in (_SPINE, ("neck", "head")))
    precision[spine], precision[head] = TRUNK_DEVIATION**-2, LIMB_DEVIATION**-2
    evidence[np.ix_(spine, _body_indices(_HIPS))] = True
    evidence[np.ix_(head, [*_body_indices(_HEAD), *index[FACE_KEYPOINTS]])] = True
    return evidence, precision


def _body_indices(names: Sequence[str]) -> list[int]:
    return [BODY_25.index(name) for name in names]


def unseen_limbs(keypoints: Keypoints2D) -> tuple[str, ...]:
    """Names of the limbs and parts that no keypoint shows, so that rest was assumed."""
    limbs = {
        "arm": _SIDED_EVIDENCE["shoulder"],
        "leg": _SIDED_EVIDENCE["hip"],
        "hand": _SIDED_EVIDENCE["wrist"],
    }
    unseen = [
        f"{side} {limb}"
        for side in ("left", "right")
        for limb, evidence in limbs.items()
        if not _limb_seen(keypoints, side, evidence)
    ]
    if not (keypoints.face[:, 2] > _SEEN).any():
        unseen.append("face")
    return tuple(unseen)


def _any(keypoints: Keypoints2D, names: Sequence[str]) -> bool:
    return any(keypoints.body[BODY_25.index(name), 2] > _SEEN for name in names)


def _limb_seen(keypoints: Keypoints2D, side: str, evidence: Sequence[str]) -> bool:
    hand = keypoints.left_hand if side == "left" else keypoints.right_hand
    if _HAND in evidence and (hand[1:, 2] > _SEEN).any():
        return True
    return _any(keypoints, [f"{side}_{name}" for name in evidence if name != _HAND])
