"""The photos of a folder, and the keypoint file of each.

The one place that knows the names: `name_keypoints.json` or `name.json`, beside the photo or in `keypoints/`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fitting_core.errors import RequestError

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
_STEM_ENDINGS = ("_keypoints", "")
_JSON_SUFFIXES = (".json", ".JSON")
_SUBFOLDER = "keypoints"


def photos_in(folder: Path) -> tuple[Path, ...]:
    """The photos of a folder, by name; hidden files and what lies in subfolders are left alone.

    Raises RequestError where `folder` is none, cannot be read or holds no photo.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except NotADirectoryError:
        raise RequestError(f"{folder} is not a folder. Name the folder that holds the photos.") from None
    except OSError as problem:
        raise RequestError(f"{folder} cannot be read: {problem.strerror}. Name a folder of photos.") from None
    photos = tuple(path for path in entries if _is_photo(path))
    if not photos:
        raise RequestError(f"{folder} holds no photo ({', '.join(PHOTO_SUFFIXES)}). Name another folder.")
    return photos


def keypoints_of_photo(photo: Path, where: Path | None = None) -> Path | None:
    """Find the keypoint file of a photo: `where` if that is a file, else in that folder or beside the photo; None without one."""
    if where is not None and not where.is_dir():
        return where
    folders = (where,) if where is not None else (photo.parent, photo.parent / _SUBFOLDER)
    names = [photo.stem + ending for ending in _STEM_ENDINGS]
    candidates = [
        folder / (name + suffix) for folder in folders for name in names for suffix in _JSON_SUFFIXES
    ]
    return next((path for path in candidates if path.is_file()), None)


def output_names(photos: Sequence[Path]) -> tuple[str, ...]:
    """A name for the results of each photo: its own without the ending, with it where two photos share it."""
    count = Counter(photo.stem.casefold() for photo in photos)  # casefold: Windows and macOS see one folder
    return tuple(photo.stem if count[photo.stem.casefold()] == 1 else photo.name for photo in photos)


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".") and path.is_file()
