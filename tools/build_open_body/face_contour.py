"""The 17 contour points (iBUG 0–16) as they slide along the face when it is seen from the side.

Table row a ≥ 0 is for a camera that stands a degrees towards the body's *left* of the face's forward axis (the head has
turned a degrees to its own right); row 39 + |a| for a < 0. With the camera's direction c in the head's frame, a = atan2(c_x,
c_z). A point is where a section of the face reaches farthest outward in that view, from in front of the ear (the near side
rests there) forward to the cheek.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CONTOUR_COUNT = 17
LARGEST_YAW_DEG = 39
# iBUG points 8…16 of a frontal face, as (outward, downward) shares: 1 outward is the width at the eyes, 1 downward the chin,
# 0 the eyes.
LEFT_TEMPLATE = (
    (0.00, 1.00), (0.22, 0.98), (0.43, 0.92), (0.63, 0.82), (0.80, 0.69), (0.90, 0.53), (0.95, 0.36), (0.985, 0.18), (1.00, 0.02),
)  # fmt: skip
LAST_RADIAL = 4  # points 8…12 lie on radial sections, the others on horizontal ones
RADIAL_ORIGIN_SHARE = 0.45  # height of the origin of the radial sections between eyes and chin
STEPS_PER_SEGMENT = 6


@dataclass(frozen=True)
class FaceFrame:
    """The parts of a face that the contour is made from (metres, body frame)."""

    eye_height: float
    chin_height: float
    half_width: float
    front_of_ear: float  # z before which the contour's near side rests
    throat: float  # z before which a chin's section ends


def contour_rows() -> list[int]:
    """Camera azimuths in degrees of the 79 rows: 0…39, then −1…−39."""
    return [*range(LARGEST_YAW_DEG + 1), *range(-1, -LARGEST_YAW_DEG - 1, -1)]


def contour_tables(
    vertices: Floats, triangles: Integers, face_triangles: Integers, frame: FaceFrame
) -> tuple[Integers, Floats]:
    """Triangle indices (79, 17) and barycentric coordinates (79, 17, 3); only `face_triangles` may hold a point."""
    faces = np.zeros((len(contour_rows()), CONTOUR_COUNT), dtype=np.int64)
    shares = np.zeros((*faces.shape, 3))
    for point in range(CONTOUR_COUNT):
        side = 1.0 if point >= CONTOUR_COUNT // 2 else -1.0
        origin, outward, backmost = _section(abs(point - CONTOUR_COUNT // 2), side, frame)
        holders, candidates = _cut(vertices, triangles, face_triangles, origin, outward, backmost)
        places = np.einsum("nc,ncd->nd", candidates, vertices[triangles[holders]])
        for row, azimuth in enumerate(contour_rows()):
            angle = np.radians(azimuth)
            across = places[:, 0] * np.cos(angle) - places[:, 2] * np.sin(angle)
            reach = across * outward[0] + places[:, 1] * outward[1]
            best = int(np.argmax(reach))
            faces[row, point], shares[row, point] = holders[best], candidates[best]
    return faces, shares


def _section(step: int, side: float, frame: FaceFrame) -> tuple[Floats, Floats, float]:
    """Origin (2,), outward direction (2,) in x–y and backmost z of the section of the point `step` away from the chin."""
    height = frame.eye_height - frame.chin_height
    outward_share, down_share = LEFT_TEMPLATE[step]
    target = np.array([side * outward_share * frame.half_width, frame.eye_height - down_share * height])
    if step > LAST_RADIAL:
        return np.array([0.0, target[1]]), np.array([side, 0.0]), frame.front_of_ear
    origin = np.array([0.0, frame.eye_height - RADIAL_ORIGIN_SHARE * height])
    direction = (target - origin) / np.linalg.norm(target - origin)
    # The chin's sections end before the throat, the cheek's before the ear.
    return origin, direction, frame.throat + (frame.front_of_ear - frame.throat) * step / (LAST_RADIAL + 1)


def _cut(
    vertices: Floats,
    triangles: Integers,
    face_triangles: Integers,
    origin: Floats,
    outward: Floats,
    backmost: float,
) -> tuple[Integers, Floats]:
    """Points (as triangle and barycentric coordinates) where the half plane from `origin` along `outward` and z cuts the face."""
    across = (vertices[:, 1] - origin[1]) * outward[0] - (vertices[:, 0] - origin[0]) * outward[1]
    along = (vertices[:, 0] - origin[0]) * outward[0] + (vertices[:, 1] - origin[1]) * outward[1]
    corner = across[triangles[face_triangles]]
    crossed = face_triangles[(corner.min(axis=1) <= 0) & (corner.max(axis=1) > 0)]
    holders: list[int] = []
    candidates: list[Floats] = []
    for triangle in crossed:
        ends = _edge_crossings(across[triangles[triangle]])
        for share in np.linspace(0.0, 1.0, STEPS_PER_SEGMENT):
            weights = (1.0 - share) * ends[0] + share * ends[1]
            if (
                weights @ along[triangles[triangle]] > 0
                and weights @ vertices[triangles[triangle], 2] >= backmost
            ):
                holders.append(int(triangle))
                candidates.append(weights)
    return np.array(holders), np.array(candidates)


def _edge_crossings(heights: Floats) -> list[Floats]:
    """Barycentric coordinates of the two places on a triangle's edges where `heights` (3,) is zero."""
    crossings: list[Floats] = []
    for first, second in ((0, 1), (1, 2), (2, 0)):
        a, b = heights[first], heights[second]
        if (a > 0) != (b > 0):
            place = np.zeros(3)
            place[first], place[second] = b / (b - a), a / (a - b)
            crossings.append(place)
    return crossings
