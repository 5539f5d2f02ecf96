"""Finds the keypoint file of a photo by its name, as the programs that people use name their files.

OpenPose writes NAME_keypoints.json, and numbers a video's frames from 0 with twelve digits; MMPose writes results_NAME.json;
others add their own endings, or keep the photo's ending. Letters are compared in one composition (a Mac decomposes é), whatever
their case. SMPLify-X keeps photos in images/ and keypoints in keypoints/ beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from .folder_listing import ENDINGS, KEYPOINT_SUFFIXES, FolderListing, folded, listing_of, number_of

_SUBFOLDERS = ("keypoints", "openpose", "json", "predictions")
_PREFIXES = ("", "results_", "pose_", "keypoints_", "openpose_")
# Endings of photos that a detector has drawn on.
_DRAWN = ("_rendered", "_openpose", "_vis", "_overlay")
_OURS = ("summary.json", "camera.json", "package.json")
_MOST_LISTED = 5


def keypoint_folders(photo: Path, where: Path | None) -> tuple[Path, ...]:
    """Return the folders that may hold a photo's keypoint file, the likeliest first."""
    if where is not None:
        return (where,)
    parent = photo.parent
    beside = parent / ".." if parent.name in ("", ".") else parent.parent
    own = tuple(parent / name for name in _SUBFOLDERS)
    return (parent, *own, *(beside / name for name in _SUBFOLDERS))


def named_keypoints(photo: Path, folders: Sequence[Path]) -> Path | None:
    """Return the keypoint file of a photo in the first folder that has one; None if none does.

    Frames that are numbered in another way are told by their place among the photos beside them.
    """
    direct = (folder / f"{photo.stem}{ending}.json" for folder in folders for ending in ENDINGS[:2])
    first = next((path for path in direct if _is_there(path)), None)
    if first is not None:
        return first
    listed = [(folder, listing) for folder in folders if (listing := listing_of(folder)).keypoints]
    if not listed:
        return None
    wanted = _wanted_names(photo)
    for folder, listing in listed:
        for name in wanted:
            if name in listing.by_name:
                return folder / listing.by_name[name]
    frames = listing_of(photo.parent)
    for folder, listing in listed:
        numbered = _numbered_like(photo, frames, listing)
        if numbered is not None:
            return folder / numbered
    return None


def unmatched_keypoints(photo: Path, folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of a few keypoint files in the folders that are named after none of the photos beside this one."""
    listings = tuple(listing_of(folder) for folder in folders)
    return _unmatched(listing_of(photo.parent), listings)


@lru_cache(maxsize=8)
def _unmatched(beside: FolderListing, listings: tuple[FolderListing, ...]) -> tuple[str, ...]:
    named = [
        name
        for listing in listings
        for name in listing.keypoints
        if name.lower().endswith(".json") and name.lower() not in _OURS
    ]
    if not named:
        return ()
    known = {folded(form) for photo in beside.photos for form in (photo, Path(photo).stem)}
    return tuple(name for name in named if known.isdisjoint(_stems_in(name)))[:_MOST_LISTED]


def _stems_in(name: str) -> set[str]:
    """Return the names of photos that a keypoint file may be of, by taking off what programs add."""
    stem = folded(Path(name).stem)
    return {
        stem.removeprefix(prefix).removesuffix(ending)
        for prefix in _PREFIXES
        for ending in ENDINGS
        if stem.startswith(prefix) and stem.endswith(ending)
    }


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
        folded(f"{prefix}{stem}{ending}{suffix}")
        for suffix in KEYPOINT_SUFFIXES
        for prefix in _PREFIXES
        for stem in stems
        for ending in ENDINGS
        if suffix == ".json" or ending == "_keypoints"
    ]


def _numbered_like(photo: Path, frames: FolderListing, files: FolderListing) -> str | None:
    """Return the file of a frame whose number is written or counted in another way; None if that cannot be told."""
    own = number_of(photo.stem)
    return None if own is None else _files_of_frames(frames, files, own[0]).get(own[1])


@lru_cache(maxsize=32)
def _files_of_frames(frames: FolderListing, files: FolderListing, beginning: str) -> Mapping[int, str]:
    """Return the keypoint files of the photos whose names have this beginning and a number, by that number.

    The number itself decides where photos and files have the same numbers, and else the place where they are equally many.
    """
    numbers, named = frames.photo_numbers.get(beginning, ()), files.keypoint_numbers.get(beginning, {})
    if set(numbers) <= named.keys():
        return named
    if len(numbers) != len(named):
        return {}
    return dict(zip(numbers, (named[number] for number in sorted(named)), strict=True))
