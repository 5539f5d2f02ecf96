"""A motion as files of other programs: AMASS's .npz and Biovision's .bvh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, rest_joints
from fitting_core.body_model.joints import BODY_POSE, JAW, LEFT_EYE, LEFT_HAND, PELVIS, RIGHT_HAND
from fitting_core.conversion.motion import PlacedMotion
from fitting_core.conversion.pelvis import PELVIS_OF_KIND
from fitting_core.fitting.setup import FitSetup
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.results.body_file import npz_bytes

from ..frames.clip import FrameTimes
from ..motion.tracked_motion import TrackedMotion
from .motion_file import SequenceCamera, body_pose_of, in_world

if TYPE_CHECKING:
    from jaxtyping import Float

# BVH has y up: the axes of a world with z up, seen so. Lengths are centimetres, as most programs take them.
_BVH_FROM_WORLD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_CENTIMETRES = 100.0
_AMASS_BETAS = 16
_END_CM = 5.0  # length of the last bone of a chain, which no joint tells
_ROTATIONS = "Zrotation Xrotation Yrotation"


def amass_bytes(setup: FitSetup, motion: TrackedMotion, frames: FrameTimes, camera: SequenceCamera) -> bytes:
    """Return the motion as AMASS's SMPL-X files hold it: z up, metres, rotation vectors, the hands' mean included.

    The open body's shape means nothing to SMPL-X: its file has SMPL-X's mean shape, and the pelvis of that where the fit's is.
    """
    model = setup.points.model
    placed = _placed(setup, motion, camera)
    turns = placed.rotations.astype(np.float64)

    def flat(joints: slice) -> NumpyArray:
        return turns[:, joints].reshape(len(turns), -1)

    betas, trans = motion.x[0, setup.layout.betas()], placed.translation
    if model.shareable_shape:  # the open body
        pelvis = rest_joints(model, setup.layout.shape_coefficients(motion.x)[0])[PELVIS]
        betas, trans = np.zeros(_AMASS_BETAS), trans + pelvis - np.array(PELVIS_OF_KIND["smplx"])
    hands = np.concatenate([flat(LEFT_HAND), flat(RIGHT_HAND)], axis=1)
    eyes = flat(slice(LEFT_EYE, LEFT_EYE + 2))
    entries: dict[str, object] = {
        "poses": turns.reshape(len(turns), -1),
        "root_orient": flat(slice(PELVIS, PELVIS + 1)),
        "pose_body": flat(BODY_POSE),
        "pose_hand": hands,
        "pose_jaw": flat(slice(JAW, JAW + 1)),
        "pose_eye": eyes,
        "trans": trans,
        "betas": betas,
        "num_betas": np.int64(len(betas)),
        "gender": np.str_(model.gender),
        "surface_model_type": np.str_("smplx"),
        "mocap_frame_rate": np.float64(frames.fps),
        "mocap_framerate": np.float64(frames.fps),
        "mocap_time_length": np.float64(len(turns) / frames.fps),
    }
    return npz_bytes({key: np.asarray(value) for key, value in entries.items()})


def bvh_bytes(setup: FitSetup, motion: TrackedMotion, frames: FrameTimes, camera: SequenceCamera) -> bytes:
    """Return the motion as a BVH file: y up, centimetres, degrees; the rest pose is the body's T-pose."""
    model, layout = setup.points.model, setup.layout
    joints = rest_joints(model, layout.shape_coefficients(motion.x)[0])
    lines = ["HIERARCHY", *_hierarchy(model, joints * _CENTIMETRES, PELVIS, "")]
    lines += ["MOTION", f"Frames: {motion.frame_count}", f"Frame Time: {1.0 / frames.fps:.9f}"]
    table = _channels(setup, motion, camera, joints[0])
    lines += [" ".join(f"{value:.5f}" for value in row) for row in table]
    return ("\n".join(lines) + "\n").encode()


def _placed(setup: FitSetup, motion: TrackedMotion, camera: SequenceCamera) -> PlacedMotion:
    body = body_pose_of(setup.points.model, setup.layout, motion)
    return in_world(body, setup.layout.translation(motion.x), camera.world_from_camera)


def _hierarchy(model: BodyModel, joints: Float[NumpyArray, "J 3"], joint: int, indent: str) -> Iterator[str]:
    parent = model.parents[joint]
    offset = joints[joint] - (joints[parent] if parent >= 0 else joints[joint])
    inner = f"{indent}\t"
    yield f"{indent}{'ROOT' if parent < 0 else 'JOINT'} {model.joint_names[joint]}"
    yield f"{indent}{{"
    yield f"{inner}OFFSET {_numbers(offset)}"
    place = "Xposition Yposition Zposition " if parent < 0 else ""
    yield f"{inner}CHANNELS {6 if parent < 0 else 3} {place}{_ROTATIONS}"
    children = [child for child, above in enumerate(model.parents) if above == joint]
    for child in children:
        yield from _hierarchy(model, joints, child, inner)
    if not children:
        along = offset / max(float(np.linalg.norm(offset)), 1e-6) * _END_CM
        yield from (f"{inner}End Site", f"{inner}{{", f"{inner}\tOFFSET {_numbers(along)}", f"{inner}}}")
    yield f"{indent}}}"


def _numbers(values: NumpyArray) -> str:
    return " ".join(f"{value:.5f}" for value in values)


def _channels(
    setup: FitSetup, motion: TrackedMotion, camera: SequenceCamera, pelvis: Float[NumpyArray, "3"]
) -> Float[NumpyArray, "frames channels"]:
    """Return the numbers of every frame, in the order of the hierarchy."""
    model = setup.points.model
    matrices = matrix_from_vector(setup.layout.rotations(motion.x))
    turn = _BVH_FROM_WORLD @ camera.world_from_camera[:3, :3]
    matrices[:, PELVIS] = turn @ matrices[:, PELVIS]
    in_room = (pelvis + setup.layout.translation(motion.x)) @ camera.world_from_camera[:3, :3].T
    place = (in_room + camera.world_from_camera[:3, 3]) @ _BVH_FROM_WORLD.T * _CENTIMETRES
    order = list(_depth_first(model, PELVIS))
    angles = np.degrees(_zxy_angles(matrices[:, order]))
    return np.concatenate([place, angles.reshape(len(angles), -1)], axis=1)


def _depth_first(model: BodyModel, joint: int) -> Iterator[int]:
    yield joint
    for child, above in enumerate(model.parents):
        if above == joint:
            yield from _depth_first(model, child)


def _zxy_angles(matrices: Float[NumpyArray, "frames joints 3 3"]) -> Float[NumpyArray, "frames joints 3"]:
    """Return the angles of R = R_z R_x R_y, radians, without jumps of a whole turn from frame to frame."""
    z = np.arctan2(-matrices[..., 0, 1], matrices[..., 1, 1])
    x = np.arcsin(np.clip(matrices[..., 2, 1], -1.0, 1.0))
    y = np.arctan2(-matrices[..., 2, 0], matrices[..., 2, 2])
    return np.unwrap(np.stack([z, x, y], axis=-1), axis=0)
