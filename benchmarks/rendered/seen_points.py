"""Measure how far the points of our eyes, and those of MediaPipe's own program, are from the true ones of rendered people.

    python -m benchmarks.rendered.seen_points --mocap DIR --mediapipe PYTHON [--cases 200]

PYTHON is a Python with `mediapipe==0.10.21`. A part counts where both see it: a case's error is the mean distance of its points
within the photo, in px of a photo 512 px high. Body points are meant as the eyes' habits say
(`fitting_core/keypoints/detector_habits.py`), those of hands and faces where the body model has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.mediapipe_program import PARTS, look_with_mediapipe
from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, make_photos, read_truth, recipe_folder
from benchmarks.rendered.habits import base_points, part_axes
from benchmarks.rendered.scenes import SEED
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.openpose_points import BODY_POINTS, FACE_POINTS, SeenPerson
from fitting_core.eyes.regions import Picture
from fitting_core.keypoints.detector_habits import HABITS
from fitting_core.keypoints.layouts import BODY_25

_SAME_PERSON = 0.5  # of the person's extent in the picture
_PARTS_OF_BODY_MODEL = {
    "left_hand": landmarks.POINT_OF_KEYPOINT[landmarks.LEFT_HAND_KEYPOINTS],
    "right_hand": landmarks.POINT_OF_KEYPOINT[landmarks.RIGHT_HAND_KEYPOINTS],
    "face": landmarks.POINT_OF_KEYPOINT[landmarks.FACE_KEYPOINTS][: len(FACE_POINTS)],
}
# The networks' points that a true point is known of, in the order of the true ones.
_NETWORK_POINTS = {"body": list(BODY_POINTS.values()), "face": list(FACE_POINTS)}
Errors = dict[str, float]  # mean distance in px by part; parts that are not seen are absent


def main(arguments: Sequence[str] | None = None) -> None:
    """Look at the photos and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--mediapipe", type=Path, required=True, help="a Python with mediapipe 0.10.21")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    options = parser.parse_args(arguments)
    folder = recipe_folder(options.cache, options.mocap, SEED)
    truths = [
        read_truth(file) for file in make_photos(folder, options.mocap, options.cases, SEED, processes=2)
    ]
    pictures = {truth.photo.stem: _picture(truth.photo) for truth in truths}
    sights = look_with_mediapipe(options.mediapipe, pictures)
    pairs: list[tuple[Errors, Errors]] = []
    for truth in truths:
        picture = pictures[truth.photo.stem]
        true = true_pixels(truth, (picture.shape[1], picture.shape[0]))
        pairs.append((_errors_of_ours(picture, true), part_errors(sights[truth.photo.stem].points, true)))
    _print_table(pairs)


def true_pixels(truth: Truth, size: tuple[int, int]) -> dict[str, NumpyArray]:
    """Return the true places (n, 2) in px of the points of each part; those beyond the picture are NaN."""
    places = {part: truth.points[rows] for part, rows in _PARTS_OF_BODY_MODEL.items()}
    places["body"] = _meant_by_eyes(truth)
    pixels: dict[str, NumpyArray] = {}
    for part, where in places.items():
        found = truth.focal_px * where[:, :2] / where[:, 2:] + np.array(size) / 2.0
        inside = np.all((found >= 0.0) & (found < size), axis=1)
        pixels[part] = np.where(inside[:, None], found, np.nan)
    return pixels


def _meant_by_eyes(truth: Truth) -> NumpyArray:
    where = base_points(truth.points)
    meant: list[NumpyArray] = []
    for name in BODY_POINTS:
        habit = HABITS["eyes"].of(name)
        offset = np.array([habit.out, habit.up, habit.forward]) @ part_axes(truth.points, name)
        meant.append(where[BODY_25.index(name)] + 0.001 * truth.height_m * offset)
    return np.stack(meant)


def _errors_of_ours(picture: Picture, true: Mapping[str, NumpyArray]) -> Errors:
    """Return the errors of the person whom our eyes see nearest to the true one."""
    seen = [part_errors(_points_of(person), true) for person in see_people(picture)]
    return min(seen, key=lambda errors: errors.get("body", np.inf)) if seen else {}


def _points_of(person: SeenPerson) -> dict[str, NumpyArray]:
    seen = {part: getattr(person, part) for part in PARTS}
    return {part: one.pixels for part, one in seen.items() if one is not None}


def part_errors(points: Mapping[str, NumpyArray], true: Mapping[str, NumpyArray]) -> Errors:
    """Return the errors of the parts of one seen person; none if it is somebody else."""
    errors: Errors = {}
    for part, seen in points.items():
        chosen = seen[_NETWORK_POINTS[part]] if part in _NETWORK_POINTS else seen
        inside = ~np.isnan(true[part][:, 0])
        if inside.any():
            errors[part] = float(np.linalg.norm(chosen[inside] - true[part][inside], axis=1).mean())
    extent = float(np.ptp(true["body"][~np.isnan(true["body"][:, 0])], axis=0).max())
    return errors if errors.get("body", np.inf) < _SAME_PERSON * extent else {}


def _print_table(pairs: Sequence[tuple[Errors, Errors]]) -> None:
    """Print a row for each part. Pairs: our errors and the program's, of one case."""
    titles = (
        "part",
        "seen by both",
        "error, px: ours, mean (median)",
        "MediaPipe's",
        "ours less theirs (largest)",
    )
    print(f"| {' | '.join([*titles, 'seen by ours alone', 'by MediaPipe alone'])} |")
    print("|---" * 7 + "|")
    for part in PARTS:
        both = [(ours[part], theirs[part]) for ours, theirs in pairs if part in ours and part in theirs]
        ours, theirs = np.array(both).reshape(-1, 2).T
        columns = [part.replace("_", " "), str(len(both)), _summary(ours), _summary(theirs)]
        columns.append(_change(ours - theirs))
        columns.append(str(sum(part in ours and part not in theirs for ours, theirs in pairs)))
        columns.append(str(sum(part in theirs and part not in ours for ours, theirs in pairs)))
        print(f"| {' | '.join(columns)} |")


def _summary(errors: NumpyArray) -> str:
    return f"{errors.mean():.2f} ({np.median(errors):.2f})" if errors.size else "–"


def _change(differences: NumpyArray) -> str:
    if differences.size < 2:
        return "–"
    error = differences.std(ddof=1) / np.sqrt(differences.size)
    return f"{differences.mean():+.3f} ± {error:.3f} ({np.abs(differences).max():.2f})"


def _picture(photo: Path) -> Picture:
    with Image.open(photo) as opened:
        return np.asarray(opened.convert("RGB"))


if __name__ == "__main__":
    main()
