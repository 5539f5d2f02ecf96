"""One fitted person: parameters, points and mesh made from a solution of the optimiser, and the .npz of it.

The entries are described in docs/result-files.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import (
    BodyModel,
    Pose,
    detected_keypoints,
    points,
    pose_offsets,
    vertices,
)
from fitting_core.fitting.head_yaw import head_yaw
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.subject import Subject
from fitting_core.photo.header import PhotoHeader

if TYPE_CHECKING:
    from jaxtyping import Float, Float32

RESULT_SCHEMA_VERSION = 1


@dataclass(frozen=True, eq=False)
class FittedPerson:
    """A person as fitted: pose and points in the camera frame (metres), and how far each keypoint was missed (px)."""

    model: BodyModel
    pose: Pose
    points: Float[NumpyArray, "144 3"]
    residual_px: Float[NumpyArray, "137"]
    loss: float
    keypoints: Float[NumpyArray, "137 3"]  # places that the detector means by them; NaN: not on this body
    loss_terms: Mapping[str, float] = field(default_factory=dict[str, float])  # what the loss is made of

    @property
    def vertices(self) -> Float32[NumpyArray, "V 3"]:
        """The posed mesh in the camera frame (metres), made anew each time: the meshes of a crowd would fill the memory."""
        return vertices(self.model, self.pose).astype(np.float32)


def fitted_person(
    model: BodyModel, layout: ParameterLayout, subject: Subject, x: Float[NumpyArray, " N"], loss: float
) -> FittedPerson:
    """Pose the body from one row of the optimiser's parameters."""
    row = x[None]
    pose = Pose(layout.rotations(row)[0], layout.shape_coefficients(row)[0], layout.translation(row)[0])
    placed = points(model, pose, contour_row_of(model, pose))
    meant = detected_keypoints(model, pose, placed, subject.keypoints.detector)
    return FittedPerson(model, pose, placed, _residuals(subject, meant), loss, meant)


def contour_row_of(model: BodyModel, pose: Pose) -> int:
    """Row of the contour table for the head's yaw in the camera."""
    yaw = head_yaw(model.parents, pose.rotations[None])
    return int(landmarks.contour_row(-np.degrees(yaw))[0])


def _residuals(subject: Subject, where: NumpyArray) -> NumpyArray:
    keypoints = subject.keypoints.stacked()
    pixels = subject.focal_px * where[:, :2] / where[:, 2:] + subject.principal_point
    distance = np.hypot(*(pixels - keypoints[:, :2]).T)
    return np.where(keypoints[:, 2] > 0, distance, np.nan)


def person_entries(
    subject: Subject, person: FittedPerson, header: PhotoHeader, body_sha256: str
) -> dict[str, NumpyArray]:
    """Return everything that person_NN.npz holds of the person."""
    model = person.model
    offsets = pose_offsets(model, person.pose.rotations)
    entries: dict[str, object] = {
        "schema_version": np.int64(RESULT_SCHEMA_VERSION),
        **{key: value.astype(np.float32) for key, value in pose_parameters(model, person.pose).items()},
        "joints": person.points.astype(np.float32),
        "vertices": person.vertices,
        "focal_px": np.float64(subject.focal_px),
        "principal_point": np.asarray(subject.principal_point, dtype=np.float64),
        "image_size": np.array(header.size, dtype=np.int64),
        "photo_orientation": np.int64(header.orientation),
        "gender": np.str_(model.gender),
        "model": np.str_(model.name),
        "model_sha256": np.str_(model.sha256),
        "body_sha256": np.str_(body_sha256),
        "keypoints": subject.keypoints.stacked(),
        "keypoint_residual_px": person.residual_px.astype(np.float32),
        "loss": np.float64(person.loss),
        "loss_term_names": np.array(list(person.loss_terms), dtype=np.str_),
        "loss_terms": np.array(list(person.loss_terms.values()), dtype=np.float64),
    }
    if offsets is not None:
        entries["pose_offsets"] = offsets.astype(np.float32)
    return {key: np.asarray(value) for key, value in entries.items()}


def pose_parameters(model: BodyModel, pose: Pose) -> dict[str, NumpyArray]:
    """SMPL-X's own names and sizes for every kind of body, zero for what it lacks.

    SMPL-X turns about the pelvis joint, which is what `transl` is relative to here too.
    """
    groups = model.groups
    parts = {
        "global_orient": (groups.pelvis, 1),
        "body_pose": (groups.body, 21),
        "jaw_pose": (groups.jaw, 1),
        "leye_pose": (None if groups.eyes is None else groups.eyes[0], 1),
        "reye_pose": (None if groups.eyes is None else groups.eyes[1], 1),
        "left_hand_pose": (groups.left_hand, 15),
        "right_hand_pose": (groups.right_hand, 15),
    }
    rotations = {
        key: np.zeros(3 * count) if joints is None else pose.rotations[joints].reshape(-1)
        for key, (joints, count) in parts.items()
    }
    return {
        "betas": pose.shape[: model.beta_count],
        "expression": pose.shape[model.beta_count :],
        **rotations,
        "transl": pose.translation,
    }
