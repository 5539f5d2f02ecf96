"""Sorting of what a user chooses in a file browser: a result folder of ours, or a file of another program."""

from __future__ import annotations

from pathlib import Path

from .read_motion import MOTION_FILE
from .read_result import BODY_FILE, names_a_person


def own_folder(chosen: Path) -> Path | None:
    """The result folder that `chosen` is or lies in; None where it is a file of another program, to be converted first.

    Persons' files are always ours, so that one without its body.npz is said to lack that. A motion.npz may be anybody's.
    """
    if chosen.is_dir():
        return chosen
    is_ours = names_a_person(chosen.name) or chosen.name == BODY_FILE
    is_motion = chosen.name == MOTION_FILE and (chosen.parent / BODY_FILE).is_file()
    return chosen.parent if is_ours or is_motion or not chosen.name else None


def holds_motion(folder: Path, chosen_name: str) -> bool:
    """True if a motion is meant: its own file, or a folder that has one and nobody of a photo."""
    if names_a_person(chosen_name):
        return False
    is_there = (folder / MOTION_FILE).is_file()
    return is_there and not any(names_a_person(entry.name) for entry in folder.iterdir())
