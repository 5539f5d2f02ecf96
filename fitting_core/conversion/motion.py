"""Places frames of a body on a floor, z up, as `motion.npz` holds them (docs/result-files.md)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fitting_core.arguments.request import UpAxis
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, rest_joints
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.geometry.rotations import compose_vectors, matrix_from_vector, vector_from_matrix

from .foreign_pose import ForeignPose
from .pose_on_body import BodyPose

MOTION_SCHEMA_VERSION = 1
# Columns are the file's axes in a world with z up. y up, z forward becomes z up, −y forward, as Blender's figures stand; a camera
# (x right, y down, z forward) looks along +y, level.
WORLD_FROM_FILE: dict[UpAxis, NumpyArray] = {
    "z": np.eye(3),
    "y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "camera": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
}
# The soles are looked at in so many frames, spread evenly, at the lowest vertices of each foot. The floor is where one of
# them is in all but the lowest tenth: feet that pass through the floor for a moment do not count.
_FRAMES_LOOKED_AT = 400
_SOLE_VERTICES = 40
_FLOOR_SHARE = 0.1
_FEET = ("left_ankle", "right_ankle", "left_foot", "right_foot")


class PlacedMotion(NamedTuple):
    """`rotations` (N, 55, 3) as float32, the root's from body to world; `translation` (N, 3) as in SMPL-X; `sole_height` (m)."""

    rotations: NumpyArray
    translation: NumpyArray
    sole_height: float


def placed_motion(pose: ForeignPose, body: BodyPose, up: UpAxis) -> PlacedMotion:
    """Place the motion in a world with z up, on the body that will carry it.

    With W the turn of the file's world, the root turns by W R₀ and the pelvis is at W (J_file + t): the model turns about its
    pelvis, wherever that is at rest. Relative to our body: transl = W (J_file + t) − J_body.
    """
    world = WORLD_FROM_FILE[up]
    rotations = body.rotations.astype(np.float32)
    turn = np.broadcast_to(vector_from_matrix(world), body.rotations[:, 0].shape)
    rotations[:, 0] = compose_vectors(turn, body.rotations[:, 0])
    moved = np.zeros((1, 3)) if pose.translation is None else pose.translation
    pelvis = np.broadcast_to((body.pelvis + moved) @ world.T, (len(rotations), 3))
    translation = pelvis - rest_joints(body.model, body.shape)[0]
    return PlacedMotion(rotations, translation, sole_height(body, rotations, translation))


def motion_entries(
    body: BodyPose, motion: PlacedMotion, fps: float, has_floor: bool, body_sha256: str
) -> dict[str, NumpyArray]:
    """Return everything that motion.npz holds."""
    model = body.model
    entries: dict[str, object] = {
        "schema_version": np.int64(MOTION_SCHEMA_VERSION),
        "joint_names": np.array(SMPLX_JOINT_NAMES),
        "rotations": motion.rotations,
        "transl": motion.translation.astype(np.float32),
        "betas": body.shape[: model.beta_count].astype(np.float32),
        "expression": body.shape[model.beta_count :].astype(np.float32),
        "fps": np.float64(fps),
        "has_floor": np.bool_(has_floor),
        "has_own_shape": np.bool_(body.has_own_shape),
        "sole_height": np.float64(motion.sole_height),
        "gender": np.str_(model.gender),
        "model": np.str_(model.name),
        "model_sha256": np.str_(model.sha256),
        "body_sha256": np.str_(body_sha256),
    }
    return {key: np.asarray(value) for key, value in entries.items()}


def sole_height(body: BodyPose, rotations: NumpyArray, translation: NumpyArray) -> float:
    """Height of the lower foot's sole above the floor while it stands there, metres."""
    chosen = np.unique(np.linspace(0, len(rotations) - 1, _FRAMES_LOOKED_AT).astype(int))
    model = body.model
    row_of = {name: joint for joint, name in enumerate(SMPLX_JOINT_NAMES)}
    vectors = np.zeros((len(chosen), model.joint_count, 3))
    for joint, name in enumerate(model.joint_names):
        if name in row_of:
            vectors[:, joint] = rotations[chosen, row_of[name]]
    joints = rest_joints(model, body.shape)
    soles = _sole_vertices(model)
    rest = (model.v_template + model.shape_directions @ body.shape)[soles]
    world, where = _transforms(model, vectors, joints)
    # skinning of a few vertices: Σ_j w_j (G_j (x − J_j) + P_j), of which the height is wanted
    turned = np.einsum("fja,jva->fjv", world[:, :, 2], rest[None] - joints[:, None])
    heights = np.einsum("vj,fjv->fv", model.weights[soles], turned + where[:, :, None, 2])
    lowest: NumpyArray = np.sort(heights.min(axis=1) + translation[chosen, 2])
    return float(lowest[int(_FLOOR_SHARE * (len(lowest) - 1))])


def _sole_vertices(model: BodyModel) -> NumpyArray:
    """Return the lowest vertices of each foot at rest."""
    heights: NumpyArray = np.asarray(model.v_template)[:, 1]
    soles: list[NumpyArray] = []
    for side in ("left", "right"):
        joints = [
            joint for joint, name in enumerate(model.joint_names) if name in _FEET and name.startswith(side)
        ]
        feet = np.flatnonzero(model.weights[:, joints].sum(axis=1) > 0.5)
        some = feet if len(feet) else np.arange(len(heights))
        soles.append(some[np.argsort(heights[some])[:_SOLE_VERTICES]])
    return np.concatenate(soles)


def _transforms(model: BodyModel, vectors: NumpyArray, joints: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
    """Evaluate `joint_transforms` for many frames: rotations (F, J, 3, 3) and positions (F, J, 3)."""
    local = matrix_from_vector(vectors)
    world = np.empty_like(local)
    where = np.empty(vectors.shape)
    for joint, parent in enumerate(model.parents):
        if parent < 0:
            world[:, joint], where[:, joint] = local[:, joint], joints[joint]
        else:
            world[:, joint] = world[:, parent] @ local[:, joint]
            where[:, joint] = where[:, parent] + world[:, parent] @ (joints[joint] - joints[parent])
    return world, where
