"""A body model in memory, and its full evaluation: the 144 points and the skinned mesh of given parameters.

Body frame: metres, y up, z forward, x to the body's left. Linear blend skinning after shape, expression and
(where the model has them) pose-corrective displacements: Loper et al., SMPL, SIGGRAPH Asia 2015; Pavlakos et
al., SMPL-X, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.detector_habits import HABITS, DetectorName, side_of
from fitting_core.keypoints.layouts import BODY_25

from . import landmarks
from .joints import SKELETONS, JointGroups, ModelKind

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class FaceLandmarks:
    """Barycentric face points: 51 fixed ones and the 79 × 17 table of contour points over head yaw."""

    triangles: Int[NumpyArray, "51 3"]
    weights: Float[NumpyArray, "51 3"]
    contour_triangles: Int[NumpyArray, "79 17 3"]
    contour_weights: Float[NumpyArray, "79 17 3"]


@dataclass(frozen=True, eq=False)
class SurfaceExtras:
    """The data that only a rig needs: quads, texture coordinates, named face actions. Any may be absent."""

    quads: Int[NumpyArray, "Q 4"] | None = None
    uv: Float[NumpyArray, "T 2"] | None = None
    uv_quads: Int[NumpyArray, "Q 4"] | None = None
    uv_triangles: Int[NumpyArray, "F 3"] | None = None
    action_names: tuple[str, ...] = ()
    action_directions: Float[NumpyArray, "V 3 A"] | None = None


@dataclass(frozen=True, eq=False)
class BodyModel:
    """A body model file, read and checked. Arrays are float64 unless they are indices.

    `shape_directions` holds the betas first and then the expression: S = beta_count + expression_count. The names of the
    components are those that the file gives, none where it gives none.
    """

    name: str
    kind: ModelKind
    gender: str
    sha256: str
    licence_notice: str
    shareable_shape: bool
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    v_template: Float[NumpyArray, "V 3"]
    triangles: Int[NumpyArray, "F 3"]
    shape_directions: Float[NumpyArray, "V 3 S"]
    beta_count: int
    joints_template: Float[NumpyArray, "J 3"]
    joint_directions: Float[NumpyArray, "J 3 S"]
    weights: Float[NumpyArray, "V J"]
    pose_directions: Float[NumpyArray, "V 3 K"] | None
    face: FaceLandmarks | None
    read_extras: Callable[[], SurfaceExtras]
    shape_names: tuple[str, ...] = ()
    expression_names: tuple[str, ...] = ()

    @cached_property
    def extras(self) -> SurfaceExtras:
        """What the surface has besides, read when it is first asked for: a rig needs it, a fit does not."""
        return self.read_extras()

    @property
    def joint_count(self) -> int:
        """Number of joints: 55 for SMPL-X, 52 for SMPL-H, 24 for SMPL."""
        return len(self.parents)

    @property
    def groups(self) -> JointGroups:
        """The joints of the body, the jaw, the eyes and the hands."""
        return SKELETONS[self.kind].groups

    @property
    def point_ids(self) -> landmarks.PointIds:
        """The joints and vertices of this body that the 144 points are."""
        return landmarks.point_ids(self.kind)

    @property
    def present_points(self) -> NumpyArray:
        """(144,) bool: the points that this body has."""
        return landmarks.present_points(self.kind, self.face is not None)

    @property
    def points_of_keypoints(self) -> NumpyArray:
        """(137,) which of the 144 points each keypoint is; −1 for keypoints that this body has no point for."""
        return landmarks.points_of_keypoints(self.kind, self.face is not None)

    @property
    def expression_count(self) -> int:
        """Number of expression coefficients."""
        return self.shape_directions.shape[2] - self.beta_count


@dataclass(frozen=True, eq=False)
class Pose:
    """The pose, shape and place of one body: `rotations` (J, 3) vectors in radians, `shape` (S,), `translation` (3,) m."""

    rotations: Float[NumpyArray, "J 3"]
    shape: Float[NumpyArray, " S"]
    translation: Float[NumpyArray, "3"]


def rest_joints(model: BodyModel, shape: Float[NumpyArray, " S"]) -> Float[NumpyArray, "J 3"]:
    """Joints at rest (J, 3) in metres for shape and expression coefficients (S,)."""
    return model.joints_template + model.joint_directions @ shape


def joint_transforms(
    model: BodyModel, rotations: Float[NumpyArray, "J 3"], joints: Float[NumpyArray, "J 3"]
) -> tuple[Float[NumpyArray, "J 3 3"], Float[NumpyArray, "J 3"]]:
    """World rotation (J, 3, 3) and position (J, 3) of every joint: G_j = G_p R_j, P_j = P_p + G_p (J_j − J_p)."""
    local = matrix_from_vector(rotations)
    world = np.empty_like(local)
    positions = np.empty_like(joints)
    for joint, parent in enumerate(model.parents):
        if parent < 0:
            world[joint], positions[joint] = local[joint], joints[joint]
        else:
            world[joint] = world[parent] @ local[joint]
            positions[joint] = positions[parent] + world[parent] @ (joints[joint] - joints[parent])
    return world, positions


def pose_offsets(model: BodyModel, rotations: Float[NumpyArray, "J 3"]) -> Float[NumpyArray, "V 3"] | None:
    """Return the pose correctives added at rest (V, 3): pose_directions · (R_j − I), row-major, joints 1 …; or None."""
    if model.pose_directions is None:
        return None
    return model.pose_directions @ _pose_feature(rotations)


def _pose_feature(rotations: Float[NumpyArray, "J 3"]) -> Float[NumpyArray, " K"]:
    return (matrix_from_vector(rotations[1:]) - np.eye(3)).reshape(-1)


def vertices(model: BodyModel, pose: Pose) -> Float[NumpyArray, "V 3"]:
    """Skinned vertices (V, 3) in metres in the frame of `pose.translation` and the root's rotation."""
    return _skinned(model, pose, slice(None))


