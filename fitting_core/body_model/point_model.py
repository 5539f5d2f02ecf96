"""A body reduced to the points that keypoints see: what the fit poses instead of the whole mesh.

A point is a weighted mean of vertices (or a joint). Posed, it is Σ_k (G_k (m_k − w_k J_k) + w_k P_k) over the
joints k that move it, with w_k = Σ_v b_v w_vk and m_k = Σ_v b_v w_vk x_v. This moment form is exact, where posing
the averaged point with averaged weights errs by up to 0.15 mm. One (point, joint) term is called a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray

from . import landmarks
from .articulation import JointTree, joint_tree
from .body_model import BodyModel

# Skinning weights under this leave a point where it is to well under a micrometre.
_LEAST_WEIGHT = 1e-7


@dataclass(frozen=True, eq=False)
class PairTable:
    """Q pairs. `rows` is 1 for points that stay, 79 for the contour. Everything at rest, in metres, body frame.

    `offset` is m_k − w_k J_k of the template. What it changes by with shape and pose is worked out from `vertices` and
    `share` for the pairs of one fit only: for all 79 rows it would be a hundred megabytes.
    """

    point: NumpyArray  # (Q,) index among the 144
    joint: NumpyArray  # (Q,)
    weight: NumpyArray  # (rows, Q)
    offset: NumpyArray  # (rows, Q, 3)
    vertices: NumpyArray  # (rows, Q, 3) corners of the triangle that the point lies in
    share: NumpyArray  # (rows, Q, 3) how much each corner's vertex counts for the pair: b_v w_vk


@dataclass(frozen=True, eq=False)
class PointModel:
    """The points of a body model as pairs: those that stay on the surface, and 17 that slide with the head's yaw."""

    model: BodyModel
    fixed: PairTable
    contour: PairTable | None


def point_model(model: BodyModel) -> PointModel:
    """Reduce a body model to those of the 144 points that it has."""
    ids = np.array(model.point_ids.vertices)
    corners = np.stack([ids, ids, ids], axis=1)
    barycentric = np.tile([1.0, 0.0, 0.0], (len(ids), 1))
    joints = _joint_pairs(model)
    if model.face is None:
        surface = _surface_pairs(model, corners[None], barycentric[None], landmarks.FIRST_VERTEX_POINT)
        return PointModel(model, _concatenated(joints, surface), None)
    face = model.face
    surface = _surface_pairs(
        model,
        np.concatenate([corners, face.triangles])[None],
        np.concatenate([barycentric, face.weights])[None],
        landmarks.FIRST_VERTEX_POINT,
    )
    contour = _surface_pairs(
        model, face.contour_triangles, face.contour_weights, landmarks.FIRST_CONTOUR_POINT
    )
    return PointModel(model, _concatenated(joints, surface), contour)


def _joint_pairs(model: BodyModel) -> PairTable:
    point = model.point_ids.joints
    joint = np.nonzero(point >= 0)[0]
    count = len(joint)
    return PairTable(
        point=point[joint],
        joint=joint,
        weight=np.ones((1, count)),
        offset=np.zeros((1, count, 3)),
        vertices=np.zeros((1, count, 3), dtype=np.int64),
        share=np.zeros((1, count, 3)),
    )


def _surface_pairs(
    model: BodyModel, corners: NumpyArray, barycentric: NumpyArray, first_point: int
) -> PairTable:
    """`corners`, `barycentric`: (rows, N, 3)."""
    share = barycentric[..., None] * model.weights[corners]  # (rows, N, 3, J)
    which, joint = np.nonzero((share.sum(axis=2) > _LEAST_WEIGHT).any(axis=0))
    share = np.moveaxis(share[:, which, :, joint], 0, 1)  # (rows, Q, 3)
    vertices = corners[:, which]
    weight = share.sum(axis=2)
    offset = np.einsum("rqc,rqcx->rqx", share, model.v_template[vertices])
    return PairTable(
        point=first_point + which,
        joint=joint,
        weight=weight,
        offset=offset - weight[..., None] * model.joints_template[joint],
        vertices=vertices,
        share=share,
    )


def _concatenated(first: PairTable, second: PairTable) -> PairTable:
    return PairTable(
        point=np.concatenate([first.point, second.point]),
        joint=np.concatenate([first.joint, second.joint]),
        weight=np.concatenate([first.weight, second.weight], axis=1),
        offset=np.concatenate([first.offset, second.offset], axis=1),
        vertices=np.concatenate([first.vertices, second.vertices], axis=1),
        share=np.concatenate([first.share, second.share], axis=1),
    )


