"""The fields by which the figure's surface is painted: positive inside a region, metres, zero on its edge.

A field varies smoothly over the mesh, so that an edge drawn where it is zero is a clean line between vertices.
Places are those of the open body's mean shape at rest: pelvis at the origin, y up, z forward.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import BodyModel

WAIST_Y = 0.045
CALF_Y = -0.66
SLEEVE_END_X = 0.30
NECKLINE_CENTRE = (0.0, 0.475, 0.035)
NECKLINE_RADIUS = 0.105
NAPE, FOREHEAD = (0.515, -0.045), (0.668, 0.12)  # (y, z) of the hairline
EAR_CENTRE, EAR_RADIUS = (0.086, 0.572, 0.03), 0.042  # the hair runs round it
HAIR_THICKNESS, HAIR_RAMP = 0.015, 0.02
# By garment: how far it stands off the skin, and over what width it is drawn smooth, which draws it in again.
CLOTH_THICKNESS = {"shirt": 0.010, "leggings": 0.004}
CLOTH_SMOOTHING = {"shirt": 0.030, "leggings": 0.012}
CLOTH_RAMP, CLOTH_SMOOTHING_RAMP = 0.008, 0.04
BUN_CENTRE, BUN_RADIUS = (0.0, 0.722, -0.035), 0.036
BROW_HALF_WIDTH = 0.0032
IRIS_RADIUS, PUPIL_RADIUS = 0.0062, 0.0027
# iBUG numbers 17–21 and 22–26, and the outer lip 48–59, counted from the first fixed landmark, 17.
_BROWS = (slice(0, 5), slice(5, 10))
_OUTER_LIP = slice(31, 43)
_FACE_FRONT_Z = 0.09


def painted_fields(model: BodyModel) -> dict[str, NumpyArray]:
    """Fields (V,) by name."""
    rest = model.v_template
    waist = rest[:, 1] - WAIST_Y
    sleeve = SLEEVE_END_X - np.abs(rest[:, 0])
    neckline = np.linalg.norm(rest - NECKLINE_CENTRE, axis=1) - NECKLINE_RADIUS
    not_head = np.where(rest[:, 1] > NECKLINE_CENTRE[1], -1.0, 1.0)
    return {
        "shirt": np.minimum.reduce([waist, sleeve, neckline, not_head]),
        "leggings": np.minimum.reduce([-waist, rest[:, 1] - CALF_Y, 0.35 - np.abs(rest[:, 0])]),
        "hair": _hair(rest),
        "brows": _brows(model),
        "lips": _lips(model),
        "iris": _eye(model, IRIS_RADIUS),
        "pupil": _eye(model, PUPIL_RADIUS),
        "eyeball": model.weights[:, [joint_table.LEFT_EYE, joint_table.RIGHT_EYE]].sum(axis=1) - 0.5,
    }


def dressed(model: BodyModel, mesh: NumpyArray) -> NumpyArray:
    """Return the posed surface (V, 3) with cloth drawn smooth over the skin, and hair and cloth standing off it."""
    thickness, garments = _garments(model)
    smooth = mesh
    for rows, share, means in garments:
        smooth = smooth.copy()
        smooth[rows] += share * (means @ smooth[rows] - smooth[rows])
    return smooth + thickness[:, None] * _normals(model.triangles, smooth)


@lru_cache(maxsize=1)
def _garments(model: BodyModel) -> tuple[NumpyArray, list[tuple[NumpyArray, NumpyArray, NumpyArray]]]:
    """Return how far everything stands off the skin (V,), and by garment its vertices (N,), shares (N, 1) and means (N, N)."""
    fields = painted_fields(model)
    thickness = HAIR_THICKNESS * np.sqrt(np.clip(fields["hair"] / HAIR_RAMP, 0.0, 1.0))
    garments: list[tuple[NumpyArray, NumpyArray, NumpyArray]] = []
    for garment, width in CLOTH_SMOOTHING.items():
        share = np.clip(fields[garment] / CLOTH_SMOOTHING_RAMP, 0.0, 1.0)[:, None]
        rows = np.flatnonzero(fields[garment] > -width)
        garments.append((rows, share[rows], _smoothing(model, rows, width)))
        thickness += CLOTH_THICKNESS[garment] * np.clip(fields[garment] / CLOTH_RAMP, 0.0, 1.0)
    return thickness, garments


def _smoothing(model: BodyModel, rows: NumpyArray, width: float) -> NumpyArray:
    """Return Gaussian means (N, N) over the surface about each vertex at rest: by area, and only over what faces its way."""
    corners = model.v_template[model.triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    vertex_areas = np.bincount(model.triangles.ravel(), np.repeat(areas, 3))[rows]
    places, normals = model.v_template[rows], _normals(model.triangles, model.v_template)[rows]
    squared = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    alike = np.clip(normals @ normals.T, 0.0, 1.0)
    weights = np.exp(-0.5 * squared / width**2) * alike * vertex_areas
    return weights / weights.sum(axis=1, keepdims=True)


def _normals(triangles: NumpyArray, mesh: NumpyArray) -> NumpyArray:
    corners = mesh[triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(mesh)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], areas)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _hair(rest: NumpyArray) -> NumpyArray:
    (nape_y, nape_z), (forehead_y, forehead_z) = NAPE, FOREHEAD
    along = np.array([forehead_y - nape_y, forehead_z - nape_z])
    normal = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    above = (rest[:, 1] - nape_y) * normal[0] + (rest[:, 2] - nape_z) * normal[1]
    off_ear = (
        np.linalg.norm(np.column_stack([np.abs(rest[:, 0]), rest[:, 1:]]) - EAR_CENTRE, axis=1) - EAR_RADIUS
    )
    return np.minimum(above, off_ear)


def _landmarks(model: BodyModel) -> NumpyArray:
    face = model.face
    assert face is not None, "the open body has face landmarks"
    return np.einsum("nc,ncx->nx", face.weights, model.v_template[face.triangles])


def _brows(model: BodyModel) -> NumpyArray:
    places = _landmarks(model)
    distances = [
        _distance(model.v_template, start, end)
        for brow in _BROWS
        for start, end in zip(places[brow][:-1], places[brow][1:], strict=True)
    ]
    return BROW_HALF_WIDTH - np.minimum.reduce(distances)


def _lips(model: BodyModel) -> NumpyArray:
    """Signed distance to the outer lip line, seen from the front."""
    outline = _landmarks(model)[_OUTER_LIP].copy()
    flat = model.v_template.copy()
    outline[:, 2] = flat[:, 2] = 0.0
    following = np.roll(outline, -1, axis=0)
    distance = np.minimum.reduce([_distance(flat, a, b) for a, b in zip(outline, following, strict=True)])
    inside = np.zeros(len(flat), dtype=bool)
    for (x1, y1, _), (x2, y2, _) in zip(outline.tolist(), following.tolist(), strict=True):
        crosses = (y1 > flat[:, 1]) != (y2 > flat[:, 1])
        inside ^= crosses & (flat[:, 0] < (x2 - x1) * (flat[:, 1] - y1) / (y2 - y1 + 1e-12) + x1)
    in_front = model.v_template[:, 2] > _FACE_FRONT_Z
    return np.where(in_front, np.where(inside, distance, -distance), -1.0)


def _eye(model: BodyModel, radius: float) -> NumpyArray:
    """Radius less the distance from the axis through the eyeball; −1 off the eyes and on their backs."""
    field = np.full(len(model.v_template), -1.0)
    for eye in (joint_table.LEFT_EYE, joint_table.RIGHT_EYE):
        offset = model.v_template - model.joints_template[eye]
        front = (model.weights[:, eye] > 0.5) & (offset[:, 2] > 0)
        field[front] = radius - np.hypot(offset[front, 0], offset[front, 1])
    return field


def _distance(points: NumpyArray, start: NumpyArray, end: NumpyArray) -> NumpyArray:
    """Distance (N,) of points (N, 3) from the stretch between two places."""
    way = end - start
    share = np.clip((points - start) @ way / (way @ way), 0.0, 1.0)
    return np.linalg.norm(points - start - share[:, None] * way, axis=1)
