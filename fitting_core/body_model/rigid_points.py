"""Points that hang rigidly on one joint each, as a `ReducedBody`: posed and differentiated like keypoints. Free of bpy."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray

from .body_model import BodyModel
from .point_model import ReducedBody


def points_rigid_to_joints(
    model: BodyModel, joint: NumpyArray, offset: NumpyArray, directions: NumpyArray, like: ArrayMaker
) -> ReducedBody:
    """P points as arrays of the library behind `like`: `joint` (P,), `offset` (P, 3) from that joint at rest in metres,
    `directions` (P, 3, S) the change of the offset with shape. Rotation derivatives are left to the caller.
    """
    count = len(joint)
    none = like.indices(np.zeros(0))
    return ReducedBody(
        parents=model.parents,
        levels=tuple((like.indices(a), like.indices(b)) for a, b in _levels(model.parents)),
        joints=like.floats(model.joints_template),
        joint_directions=like.floats(model.joint_directions),
        pair_joint=like.indices(joint),
        pair_weight=like.floats(np.ones((1, count))),
        pair_offset=like.floats(offset[None]),
        pair_directions=like.floats(directions[None]),
        pair_pose_directions=None,
        point_pairs=like.floats(np.eye(count)),
        row_point=none,
        row_joint=none,
        whole_rows=0,
        part_pairs=none,
        part_rows=like.zeros((0, 0)),
    )


def descendants(parents: tuple[int, ...]) -> NumpyArray:
    """(J, J) bool [j, k]: k hangs below j or is j."""
    below = np.eye(len(parents), dtype=bool)
    for joint in range(len(parents) - 1, 0, -1):
        below[parents[joint]] |= below[joint]
    return below


def _levels(parents: tuple[int, ...]) -> list[tuple[NumpyArray, NumpyArray]]:
    """Per depth of the tree, the root's left out: joints and their parents."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
    found: list[tuple[NumpyArray, NumpyArray]] = []
    for level in range(1, max(depth) + 1):
        joints = np.nonzero(np.array(depth) == level)[0]
        found.append((joints, np.array(parents)[joints]))
    return found
