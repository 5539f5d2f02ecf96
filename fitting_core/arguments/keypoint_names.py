"""Finds the keypoint file of a photo by its name, as the programs that people use name their files.

OpenPose writes NAME_keypoints.json, and numbers a video's frames from 0 with twelve digits; MMPose writes results_NAME.json;
others add endings or beginnings of their own, or keep the photo's ending. Letters are compared in one composition (a Mac
decomposes é), whatever their case. SMPLify-X keeps photos in images/ and keypoints in keypoints/ beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from .folder_listing import (
    ENDINGS,
    KEYPOINT_SUFFIXES,
    FolderListing,
    folded,
    listing_of,
    name_endings,
    number_of,
)

KEYPOINT_SUBFOLDERS = ("keypoints", "openpose", "json", "predictions", "pred", "preds")
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
    own = tuple(parent / name for name in KEYPOINT_SUBFOLDERS)
    return (parent, *own, *(beside / name for name in KEYPOINT_SUBFOLDERS))


def named_keypoints(photo: Path, folders: Sequence[Path]) -> Path | None:
    """Return the keypoint file of a photo in the first folder that has one; None if none does.

    A file with another program's words before the photo's name is taken where it is the only one. Frames that are numbered in
    another way are told by their place among the photos beside them.
    """
    direct = (folder / f"{photo.stem}{ending}.json" for folder in folders for ending in ENDINGS[:2])
    first = next((path for path in direct if _is_there(path)), None)
    if first is not None:
        return first
    listed = [(folder, listing) for folder in folders if (listing := listing_of(folder)).keypoints]
    if not listed:
        return None
    frames = listing_of(photo.parent)
    for find in (_named_as(photo), _ending_alone, _numbered_like):
        for folder, listing in listed:
            name = find(photo, frames, listing)
            if name is not None:
                return folder / name
    return None


def unmatched_keypoints(photo: Path, folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of a few keypoint files that may be of a photo without one.

    Several whose names end with the photo's come first, then those that are named after none of the photos beside it.
    """
    listings = tuple(listing_of(folder) for folder in folders)
    beside = listing_of(photo.parent)
    several = (name for listing in listings for name in _ending_with(photo, beside, listing))
    return (*several, *_unmatched(beside, listings))[:_MOST_LISTED]


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
    owned = {
        name for listing in listings for names in _files_by_photo(beside, listing).values() for name in names
    }
    return tuple(
        name for name in named if name not in owned and beside.photo_names.isdisjoint(_stems_in(name))
    )[:_MOST_LISTED]


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


def _named_as(photo: Path) -> Callable[[Path, FolderListing, FolderListing], str | None]:
    """Return what finds a file under one of the names that a photo's keypoint file may have."""
    wanted = _wanted_names(photo)
    return lambda _photo, _frames, files: next(
        (files.by_name[name] for name in wanted if name in files.by_name), None
    )


def _ending_alone(photo: Path, frames: FolderListing, files: FolderListing) -> str | None:
    """Return the file whose name ends with a photo's, where there is but one."""
    names = _ending_with(photo, frames, files)
    return names[0] if len(names) == 1 else None


def _ending_with(photo: Path, frames: FolderListing, files: FolderListing) -> tuple[str, ...]:
    """Return the keypoint files whose names end with a photo's, and with no longer name of another photo beside it."""
    owned = _files_by_photo(frames, files)
    return owned.get(folded(photo.stem)) or owned.get(folded(photo.name)) or ()


@lru_cache(maxsize=32)
def _files_by_photo(frames: FolderListing, files: FolderListing) -> Mapping[str, tuple[str, ...]]:
    """Return the keypoint files whose names end with a photo's, by that; the first of those that differ in their suffix only."""
    found: dict[str, dict[str, str]] = {}
    for name in files.keypoints:
        owner = next((ending for ending in name_endings(name) if ending in frames.photo_names), None)
        if owner is not None:
            found.setdefault(owner, {}).setdefault(Path(name).stem, name)
    return {owner: tuple(names.values()) for owner, names in found.items()}


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
