"""The photos and keypoint files of a folder by name, listed once for all photos in it: a folder may hold a hundred thousand."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
KEYPOINT_SUFFIXES = (".json", ".npz", ".npy", ".pkl")
# What programs add to a photo's name, the likeliest first.
ENDINGS = (
    "_keypoints", "", "_pose", "_openpose", "_dwpose", "_kpts", "_keypoint", "_keypoints_2d", "-keypoints", "_openpose_keypoints",
)  # fmt: skip
_NUMBERED = re.compile(r"(.*?)(\d+)")
_MOST_DIGITS = 18
_BETWEEN_WORDS = re.compile(r"[_\- .]+")
_MOST_WORDS_BEFORE = 4  # of a program and its model before a photo's name
_MOST_ENTRIES = 100_000  # keypoint files of a folder
_SETTLED_NS = (
    2_000_000_000  # a folder that was changed this long ago has another time when it is changed again
)


@dataclass(frozen=True, eq=False)
class FolderListing:
    """The names of the photos and of the keypoint files in a folder, in order."""

    photos: tuple[str, ...]
    keypoints: tuple[str, ...]

    @cached_property
    def by_name(self) -> Mapping[str, str]:
        """The keypoint files by their names without case and composition; the first of those that are the same."""
        return {folded(name): name for name in reversed(self.keypoints)}

    @cached_property
    def photo_names(self) -> frozenset[str]:
        """The photos' names without case and composition, with their ending and without it."""
        return frozenset(folded(form) for name in self.photos for form in (name, Path(name).stem))

    @cached_property
    def photo_numbers(self) -> Mapping[str, tuple[int, ...]]:
        """The numbers at the ends of the photos' names, in order, by what stands before them."""
        numbers: dict[str, set[int]] = {}
        for name in self.photos:
            number = number_of(Path(name).stem)
            if number is not None:
                numbers.setdefault(number[0], set()).add(number[1])
        return {beginning: tuple(sorted(found)) for beginning, found in numbers.items()}

    @cached_property
    def keypoint_numbers(self) -> Mapping[str, Mapping[int, str]]:
        """The keypoint files by the numbers at the ends of their names, by what stands before them."""
        numbers: dict[str, dict[int, str]] = {}
        for name in self.keypoints:
            number = number_of(_stem_of(name))
            if number is not None:
                numbers.setdefault(number[0], {})[number[1]] = name
        return numbers


def listing_of(folder: Path) -> FolderListing:
    """Return the listing of a folder; an empty one where it cannot be read. It is kept until the folder changes."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):
        return _EMPTY
    if time.time_ns() - changed < _SETTLED_NS:
        return _listed(folder)
    return _kept(folder, changed)


@lru_cache(maxsize=32)
def _kept(folder: Path, changed: int) -> FolderListing:
    del changed  # part of the key: a folder that has changed is listed anew
    return _listed(folder)


def _listed(folder: Path) -> FolderListing:
    try:
        with os.scandir(folder) as entries:
            known = [
                (entry, suffix)
                for entry in entries
                if (suffix := os.path.splitext(entry.name)[1].lower()) in PHOTO_SUFFIXES + KEYPOINT_SUFFIXES
            ]
            photos = sorted(entry.name for entry, suffix in known if suffix in PHOTO_SUFFIXES)
            files = (entry.name for entry, suffix in known if suffix in KEYPOINT_SUFFIXES and entry.is_file())
            keypoints = sorted(islice(files, _MOST_ENTRIES))
    except (OSError, ValueError):
        return _EMPTY
    return FolderListing(tuple(photos), tuple(keypoints))


_EMPTY = FolderListing((), ())


def folded(name: str) -> str:
    """Return what is the same for names that differ in case or in the composition of letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def number_of(stem: str) -> tuple[str, int] | None:
    """Return the beginning and the number at the end of a name."""
    found = _NUMBERED.fullmatch(stem)
    return (folded(found[1]), int(found[2])) if found and len(found[2]) <= _MOST_DIGITS else None


def name_endings(name: str) -> tuple[str, ...]:
    """Return what a keypoint file's name may have of its photo's, without case and composition, the longest first.

    It is the name without its first words, and without what a program has added behind it. Arrays have to say that they are
    keypoints.
    """
    whole = folded(os.path.splitext(name)[0])
    bare = _stem_of(folded(name))
    stems = (
        (whole, bare) if name.lower().endswith(".json") else (bare,) if whole.endswith("keypoints") else ()
    )
    found = {
        stem[start:]
        for stem in stems
        for start in (
            0,
            *(gap.end() for gap in islice(_BETWEEN_WORDS.finditer(stem), _MOST_WORDS_BEFORE)),
        )
    }
    return tuple(sorted(found, key=len, reverse=True))


def _stem_of(name: str) -> str:
    """Return the name of a keypoint file without what a program has added."""
    stem = Path(name).stem
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if ending and stem.endswith(ending):
            return stem.removesuffix(ending)
    return stem
