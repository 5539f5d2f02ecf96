"""Finds the keypoint file of a photo by its name, as the programs that people use name their files.

OpenPose writes NAME_keypoints.json, and numbers a video's frames from 0 with twelve digits; MMPose writes results_NAME.json;
others add their own endings, or keep the photo's ending. Letters are compared in one composition (a Mac decomposes é), whatever
their case. SMPLify-X keeps photos in images/ and keypoints in keypoints/ beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

KEYPOINT_SUFFIXES = (".json", ".npz", ".npy", ".pkl")
_SUBFOLDERS = ("keypoints", "openpose", "json", "predictions")
_ENDINGS = (
    "_keypoints", "", "_pose", "_openpose", "_dwpose", "_kpts", "_keypoint", "_keypoints_2d", "-keypoints", "_openpose_keypoints",
)  # fmt: skip
_PREFIXES = ("", "results_", "pose_", "keypoints_", "openpose_")
# Endings of photos that a detector has drawn on.
_DRAWN = ("_rendered", "_openpose", "_vis", "_overlay")
_NUMBERED = re.compile(r"(.*?)(\d+)")
_OURS = ("summary.json", "camera.json", "package.json")
_MOST_LISTED = 5
_MOST_ENTRIES = 100_000  # of a folder


def keypoint_folders(photo: Path, where: Path | None) -> tuple[Path, ...]:
    """Return the folders that may hold a photo's keypoint file, the likeliest first."""
    if where is not None:
        return (where,)
    parent = photo.parent
    beside = parent / ".." if parent.name in ("", ".") else parent.parent
    own = tuple(parent / name for name in _SUBFOLDERS)
    return (parent, *own, *(beside / name for name in _SUBFOLDERS))


def named_keypoints(photo: Path, folders: Sequence[Path], photos: Iterable[str]) -> Path | None:
    """Return the keypoint file of a photo in the first folder that has one; None if none does.

    `photos` are the names of all photos beside it: frames that are numbered in another way are told by their place among them.
    """
    direct = (folder / f"{photo.stem}{ending}.json" for folder in folders for ending in _ENDINGS[:2])
    first = next((path for path in direct if _is_there(path)), None)
    if first is not None:
        return first
    wanted = _wanted_names(photo)
    listed = [(folder, keypoint_files_in(folder)) for folder in folders]
    for folder, names in listed:
        by_name = {_folded(name): name for name in reversed(names)}
        for name in wanted:
            if name in by_name:
                return folder / by_name[name]
    known = list(photos)
    for folder, names in listed:
        numbered = _numbered_like(photo.name, known, names)
        if numbered is not None:
            return folder / numbered
    return None


def unmatched_keypoints(photo: Path, folders: Sequence[Path], photos: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a few keypoint files in the folders that are named after none of the photos."""
    named = [
        name
        for folder in folders
        for name in keypoint_files_in(folder)
        if name.lower().endswith(".json") and name.lower() not in _OURS
    ]
    if not named:
        return ()
    known = {_folded(form) for other in photos for form in (other, Path(other).stem)}
    unmatched = [name for name in named if known.isdisjoint(_stems_in(name))]
    return tuple(unmatched[:_MOST_LISTED])


def _stems_in(name: str) -> set[str]:
    """Return the names of photos that a keypoint file may be of, by taking off what programs add."""
    stem = _folded(Path(name).stem)
    return {
        stem.removeprefix(prefix).removesuffix(ending)
        for prefix in _PREFIXES
        for ending in _ENDINGS
        if stem.startswith(prefix) and stem.endswith(ending)
    }


def keypoint_files_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder that may hold keypoints, in order; none where it cannot be read."""
    names: list[str] = []
    try:
        for number, path in enumerate(folder.iterdir()):
            if number >= _MOST_ENTRIES:
                break
            if path.suffix.lower() in KEYPOINT_SUFFIXES and path.is_file():
                names.append(path.name)
    except (OSError, ValueError):
        return []
    return sorted(names)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long for this system
        return False


def _wanted_names(photo: Path) -> list[str]:
    """Return the names that a photo's keypoint file may have, the likeliest first."""
    stems = [photo.stem, photo.name]
    stems += [photo.stem.removesuffix(ending) for ending in _DRAWN if photo.stem.endswith(ending)]
    return [
        _folded(f"{prefix}{stem}{ending}{suffix}")
        for suffix in KEYPOINT_SUFFIXES
        for prefix in _PREFIXES
        for stem in stems
        for ending in _ENDINGS
        if suffix == ".json" or ending == "_keypoints"
    ]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _number_of(stem: str) -> tuple[str, int] | None:
    """Return the beginning and the number at the end of a name."""
    found = _NUMBERED.fullmatch(stem)
    return (_folded(found[1]), int(found[2])) if found and len(found[2]) <= 18 else None


def _stem_of(name: str) -> str:
    """Return the name of a keypoint file without what a program has added."""
    stem = Path(name).stem
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if ending and stem.endswith(ending):
            return stem.removesuffix(ending)
    return stem


def _numbered_like(photo: str, photos: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the file of a frame whose number is written or counted in another way; None if that cannot be told.

    The number itself decides where photos and files have the same numbers, and else the place where they are equally many.
    """
    own = _number_of(Path(photo).stem)
    if own is None:
        return None
    frames = {number[1] for name in photos if (number := _number_of(Path(name).stem)) and number[0] == own[0]}
    files = {
        number[1]: name for name in names if (number := _number_of(_stem_of(name))) and number[0] == own[0]
    }
    if frames <= files.keys() and own[1] in files:
        return files[own[1]]
    if len(frames) != len(files):
        return None
    return files[sorted(files)[sorted(frames).index(own[1])]]
