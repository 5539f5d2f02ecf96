"""Fit capsules to any body model: torso, head, limbs, palms and fingers, linear in shape.

A capsule is a segment, rigid to one joint, with a radius. It is fitted to the vertices whose largest skin weight is its
joint's: area-weighted least squares of (distance to the segment − radius), in which skin outside the capsule counts more
than skin inside it (an expectile: a capsule should rather cover a part than lie in it). The change of that solution with
a shape coefficient is the least-squares answer to the change of the vertices: the Gauss–Newton step of the same problem.
Idea: capsules of SMPLify (Bogo et al., ECCV 2016), fitted here to whatever body file is loaded. Body frame, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double

from ..articulation import articulate
from ..body_model import BodyModel
from .parts import PartSpec, colliding_pairs, part_specs
from .posed_capsules import BodyCapsules, CapsuleArrays, contacts, posed_capsules
from .shipped import shipped_capsules

# How strongly the ends stay at their first guess (against weights that sum to 1): enough to hold them along the axis of
# a tube, where no vertex tells, too little to matter across it.
_RIDGE = 0.01
_FIT_ITERATIONS = 12
_SETTLED_M = 1e-6  # a step that moves neither end nor surface by more is the last
_FEWEST_VERTICES = 6
# Added to every radius (metres), because the skin bulges a little beyond a capsule.
_BULGE_M = 0.0015
# How much more a vertex outside the capsule counts than one inside.
_OUTSIDE_WEIGHT = 4.0
# Arms hang this far below the horizontal (radians) when people stand; what touches then is no penetration.
_ARMS_DOWN = 1.25


@lru_cache(maxsize=8)
def body_capsules(model: BodyModel) -> BodyCapsules:
    """Return the capsules of a body model, those that ship or fitted ones; remembered as long as the model is in use."""
    return shipped_capsules(model) or fitted_capsules(model)


def fitted_capsules(model: BodyModel) -> BodyCapsules:
    """Fit the capsules of a body model."""
    specs = part_specs(model.joint_names)
    area = vertex_areas(model.v_template, model.triangles)
    covered = _covered_vertices(model, specs)
    fits = [
        (spec, _fitted(model, spec, vertices, area))
        for spec, vertices in zip(specs, covered, strict=True)
        if len(vertices) >= _FEWEST_VERTICES
    ]
    kept = [spec for spec, _ in fits]
    joint = np.array([model.joint_names.index(spec.joint) for spec in kept])
    pairs = colliding_pairs(kept, model.joint_names, model.parents)
    bare = BodyCapsules(
        model=model,
        names=tuple(spec.name for spec in kept),
        joint=joint,
        ends=np.stack([fit.ends for _, fit in fits]) - model.joints_template[joint][:, None],
        end_directions=np.stack([fit.end_directions for _, fit in fits])
        - model.joint_directions[joint][:, None],
        radius=np.array([fit.radius for _, fit in fits]) + _BULGE_M,
        radius_directions=np.stack([fit.radius_directions for _, fit in fits]),
        pairs=pairs,
        allowance=np.zeros(len(pairs)),
        allowance_directions=np.zeros((len(pairs), model.shape_directions.shape[2])),
    )
    allowance, directions = _natural_depth(bare)
    return replace(bare, allowance=allowance, allowance_directions=directions)


def vertex_areas(vertices: NumpyArray, triangles: NumpyArray) -> NumpyArray:
    """Return a third of the area of the triangles around every vertex (V,), m²."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6.0
    return np.bincount(triangles.reshape(-1), np.repeat(area, 3), minlength=len(vertices))


def _covered_vertices(model: BodyModel, specs: list[PartSpec]) -> list[NumpyArray]:
    """Return the vertices of every capsule; those that several may own go to the nearest axis."""
    owner = model.weights.argmax(axis=1)
    covered: list[NumpyArray] = []
    for spec in specs:
        mine = np.isin(
            owner, [model.joint_names.index(name) for name in spec.owners if name in model.joint_names]
        )
        rivals = [
            other for other in specs if set(other.owners) & set(spec.owners) and other.piece == spec.piece
        ]
        vertices = _piece(model, spec, np.nonzero(mine)[0])
        if len(rivals) > 1 and spec.end is not None and len(vertices):
            distances = np.stack([_bone_distance(model, other, vertices) for other in rivals])
            vertices = vertices[distances.argmin(axis=0) == rivals.index(spec)]
        covered.append(vertices)
    return covered


