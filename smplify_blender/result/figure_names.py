"""Names of what a photo's people become in a scene."""

from __future__ import annotations

import re
from pathlib import Path

NUMBER = re.compile(r"person_(\d{2,4})(?:_take_\d+)?\.npz")
MOST_BYTES = 44  # of a photo's part of a name: Blender's longest name has 63, and endings follow


def photo_part(name: str) -> str:
    """Return a photo's name as it begins the names in a scene, cut to what Blender can hold."""
    return name.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore").strip() or "Photo"


def figure_name(photo: str, number: int) -> str:
    """Return the name of a person's figure: `beam_20` for the photo's first person, `beam_20.person_2` for the second."""
    return photo_part(photo) if number == 0 else f"{photo_part(photo)}.person_{number + 1}"


def figure_collection_name(photo: str, number: int) -> str:
    """Return the name of the collection of one person's figure, which lies in the photo's."""
    return f"{photo_part(photo)}.person_{number + 1}"


def number_in(file_name: str) -> int:
    """Return the number of a person's file, from 0; 0 for another name."""
    found = NUMBER.fullmatch(file_name)
    return int(found[1]) if found else 0


def photo_file_name(photo: str, file: Path) -> str:
    """Return the photo's name with the ending of a copy of it."""
    return f"{photo_part(photo)}{file.suffix}"
