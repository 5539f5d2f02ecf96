"""A body reduced to the points that keypoints see: what the fit poses instead of the whole mesh.

A point is a joint, or a mean Σ_v b_v x_v of the corners v of a triangle with barycentric weights b_v. Linear blend skinning
with weights w_vk poses each corner as Σ_k w_vk (G_k (x_v − J_k) + P_k), with G_k the rotation of joint k, J_k its position at
rest and P_k posed. Summed over the corners, the posed point is

    X = Σ_k (G_k (m_k − w_k J_k) + w_k P_k),    w_k = Σ_v b_v w_vk,    m_k = Σ_v b_v w_vk x_v.

A pair is one term of that sum: a point and a joint k that moves it. w_k is the pair's weight, m_k its moment, the vertices'
positions summed with their shares b_v w_vk; m_k / w_k would be their centre. This form is exact, where posing the averaged
point with averaged weights errs by up to 0.15 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import Array, ArrayMaker, NumpyArray
from fitting_core.keypoints.detector_habits import DETECTORS
from fitting_core.keypoints.layouts import BODY_25

from . import landmarks
from .articulation import JointTree, joint_tree
from .body_model import BodyModel, detected_offset

# Skinning weights under this leave a point where it is to well under a micrometre.
_LEAST_WEIGHT = 1e-7


@dataclass(frozen=True, eq=False)
class PairTable:
    """Q pairs (see the module) at rest, in metres, body frame; `rows` is 1 for points that stay, 79 for the contour.

    `weight` is w_k, and `offset` is the moment about the joint, m_k − w_k J_k, both of the template. A joint that is a point
    of its own is one pair with weight 1 and offset 0. The offset's change with shape and pose is worked out from `vertices`
    and `share` for the pairs of one fit only: for all 79 rows it would be a hundred megabytes.
    """

    point: NumpyArray  # (Q,) index among the 144, or behind them of a point that a detector means
    joint: NumpyArray  # (Q,)
    weight: NumpyArray  # (rows, Q)
    offset: NumpyArray  # (rows, Q, 3)
    vertices: NumpyArray  # (rows, Q, 3) corners of the triangle that the point lies in
    share: NumpyArray  # (rows, Q, 3) of each corner's vertex in the pair: b_v w_vk


@dataclass(frozen=True, eq=False)
class PointModel:
    """The points of a body model as pairs: those that stay on the surface, and 17 that slide with the head's yaw."""

    model: BodyModel
    fixed: PairTable
    contour: PairTable | None


def point_model(model: BodyModel) -> PointModel:
    """Reduce a body model to those of the 144 points that it has, and to the body points that detectors mean."""
    ids = np.array(model.point_ids.vertices)
    corners = np.stack([ids, ids, ids], axis=1)
    barycentric = np.tile([1.0, 0.0, 0.0], (len(ids), 1))
    joints = _joint_pairs(model)
    if model.face is None:
        surface = _surface_pairs(model, corners[None], barycentric[None], landmarks.FIRST_VERTEX_POINT)
        return PointModel(model, _with_detected_points(model, _concatenated(joints, surface)), None)
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
    return PointModel(model, _with_detected_points(model, _concatenated(joints, surface)), contour)


def vertex_points(model: BodyModel, vertices: NumpyArray) -> PointModel:
    """Reduce a body model to some vertices (n,) of its mesh: the points 0 to n − 1."""
    corners = np.stack([vertices, vertices, vertices], axis=1)
    barycentric = np.tile([1.0, 0.0, 0.0], (len(vertices), 1))
    return PointModel(model, _surface_pairs(model, corners[None], barycentric[None], 0), None)


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


