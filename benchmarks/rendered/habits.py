"""Measure the habits of our eyes on the rendered people: offset and deviation of each body keypoint, and of the depths seen.

    python -m benchmarks.rendered.habits --mocap DIR [--cases 200]

It prints the numbers that `fitting_core/keypoints/detector_habits.py` (`eyes`) and `SEEN_DEPTHS_M` of
`fitting_core/fitting/stages.py` were set from, beside those in use. Offsets are from the model's own point, in thousandths of
the true stature, in the axes of the part that carries them: out, up, forward; by least squares on both coordinates in the
picture, outliers weighed down. Depths are compared about their mean over the body, along the ray to it, in metres.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, make_photos, read_truth, recipe_folder
from benchmarks.rendered.posture import keypoint, trunk_frame
from benchmarks.rendered.scenes import SEED
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.joints import joint_index
from fitting_core.errors import PhotoError
from fitting_core.fitting.stages import SEEN_DEPTHS_M
from fitting_core.keypoints.detector_habits import HABITS, without_side
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.seen_people import see_photo

_CONFIDENT = 0.4
_OUTLIER = 80.0  # thousandths of the stature: somebody else's limb
_ROBUST = 12.0
_ROUNDS = 8
_SAME_PERSON = 0.5  # of the person's extent in the picture
_DEPTH_WORTH = 0.3


@dataclass(frozen=True, eq=False)
class SeenCase:
    """A case, and the keypoints and depths of the person in it as our eyes see them."""

    truth: Truth
    keypoints: Keypoints2D
    depths: NumpyArray
    principal_point: NumpyArray


def main(arguments: Sequence[str] | None = None) -> None:
    """Look at the photos and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    options = parser.parse_args(arguments)
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, options.cases, SEED, processes=2)
    seen = [case for file in files if (case := look(read_truth(file))) is not None]
    _print_points(seen)
    _print_depths(seen)


def look(truth: Truth) -> SeenCase | None:
    """Look for the true person in a case's photo; None if our eyes do not find them."""
    header = read_photo_header(truth.photo)
    centre = np.array(header.size) / 2.0
    where = base_points(truth.points)
    pixels = truth.focal_px * where[:, :2] / where[:, 2:] + centre
    try:
        seen = see_photo(truth.photo, header)
    except PhotoError:
        return None
    apart = [_mean_apart(person.body, pixels) for person in seen.people]
    if not apart or min(apart) > _SAME_PERSON * float(np.ptp(pixels, axis=0).max()):
        return None
    nearest = int(np.argmin(apart))
    depths = seen.cues[nearest].body_depths
    return None if depths is None else SeenCase(truth, seen.people[nearest], depths, centre)


def _mean_apart(body: NumpyArray, pixels: NumpyArray) -> float:
    seen = body[:, 2] > 0
    return float(np.linalg.norm(body[seen, :2] - pixels[seen], axis=1).mean()) if seen.any() else np.inf


def base_points(points: NumpyArray) -> NumpyArray:
    """Return the places (25, 3) of BODY_25's points in a body's points (144, 3), without any habit of a detector."""
    return np.stack([points[list(landmarks.base_points(name))].mean(axis=0) for name in BODY_25.names])


def _print_points(cases: Sequence[SeenCase]) -> None:
    found: dict[str, list[tuple[NumpyArray, NumpyArray]]] = defaultdict(list)
    for case in cases:
        where, stature = base_points(case.truth.points), case.truth.height_m
        pixels = case.truth.focal_px * where[:, :2] / where[:, 2:] + case.principal_point
        permille = case.truth.focal_px * stature / 1000.0 / where[:, 2]
        for number, name in enumerate(BODY_25.names):
            x, y, confidence = case.keypoints.body[number]
            off = (np.array([x, y]) - pixels[number]) / permille[number]
            if confidence >= _CONFIDENT and np.hypot(*off) < _OUTLIER:
                axes = part_axes(case.truth.points, name)
                found[without_side(name)].append((off, axes[:, :2].T))
    print("| keypoint | points | out, up, forward: found | in use | deviation: rms, robust | in use |")
    print("|---" * 6 + "|")
    for name, rows in found.items():
        offset, left = _least_squares(rows)
        habit = HABITS["eyes"].body[name]
        robust = 1.4826 * float(np.median(np.abs(left)))
        print(
            f"| {name} | {len(rows)} | {', '.join(f'{value:+.0f}' for value in offset)} "
            f"| {habit.out:+.0f}, {habit.up:+.0f}, {habit.forward:+.0f} "
            f"| {np.sqrt(np.mean(left**2)):.1f}, {robust:.1f} | {habit.deviation:.1f} |"
        )
    print()


