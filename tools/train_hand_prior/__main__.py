"""Command line: fit the tracked hands and write the hand prior.

    python -m tools.train_hand_prior --hands DIR [--compare] [--hinge] [--sheet hands.png]

Reads `handyjs_poses.npz` (110 named poses, the data) and `leapjs_poses.npz` (frames of a few gestures, thinned
out, a quarter of the weight) in DIR. The pose names fall into five folds by CRC-32 for cross-validation.
"""

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.train_hand_prior.fit import ANGLES, FittedHands, fit_hands, skeleton_like
from tools.train_hand_prior.pictures import draw_sheet
from tools.train_hand_prior.skeleton import THUMB_HINGE_TURN, HandSkeleton, load_left_hand
from tools.train_hand_prior.statistics import (
    BETWEEN_FINGERS,
    FOLDS,
    LIMIT_SHARE,
    cross_validated,
    fit_gaussian,
    prior_arrays,
)
from tools.train_pose_prior.mocap import Array
from tools.train_pose_prior.skeleton import OPEN_BODY_FILE

OUTPUT_FILE = Path("fitting_core/data/priors/hand_prior.npz")
NOTICE = (
    "Hand poses: handy.js, copyright Stewart Smith, MIT licence; leapjs recordings, copyright Leap Motion, "
    "Inc., Apache License 2.0. Only statistics computed from them are stored here."
)
LEAP_FRAMES = 160
LEAP_SHARE = 0.25
"""The leap frames are many and alike: a quarter of the weight."""


@dataclass(frozen=True)
class TrackedHands:
    """Left hands `points_mm (N,21,3)`, right ones mirrored in, with a name each."""

    points_mm: Array
    names: tuple[str, ...]


def main() -> None:
    """Read the arguments and do what they ask."""
    parser = argparse.ArgumentParser(description="Train the open hand prior from tracked hands.")
    parser.add_argument("--hands", type=Path, required=True, help="folder with the two .npz files")
    parser.add_argument(
        "--body", type=Path, default=OPEN_BODY_FILE, help="body file with the hand's skeleton"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT_FILE)
    parser.add_argument("--compare", action="store_true", help="print the table of settings")
    parser.add_argument("--hinge", action="store_true", help="print the scan of the thumb's hinge")
    parser.add_argument("--sheet", type=Path, help="draw the fitted hands over the data")
    arguments = parser.parse_args()
    named = load_named_poses(arguments.hands)
    if arguments.hinge:
        print_hinge_scan(arguments.body, named)
        return
    skeleton = load_left_hand(arguments.body)
    fitted = fit_hands(skeleton_like(skeleton, named.points_mm), named.points_mm)
    leap = load_leap_frames(arguments.hands)
    fitted_leap = fit_hands(skeleton_like(skeleton, leap.points_mm), leap.points_mm)
    print_residuals(named, fitted, fitted_leap)
    if arguments.sheet:
        captions = [f"{n} {r:.1f} mm" for n, r in zip(named.names, fitted.residual_mm, strict=True)]
        draw_sheet(named.points_mm, fitted.points, captions, arguments.sheet)
    write_prior(skeleton, named, (fitted, fitted_leap), arguments)


def load_named_poses(folder: Path) -> TrackedHands:
    """Read the 110 named poses."""
    with np.load(folder / "handyjs_poses.npz", allow_pickle=False) as archive:
        return TrackedHands(
            _as_left(archive["openpose21_mm"], archive["side"]),
            tuple(str(name) for name in archive["names"]),
        )


def load_leap_frames(folder: Path) -> TrackedHands:
    """Read every n-th frame of the recorded gestures; their wrist is unknown."""
    with np.load(folder / "leapjs_poses.npz", allow_pickle=False) as archive:
        every = len(archive["side"]) // LEAP_FRAMES
        return TrackedHands(
            _as_left(archive["openpose21_mm"][::every], archive["side"][::every]),
            tuple(str(source) for source in archive["src"][::every]),
        )


def _as_left(points: Array, side: Array) -> Array:
    """Mirror right hands (N,21,3) into left ones: x negated."""
    mirrored = points.astype(np.float64) * np.array([-1.0, 1.0, 1.0])
    return np.where((side == "right")[:, None, None], mirrored, points)


def write_prior(
    skeleton: HandSkeleton,
    named: TrackedHands,
    fits: tuple[FittedHands, FittedHands],
    arguments: argparse.Namespace,
) -> None:
    """Fit the normal distribution, print its held-out likelihood, write hand_prior.npz."""
    angles = np.concatenate([fit.angles.reshape(-1, ANGLES) for fit in fits])
    counts = [len(fit.angles) for fit in fits]
    weight = np.repeat([(1.0 - LEAP_SHARE) / counts[0], LEAP_SHARE / counts[1]], counts)
    fold = [zlib.crc32(name.encode()) % FOLDS for name in named.names] + [-1] * counts[1]
    settings = [(BETWEEN_FINGERS, LIMIT_SHARE)]
    if arguments.compare:
        settings += [
            (between, share) for between in (0.0, 0.4, 0.6, 0.8, 1.0) for share in (0.02, 0.05, 0.1, 0.2)
        ]
    print("| between fingers | limits' share | held-out log-likelihood |\n|---|---|---|")
    for between, share in settings:
        score = cross_validated(angles, weight, fold, skeleton, (between, share))
        print(f"| {between} | {share} | {score:.2f} |")
    gaussian = fit_gaussian(angles, weight, skeleton, BETWEEN_FINGERS, LIMIT_SHARE)
    arrays = {key: value.astype(np.float32) for key, value in prior_arrays(gaussian, skeleton).items()}
    np.savez_compressed(arguments.output, **arrays, notice=np.array(NOTICE))


def print_residuals(named: TrackedHands, fitted: FittedHands, leap: FittedHands) -> None:
    """Print the mean distance in millimetres of each named pose, left hand and right."""
    half = len(named.names) // 2
    print("| pose | left mm | right mm |\n|---|---|---|")
    for index in range(half):
        left, right = fitted.residual_mm[[index, index + half]]
        print(f"| {named.names[index]} | {left:.2f} | {right:.2f} |")
    print(
        f"| mean of {2 * half} | {fitted.residual_mm[:half].mean():.2f} | {fitted.residual_mm[half:].mean():.2f} |"
    )
    print(f"leap frames: mean {leap.residual_mm.mean():.2f} mm, worst {leap.residual_mm.max():.2f} mm")


def print_hinge_scan(body_file: Path, named: TrackedHands) -> None:
    """Print the residual over the direction of the thumb's hinge; the least stands in skeleton.py."""
    print(f"now {np.rad2deg(THUMB_HINGE_TURN):.0f}°")
    for turn in np.deg2rad(np.arange(-60, 181, 20)):
        skeleton = load_left_hand(body_file, float(turn))
        fitted = fit_hands(skeleton_like(skeleton, named.points_mm), named.points_mm)
        print(f"{np.rad2deg(turn):4.0f}°: {fitted.residual_mm.mean():.3f} mm", flush=True)


if __name__ == "__main__":
    main()
