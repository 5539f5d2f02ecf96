# pyright: basic
"""The photo and a body's outline in it in, the parts of the photo that are likely the person out.

A fitted body never lies on a person to the pixel. Near its outline, a part of the photo counts as the person's if its colour is
nearer to a colour well inside the body, close by, than to any just outside of it; or if it is like none outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...result.result_folder import Array
from .depth import eroded, least_around, widened
from .values import Flags, Integers

# In cells of a grid of `depth.CELLS` along the body.
TRUSTED_INSIDE = 10  # from the outline inwards: the person, whatever the colour
BORDER = 2  # of the outline: mixed pixels, nobody's
SURELY_OUTSIDE = 12  # from the outline outwards: hair, clothes and what the fit has missed lie nearer
REACH = (10, 20, 30, 40)  # of the looks for colours inside and outside
DIRECTIONS = 12
ALIKE = 2  # of the colours that were looked at, this many may be nearer than the one that counts: not one stray pixel decides
LIKE_BACKGROUND = 0.08  # sRGB, distance of colours that are taken for one
SOFT = 2  # radius of the mask's soft border


@dataclass(frozen=True)
class Outlines:
    """The cells (H, W) that the body covers, those that any body covers, and those that are inside the photo."""

    own: Flags
    anybody: Flags
    photo: Flags


def person_mask(colours: Array, outlines: Outlines) -> Array:
    """Return how far each cell (H, W), with a colour (H, W, 3), is the person's: 0 … 1."""
    inside = eroded(outlines.own, TRUSTED_INSIDE)
    outside = ~widened(outlines.anybody, SURELY_OUTSIDE) & outlines.photo
    rows, columns = np.nonzero(outlines.own & ~inside)
    asked = (rows, columns)
    person, others = (_distances(colours, asked, flags) for flags in (inside, outside))
    is_person = inside.copy()
    is_person[asked] = (person <= others) | (others > LIKE_BACKGROUND)
    return _softened(eroded(_settled(is_person) & outlines.own, BORDER))


def _distances(colours: Array, asked: tuple[Integers, Integers], flags: Flags) -> Array:
    """Return how far the asked cells' colours are from those about them where the flags (H, W) hold; infinite without enough."""
    height, width = flags.shape
    own = colours[asked]
    apart = np.full((len(REACH) * DIRECTIONS, len(own)), np.inf)
    for number, (down, right) in enumerate(_offsets()):
        rows, columns = asked[0] + down, asked[1] + right
        place = (np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
        usable = flags[place] & (place[0] == rows) & (place[1] == columns)
        apart[number, usable] = ((own - colours[place]) ** 2).sum(axis=1)[usable]
    found: Array = np.sqrt(np.partition(apart, ALIKE, axis=0)[ALIKE])
    return found


def _offsets() -> list[tuple[int, int]]:
    turns = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    return [
        (round(reach * float(np.sin(turn))), round(reach * float(np.cos(turn))))
        for reach in REACH
        for turn in turns
    ]


def _mean_around(values: Array, radius: int) -> Array:
    """Return the mean (H, W) over the square of that radius."""
    found = values
    for axis in (0, 1):
        pads = [(radius + 1, radius) if own == axis else (0, 0) for own in range(2)]
        sums = np.cumsum(np.pad(found, pads, mode="edge"), axis=axis)
        count = found.shape[axis]
        upper = np.take(sums, range(2 * radius + 1, 2 * radius + 1 + count), axis=axis)
        found = (upper - np.take(sums, range(count), axis=axis)) / (2 * radius + 1)
    return found


def _settled(flags: Flags) -> Flags:
    """Return what most cells about each one say."""
    return _mean_around(flags.astype(np.float64), SOFT) > 0.5


def _softened(flags: Flags) -> Array:
    """Return the flags with a soft border that lies inside of them."""
    inner = least_around(flags.astype(np.float64), SOFT)
    return _mean_around(inner, SOFT) * flags
