"""Sorting of what a user chooses in a file browser: a result folder of ours, or a file of another program."""

from __future__ import annotations

from pathlib import Path

from .folder_bodies import BODY_FILE, BODY_PATTERN
from .read_motion import MOTION_FILE
from .read_result import names_a_person
from .read_sequence import holds_sequence, sequence_number


def own_folder(chosen: Path) -> Path | None:
    """The result folder that `chosen` is or lies in; None where it is a file of another program, to be converted first.

    Persons' files are always ours, so that one without its body.npz is said to lack that. A motion.npz or a body_female.npz may
    be anybody's.
    """
    if chosen.is_dir():
        return chosen
    is_ours = names_a_person(chosen.name) or sequence_number(chosen.name) >= 0 or chosen.name == BODY_FILE
    may_be_ours = chosen.name == MOTION_FILE or BODY_PATTERN.fullmatch(chosen.name) is not None
    is_beside_ours = may_be_ours and (chosen.parent / BODY_FILE).is_file()
    return chosen.parent if is_ours or is_beside_ours or not chosen.name else None


def holds_motion(folder: Path, chosen_name: str) -> bool:
    """True if a motion is meant: its own file, or a folder that has one and nobody of a photo."""
    if names_a_person(chosen_name):
        return False
    is_there = (folder / MOTION_FILE).is_file()
    return is_there and not any(names_a_person(entry.name) for entry in folder.iterdir())


def holds_clip(folder: Path, chosen_name: str) -> bool:
    """True if the people of a clip are meant: the motion file of one, or a folder that has some."""
    return sequence_number(chosen_name) >= 0 or (not names_a_person(chosen_name) and holds_sequence(folder))


def find_clip(folder: Path, name: str) -> Path | None:
    """Return the clip of that name in a result folder, or beside it; None where there is none, or it has no name."""
    candidates = [folder / name, folder.parent / name] if name else []
    return next((candidate for candidate in candidates if candidate.is_file()), None)
