"""The cues of one person that a photo's pixels give beside keypoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class PhotoCues:
    """The cues of one person; None where nobody looked. The last column of each says how much a row counts, 0 … 1.

    `body_depths` has the depth of each body point along the ray to the person (m, only differences count); `widths` both borders
    of each section of the body (x, y, x, y in px of the upright photo). `is_doubtful`: it may be no photo of a person.
    """

    body_depths: Float[NumpyArray, "25 2"] | None = None
    widths: Float[NumpyArray, "23 5"] | None = None
    is_doubtful: bool = False


NO_CUES = PhotoCues()
