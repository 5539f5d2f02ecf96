"""The photos of a folder, and distinct names for their results; the same rules as `smplify-fit batch`.

Where the keypoints of a photo lie is the core's to know: it is asked to fit the photo alone and finds them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..result.read_result import PHOTO_SUFFIXES


def photos_in(folder: Path) -> tuple[Path, ...]:
    """The photos of a folder by name, without hidden files and subfolders. Raises OSError where it cannot be read."""
    return tuple(
        path
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def output_names(photos: Sequence[Path]) -> tuple[str, ...]:
    """Each photo's name without its ending, with it where two photos share it."""
    count = Counter(photo.stem.casefold() for photo in photos)  # casefold: Windows and macOS see one folder
    return tuple(photo.stem if count[photo.stem.casefold()] == 1 else photo.name for photo in photos)
