"""Draw fits of an earlier version beside those of this one, seen from the side: what an animator sees who orbits the camera.

    python -m benchmarks.rendered.side_views --mocap DIR --before CHECKOUT --sheet FILE.jpg [--photo FILE.jpg]

CHECKOUT is a folder with an earlier version (`git worktree add`), whose own command fits the same OpenPose files under the same
lens. Each case is the photo, then from its right side the truth (green), the earlier fit and this one's (orange). --photo adds a
photo with a keypoint file beside it, which has no truth.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.accuracy import procrustes_distance
from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, make_photos, read_truth, recipe_folder
from benchmarks.rendered.posture import knee_flexion
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from benchmarks.rendered.sheet import FIT_COLOUR, TILE, TRUE_COLOUR, fitted_in, from_the_side, spread
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import BODY_JOINT_NAMES

ROOT = Path(__file__).resolve().parents[2]
_SMALL = 0.5  # of the sheet's tiles
_CAPTION_PX = 14
_CASES_A_ROW = 4
_QUALITY = 78
_LEVEL = np.array([0.0, -1.0, 0.0])  # the vertical of a photo without truth


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit with both versions, draw, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--before", type=Path, required=True, help="folder of an earlier version")
    parser.add_argument("--sheet", type=Path, required=True, help="JPEG to write")
    parser.add_argument(
        "--photo", type=Path, nargs="*", default=[], help="further photos, with keypoint files"
    )
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    options = parser.parse_args(arguments)
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = spread(make_photos(folder, options.mocap, CASE_COUNT, SEED, 2), options.cases)
    strips = [_of_photo(photo, options.before) for photo in options.photo]
    strips += [_of_case(read_truth(file), options.before) for file in files]
    width, height = strips[0].size
    rows = -(-len(strips) // _CASES_A_ROW)
    sheet = Image.new("RGB", (_CASES_A_ROW * width, rows * height), "white")
    for number, strip in enumerate(strips):
        sheet.paste(strip, (number % _CASES_A_ROW * width, number // _CASES_A_ROW * height))
    sheet.save(options.sheet, quality=_QUALITY, optimize=True)
    print(f"{options.sheet}: {options.sheet.stat().st_size / 1000:.0f} kB")


def _of_case(truth: Truth, before: Path) -> Image.Image:
    lens = ("--focal-px", f"{truth.focal_px}")
    fits = [_fitted(version, truth.photo, truth.points_file, *lens) for version in (before, ROOT)]
    body = slice(0, len(BODY_JOINT_NAMES))
    errors = [1000 * procrustes_distance(fit["joints"][body], truth.points[body]) for fit in fits]
    pictures = [from_the_side(truth.vertices, truth.up, TRUE_COLOUR)]
    pictures += [from_the_side(fit["vertices"], truth.up, FIT_COLOUR) for fit in fits]
    captions = [truth.kind, _knees(truth.points)]
    captions += [f"{error:.0f} mm, {_knees(fit['joints'])}" for fit, error in zip(fits, errors, strict=True)]
    return _strip([Image.open(truth.photo).convert("RGB"), *pictures], captions)


def _of_photo(photo: Path, before: Path) -> Image.Image:
    points = photo.with_name(f"{photo.stem}_keypoints.json")
    fits = [_fitted(version, photo, points) for version in (before, ROOT)]
    nobody = Image.new("RGB", TILE, "white")
    pictures = [from_the_side(fit["vertices"], _LEVEL, FIT_COLOUR) for fit in fits]
    captions = [photo.stem, "", *(_knees(fit["joints"]) for fit in fits)]
    return _strip([Image.open(photo).convert("RGB"), nobody, *pictures], captions)


def _fitted(version: Path, photo: Path, points: Path, *options: str) -> dict[str, NumpyArray]:
    """Return joints and vertices of the first person as a version's own command fits them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result"
        line = [sys.executable, "-m", "fitting_core", "fit", str(photo), str(points), "--out", str(out)]
        line += ["--no-overlay", "--engine", "numpy", *options]
        subprocess.run(line, cwd=version, check=True, capture_output=True)
        with np.load(out / "person_00.npz", allow_pickle=False) as data:
            return {name: data[name].astype(np.float64) for name in ("joints", "vertices")}


def _knees(points: NumpyArray) -> str:
    left, right = knee_flexion(points)
    return f"knees {left:.0f} {right:.0f}"


def _strip(pictures: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    width, height = (round(_SMALL * side) for side in TILE)
    strip = Image.new("RGB", (len(pictures) * width, height + _CAPTION_PX), "white")
    drawing = ImageDraw.Draw(strip)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        small = fitted_in(picture).resize((width, height), Image.Resampling.LANCZOS)
        strip.paste(small, (number * width, _CAPTION_PX))
        drawing.text((number * width + 2, 1), caption, fill="black")
    return strip


if __name__ == "__main__":
    main()
