"""People's keypoints as a JSON file in OpenPose 1.3's own format (BODY_25, hands, face).

OpenPose knows no orientation: its points are in the pixels of the picture that it was given. These are in the pixels of the
upright photo. Where the photo is stored turned by a quarter (EXIF orientation 5–8), a reader may take them for pixels of the
photo as stored; there the file names its canvas, as ControlNet's do, which other readers pass over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..result.output_file import replaced_when_written
from .edited import Array
from .names import COUNT, PARTS, Part

VERSION = 1.3
FIRST_TURNED_ORIENTATION = 5
DECIMALS = 3  # of a pixel, and of a confidence: OpenPose's own
SMALLEST_CONFIDENCE = 0.001  # the least that is written as more than “not there”

# Readers take an array whose coordinates all lie within ±2 for parts of the picture (0–1 or −1–1), one that is 0, 0 for “not
# there” and −1 for “not found”. A point this far from them all is a point: nobody sees the difference.
RELATIVE_LIMIT = 2.0
CLEAR_OF_LIMIT = 2.01
MARKER, CLEAR_OF_MARKER = -1.0, -1.05
MARKER_TOLERANCE = 0.02
LARGEST_COORDINATE = 999_999.0  # what readers accept

# Names of the core's that may stand in a file: a .blend could hold any text.
KNOWN_DETECTORS = ("openpose", "eyes", "coco")

_KEYS: tuple[tuple[str, Part], ...] = (
    ("pose_keypoints_2d", "body"),
    ("face_keypoints_2d", "face"),
    ("hand_left_keypoints_2d", "left_hand"),
    ("hand_right_keypoints_2d", "right_hand"),
)
_UNUSED = ("pose_keypoints_3d", "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d")


@dataclass(frozen=True)
class PhotoSize:
    """Width and height of the upright photo in pixels, its EXIF orientation (1–8) as stored, and who has found its people.

    `detector` is the core's name for it; empty: OpenPose or the like.
    """

    size: tuple[int, int]
    orientation: int = 1
    detector: str = ""


def write_openpose(path: Path, people: Sequence[Array], photo: PhotoSize) -> None:
    """Write people, each (137, 3) x, y, confidence in pixels of the upright photo; whole or not at all. Raises OSError."""
    text = json.dumps(openpose_document(people, photo), allow_nan=False)
    with replaced_when_written(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def openpose_document(people: Sequence[Array], photo: PhotoSize) -> dict[str, object]:
    """Return the document as JSON's own types. Raises ValueError for a table that is not (137, 3) finite numbers."""
    document: dict[str, object] = {"version": VERSION, "people": [_person(table) for table in people]}
    if photo.detector in KNOWN_DETECTORS:
        document["detector"] = photo.detector
    if photo.orientation >= FIRST_TURNED_ORIENTATION:
        document |= {"canvas_width": photo.size[0], "canvas_height": photo.size[1]}
    return document


def _person(table: Array) -> dict[str, object]:
    if table.shape != (COUNT, 3) or not np.isfinite(table).all():
        raise ValueError(f"not {COUNT} finite keypoints but {table.shape}")
    parts: dict[str, object] = {key: _numbers(table[PARTS[part]]) for key, part in _KEYS}
    return {"person_id": [-1], **parts, **{key: [] for key in _UNUSED}}


def _numbers(part: Array) -> list[float]:
    """x, y, c of each point; all zero for those that are not there, in words that no reader takes for something else."""
    seen = part[:, 2] > 0
    points = np.clip(part[:, :2], -LARGEST_COORDINATE, LARGEST_COORDINATE)
    points = np.where(np.abs(points - MARKER) < MARKER_TOLERANCE, CLEAR_OF_MARKER, points)
    points = np.where(np.all(np.abs(points) < 10**-DECIMALS, axis=1)[:, None], 10**-DECIMALS, points)
    if seen.any() and float(np.abs(points[seen]).max()) <= RELATIVE_LIMIT:
        points[int(np.argmax(seen)), 0] = CLEAR_OF_LIMIT
    sure = np.maximum(np.clip(part[:, 2], 0.0, 1.0), SMALLEST_CONFIDENCE)
    rows = np.where(seen[:, None], np.column_stack([points, sure]), 0.0)
    return [float(value) for value in np.round(rows, DECIMALS).ravel()]
