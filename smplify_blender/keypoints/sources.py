"""The sources of keypoints to edit: a fit's person_NN.npz, or an inspection's findings in a keypoint file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from ..result.errors import ResultError
from ..result.read_body import read_bytes
from ..result.safe_npz import ArraySpec, NpzReader
from .edited import Array, EditedKeypoints, edited_from_table
from .names import COUNT

MAX_COORDINATE_PX = 1e6  # the core's own limit; a larger number is damage
MAX_PEOPLE = 500  # as the core reads


@dataclass(frozen=True, eq=False)
class PhotoPeople:
    """All people of a photo, of whom one is edited: tables (137, 3) in the keypoint file's order, and the chosen number.

    `detector` is the core's name for whoever has found them; empty: OpenPose or the like, or the user's own hand.
    """

    people: tuple[Array, ...]
    number: int = 0
    detector: str = ""

    @property
    def chosen(self) -> EditedKeypoints:
        """The one who is edited, as detected."""
        return edited_from_table(self.people[self.number])

    def with_chosen(self, table: Array) -> tuple[Array, ...]:
        """Everybody, the edited one replaced, so that all keep their numbers."""
        return (*self.people[: self.number], table, *self.people[self.number + 1 :])


def read_fitted_keypoints(path: Path) -> Array:
    """(137, 3) the keypoints that a fit has used. Raises `ResultError` where the file is damaged or is no result."""
    reader = NpzReader(read_bytes(path), path.name, {}, {})
    table = cast("Array", reader.read("keypoints", ArraySpec("f", (COUNT, 3)))).astype(np.float64)
    if float(np.abs(table).max()) > MAX_COORDINATE_PX:
        raise ResultError(f"{path.name} has keypoints beyond {MAX_COORDINATE_PX:g} px. Run the fit again.")
    return table


def found_people(
    people: Sequence[Sequence[Sequence[float]]], number: int, detector: str = ""
) -> PhotoPeople | None:
    """Return an inspection's findings as people to edit, each 137 × (x, y, confidence); None where there is no such person."""
    if not 0 <= number < len(people):
        return None
    return PhotoPeople(tuple(np.array(person, dtype=np.float64) for person in people), number, detector)
