"""The sketch of a folder at an address: empty files of the same names on this machine. No content is read.

Photos, clips and keypoint files are found in it by the rules that hold for every folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from fitting_core.arguments.folder_listing import KEYPOINT_SUFFIXES, PHOTO_SUFFIXES
from fitting_core.arguments.keypoint_names import KEYPOINT_SUBFOLDERS
from fitting_core.arguments.path_text import MOST_NAME_BYTES
from fitting_core.arguments.photo_folder import MOVIE_SUFFIXES
from fitting_core.errors import RequestError
from fitting_core.storage.address import Address
from fitting_core.storage.store import Entry, Store

_KNOWN = (*PHOTO_SUFFIXES, *MOVIE_SUFFIXES, *KEYPOINT_SUFFIXES)


def sketch_photos(
    store: Store, folder: Address, place: Path, apart_from: Address | None, nested: bool
) -> None:
    """Sketch a folder of photos and clips into `place`, and what is looked at for their keypoints: folders in it and beside it.

    With `nested` all folders inside but hidden ones and `apart_from`. Raises RequestError, StorageError.
    """
    entries = _sketched(store, folder, place)
    stems = tuple(os.path.splitext(one.name)[0] for one in entries if _has_suffix(one.name, MOVIE_SUFFIXES))
    for one in _folders(entries):
        inner, at = place / one.name, folder / one.name
        if nested and not one.name.startswith(".") and at != apart_from:
            sketch_photos(store, at, inner, apart_from, nested)
        elif not nested and (one.name in KEYPOINT_SUBFOLDERS or (stems and one.name.startswith(stems))):
            _sketched(store, at, inner)


def sketch_beside(store: Store, folder: Address, place: Path) -> None:
    """Sketch the folders beside a folder of photos in which their keypoints may lie. Raises RequestError, StorageError."""
    if folder.parent is None:
        return
    for name in KEYPOINT_SUBFOLDERS:
        if name != folder.name and store.entries(folder.parent / name):
            _sketched(store, folder.parent / name, place.parent / name)


def sketch_keypoints(store: Store, folder: Address, place: Path) -> None:
    """Sketch a folder of keypoint files, and the folders in it: they may be those of clips. Raises RequestError, StorageError."""
    for one in _folders(_sketched(store, folder, place)):
        _sketched(store, folder / one.name, place / one.name)


def _folders(entries: Iterable[Entry]) -> list[Entry]:
    return [one for one in entries if one.is_folder and not fault_of_name(one.name)]


def _sketched(store: Store, folder: Address, place: Path) -> list[Entry]:
    """Sketch the files of one folder and return all that is in it."""
    place.mkdir(parents=True, exist_ok=True)
    entries = store.entries(folder)
    for one in entries:
        if one.is_folder or not _has_suffix(one.name, _KNOWN):
            continue
        fault = fault_of_name(one.name)
        if fault:
            raise RequestError(f"{folder / one.name}: {fault}. Rename it.")
        try:
            (place / one.name).touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise RequestError(
                f"{folder / one.name}: this machine takes its name for that of another file there. Rename one of them."
            ) from None
    return entries


def fault_of_name(name: str) -> str:
    """Return why no file of this machine can have a name that an object has; empty if one can."""
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        return "no file can have this name"
    return (
        "its name is longer than a file's can be"
        if len(name.encode("utf-8", "replace")) > MOST_NAME_BYTES
        else ""
    )


def _has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    return os.path.splitext(name)[1].lower() in suffixes
