"""A clip's frame rate as the fraction that it is, and as Blender holds it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

NTSC_DENOMINATOR = 1001
# Of a rate that is told in single precision.
SAME_RATE = 1e-5
MOST_DENOMINATOR = 1000
MOST_BLENDER_FPS = 32_767


@dataclass(frozen=True)
class ClipRate:
    """Frames a second as a fraction: 30000/1001 is what is called 29.97."""

    numerator: int
    denominator: int

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.numerator / self.denominator

    @property
    def blender(self) -> tuple[int, float]:
        """`fps` and `fps_base` of a scene of this rate: 30 and 1.001."""
        whole = math.ceil(self.fps)
        return whole, whole * self.denominator / self.numerator

    def __str__(self) -> str:
        """The rate as command lines take it."""
        return f"{self.numerator}/{self.denominator}"


def rate_of(fps: float) -> ClipRate | None:
    """Return the rate that a decimal number means, such as 29.97003; None for one that no clip can have.

    A whole number first, then one of television's, a whole number times 1000/1001, then the nearest simple fraction.
    """
    if not (math.isfinite(fps) and 0 < fps <= MOST_BLENDER_FPS):
        return None
    whole = round(fps)
    if whole and abs(fps / whole - 1) < SAME_RATE:
        return ClipRate(whole, 1)
    nominal = round(fps * NTSC_DENOMINATOR / 1000)
    if nominal and abs(fps * NTSC_DENOMINATOR / (1000 * nominal) - 1) < SAME_RATE:
        return ClipRate(1000 * nominal, NTSC_DENOMINATOR)
    nearest = Fraction(fps).limit_denominator(MOST_DENOMINATOR)
    return ClipRate(nearest.numerator, nearest.denominator) if nearest else None