def _mixed(table: PairTable, field: NumpyArray) -> NumpyArray:
    """Σ_v share_v field_v for a field over the mesh (V, 3, n): (rows, Q, 3, n).

    One product of a (rows · Q, used vertices) matrix with the field at those vertices.
    """
    rows, pairs, _ = table.share.shape
    used, position = np.unique(table.vertices, return_inverse=True)
    mixing = np.zeros((rows * pairs, len(used)))
    np.add.at(mixing, (np.repeat(np.arange(rows * pairs), 3), position.reshape(-1)), table.share.reshape(-1))
    mixed = mixing @ field[used].reshape(len(used), -1)
    return mixed.reshape(rows, pairs, 3, field.shape[2])


def _shape_change(model: BodyModel, table: PairTable) -> NumpyArray:
    """∂(m_k − w_k J_k) per shape coefficient: (rows, Q, 3, S). Joints themselves have no share of the mesh: zero."""
    moved = table.share.sum(axis=2)[..., None, None] * model.joint_directions[table.joint]
    return _mixed(table, model.shape_directions) - moved


@dataclass(frozen=True, eq=False)
class ReducedBody:
    """The points of one fit, ready to be posed in batch on one array library.

    P points, Q pairs, n joints of the tree, m of them moving, S shape coefficients. The leading 1 of the pair arrays
    becomes B where contour points differ between the elements of a batch. A joint that moves a point as a whole is
    treated apart from one that moves only some of the point's pairs.
    """

    tree: JointTree
    every_joint: (
        Array  # (J,) places in the tree of all joints, in the body's order, where pose correctives need them
    )
    pair_joint: Array  # (Q,) places in the tree
    pair_weight: Array  # (1 or B, Q)
    pair_offset: Array  # (1 or B, Q, 3)
    pair_directions: Array  # (1 or B, Q, 3, S)
    pair_pose_directions: Array | None  # (1 or B, Q, 3, K)
    first_pair: Array  # (P,) a pair of each point
    other_pairs: Array  # (o,) the pairs beyond the first
    other_points: Array  # (q,) the points that have such
    other_sums: Array  # (q, o) of 0 and 1: which of the other pairs each of those points has
    moving: Array  # (m,) places in the tree
    whole: Array  # (P, 3 m) 1 where a joint moves all of a point
    partial_points: Array  # (r,) incidences of a point and a joint that moves some of its pairs
    part_moving: Array  # (r,) which of the m
    part_columns: Array  # (r, 3) which of the 3 m
    part_pairs: Array  # (p,) the pairs that these are made of
    part_rows: (
        Array  # (r, p) of 0 and 1: the pairs of the point whose joint hangs below the incidence's joint
    )

    def subset(self, elements: Array) -> ReducedBody:
        """Select elements of the batch."""
        if self.pair_weight.shape[0] == 1:
            return self
        pose = self.pair_pose_directions
        return replace(
            self,
            pair_weight=self.pair_weight[elements],
            pair_offset=self.pair_offset[elements],
            pair_directions=self.pair_directions[elements],
            pair_pose_directions=None if pose is None else pose[elements],
        )


