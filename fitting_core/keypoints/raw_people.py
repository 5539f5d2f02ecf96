"""People as the reader of a dialect hands them on: points as the file has them, not yet pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from fitting_core.arrays import NumpyArray
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.detector_habits import DetectorName
from fitting_core.keypoints.layouts import BODY_25, BodyLayout

if TYPE_CHECKING:
    from jaxtyping import Float64

    Points: TypeAlias = Float64[NumpyArray, "_ 3"]
else:
    Points = NumpyArray


JsonObject = dict[str, JsonValue]

# x, y in the file's own units, confidence as written. A row counts as seen when its confidence is above zero.


@dataclass(frozen=True, eq=False)
class RawPerson:
    """One person as written; a part that the file leaves out is None. `layout` is the order of the body's points."""

    body: Points | None = None
    left_hand: Points | None = None
    right_hand: Points | None = None
    face: Points | None = None
    layout: BodyLayout = BODY_25

    def parts(self) -> tuple[Points, ...]:
        """Return the parts that are there."""
        return tuple(
            part for part in (self.body, self.left_hand, self.right_hand, self.face) if part is not None
        )

    def mapped(self, change: Callable[[Points], Points]) -> RawPerson:
        """Return the person with every part that is there changed."""
        body, left, right, face = (
            None if part is None else change(part)
            for part in (self.body, self.left_hand, self.right_hand, self.face)
        )
        return replace(self, body=body, left_hand=left, right_hand=right, face=face)


@dataclass(frozen=True, eq=False)
class RawKeypoints:
    """All people of one file as written, with what is needed to turn them into pixels of the photo."""

    people: tuple[RawPerson, ...]
    dialect: str
    canvas: tuple[float, float] | None = None
    """Width and height of the picture that pixel coordinates refer to, where the file says so."""
    warnings: tuple[str, ...] = ()
    detector: DetectorName = "openpose"
    depths: tuple[NumpyArray | None, ...] = ()
    """For each person (25, 2): depth of BODY_25's points (m, only differences count) and its worth 0–1, where the file has it."""
    focal_px: float | None = None
    """Focal length in pixels of the photo, where the file says so."""