def _piece(model: BodyModel, spec: PartSpec, vertices: NumpyArray) -> NumpyArray:
    """Vertices in this capsule's section of the bone (in height for what is no bone)."""
    number, count = spec.piece
    points = model.v_template[vertices]
    if count == 1 or not len(vertices):
        return vertices
    if spec.end is None:
        height = points[:, 1]
        t = (height - height.min()) / max(float(np.ptp(height)), 1e-9)
    else:
        t = _along(points, _whole_bone(model, spec))
    return vertices[np.clip(np.floor(t * count), 0, count - 1) == number]


def _bone_distance(model: BodyModel, spec: PartSpec, vertices: NumpyArray) -> NumpyArray:
    ends = _bone(model, spec)
    t = _along(model.v_template[vertices], ends)
    return np.linalg.norm(model.v_template[vertices] - _axis_points(ends, t), axis=1)


def _bone(model: BodyModel, spec: PartSpec) -> NumpyArray:
    whole = _whole_bone(model, spec)
    number, count = spec.piece
    return _axis_points(whole, np.array([number / count, (number + 1) / count]))


def _whole_bone(model: BodyModel, spec: PartSpec) -> NumpyArray:
    assert spec.end is not None
    return model.joints_template[[model.joint_names.index(spec.joint), model.joint_names.index(spec.end)]]


def _along(points: NumpyArray, ends: NumpyArray) -> NumpyArray:
    """Return the positions (n,) of the nearest points on the segment `ends` (2, 3): 0 to 1."""
    axis = ends[1] - ends[0]
    return np.clip((points - ends[0]) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)


def _axis_points(ends: NumpyArray, t: NumpyArray) -> NumpyArray:
    return ends[0] + t[:, None] * (ends[1] - ends[0])


@dataclass(frozen=True, eq=False)
class _Fit:
    """One capsule in the body frame: `ends` (2, 3), `radius`, and both per shape coefficient (2, 3, S), (S,)."""

    ends: NumpyArray
    end_directions: NumpyArray
    radius: float
    radius_directions: NumpyArray


def _fitted(model: BodyModel, spec: PartSpec, vertices: NumpyArray, area: NumpyArray) -> _Fit:
    points = model.v_template[vertices]
    weight = area[vertices] / area[vertices].sum()
    start, radius = _first_guess(model, spec, points, weight)
    guess = np.concatenate([start.reshape(-1), [radius]])
    held = guess.copy()
    for _ in range(_FIT_ITERATIONS):
        jacobian, _, residual = _linearised(points, guess)
        weighted = _expectile_weights(weight, residual)
        step = _solved(jacobian, weighted, residual[:, None], (guess - held)[:, None])[:, 0]
        guess = guess - step
        if np.abs(step).max() < _SETTLED_M:
            break
    jacobian, normal, residual = _linearised(points, guess)
    weight = _expectile_weights(weight, residual)
    moved = model.shape_directions[vertices]
    carried = _carried_ends(points, weight, moved, guess[:6].reshape(2, 3))
    base = np.concatenate([carried, np.zeros((1, carried.shape[1]))])
    change = np.einsum("nx,nxs->ns", normal, moved) + jacobian @ base
    directions = base - _solved(jacobian, weight, change, np.zeros_like(base))
    return _Fit(
        ends=guess[:6].reshape(2, 3),
        end_directions=directions[:6].reshape(2, 3, -1),
        radius=float(guess[6]),
        radius_directions=directions[6],
    )


def _expectile_weights(weight: NumpyArray, residual: NumpyArray) -> NumpyArray:
    leaning = weight * np.where(residual > 0, _OUTSIDE_WEIGHT, 1.0)
    return leaning / leaning.sum()


def _first_guess(
    model: BodyModel, spec: PartSpec, points: NumpyArray, weight: NumpyArray
) -> tuple[NumpyArray, float]:
    if spec.axis == "bone":
        ends = _bone(model, spec)
    elif spec.axis == "terminal":
        joint = model.joints_template[model.joint_names.index(spec.joint)]
        ends = _shortened(points, joint, weight @ points - joint, keep_first=True)
    else:
        centre = weight @ points
        spread = (points - centre).T @ (weight[:, None] * (points - centre))
        axis: NumpyArray = np.linalg.eigh(spread)[1][:, 2]
        towards = np.sign(axis[np.abs(axis).argmax()])  # eigenvectors have either sign, by rounding
        ends = _shortened(points, centre, towards * axis, keep_first=False)
    t = _along(points, ends)
    distance: NumpyArray = np.linalg.norm(points - _axis_points(ends, t), axis=1)
    return ends, float(np.average(distance, weights=weight))