def _skinned(model: BodyModel, pose: Pose, rows: slice | NumpyArray) -> NumpyArray:
    """Return some of the skinned vertices, by their numbers."""
    rest = model.v_template[rows] + model.shape_directions[rows] @ pose.shape
    if model.pose_directions is not None:
        rest = rest + model.pose_directions[rows] @ _pose_feature(pose.rotations)
    joints = rest_joints(model, pose.shape)
    world, positions = joint_transforms(model, pose.rotations, joints)
    shift = positions - np.einsum("jab,jb->ja", world, joints)
    matrices = np.concatenate([world, shift[:, :, None]], axis=2).reshape(model.joint_count, 12)
    blended = (model.weights[rows] @ matrices).reshape(-1, 3, 4)
    return np.einsum("vab,vb->va", blended[:, :, :3], rest) + blended[:, :, 3] + pose.translation


def points(model: BodyModel, pose: Pose, contour_rows: int = 0) -> Float[NumpyArray, "144 3"]:
    """Return the 144 points (joints, vertices, landmarks, contour of the given row) of a skinned body, in metres.

    Points that the model lacks are NaN.
    """
    ids = model.point_ids
    corners, weights = _face_corners(model.face, contour_rows)
    own = np.asarray(ids.vertices, dtype=np.int64)
    rows, places = np.unique(np.concatenate([own, corners.reshape(-1)]), return_inverse=True)
    skin = _skinned(model, pose, rows)[places]
    _, positions = joint_transforms(model, pose.rotations, rest_joints(model, pose.shape))
    coordinates = np.full((landmarks.POINT_COUNT, 3), np.nan)
    known = ids.joints >= 0
    coordinates[ids.joints[known]] = positions[known] + pose.translation
    coordinates[landmarks.FIRST_VERTEX_POINT : landmarks.FIRST_LANDMARK] = skin[: len(own)]
    if model.face is not None:
        face = skin[len(own) :].reshape(-1, 3, 3)
        coordinates[landmarks.FIRST_LANDMARK :] = np.einsum("nc,ncx->nx", weights, face)
    return coordinates


def detected_keypoints(
    model: BodyModel, pose: Pose, placed: Float[NumpyArray, "144 3"], detector: DetectorName
) -> Float[NumpyArray, "137 3"]:
    """Return the places that a detector means by the keypoints on a body whose points are `placed`, in metres.

    NaN for keypoints that the body has no point for, such as the pupils.
    """
    known = model.points_of_keypoints >= 0
    where = np.where(known[:, None], placed[model.points_of_keypoints], np.nan)
    world, _ = joint_transforms(model, pose.rotations, rest_joints(model, pose.shape))
    for number, keypoint in enumerate(BODY_25.names):
        where[number] = placed[list(landmarks.base_points(keypoint))].mean(axis=0)
        offset = detected_offset(model, detector, keypoint)
        if offset is not None:
            where[number] += world[offset[0]] @ offset[1]
    return where


def detected_offset(
    model: BodyModel, detector: DetectorName, keypoint: str
) -> tuple[int, Float[NumpyArray, "3"]] | None:
    """Return the joint that carries a detector's offset of a body keypoint, and the offset in its axes at rest, in metres."""
    habit, side = HABITS[detector].of(keypoint), side_of(keypoint)
    if not habit.carrier:
        return None
    sided = f"{side}{habit.carrier}"
    carrier = sided if sided in model.joint_names else habit.carrier
    outward = -1.0 if side == "right_" else 1.0
    permille = float(np.ptp(model.v_template[:, 1])) / 1000.0
    return model.joint_names.index(carrier), permille * np.array(
        [outward * habit.out, habit.up, habit.forward]
    )


def _face_corners(face: FaceLandmarks | None, contour_row: int) -> tuple[NumpyArray, NumpyArray]:
    """Return the vertices (n, 3) whose weighted means (n, 3) the points of the face are; none without a face."""
    if face is None:
        return np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3))
    triangles = np.concatenate([face.triangles, face.contour_triangles[contour_row]])
    return triangles, np.concatenate([face.weights, face.contour_weights[contour_row]])
