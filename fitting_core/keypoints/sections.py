"""The sections of a body whose widths are seen in a photo: of the trunk and of each segment of the limbs, at some heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float

_SIDES = ("left", "right")


@dataclass(frozen=True)
class Section:
    """A section across a bone: `share` of the way from its start to its end, each the middle of some named points.

    The names are those of BODY_25's keypoints and of the body's joints alike. `owners` are the joints whose skin it cuts.
    """

    name: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    share: float
    owners: tuple[str, ...]

    @property
    def is_trunk(self) -> bool:
        """True for a section of the trunk."""
        return len(self.start) > 1

    @property
    def kind(self) -> str:
        """The name without its side."""
        return self.name.removeprefix("left_").removeprefix("right_")

    def point(self, places: dict[str, Float[NumpyArray, " axes"]]) -> Float[NumpyArray, " axes"]:
        """Return the section's place on its bone, given the points by name."""
        start, end = self.ends(places)
        return start + self.share * (end - start)

    def ends(
        self, places: dict[str, Float[NumpyArray, " axes"]]
    ) -> tuple[Float[NumpyArray, " axes"], Float[NumpyArray, " axes"]]:
        """Return both ends of its bone, given the points by name."""
        return _middle(places, self.start), _middle(places, self.end)


def _middle(places: dict[str, NumpyArray], names: Sequence[str]) -> NumpyArray:
    return np.mean([places[name] for name in names], axis=0)


_SHOULDERS = tuple(f"{side}_shoulder" for side in _SIDES)
_HIPS = tuple(f"{side}_hip" for side in _SIDES)
_TRUNK_OWNERS = ("pelvis", "spine1", "spine2", "spine3", *_HIPS)


def _trunk(name: str, share: float) -> Section:
    return Section(name, _SHOULDERS, _HIPS, share, _TRUNK_OWNERS)


def _limb(name: str, start: str, end: str, *shares: float) -> list[Section]:
    """Return the sections of a segment of both limbs."""
    bones = [(side, f"{side}_{start}", f"{side}_{end}") for side in _SIDES]
    return [
        Section(f"{side}_{name}", (first,), (last,), share, (first,))
        for side, first, last in bones
        for share in shares
    ]


SECTIONS = (
    _trunk("chest", 0.45),
    _trunk("waist", 0.6),
    _trunk("waist", 0.7),
    _trunk("belly", 0.8),
    _trunk("belly", 0.9),
    *_limb("upper_arm", "shoulder", "elbow", 0.55, 0.7),
    *_limb("forearm", "elbow", "wrist", 0.3, 0.55),
    *_limb("thigh", "hip", "knee", 0.45, 0.6, 0.75),
    *_limb("shin", "knee", "ankle", 0.3, 0.5),
)
SECTION_COUNT = len(SECTIONS)  # 23