def _shortened(points: NumpyArray, origin: NumpyArray, axis: NumpyArray, keep_first: bool) -> NumpyArray:
    """Return the ends of a capsule whose round caps reach as far as the points do along an axis through `origin`."""
    direction = axis / np.linalg.norm(axis)
    reach = (points - origin) @ direction
    distance: NumpyArray = np.linalg.norm(points - origin - reach[:, None] * direction, axis=1)
    radius = float(np.quantile(distance, 0.5))
    first = 0.0 if keep_first else min(float(reach.min()) + radius, -1e-3)
    last = max(float(reach.max()) - radius, 1e-3)
    return origin + np.array([first, last])[:, None] * direction


def _linearised(points: NumpyArray, guess: NumpyArray) -> tuple[NumpyArray, NumpyArray, NumpyArray]:
    """Return ∂residual/∂(ends, radius) (n, 7), the outward normals (n, 3) and residuals (n,) of a capsule."""
    ends = guess[:6].reshape(2, 3)
    t = _along(points, ends)
    apart = points - _axis_points(ends, t)
    distance = np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
    normal = apart / distance[:, None]
    jacobian = np.concatenate(
        [-(1 - t)[:, None] * normal, -t[:, None] * normal, -np.ones((len(t), 1))], axis=1
    )
    return jacobian, normal, distance - guess[6]


def _solved(jacobian: NumpyArray, weight: NumpyArray, residual: NumpyArray, pull: NumpyArray) -> NumpyArray:
    """Least-squares step (7, n) for residuals, with the ends (not the radius) held to their guess by the ridge."""
    ridge = np.diag([_RIDGE] * 6 + [0.0])
    weighted = jacobian.T * weight
    return np.linalg.solve(weighted @ jacobian + ridge, weighted @ residual + ridge @ pull)


def _carried_ends(points: NumpyArray, weight: NumpyArray, moved: NumpyArray, ends: NumpyArray) -> NumpyArray:
    """Return the slopes (6, S) of ends that follow their vertices, whose motion (n, 3, S) is taken as linear along the axis."""
    axis = ends[1] - ends[0]
    t = (points - ends[0]) @ axis / max(float(axis @ axis), 1e-12)
    design = np.stack([1 - t, t], axis=1)
    weighted = design.T * weight
    size = moved.shape[2]
    return np.linalg.solve(
        weighted @ design + 1e-6 * np.eye(2), weighted @ moved.reshape(len(points), -1)
    ).reshape(6, size)


def _natural_depth(capsules: BodyCapsules) -> tuple[NumpyArray, NumpyArray]:
    """Return each pair's depth (K,) at rest or standing with arms down, whichever is more, and its slopes (K, S)."""
    model = capsules.model
    size = model.shape_directions.shape[2]
    poses = [np.zeros((model.joint_count, 3)), _arms_down(model)]
    arrays = CapsuleArrays(capsules, numpy_double())
    count = len(capsules.pairs)
    mean = np.stack([_depths(arrays, pose, np.zeros((1, size)), np.arange(count))[0] for pose in poses])
    depth, directions = np.maximum(mean.max(axis=0), 0.0), np.zeros((count, size))
    shapes = np.concatenate([np.eye(size), -np.eye(size)])
    for number, pose in enumerate(poses):
        mine = np.nonzero((mean.argmax(axis=0) == number) & (depth > 0))[0]
        change = _depths(arrays, pose, shapes, mine)
        directions[mine] = 0.5 * (change[:size] - change[size:]).T
    return depth, directions


def _depths(arrays: CapsuleArrays, pose: NumpyArray, shapes: NumpyArray, pairs: NumpyArray) -> NumpyArray:
    rotations = np.repeat(pose[None], len(shapes), axis=0)
    joints = articulate(arrays.tree, rotations, shapes, slice(0))
    return contacts(arrays, posed_capsules(arrays, joints, shapes), shapes, pairs).depth


def _arms_down(model: BodyModel) -> NumpyArray:
    rotations = np.zeros((model.joint_count, 3))
    rotations[model.joint_names.index("left_shoulder"), 2] = -_ARMS_DOWN
    rotations[model.joint_names.index("right_shoulder"), 2] = _ARMS_DOWN
    return rotations
