"""Distance along a scene camera's rays at which a fitted person stands on a floor.

One photo cannot tell a tall person far away from a small one nearby: scaled about the camera by any factor, a figure looks the
same. A fit chooses the factor by how tall people are; a floor under the feet tells it. The figure is moved away from the camera,
growing with the distance, until the first of its lower vertices touches the floor: the picture does not move, nothing
of the feet is in the floor, and what the floor says of the height is told beside what the fit says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .rotations import Array

# Heights above the lowest vertex, metres of the fitted body. Somebody stands on a floor only if it is under the soles;
# whatever is lower than a shin (the other foot on a slope, the knees of somebody kneeling) must not be inside it.
SOLE_METRES = 0.03
LOWER_METRES = 0.25
# Standing heights of people: of a baby, and rather more than of the tallest.
SMALLEST_METRES, TALLEST_METRES = 0.5, 2.5
# Below this angle between ray and floor half a degree of the camera moves the feet by a fifth of their distance.
LEAST_DEGREES = 2.5
# What half a degree and two centimetres of a camera matched by hand came to in all but 2 of 100 synthetic photos
# (benchmarks/floor.py); more than that is the scene's scale, or another floor.
NOTABLE_CHANGE = 0.12
LEVEL_METRES = 0.02  # above or below a floor that still counts as on it
SAME_CHANGE = 0.005  # not worth a word: less than a centimetre
# A floor is not steeper than this; walls and ceilings of the same mesh are looked through.
STEEPEST_DEGREES = 60.0
UP: Array = np.array([0.0, 0.0, 1.0])
KEEPS = "The figure stays where the photo says."


@dataclass(frozen=True)
class LowerRays:
    """Rays from a camera through the lower vertices of a figure, in the scene: position = `origin` + t · `directions`.

    Scaled by t about the camera, the figure's vertex is at that position; t is in units of the scene for a metre of the fit.
    `soles` (N,) marks those that a floor has to be under.
    """

    origin: Array  # (3,)
    directions: Array  # (N, 3)
    soles: Array  # (N,)


@dataclass(frozen=True)
class FloorHits:
    """Meeting points of N rays with a floor from above: t of each (infinite if it misses), and the sine of the angle there."""

    at: Array
    sines: Array


@dataclass(frozen=True)
class BodyHeights:
    """Standing height of the fitted body, metres, and whether the user has given it."""

    metres: float
    is_given: bool = False


@dataclass(frozen=True)
class Standing:
    """`scale`: units of the scene for a metre of the fit, about the camera. `text` says what the floor came to; `doubtful`: it
    should be looked at; `stands`: it is on the floor.
    """

    scale: float
    text: str = ""
    stands: bool = False
    doubtful: bool = False


def lower_rays(vertices: Array, world_from_camera: Array) -> LowerRays:
    """Rays of the lower part of a posed surface (V, 3) in the camera frame; z is up in the world of `world_from_camera`."""
    directions: Array = vertices.astype(np.float64) @ world_from_camera[:3, :3].T
    heights = directions[:, 2] - directions[:, 2].min()
    lower = heights <= LOWER_METRES
    return LowerRays(world_from_camera[:3, 3], directions[lower], heights[lower] <= SOLE_METRES)


def ground_hits(rays: LowerRays) -> FloorHits:
    """Intersect the rays with the plane z = 0 from above."""
    height, fall = float(rays.origin[2]), -rays.directions[:, 2]
    meets = (fall > 0.0) & (height > 0.0)
    safe = np.where(meets, fall, 1.0)
    lengths = np.linalg.norm(rays.directions, axis=1)
    return FloorHits(np.where(meets, height / safe, np.inf), np.where(meets, fall / lengths, 0.0))


def is_floor_from_above(direction: Array, normal: Array) -> bool:
    """True if a ray that meets a surface of this normal (either side) comes onto a floor, not onto a wall or a ceiling."""
    upward = normal if normal[2] >= 0.0 else -normal
    level = float(upward @ UP) >= math.cos(math.radians(STEEPEST_DEGREES)) * float(np.linalg.norm(upward))
    return level and float(direction @ upward) < 0.0


def standing_on(
    floor: str, rays: LowerRays, hits: FloorHits, height: BodyHeights, units_per_metre: float
) -> Standing:
    """Stand the figure on a floor of that name (with its quotation marks), or explain why it stays at `units_per_metre`."""
    under_soles: Array = hits.at[np.flatnonzero(rays.soles)]
    if not np.isfinite(under_soles).any():
        return left_where_photo_says(f"{floor} is not under the feet, seen from the camera.", units_per_metre)
    first = int(np.argmin(hits.at))
    if hits.sines[first] < math.sin(math.radians(LEAST_DEGREES)):
        return left_where_photo_says(
            f"The camera looks along {floor}: where on it the feet are cannot be told.", units_per_metre
        )
    scale = float(hits.at[first])
    metres = height.metres * scale / units_per_metre
    if not SMALLEST_METRES <= metres <= TALLEST_METRES:
        return left_where_photo_says(
            f"On {floor} the figure would be {_in_words(metres)} tall: check the scene's scale and the camera's place.",
            units_per_metre,
        )
    return Standing(scale, _stands_text(floor, metres, height), True, _is_notable(metres, height))


def standing_among_others(rays: LowerRays, legs_seen: bool, units_per_metre: float) -> Standing:
    """Stand one of a photo's people on the floor that the others stand on, at z = 0, or explain why not.

    They are moved along the camera's rays, which the picture does not show, as far as `NOTABLE_CHANGE` of their size allows.
    """
    foot = float(rays.origin[2] + units_per_metre * rays.directions[:, 2].min())
    if abs(foot) <= LEVEL_METRES * units_per_metre:
        return Standing(units_per_metre, stands=True)
    gap = (
        f"{abs(foot) / units_per_metre * 100.0:.0f} cm {'above' if foot > 0.0 else 'below'} the photo's floor"
    )
    if not legs_seen:
        return Standing(units_per_metre, f"{gap}: the photo does not show the legs.", doubtful=True)
    scale = float(ground_hits(rays).at.min())
    is_near = 0.0 < scale < np.inf and abs(math.log(scale / units_per_metre)) <= math.log(
        1.0 + NOTABLE_CHANGE
    )
    if not is_near:
        return Standing(
            units_per_metre,
            f"{gap}: on it the size would be another. Jumping, or on something?",
            doubtful=True,
        )
    change = f"{abs(scale / units_per_metre - 1.0) * 100.0:.0f} % {'larger' if scale > units_per_metre else 'smaller'}"
    return Standing(scale, f"Stands on the photo's floor, {change} than alone.", stands=True)


def camera_height(drops: Array) -> float:
    """Return how high a camera is above the floor of most of a photo's people; `drops` (N,) are the metres of each's lowest
    point below the camera.

    Sizes and distances of people are known to a tenth or so, and so is each one's floor. The camera's height serves the most
    people within `NOTABLE_CHANGE` either way; of equally many, those on the lower floor.
    """
    logs = np.sort(np.log(drops[drops > 0.0]))[::-1]
    if not len(logs):
        return float(drops.max())
    width = 2.0 * math.log(1.0 + NOTABLE_CHANGE)
    members = [int(np.count_nonzero((logs <= top) & (logs >= top - width))) for top in logs]
    first = int(np.argmax(members))
    return math.exp((logs[first] + logs[first + members[first] - 1]) / 2.0)


def left_where_photo_says(reason: str, units_per_metre: float, doubtful: bool = True) -> Standing:
    """The figure as the fit has it; `reason` (a sentence) stands against the floor."""
    return Standing(units_per_metre, f"{reason} {KEEPS}", doubtful=doubtful)


def _is_notable(metres: float, height: BodyHeights) -> bool:
    return abs(metres / height.metres - 1.0) > NOTABLE_CHANGE


def _stands_text(floor: str, metres: float, height: BodyHeights) -> str:
    stands = f"Stands on {floor}, {metres:.2f} m tall"
    if abs(metres / height.metres - 1.0) <= SAME_CHANGE:
        return f"{stands}."
    said = "the height given is" if height.is_given else "from the photo alone it would be"
    advice = " Check the scene's scale and the camera's place." if _is_notable(metres, height) else ""
    return f"{stands}; {said} {height.metres:.2f} m.{advice}"


def _in_words(metres: float) -> str:
    return f"{metres:.2f} m" if metres < 1.0 else f"{metres:.1f} m" if metres < 100.0 else f"{metres:.0f} m"
