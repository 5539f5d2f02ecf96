"""The photos and clips in a folder, where the keypoints of each lie, and distinct names for what is made of them."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fitting_core.arguments.folder_listing import PHOTO_SUFFIXES
from fitting_core.arguments.keypoint_names import (
    keypoint_folders,
    named_keypoints,
    unmatched_keypoints,
)
from fitting_core.errors import RequestError

MOVIE_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp", ".wmv", ".flv", ".mxf", ".ogv",
)  # fmt: skip
_MOST_NAMED_FOLDERS = 3
_LONGEST_NAME_BYTES = 240  # of 255: leaves room for endings
# Of the tables, pages and lists beside the results.
_RESERVED_NAMES = ("summary.csv", "summary.json", "people.jsonl", "batch.jsonl", "index.html")


@dataclass(frozen=True)
class FolderContent:
    """The photos and the movies of a folder, each by name, folder by folder."""

    photos: tuple[Path, ...]
    clips: tuple[Path, ...]


def photos_in(folder: Path) -> tuple[Path, ...]:
    """Return the photos of a folder, by name; hidden files and what lies in subfolders are left alone.

    Raises RequestError where `folder` is none, cannot be read or holds no photo.
    """
    return content_of(folder, with_clips=False).photos


def content_of(folder: Path, with_clips: bool) -> FolderContent:
    """Return the photos of a folder and, `with_clips`, its movies; hidden files and subfolders are left alone.

    Raises RequestError where `folder` is none, cannot be read or holds nothing of the kind.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except NotADirectoryError:
        raise RequestError(f"{folder} is not a folder. Name the folder that holds the photos.") from None
    except OSError as problem:
        raise RequestError(f"{folder} cannot be read: {problem.strerror}. Name a folder of photos.") from None
    content = _sorted_out(entries, with_clips)
    if not content.photos and not content.clips:
        inner = _photo_folders_in(entries)
        advice = f"but {' and '.join(inner)} in it does: name that" if inner else "Name another folder"
        link = ", " if inner else ". "
        raise RequestError(f"{folder} holds {_nothing(with_clips)}{link}{advice}.")
    return content


def content_under(folder: Path, apart_from: Path, with_clips: bool) -> FolderContent:
    """Return the photos, and `with_clips` the movies, of a folder and of all folders in it.

    Hidden files and folders are left alone, linked folders, and what lies in `apart_from`. Raises RequestError where `folder` is
    none, cannot be read, or nothing of the kind lies in any of them.
    """
    if not folder.is_dir():
        return content_of(folder, with_clips)
    found: list[Path] = []
    other = apart_from.resolve()
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (here / name).resolve() != other
        )
        found += (here / name for name in sorted(names))
    content = _sorted_out(found, with_clips)
    if not content.photos and not content.clips:
        raise RequestError(
            f"{folder} and the folders in it hold {_nothing(with_clips)}. Name another folder."
        )
    return content


def _sorted_out(paths: Sequence[Path], with_clips: bool) -> FolderContent:
    photos = tuple(path for path in paths if _is_photo(path))
    return FolderContent(photos, tuple(path for path in paths if with_clips and _is_movie(path)))


def _nothing(with_clips: bool) -> str:
    return f"no photo ({', '.join(PHOTO_SUFFIXES)})" + (" and no movie" if with_clips else "")


def _photo_folders_in(entries: Sequence[Path]) -> list[str]:
    """Return the names of the first folders with photos in them: SMPLify-X keeps them in images/."""
    found = (f"{path.name}/" for path in entries if path.is_dir() and _has_photo(path))
    return list(islice(found, _MOST_NAMED_FOLDERS))


def _has_photo(folder: Path) -> bool:
    try:
        return any(_is_photo(path) for path in folder.iterdir())
    except OSError:
        return False


def keypoints_of_photo(photo: Path, where: Path | None = None) -> Path | None:
    """Find the keypoint file of a photo: `where` if that is a file, else in that folder or beside the photo; None without one."""
    if where is not None and not where.is_dir():
        return where
    return named_keypoints(photo, keypoint_folders(photo, where))


def other_keypoints(photo: Path, where: Path | None = None) -> tuple[str, ...]:
    """Return the names of a few keypoint files beside a photo that are named after none of the photos there."""
    return unmatched_keypoints(photo, keypoint_folders(photo, where))


def output_names(photos: Sequence[Path], others: Collection[str] = ()) -> tuple[str, ...]:
    """Return a distinct name for what is made of each photo: its own without the ending, with it where two photos share that.

    Distinct from the names `others`, too, also where a system ignores case, composition of letters, or blanks and dots at the
    end. A name that would not fit beside its endings is cut, what is not text is replaced by "_", and a name that is still taken
    gets a number.
    """
    stems = [_usable(photo.stem) for photo in photos]
    count = Counter(_folded(stem) for stem in stems)
    taken = {_folded(name) for name in (*_RESERVED_NAMES, *others)}
    numbers: dict[str, int] = {}
    found: list[str] = []
    for photo, stem in zip(photos, stems, strict=True):
        is_free = count[_folded(stem)] == 1 and _folded(stem) not in taken
        wanted = name = stem if is_free else _usable(photo.name)
        while _folded(name) in taken:
            numbers[wanted] = numbers.get(wanted, 1) + 1
            ending = f"-{numbers[wanted]}"
            name = _cut(wanted, _LONGEST_NAME_BYTES - len(ending)) + ending
        taken.add(_folded(name))
        found.append(name)
    return tuple(found)


def nested_output_names(
    photos: Sequence[Path], folder: Path, others: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the path of what is made of each photo: that of its folder within `folder`, and a distinct name there."""
    by_folder: dict[Path, list[Path]] = {}
    for photo in photos:
        by_folder.setdefault(photo.parent, []).append(photo)
    found: dict[Path, str] = {}
    for place, inside in by_folder.items():
        within = "".join(f"{_usable(part)}/" for part in place.relative_to(folder).parts)
        taken = [name.removeprefix(within) for name in others if name.startswith(within)]
        names = output_names(inside, taken)
        found.update((photo, f"{within}{name}") for photo, name in zip(inside, names, strict=True))
    return tuple(found[photo] for photo in photos)


def _folded(name: str) -> str:
    """Return what is the same for names that some system takes for one."""
    plain = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", plain.casefold()).rstrip(" .")


def _usable(name: str) -> str:
    return _cut(name.encode("utf-8", "replace").decode().replace("?", "_") if _is_no_text(name) else name)


def _is_no_text(name: str) -> bool:
    """True if bytes of the name are not UTF-8: Python holds them as halves of surrogate pairs."""
    return any("\ud800" <= character <= "\udfff" for character in name)


def _cut(name: str, most: int = _LONGEST_NAME_BYTES) -> str:
    return name.encode()[:most].decode("utf-8", "ignore")


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _is_movie(path: Path) -> bool:
    return has_movie_name(path.name) and not path.name.startswith(".") and path.is_file()


def has_movie_name(name: str) -> bool:
    """Return True for a name with the ending of a movie."""
    return os.path.splitext(name)[1].lower() in MOVIE_SUFFIXES
