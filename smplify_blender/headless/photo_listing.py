"""The photos of a folder and distinct names for what is made of them, by the same rules as `smplify-fit batch`.

Where the keypoints of a photo lie is the core's to know: it is asked to fit the photo alone and finds them.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..result.read_result import PHOTO_SUFFIXES

_LONGEST_NAME_BYTES = 240  # of 255: leaves room for endings
# Of the tables, pages and lists beside the results.
_RESERVED_NAMES = ("summary.csv", "summary.json", "people.jsonl", "batch.jsonl", "index.html")


def photos_in(folder: Path) -> tuple[Path, ...]:
    """The photos of a folder by name, without hidden files and subfolders. Raises OSError where it cannot be read."""
    return tuple(
        path
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def output_names(photos: Sequence[Path]) -> tuple[str, ...]:
    """Return a distinct name for what is made of each photo: its own without the ending, with it where two photos share that.

    Distinct also where a system ignores case, composition of letters, or blanks and dots at the end. A name that would not fit
    beside its endings is cut, what is not text is replaced by "_", and a name that is still taken gets a number.
    """
    stems = [_usable(photo.stem) for photo in photos]
    count = Counter(_folded(stem) for stem in stems)
    taken = {_folded(name) for name in _RESERVED_NAMES}
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