def reduced_body(
    points: PointModel,
    chosen: NumpyArray,
    contour_rows: NumpyArray,
    make: ArrayMaker,
    moving: NumpyArray,
    whole_tree: bool = False,
) -> ReducedBody:
    """The `chosen` points (indices among the 144, in the order wanted) as arrays of the library behind `make`.

    `contour_rows` (B,) says which row of the contour table each element of the batch uses; `moving` (J,) which
    joints are being optimised, so that only their derivatives are made. With `whole_tree` all joints are posed, whether
    a point hangs on them or not.
    """
    model = points.model
    pairs = _chosen_pairs(points, chosen, contour_rows)
    pose = model.pose_directions
    pair_joint = pairs.per_pair(lambda table: table.joint)
    wanted = moving | np.isin(np.arange(len(moving)), pair_joint) | (whole_tree or pose is not None)
    tree = joint_tree(model, wanted, make)
    # Two keypoints may be the same point (a wrist of the body and of the hand): both are made of its pairs.
    member = chosen[:, None] == pairs.per_pair(lambda table: table.point)[None, :]
    first = member.argmax(axis=1)
    other = member.copy()
    other[np.arange(len(chosen)), first] = False
    other_points, other_pairs = np.nonzero(other.any(axis=1))[0], np.nonzero(other.any(axis=0))[0]
    incidence = _incidence(member, descendants(model.parents)[:, pair_joint], np.nonzero(moving)[0])
    return ReducedBody(
        tree=tree,
        every_joint=make.indices(tree.where if pose is not None else np.zeros(0)),
        pair_joint=make.indices(tree.where[pair_joint]),
        pair_weight=make.floats(pairs.joined(lambda table: table.weight)),
        pair_offset=make.floats(pairs.joined(lambda table: table.offset)),
        pair_directions=make.floats(pairs.joined(lambda table: _shape_change(model, table))),
        pair_pose_directions=None
        if pose is None
        else make.floats(pairs.joined(lambda table: _mixed(table, pose))),
        first_pair=make.indices(first),
        other_pairs=make.indices(other_pairs),
        other_points=make.indices(other_points),
        other_sums=make.floats(other[other_points][:, other_pairs]),
        moving=make.indices(tree.where[np.nonzero(moving)[0]]),
        whole=make.floats(np.repeat(incidence.whole, 3, axis=1)),
        partial_points=make.indices(incidence.point),
        part_moving=make.indices(incidence.joint),
        part_columns=make.indices(3 * incidence.joint[:, None] + np.arange(3)),
        part_pairs=make.indices(incidence.part_pairs),
        part_rows=make.floats(incidence.part),
    )


@dataclass(frozen=True, eq=False)
class JointIncidence:
    """Which moving joints move all of a point (P, m), and the incidences that move a part; see `ReducedBody`."""

    whole: NumpyArray
    point: NumpyArray
    joint: NumpyArray
    part_pairs: NumpyArray
    part: NumpyArray


def _incidence(member: NumpyArray, below: NumpyArray, moving: NumpyArray) -> JointIncidence:
    """Of `member` (P, Q): the pairs of each point, `below` (J, Q): the pairs under each joint, `moving` (m,) joints."""
    under = below[moving]
    common = member.astype(np.float64) @ under.T.astype(np.float64)
    whole = common == member.sum(axis=1)[:, None]
    point, joint = np.nonzero((common > 0) & ~whole)
    part = member[point] & under[joint]
    used = np.nonzero(part.any(axis=0))[0]
    return JointIncidence(whole, point, joint, used, part[:, used])


@dataclass(frozen=True, eq=False)
class _ChosenPairs:
    """The pairs of some points: those that stay, those of the contour in every row in use, and each element's row."""

    fixed: PairTable
    contour: PairTable | None
    row_of_element: NumpyArray  # (B,)

    def joined(self, of: Callable[[PairTable], NumpyArray]) -> NumpyArray:
        """`of` both tables, (rows, Q, …) each, along Q: (1 or B, Q, …)."""
        fixed = of(self.fixed)
        if self.contour is None:
            return fixed
        repeated = np.broadcast_to(fixed, (len(self.row_of_element), *fixed.shape[1:]))
        return np.concatenate([repeated, of(self.contour)[self.row_of_element]], axis=1)

    def per_pair(self, of: Callable[[PairTable], NumpyArray]) -> NumpyArray:
        """The same for what does not depend on the row: (Q,)."""
        parts = [self.fixed] if self.contour is None else [self.fixed, self.contour]
        return np.concatenate([of(part) for part in parts])


def _chosen_pairs(points: PointModel, chosen: NumpyArray, contour_rows: NumpyArray) -> _ChosenPairs:
    fixed = _subset(points.fixed, np.isin(points.fixed.point, chosen), np.zeros(1, dtype=np.int64))
    contour = points.contour
    rows, row_of_element = np.unique(contour_rows, return_inverse=True)
    if contour is None or not np.isin(contour.point, chosen).any():
        return _ChosenPairs(fixed, None, row_of_element)
    return _ChosenPairs(fixed, _subset(contour, np.isin(contour.point, chosen), rows), row_of_element)


def _subset(table: PairTable, used: NumpyArray, rows: NumpyArray) -> PairTable:
    return PairTable(
        point=table.point[used],
        joint=table.joint[used],
        weight=table.weight[rows][:, used],
        offset=table.offset[rows][:, used],
        vertices=table.vertices[rows][:, used],
        share=table.share[rows][:, used],
    )


def descendants(parents: tuple[int, ...]) -> NumpyArray:
    """(J, J) bool [j, k]: k hangs below j or is j."""
    below = np.eye(len(parents), dtype=bool)
    for joint in range(len(parents) - 1, 0, -1):
        below[parents[joint]] |= below[joint]
    return below
