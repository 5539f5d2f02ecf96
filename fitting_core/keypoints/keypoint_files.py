"""Reads a keypoint file of any dialect.

To read another dialect, write `recognises` and `read` for it in a file of its own and add a `Dialect` to `READERS`: the first
that recognises the document, or something inside it, reads it. What is known but not read yet stands in `unread_dialects.py`.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from fitting_core.errors import KeypointFileError
from fitting_core.files.border import reader_border
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.checks import (
    is_usable,
    look_like_body_25b,
    present,
    with_own_hands,
    with_own_sides,
)
from fitting_core.keypoints.coco import (
    frames_of_data_set,
    frames_of_list,
    is_data_set,
    is_person_list,
    read_person_list,
)
from fitting_core.keypoints.confidences import with_sound_confidences
from fitting_core.keypoints.documents import read_document
from fitting_core.keypoints.easy_vitpose import (
    frames_of_easy_vitpose,
    is_easy_vitpose,
    read_easy_vitpose,
)
from fitting_core.keypoints.frames import Dialect, FrameChoice, Frames, choose_frame, find_frames, is_pose
from fitting_core.keypoints.keypoints2d import (
    BODY_COUNT,
    FACE_COUNT,
    HAND_COUNT,
    KeypointFile,
    Keypoints2D,
)
from fitting_core.keypoints.layouts import BODY_25, BODY_25B, to_body_25
from fitting_core.keypoints.mediapipe import is_mediapipe, read_mediapipe
from fitting_core.keypoints.mmpose import frames_of_mmpose, is_mmpose, read_mmpose
from fitting_core.keypoints.named_points import is_named_points, read_named_points
from fitting_core.keypoints.openpose import is_openpose, read_openpose
from fitting_core.keypoints.pixels import PhotoFrame, PixelPeople, to_photo_pixels
from fitting_core.keypoints.point_tables import (
    frames_of_est_joints,
    frames_of_table,
    is_dwpose,
    is_est_joints,
    is_table,
    read_dwpose,
    read_est_joints,
    read_table,
)
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson
from fitting_core.keypoints.regressors import REGRESSORS
from fitting_core.keypoints.sam3d import is_sam3d, read_sam3d
from fitting_core.keypoints.unread_dialects import entries_in_words, name_of_unread

BodyOrder = Literal["BODY_25", "BODY_25B"]
_NEXT_STEP = "Choose the file of keypoints that OpenPose (--write_json), ControlNet or another detector wrote for this photo."

_MOST_NAMED_FRAMES = 5
_MOST_WARNINGS = 60
_SETTLED_NS = 2_000_000_000  # a file that was written this long ago has another time when it is written again

# The first that recognises a document reads it: those that are told by a key of their own come first.
READERS = (
    Dialect("OpenPose or ControlNet", is_openpose, read_openpose),
    Dialect("SAM 3D Body", is_sam3d, read_sam3d),
    *REGRESSORS,
    Dialect("DWPose", is_dwpose, read_dwpose),
    Dialect("SMPLify's est_joints", is_est_joints, read_est_joints, frames_of_est_joints),
    Dialect("easy_ViTPose", is_easy_vitpose, read_easy_vitpose, frames_of_easy_vitpose),
    Dialect("COCO annotations", is_data_set, read_person_list, frames_of_data_set),
    Dialect("MediaPipe", is_mediapipe, read_mediapipe),
    Dialect("MMPose", is_mmpose, read_mmpose, frames_of_mmpose),
    Dialect("COCO results or AlphaPose", is_person_list, read_person_list, frames_of_list),
    Dialect("points by their names", is_named_points, read_named_points),
    Dialect("an array of points", is_table, read_table, frames_of_table),
)


READ_AS_BODY_25B = (
    "the 25 body points were read as BODY_25B, in whose order the bones are short; if the skeleton in the overlay is tangled, "
    "fit with --body-order body_25"
)


@dataclass(frozen=True)
class ReadingOptions:
    """The user's word on a keypoint file: the order of 25 body points, the frame, the size of the picture of its points.

    `body_order` None takes the order in which the bones are short, and says so if that is BODY_25B; `frame` None takes the
    frame of the photo's name or the first; `photo_name` is for files whose frames have the names of pictures.
    """

    body_order: BodyOrder | None = None
    frame: int | None = None
    points_size: tuple[int, int] | None = None
    photo_name: str = ""


def read_keypoint_file(
    path: Path,
    image_size: tuple[int, int],
    orientation: int = 1,
    body_order: BodyOrder | None = None,
    options: ReadingOptions | None = None,
) -> KeypointFile:
    """Read every person of a file, in file order, in pixels of the upright photo (origin top left, y down).

    `image_size` is the width and height of the upright photo and `orientation` its EXIF orientation (1–8), by
    which points of the photo as stored are known and turned. People who cannot be fitted keep their place.
    Raises KeypointFileError naming the file, the value and the next step.
    """
    frame = PhotoFrame(image_size, orientation)
    chosen = ReadingOptions(body_order) if options is None else options
    with keypoint_border(path):
        return _read_frame(_frames_in(path), frame, chosen)


@contextmanager
def keypoint_border(path: Path) -> Generator[None]:
    """Turn every exception of the block into a KeypointFileError that names the file, the reason and the next step."""
    with reader_border(path, KeypointFileError, "keypoint file", _NEXT_STEP):
        try:
            yield
        except KeypointFileError as error:
            raise type(error)(f"{path}: {error}") from error


def read_frames(path: Path) -> Frames:
    """Find the frames of a file without reading their points. Raises KeypointFileError naming the file and the next step."""
    with keypoint_border(path):
        return _frames_in(path)


def _frames_in(path: Path) -> Frames:
    """Return the frames of a file; those of the last file that had several are kept: a batch asks for them one by one."""
    state = path.stat() if path.is_file() else None
    key = (path, state.st_mtime_ns, state.st_size) if state is not None else None
    if key is not None and key == _last.key:
        assert _last.frames is not None, "a key comes with its frames"
        return _last.frames
    frames = find_keypoints(read_document(path))
    if key is not None and len(frames.frames) > 1 and time.time_ns() - key[1] > _SETTLED_NS:
        _last.key, _last.frames = key, frames
    return frames


@dataclass
class _LastFile:
    """The last file of several frames that was read, as it was then."""

    key: tuple[Path, int, int] | None = None
    frames: Frames | None = None


_last = _LastFile()


def find_keypoints(document: JsonValue) -> Frames:
    """Return the frames of a document; KeypointFileError, without the file's name, where it holds none that are read."""
    found = find_frames(document, READERS)
    if found is not None:
        return found
    if is_pose(document):
        raise KeypointFileError(
            "it holds a pose of a body model, and no keypoints. Import it, or give it to a fit as --start, beside the photo."
        )
    unread = name_of_unread(document)
    if unread is not None:
        raise KeypointFileError(
            f"it looks like {unread}, which is not read. Export OpenPose or ControlNet JSON instead."
        )
    raise KeypointFileError(
        'it holds no keypoints: it has no "people" as OpenPose and ControlNet write them, and nothing of another detector\'s '
        f"(it has {entries_in_words(document)}). Choose the keypoint file."
    )


