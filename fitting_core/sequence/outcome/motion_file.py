"""Turns a tracked motion and the world into the entries of `person_NN_motion.npz` (docs/result-files.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, rest_joints
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.conversion.motion import PlacedMotion, motion_entries, sole_height
from fitting_core.conversion.pose_on_body import BodyPose
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.geometry.rotations import compose_vectors, vector_from_matrix
from fitting_core.results.body_file import body_file

from ..frames.clip import FrameTimes
from ..motion.tracked_motion import TrackedMotion

if TYPE_CHECKING:
    from jaxtyping import Float

CONTACT_NAMES = ("left_heel", "left_toe", "right_heel", "right_toe")


@dataclass(frozen=True, eq=False)
class SequenceCamera:
    """The still camera of a clip: pixels of the upright picture, and its place in the world."""

    focal_px: float
    focal_source: str
    principal_point: Float[NumpyArray, "2"]
    image_size: tuple[int, int]
    world_from_camera: Float[NumpyArray, "4 4"]


def body_pose_of(model: BodyModel, layout: ParameterLayout, motion: TrackedMotion) -> BodyPose:
    """Return the motion as SMPL-X's joints, the root still in the camera's frame."""
    row_of = {name: joint for joint, name in enumerate(SMPLX_JOINT_NAMES)}
    own = layout.rotations(motion.x)
    rotations = np.zeros((motion.frame_count, len(SMPLX_JOINT_NAMES), 3), dtype=np.float64)
    for joint, name in enumerate(model.joint_names):
        if name in row_of:
            rotations[:, row_of[name]] = own[:, joint]
    shape = layout.shape_coefficients(motion.x)[0]
    return BodyPose(model, rotations, shape, rest_joints(model, shape)[0], True, ())


def in_world(
    body: BodyPose, translation: Float[NumpyArray, "frames 3"], place: Float[NumpyArray, "4 4"]
) -> PlacedMotion:
    """Place a motion that stands before the camera in the world: the pelvis at C (J + transl) + c, turned by C."""
    rotations = body.rotations.astype(np.float32)
    turn = np.broadcast_to(vector_from_matrix(place[:3, :3]), body.rotations[:, 0].shape)
    rotations[:, 0] = compose_vectors(turn, body.rotations[:, 0])
    pelvis = (body.pelvis + translation) @ place[:3, :3].T + place[:3, 3]
    placed = pelvis - body.pelvis
    return PlacedMotion(rotations, placed, sole_height(body, rotations, placed))


def motion_file_entries(
    model: BodyModel,
    layout: ParameterLayout,
    motion: TrackedMotion,
    frames: FrameTimes,
    camera: SequenceCamera,
) -> dict[str, NumpyArray]:
    """Return everything that person_NN_motion.npz holds."""
    body = body_pose_of(model, layout, motion)
    placed = in_world(body, layout.translation(motion.x), camera.world_from_camera)
    span = slice(motion.first_frame, motion.first_frame + motion.frame_count)
    entries: dict[str, object] = {
        "first_frame": np.int64(motion.first_frame),
        "clip_frames": frames.numbers[span].astype(np.int64),
        "times": frames.times[span].astype(np.float64),
        "frame_rate": np.array([frames.rate.numerator, frames.rate.denominator], dtype=np.int64),
        "states": motion.states.astype(np.uint8),
        "contact_names": np.array(CONTACT_NAMES),
        "contacts": motion.contacts.astype(bool),
        "expressions": motion.x[:, layout.expression()].astype(np.float32),
        "keypoints": motion.keypoints.astype(np.float32),
        "keypoint_error_px": motion.error_px.astype(np.float32),
        "focal_px": np.float64(camera.focal_px),
        "principal_point": np.asarray(camera.principal_point, dtype=np.float64),
        "image_size": np.array(camera.image_size, dtype=np.int64),
        "world_from_camera": camera.world_from_camera.astype(np.float64),
        "world_up": np.str_("z"),
    }
    common = motion_entries(body, placed, frames.fps, True, body_file(model)[1])
    return common | {key: np.asarray(value) for key, value in entries.items()}
