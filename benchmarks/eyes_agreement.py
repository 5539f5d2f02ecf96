"""The distance of the eyes' points, and of the squares that they look at, from those of MediaPipe's own program: two tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.mediapipe_program import PARTS, ProgramSight, look_with_mediapipe
from fitting_core.arrays import NumpyArray
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.face import face_region
from fitting_core.eyes.hands import hand_region
from fitting_core.eyes.openpose_points import SeenPerson
from fitting_core.eyes.regions import Picture, Region

_NOISY = ", with noise"
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def print_agreement(python: Path, pictures: dict[str, Picture]) -> None:
    """Compare with the program of a Python that has MediaPipe, and the program with itself on pictures with a little noise."""
    noisy = {f"{name}{_NOISY}": _with_noise(picture) for name, picture in pictures.items()}
    sights = look_with_mediapipe(python, pictures | noisy)
    seen = {
        name: _nearest_person(picture, sights[name].points.get("body")) for name, picture in pictures.items()
    }
    print("| photo | body, px: mean (largest) | left hand | right hand | face |")
    print("|---" * 5 + "|")
    for name, person in seen.items():
        theirs, changed = sights[name].points, sights[f"{name}{_NOISY}"].points
        ours = {part: _part_points(person, part) for part in PARTS}
        _print_row(name, [_apart(ours[part], theirs.get(part)) for part in PARTS])
        _print_row("… its own, with noise", [_apart(changed.get(part), theirs.get(part)) for part in PARTS])
    print("\n| photo | body's square, px: farthest corner | left hand's | right hand's | face's |")
    print("|---" * 5 + "|")
    for name, person in seen.items():
        _print_row(name, [_squares_apart(pictures[name], person, sights[name], part) for part in PARTS])


def _nearest_person(picture: Picture, body: NumpyArray | None) -> SeenPerson | None:
    """Return the person of ours who is nearest to the points of a body; None if one of both sees nobody."""
    if body is None:
        return None
    return min(see_people(picture), key=lambda one: _distances(one.body.pixels, body).mean(), default=None)


def _part_points(person: SeenPerson | None, part: str) -> NumpyArray | None:
    """Return the network's points of one of `PARTS` in px; None if it is not seen."""
    seen = getattr(person, part, None)
    return None if seen is None else seen.pixels


def _print_row(name: str, columns: list[str]) -> None:
    print(f"| {' | '.join([name, *columns])} |", flush=True)


def _with_noise(picture: Picture) -> Picture:
    """Return a picture whose values are changed by −1, 0 or 1 each, always in the same way."""
    noise = np.random.default_rng(0).integers(-1, 2, size=picture.shape)
    return np.asarray(np.clip(picture.astype(np.int64) + noise, 0, 255), dtype=np.uint8)


def _apart(ours: NumpyArray | None, theirs: NumpyArray | None) -> str:
    if ours is None or theirs is None:
        return "both unseen" if ours is None and theirs is None else "seen by one"
    apart = _distances(ours, theirs)
    return f"{apart.mean():.2f} ({apart.max():.1f})"


def _distances(ours: NumpyArray, theirs: NumpyArray) -> NumpyArray:
    return np.asarray(np.linalg.norm(ours - theirs[: len(ours)], axis=1))


def _squares_apart(picture: Picture, person: SeenPerson | None, sight: ProgramSight, part: str) -> str:
    theirs = sight.squares.get(part)
    ours = None if person is None else _square(picture, person, part)
    if ours is None or theirs is None:
        return "–"
    return f"{_distances(ours.to_picture(_CORNERS), theirs.to_picture(_CORNERS)).max():.3f}"


def _square(picture: Picture, person: SeenPerson, part: str) -> Region | None:
    if part == "body":
        return person.body.region
    return face_region(picture, person.body) if part == "face" else hand_region(picture, person.body, part)