def _least_squares(rows: Sequence[tuple[NumpyArray, NumpyArray]]) -> tuple[NumpyArray, NumpyArray]:
    """Return the offset (3,) that explains the distances in the picture best, and what is left (n, 2)."""
    seen = np.stack([off for off, _ in rows])
    axes = np.stack([axis for _, axis in rows])
    weight = np.ones(len(rows))
    offset, left = np.zeros(3), seen
    for _ in range(_ROUNDS):
        root = np.repeat(np.sqrt(weight), 2)
        offset = np.linalg.lstsq(axes.reshape(-1, 3) * root[:, None], seen.reshape(-1) * root, rcond=None)[0]
        left = seen - axes @ offset
        weight = 1.0 / (1.0 + (left**2).sum(axis=1) / _ROBUST**2)
    return offset, left


def part_axes(points: NumpyArray, name: str) -> NumpyArray:
    """Return the directions (3, 3) out, up and forward of the part that a body keypoint lies in, in the camera frame."""
    side = "left" if name.startswith("left_") else "right"
    part = without_side(name)
    outward = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])[:, None]
    if part in ("nose", "eye", "ear"):
        return outward * _head(points)
    if part in ("neck", "shoulder"):
        return outward * np.stack(trunk_frame(points))
    if part in ("mid_hip", "hip"):
        across = _joint(points, "left_hip") - _joint(points, "right_hip")
        up = _joint(points, "spine2") - _middle(points, "hip")
        return outward * _frame(across, up)
    if part in ("elbow", "wrist"):
        first, second = ("shoulder", "wrist") if part == "elbow" else ("elbow", "wrist")
        along = _joint(points, f"{side}_{second}") - _joint(points, f"{side}_{first}")
        return _arm(along, trunk_frame(points)[1], side)
    up = _joint(points, f"{side}_{'hip' if part == 'knee' else 'knee'}") - _joint(points, f"{side}_ankle")
    forward = keypoint(points, f"{side}_big_toe") - keypoint(points, f"{side}_heel")
    if part == "knee":
        return outward * _frame(np.cross(up, forward), up)
    return outward * _foot(up, forward)


def _head(points: NumpyArray) -> NumpyArray:
    ears = keypoint(points, "left_ear") - keypoint(points, "right_ear")
    face = keypoint(points, "nose") - 0.5 * (keypoint(points, "left_ear") + keypoint(points, "right_ear"))
    return _frame(ears, np.cross(face, ears))


def _frame(across: NumpyArray, up: NumpyArray) -> NumpyArray:
    across = _unit(across)
    up = _unit(up - across * (up @ across))
    return np.stack([across, up, np.cross(across, up)])


def _foot(up: NumpyArray, forward: NumpyArray) -> NumpyArray:
    forward = _unit(forward)
    up = _unit(up - forward * (up @ forward))
    return np.stack([np.cross(up, forward), up, forward])


def _arm(along: NumpyArray, up: NumpyArray, side: str) -> NumpyArray:
    """Out is along the arm; the body's left arm points to +x at rest."""
    along = _unit(along)
    up = _unit(up - along * (up @ along))
    left = along if side == "left" else -along
    return np.stack([along, up, np.cross(left, up)])


def _unit(vector: NumpyArray) -> NumpyArray:
    return vector / np.linalg.norm(vector)


def _joint(points: NumpyArray, name: str) -> NumpyArray:
    return points[joint_index(name)]


def _middle(points: NumpyArray, part: str) -> NumpyArray:
    return 0.5 * (_joint(points, f"left_{part}") + _joint(points, f"right_{part}"))


def _print_depths(cases: Sequence[SeenCase]) -> None:
    off: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        depth, worth = case.depths.T
        share = worth**2 / max(float((worth**2).sum()), 1e-9)
        where = base_points(case.truth.points)
        ray = _unit(share @ where)
        error = depth - where @ ray
        error = error - share @ error
        for number, name in enumerate(BODY_25.names):
            if worth[number] > _DEPTH_WORTH:
                off[without_side(name)].append(float(error[number]))
    print("| depth of | points | bias, m: found | in use | deviation, m: rms, robust | in use |")
    print("|---" * 6 + "|")
    for name, errors in off.items():
        values = np.array(errors)
        robust = 1.4826 * float(np.median(np.abs(values - np.median(values))))
        used = SEEN_DEPTHS_M.get(name)
        words = ("left out", "–") if used is None else (f"{used[1]:+.3f}", f"{used[0]:.3f}")
        print(
            f"| {name} | {len(values)} | {values.mean():+.3f} | {words[0]} | {values.std():.3f}, {robust:.3f} | {words[1]} |"
        )


if __name__ == "__main__":
    main()