def _with_detected_points(model: BodyModel, table: PairTable) -> PairTable:
    """Add the points that detectors mean by the body keypoints: the pairs of their base points, and an offset carried by a joint.

    The offset is a pair of weight 0: it turns with the joint, and where that lies does not matter.
    """
    found = table
    for detector in DETECTORS:
        for number, keypoint in enumerate(BODY_25.names):
            point = landmarks.first_detected_point(detector) + number
            base = landmarks.base_points(keypoint)
            for one in base:
                found = _concatenated(found, _shared(table, one, point, 1.0 / len(base)))
            offset = detected_offset(model, detector, keypoint)
            if offset is not None:
                found = _concatenated(found, _carried(point, *offset))
    return found


def _shared(table: PairTable, source: int, point: int, share: float) -> PairTable:
    """Return the pairs of one point as those of another, each counted `share` times."""
    used = table.point == source
    return PairTable(
        point=np.full(int(used.sum()), point),
        joint=table.joint[used],
        weight=share * table.weight[:, used],
        offset=share * table.offset[:, used],
        vertices=table.vertices[:, used],
        share=share * table.share[:, used],
    )


def _carried(point: int, joint: int, offset: NumpyArray) -> PairTable:
    return PairTable(
        point=np.array([point]),
        joint=np.array([joint]),
        weight=np.zeros((1, 1)),
        offset=offset.reshape(1, 1, 3),
        vertices=np.zeros((1, 1, 3), dtype=np.int64),
        share=np.zeros((1, 1, 3)),
    )


def _surface_pairs(
    model: BodyModel, corners: NumpyArray, barycentric: NumpyArray, first_point: int
) -> PairTable:
    """Make the pairs of N points from the corners of their triangles and barycentric weights, both (rows, N, 3)."""
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
    """Return Σ_v share_v field_v of every pair for a field over the mesh (V, 3, n): (rows, Q, 3, n).

    One product of a (rows · Q, used vertices) matrix with the field at those vertices.
    """
    rows, pairs, _ = table.share.shape
    used, position = np.unique(table.vertices, return_inverse=True)
    mixing = np.zeros((rows * pairs, len(used)))
    np.add.at(mixing, (np.repeat(np.arange(rows * pairs), 3), position.reshape(-1)), table.share.reshape(-1))
    mixed = mixing @ field[used].reshape(len(used), -1)
    return mixed.reshape(rows, pairs, 3, field.shape[2])


def _shape_change(model: BodyModel, table: PairTable) -> NumpyArray:
    """Return ∂(m_k − w_k J_k)/∂β: (rows, Q, 3, S). It is zero for joints themselves, which have no share of the mesh."""
    moved = table.share.sum(axis=2)[..., None, None] * model.joint_directions[table.joint]
    return _mixed(table, model.shape_directions) - moved