def _read_frame(frames: Frames, photo: PhotoFrame, options: ReadingOptions) -> KeypointFile:
    number, words = choose_frame(frames, FrameChoice(options.frame, options.photo_name))
    raw = with_sound_confidences(frames.read(number))
    if words is not None:
        raw = replace(raw, warnings=(words, *raw.warnings))
    if options.body_order == BODY_25B.name:
        raw = _as_body_25b(raw)
    elif options.body_order is None:
        raw = _in_likely_order(raw)
    pixels = to_photo_pixels(raw, photo, options.points_size)
    file = replace(_checked(raw, pixels), frame_count=max(1, len(frames.frames)))
    return file if file.people else replace(file, empty_frame_note=_filled_frames(frames, number))


def _filled_frames(frames: Frames, empty: int) -> str:
    """Say which other frames hold somebody; an empty text if none does."""
    filled: list[int] = []
    for number in range(len(frames.frames)):
        if number != empty and len(filled) < _MOST_NAMED_FRAMES and _has_people(frames, number):
            filled.append(number)
    if not filled:
        return ""
    which = f"frame {filled[0]} has" if len(filled) == 1 else f"frames {', '.join(map(str, filled))} have"
    return f"Frame {empty} holds nobody, but {which} people: choose with --frame {filled[0]}."


def _has_people(frames: Frames, number: int) -> bool:
    try:
        return bool(frames.read(number).people)
    except KeypointFileError:
        return False


def _in_likely_order(raw: RawKeypoints) -> RawKeypoints:
    bodies = [person.body for person in raw.people if person.layout is BODY_25 and person.body is not None]
    if not look_like_body_25b(bodies):
        return raw
    return replace(_as_body_25b(raw), warnings=(*raw.warnings, READ_AS_BODY_25B))


def _as_body_25b(raw: RawKeypoints) -> RawKeypoints:
    people = tuple(
        replace(person, layout=BODY_25B) if person.layout is BODY_25 else person for person in raw.people
    )
    return replace(raw, people=people, dialect=raw.dialect.replace(BODY_25.name, BODY_25B.name))


def _checked(raw: RawKeypoints, pixels: PixelPeople) -> KeypointFile:
    people: list[Keypoints2D] = []
    warnings = [*raw.warnings, *pixels.warnings]
    for index, person in enumerate(pixels.people):
        sided, side_words = with_own_sides(_keypoints(person, raw), index)
        keypoints, hand_words = with_own_hands(sided, index)
        people.append(keypoints)
        warnings.extend((*side_words, *hand_words))
        if not is_usable(keypoints):
            warnings.append(f"person {index}: too few confident body points to fit")
    spaces = [space for space in pixels.spaces if space != "pixels"]
    dialect = f"{raw.dialect}, coordinates {' and '.join(pixels.spaces)}" if spaces else raw.dialect
    return KeypointFile(
        tuple(people),
        dialect,
        _bounded(warnings),
        depths=raw.depths,
        focal_px=raw.focal_px,
        is_of_unknown_size=pixels.is_of_unknown_size,
        names_size=pixels.names_size,
    )


def _bounded(warnings: list[str]) -> tuple[str, ...]:
    """Return the warnings, those beyond the first few counted only: a crowd may have one a person."""
    if len(warnings) <= _MOST_WARNINGS:
        return tuple(warnings)
    more = len(warnings) - _MOST_WARNINGS + 1
    return (*warnings[: _MOST_WARNINGS - 1], f"and {more} more oddities of this kind")


def _keypoints(person: RawPerson, raw: RawKeypoints) -> Keypoints2D:
    body = np.zeros((BODY_COUNT, 3)) if person.body is None else to_body_25(person.body, person.layout)
    return Keypoints2D(
        body=body,
        left_hand=_part(person.left_hand, HAND_COUNT),
        right_hand=_part(person.right_hand, HAND_COUNT),
        face=_part(person.face, FACE_COUNT),
        detector=raw.detector,
    )


def _part(points: Points | None, count: int) -> Points:
    """Return a hand or face of full length; zero when it was not found or only guessed at."""
    part = np.zeros((count, 3))
    if points is not None and present(points):
        part[: len(points)] = points
    return part
