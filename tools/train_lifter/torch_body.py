"""The open body in PyTorch, as far as the lifter needs it: 22 joints and the 25 OpenPose body points.

Pose-corrective shapes are left out: on these points they are smaller than a detector's noise.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import detected_offset
from fitting_core.body_model.joints import BODY_PARENTS, HEAD, JAW, RIGHT_EYE
from fitting_core.body_model.landmarks import (
    BODY_KEYPOINTS,
    FIRST_VERTEX_POINT,
    POINT_OF_KEYPOINT,
    VERTEX_POINT_IDS,
    base_points,
)
from fitting_core.body_model.model_file import load_body_model
from fitting_core.keypoints.detector_habits import DETECTORS
from fitting_core.keypoints.layouts import BODY_25, MIDDLES

JOINTS = len(BODY_PARENTS)


@dataclass(frozen=True)
class TorchBody:
    """Rest joints and keypoints as linear functions of shape, and the keypoints' skin weights.

    `joints (22,3)`, `joint_shapes (22,3,K)`, `points (25,3)`, `point_shapes (25,3,K)`, `weights (25,22)`. Neck and
    mid-hip are the middles of the shoulders and of the hips. For D detectors, `carriers (D,25)` are the joints that carry the
    `offsets (D,25,3)` of what they mean by the points, m.
    """

    joints: Tensor
    joint_shapes: Tensor
    points: Tensor
    point_shapes: Tensor
    weights: Tensor
    carriers: Tensor
    offsets: Tensor

    @property
    def shape_count(self) -> int:
        """Number K of shape coefficients that the body has; a function may be given fewer, the first ones."""
        return self.joint_shapes.shape[2]

    def rest_joints(self, betas: Tensor) -> Tensor:
        """Rest joints (N,22,3) for betas (N,k), k ≤ K."""
        return self.joints + torch.einsum("jdk,nk->njd", self.joint_shapes[..., : betas.shape[1]], betas)

    def posed_joints(self, rotations: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
        """Joints (N,22,3) relative to the pelvis and world rotations (N,22,3,3) for local ones (N,22,3,3)."""
        rest = self.rest_joints(betas)
        world: list[Tensor] = [rotations[:, 0]]
        place: list[Tensor] = [torch.zeros_like(rest[:, 0])]
        for joint in range(1, JOINTS):
            parent = BODY_PARENTS[joint]
            bone = (rest[:, joint] - rest[:, parent])[..., None]
            place.append(place[parent] + (world[parent] @ bone)[..., 0])
            world.append(world[parent] @ rotations[:, joint])
        return torch.stack(place, dim=1), torch.stack(world, dim=1)

    def posed_points(self, joints: Tensor, world: Tensor, betas: Tensor, detector: Tensor) -> Tensor:
        """Keypoints (N,25,3) relative to the pelvis, skinned, as the detectors of numbers (N) mean them."""
        rest = self.points + torch.einsum("pdk,nk->npd", self.point_shapes[..., : betas.shape[1]], betas)
        shift = joints - (world @ self.rest_joints(betas)[..., None])[..., 0]
        turned = torch.einsum("pj,njab,npb->npa", self.weights, world, rest)
        points = turned + torch.einsum("pj,nja->npa", self.weights, shift)
        for keypoint in MIDDLES:
            points[:, BODY_25.index(keypoint)] = joints[:, list(base_points(keypoint))].mean(dim=1)
        turn = world[torch.arange(len(world))[:, None], self.carriers[detector]]
        return points + (turn @ self.offsets[detector][..., None])[..., 0]


def load_torch_body(body_file: Path) -> TorchBody:
    """Read a model file in SMPL-X's format."""
    body = load_body_model(str(body_file))
    with np.load(body_file, allow_pickle=False) as model:
        regressor = model["J_regressor"][:JOINTS].astype(np.float32)
    template = body.v_template.astype(np.float32)
    shapes = body.shape_directions[..., : body.beta_count].astype(np.float32)
    weights = body.weights.astype(np.float32)
    joints, joint_shapes = regressor @ template, np.einsum("jv,vdk->jdk", regressor, shapes)
    vertices = np.array(VERTEX_POINT_IDS)
    chosen = POINT_OF_KEYPOINT[BODY_KEYPOINTS]
    is_vertex = chosen >= FIRST_VERTEX_POINT
    vertex = vertices[np.maximum(chosen - FIRST_VERTEX_POINT, 0)]
    joint = np.minimum(chosen, JOINTS - 1)
    points = np.where(is_vertex[:, None], template[vertex], joints[joint])
    point_shapes = np.where(is_vertex[:, None, None], shapes[vertex], joint_shapes[joint])
    point_weights = np.where(is_vertex[:, None], _body_weights(weights[vertex]), np.eye(JOINTS)[joint])
    carriers = np.zeros((len(DETECTORS), len(BODY_25.names)), dtype=np.int64)
    offsets = np.zeros((*carriers.shape, 3))
    for row, detector in enumerate(DETECTORS):
        for column, keypoint in enumerate(BODY_25.names):
            found = detected_offset(body, detector, keypoint)
            if found is not None:
                carriers[row, column], offsets[row, column] = found
    return TorchBody(
        joints=torch.tensor(joints, dtype=torch.float32),
        joint_shapes=torch.tensor(joint_shapes, dtype=torch.float32),
        points=torch.tensor(points, dtype=torch.float32),
        point_shapes=torch.tensor(point_shapes, dtype=torch.float32),
        weights=torch.tensor(point_weights, dtype=torch.float32),
        carriers=torch.tensor(carriers),
        offsets=torch.tensor(offsets, dtype=torch.float32),
    )


def _body_weights(weights: NumpyArray) -> NumpyArray:
    """Give what hangs on jaw and eyes to the head, drop the fingers, and let rows sum to one."""
    body = weights[:, :JOINTS].copy()
    body[:, HEAD] += weights[:, JAW : RIGHT_EYE + 1].sum(axis=1)
    return body / body.sum(axis=1, keepdims=True)
