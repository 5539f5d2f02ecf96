"""The keypoint files of a clip's frames: where they lie, which frame each is of, and the people in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fitting_core.arguments.folder_listing import listing_of
from fitting_core.arguments.keypoint_names import keypoint_folders, named_keypoints
from fitting_core.arrays import NumpyArray
from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import (
    READ_AS_BODY_25B,
    BodyOrder,
    ReadingOptions,
    read_frames,
    read_keypoint_file,
)
from fitting_core.keypoints.keypoints2d import Keypoints2D

from .clip import Clip
from .picture_files import PictureFiles

# Names of the folder beside a movie that programs write its frames' keypoints to, after the movie's own.
_FOLDER_ENDINGS = ("", "_keypoints", "_json", "_openpose")
_FILE_ENDINGS = ("_keypoints.json", ".json")
_MOST_WARNINGS = 5
_FRAMES_THAT_VOTE = 25  # on the order of body points


@dataclass(frozen=True)
class FrameKeypoints:
    """The keypoints of one frame: a file, and which of its frames they are (None: its only one)."""

    file: Path
    number: int | None = None


@dataclass(frozen=True, eq=False)
class ReadPeople:
    """The people of every frame of a sequence; `missing` frames have no file."""

    people: tuple[tuple[Keypoints2D, ...], ...]
    missing: int
    dialect: str
    warnings: tuple[str, ...]


def keypoints_of_clip(clip: Clip, where: Path | None) -> dict[int, FrameKeypoints]:
    """Return the keypoints of the clip's frames by their numbers; empty where there are none beside the clip.

    `where` is the folder or file that the user names. Raises KeypointFileError where that holds none.
    """
    if isinstance(clip, PictureFiles) and (where is None or where.is_dir()):
        found = _of_pictures(clip.files, where) or (_in_folder(where) if where is not None else {})
    elif where is not None:
        found = _in_folder(where) if where.is_dir() else _in_file(where)
    else:
        found = _beside(clip.path)
    if where is not None and not found:
        raise KeypointFileError(
            f"{where} holds no keypoint files of {clip.path.name}'s frames. Give the folder that OpenPose's --write_json wrote."
        )
    return found


def _of_pictures(files: Sequence[Path], where: Path | None) -> dict[int, FrameKeypoints]:
    paths = [named_keypoints(path, keypoint_folders(path, where)) for path in files]
    return {number: FrameKeypoints(path) for number, path in enumerate(paths) if path is not None}


def keypoints_named_after(movie: Path, folder: Path) -> Path | None:
    """Return the folder or file in `folder` that holds the keypoints of a movie's frames, by its name; None without one."""
    for ending in _FOLDER_ENDINGS:
        if _in_folder(named := folder / f"{movie.stem}{ending}"):
            return named
    files = (folder / f"{movie.stem}{ending}" for ending in _FILE_ENDINGS)
    return next((path for path in files if path.is_file()), None)


def _beside(movie: Path) -> dict[int, FrameKeypoints]:
    found = keypoints_named_after(movie, movie.parent)
    if found is None:
        return {}
    return _in_folder(found) if found.is_dir() else _in_file(found)


def _in_folder(folder: Path) -> dict[int, FrameKeypoints]:
    """Return the files by the numbers at the ends of their names: the longest row of them, from 0, or from 1 without a 0."""
    rows = listing_of(folder).keypoint_numbers
    if not rows:
        return {}
    longest = max(rows.values(), key=len)
    first = 0 if min(longest) == 0 else 1
    return {number - first: FrameKeypoints(folder / name) for number, name in longest.items()}


def _in_file(file: Path) -> dict[int, FrameKeypoints]:
    return {number: FrameKeypoints(file, number) for number in range(len(read_frames(file).frames))}


def read_people(
    found: dict[int, FrameKeypoints],
    numbers: NumpyArray,
    size: tuple[int, int],
    body_order: BodyOrder | None,
    points_size: tuple[int, int] | None,
) -> ReadPeople:
    """Read the people of some frames of the clip; a frame without a file has nobody. Raises KeypointFileError.

    All frames have one order of 25 body points: that in which most of them look, unless it is given.
    """
    warnings: dict[str, None] = {}
    if body_order is None and _most_are_body_25b(found, numbers, size, points_size):
        body_order = "BODY_25B"
        warnings[READ_AS_BODY_25B] = None
    people: list[tuple[Keypoints2D, ...]] = []
    dialect, missing = "", 0
    for number in numbers:
        where = found.get(int(number))
        if where is None:
            people.append(())
            missing += 1
            continue
        options = ReadingOptions(body_order or "BODY_25", where.number, points_size)
        file = read_keypoint_file(where.file, size, options=options)
        people.append(file.people)
        dialect = dialect or file.dialect
        for words in file.warnings[: _MOST_WARNINGS if len(warnings) < _MOST_WARNINGS else 0]:
            warnings.setdefault(f"{where.file.name}: {words}")
    if missing == len(people):
        raise KeypointFileError(
            f"None of the frames {int(numbers[0])} to {int(numbers[-1])} has keypoints: the files are of frames {min(found)} to "
            f"{max(found)}. Check --start and --end, or the folder."
        )
    return ReadPeople(tuple(people), missing, dialect, tuple(warnings)[:_MOST_WARNINGS])


def _most_are_body_25b(
    found: dict[int, FrameKeypoints],
    numbers: NumpyArray,
    size: tuple[int, int],
    points_size: tuple[int, int] | None,
) -> bool:
    """Return True if most of some frames all over the clip look like BODY_25B."""
    there = [found[int(number)] for number in numbers if int(number) in found]
    step = -(-len(there) // _FRAMES_THAT_VOTE) or 1
    files = [
        read_keypoint_file(where.file, size, options=ReadingOptions(None, where.number, points_size))
        for where in there[::step]
    ]
    votes = [READ_AS_BODY_25B in file.warnings for file in files if file.people]
    return 2 * sum(votes) > len(votes)
