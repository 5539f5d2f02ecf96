"""The mask of a person to the widths of trunk and limbs across their bones, where nothing else lies.

A section is measured along the line across its bone as the body network sees it, from the bone to both borders of the mask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.body import MASK_LIMIT, SeenBody
from fitting_core.eyes.openpose_points import BODY_POINTS
from fitting_core.keypoints.sections import SECTION_COUNT, SECTIONS, Section

if TYPE_CHECKING:
    from jaxtyping import Float

_LEAST_VISIBILITY = 0.6  # of all points of a bone
_LEAST_BONE = 10.0  # px of the mask: a shorter bone has no direction
_STEP = 0.25  # px of the mask
# Half a width is at most this share of its bone; of the trunk's half widths one may be this much of the other.
_MOST_HALF, _MOST_HALF_OF_TRUNK = 0.5, 0.75
_MOST_UNEVEN = 2.5
# Another bone that comes nearer to the line than this share of the width lies there.
_CLEARANCE = 0.12
_SEGMENTS = tuple(
    (f"{side}_{first}", f"{side}_{last}")
    for side in ("left", "right")
    for first, last in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)


def seen_widths(body: SeenBody, image_size: tuple[int, int]) -> Float[NumpyArray, "23 5"]:
    """Return both borders (x, y, x, y in px of the picture) of every section and 0 … 1 how much it is worth; else zeros.

    `image_size` is the picture's width and height: where it ends there is no border of a person.
    """
    table = np.zeros((SECTION_COUNT, 5))
    places = {name: body.pixels[number] for name, number in BODY_POINTS.items()}
    visibility = {name: float(body.visibility[number]) for name, number in BODY_POINTS.items()}
    for row, section in enumerate(SECTIONS):
        worth = min(visibility[name] for name in (*section.start, *section.end))
        if worth < _LEAST_VISIBILITY:
            continue
        borders = _borders(body, section, places)
        if borders is None or not _inside(borders, image_size) or _is_crossed(section, places, borders):
            continue
        table[row, :4], table[row, 4] = borders.ravel(), worth
    return table


def _borders(
    body: SeenBody, section: Section, places: dict[str, NumpyArray]
) -> Float[NumpyArray, "2 2"] | None:
    """Return where the mask ends on both sides of a bone; None where it does not, or too far away."""
    start, end = section.ends(places)
    bone = end - start
    length = float(np.linalg.norm(bone))
    pixel = body.region.side / len(body.mask)
    if length < _LEAST_BONE * pixel:
        return None
    across = np.array([-bone[1], bone[0]]) / length
    middle = start + section.share * bone
    most = (_MOST_HALF_OF_TRUNK if section.is_trunk else _MOST_HALF) * length
    offsets = np.arange(0.0, most, _STEP * pixel)
    before = _first_outside(body, middle - offsets[:, None] * across, offsets)
    after = _first_outside(body, middle + offsets[:, None] * across, offsets)
    if before is None or after is None or max(before, after) > _MOST_UNEVEN * min(before, after):
        return None
    return np.stack([middle - before * across, middle + after * across])


def _first_outside(body: SeenBody, points: NumpyArray, offsets: NumpyArray) -> float | None:
    """Return the offset at which a line of points leaves the mask; None if it does not, or starts outside."""
    logits = _mask_at(body, points)
    outside = np.flatnonzero(logits < 0)
    if not len(outside) or outside[0] == 0:
        return None
    after = int(outside[0])
    inner, outer = float(logits[after - 1]), float(logits[after])
    return float(offsets[after - 1] + (offsets[after] - offsets[after - 1]) * inner / (inner - outer))


def _mask_at(body: SeenBody, points: Float[NumpyArray, "points 2"]) -> Float[NumpyArray, "points"]:
    """Return the mask's logits at places in the picture; beyond the region all is the person's: no border is found there."""
    side = len(body.mask)
    places = body.region.to_region(points) * side
    low = np.floor(places).astype(np.int64)
    share = places - low
    inside = ((low >= 0) & (low < side - 1)).all(axis=1)
    column, row = low.clip(0, side - 2).T
    mask = body.mask
    right, below = share.T
    mixed = (1 - below) * ((1 - right) * mask[row, column] + right * mask[row, column + 1]) + below * (
        (1 - right) * mask[row + 1, column] + right * mask[row + 1, column + 1]
    )
    return np.where(inside, mixed, MASK_LIMIT)


def _inside(borders: Float[NumpyArray, "2 2"], image_size: tuple[int, int]) -> bool:
    return bool((borders > 1.0).all() and (borders < np.array(image_size) - 2.0).all())


def _is_crossed(section: Section, places: dict[str, NumpyArray], borders: Float[NumpyArray, "2 2"]) -> bool:
    """True if the bone of another limb crosses the line between the borders, or nearly does."""
    reach = _CLEARANCE * float(np.linalg.norm(borders[1] - borders[0]))
    return any(
        _distance(borders, np.stack([places[first], places[last]])) < reach
        for first, last in _SEGMENTS
        if not _is_own(section, first, last)
    )


def _is_own(section: Section, first: str, last: str) -> bool:
    """True for the bone itself, and for the thighs and upper arms that begin at the trunk."""
    if section.is_trunk:
        return False
    return {first, last} & {*section.start, *section.end} != set()


def _distance(first: Float[NumpyArray, "2 2"], second: Float[NumpyArray, "2 2"]) -> float:
    """Return the distance of two segments in the plane."""
    a, b = first[1] - first[0], second[1] - second[0]
    turn = a[0] * b[1] - a[1] * b[0]
    if abs(turn) > 1e-9:
        apart = second[0] - first[0]
        s = (apart[0] * b[1] - apart[1] * b[0]) / turn
        t = (apart[0] * a[1] - apart[1] * a[0]) / turn
        if 0 <= s <= 1 and 0 <= t <= 1:
            return 0.0
    return min(
        *(_to_segment(point, second) for point in first),
        *(_to_segment(point, first) for point in second),
    )


def _to_segment(point: Float[NumpyArray, "2"], segment: Float[NumpyArray, "2 2"]) -> float:
    axis = segment[1] - segment[0]
    share = float(np.clip((point - segment[0]) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0))
    return float(np.linalg.norm(point - segment[0] - share * axis))