@dataclass(frozen=True, eq=False)
class ReducedBody:
    """The points of one fit, ready to be posed in batch on one array library.

    P points, Q pairs, n joints of the tree, m of them moving, S shape coefficients, K pose features. The leading 1
    of the pair arrays becomes B where contour points differ between the elements of a batch.

    Pairs: pair q of joint k = `pair_joint` is posed as G_k (o + D β + E f) + w P_k, with w = `pair_weight`, o = `pair_offset`,
    D = `pair_directions` for the shape β, and E = `pair_pose_directions` for the pose correctives' feature f (K = 9 (J − 1)), the
    numbers of R_j − I of `every_joint` but the root; E is None for a model without correctives.

    Sums: a point is the posed `first_pair`, and most points have no other. `other_points` add `other_sums` times the posed
    `other_pairs`.

    Derivatives: a joint moves the pairs whose joint is itself or hangs below it. Where these are all pairs of a point,
    `whole` is 1, and the joint turns the point as a rigid body. Where they are some of them, the point and the joint are an
    incidence: the point `partial_points`, the joint `part_moving`, its derivatives in `part_columns`, and `part_rows` sums
    the pairs `part_pairs` that move. `posed_points.py` has the formulas of both.
    """

    tree: JointTree
    every_joint: (
        Array  # (J,) positions in the tree of all joints, in the body's order; (0,) without correctives
    )
    pair_joint: Array  # (Q,) positions in the tree
    pair_weight: Array  # (1 or B, Q)
    pair_offset: Array  # (1 or B, Q, 3)
    pair_directions: Array  # (1 or B, Q, 3, S)
    pair_pose_directions: Array | None  # (1 or B, Q, 3, K)
    first_pair: Array  # (P,) indices among the Q
    other_pairs: Array  # (o,) indices among the Q
    other_points: Array  # (q,) indices among the P
    other_sums: Array  # (q, o) of 0 and 1
    moving: Array  # (m,) positions in the tree
    whole: Array  # (P, 3 m) of 0 and 1, three equal columns a joint
    partial_points: Array  # (r,) indices among the P
    part_moving: Array  # (r,) indices among the m
    part_columns: Array  # (r, 3) indices among the 3 m
    part_pairs: Array  # (p,) indices among the Q
    part_rows: Array  # (r, p) of 0 and 1

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
    """Return the `chosen` points (indices among the 144, in the order wanted) as arrays of the library behind `make`.

    `contour_rows` (B,) are the rows of the contour table that the elements of the batch use; `moving` (J,) is True for the
    joints that are being optimised, so that only their derivatives are made. With `whole_tree` all joints are posed, whether
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
        pair_weight=pairs.joined(lambda table: table.weight, make),
        pair_offset=pairs.joined(lambda table: table.offset, make),
        pair_directions=pairs.joined(lambda table: _shape_change(model, table), make),
        pair_pose_directions=None if pose is None else pairs.joined(lambda table: _mixed(table, pose), make),
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
    """The moving joints by what they move of each point, all or some of its pairs; see `ReducedBody`."""

    whole: NumpyArray  # (P, m) bool
    point: NumpyArray  # (r,) of each incidence, among the P
    joint: NumpyArray  # (r,) among the m
    part_pairs: NumpyArray  # (p,) all pairs that any incidence moves, among the Q
    part: NumpyArray  # (r, p) bool: those that each incidence moves


def _incidence(member: NumpyArray, below: NumpyArray, moving: NumpyArray) -> JointIncidence:
    """Sort the `moving` (m,) joints by `member` (P, Q), the pairs of each point, and `below` (J, Q), those under each joint."""
    under = below[moving]
    common = member.astype(np.float64) @ under.T.astype(np.float64)
    whole = common == member.sum(axis=1)[:, None]
    point, joint = np.nonzero((common > 0) & ~whole)
    part = member[point] & under[joint]
    used = np.nonzero(part.any(axis=0))[0]
    return JointIncidence(whole, point, joint, used, part[:, used])


@dataclass(frozen=True, eq=False)
class _ChosenPairs:
    """The pairs of the chosen points: those that stay, those of the contour in every row in use, and each element's row."""

    fixed: PairTable
    contour: PairTable | None
    row_of_element: NumpyArray  # (B,)

    def joined(self, of: Callable[[PairTable], NumpyArray], make: ArrayMaker) -> Array:
        """Return the field `of` both tables, (rows, Q, …) each, joined along Q: (1 or B, Q, …).

        The rows are repeated where the arrays live, so that a batch of thousands crosses no border.
        """
        fixed = make.floats(of(self.fixed))
        if self.contour is None:
            return fixed
        xp = make.namespace
        repeated = xp.broadcast_to(fixed, (len(self.row_of_element), *fixed.shape[1:]))
        contour = xp.take(make.floats(of(self.contour)), make.indices(self.row_of_element), axis=0)
        return xp.concat([repeated, contour], axis=1)

    def per_pair(self, of: Callable[[PairTable], NumpyArray]) -> NumpyArray:
        """Return a field `of` both tables that does not depend on the row, joined: (Q,)."""
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
    """Return (J, J) bool, True at [j, k] if joint k is j or hangs below it."""
    below = np.eye(len(parents), dtype=bool)
    for joint in range(len(parents) - 1, 0, -1):
        below[parents[joint]] |= below[joint]
    return below
