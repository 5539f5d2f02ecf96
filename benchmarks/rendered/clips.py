"""Measure motions fitted to rendered films of bodies that are not the fitted one, in held-out recordings; prints a table.

    python -m benchmarks.rendered.clips --mocap DIR [--frames 60] [--names NAME ...] [--sheet DIR]

A film is frames of the rendered benchmark's studio, thirty a second, before a camera that stands still: a dressed body of the
anny package, bones drawn anew, in held-out motion capture. One column fits the film alone, the other an OpenPose file a frame of
the true points with a detector's habits. The product is told the lens. Films are made once (needs bpy and anny, three seconds of
a core a frame) and kept under --cache. --sheet draws every sixth frame: the film, and from the side the true body and both fits.
Definitions stand in `benchmarks.motion_errors`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks.bones import drawn_bones, with_bones
from benchmarks.clips import FEET, FPS, held_out, on_floor, splined, turns_of
from benchmarks.motion_errors import (
    HEADER,
    ROWS,
    FittedMotion,
    MotionErrors,
    error_row,
    motion_errors,
    read_motion,
)
from benchmarks.rendered.bodies import OtherBody, draw_people
from benchmarks.rendered.cache import DEFAULT_CACHE, recipe_folder
from benchmarks.rendered.picture import render
from benchmarks.rendered.points_file import write_points
from benchmarks.rendered.poses import turned_about_vertical
from benchmarks.rendered.quiet import silence
from benchmarks.rendered.scenes import SEED, Scene, viewpoint
from benchmarks.rendered.sheet import FIT_COLOUR, TILE, TRUE_COLOUR, fitted_in, from_the_side
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import Pose, detected_keypoints, points, rest_joints, vertices

# A modern dance, basketball, a walk, gestures.
RECORDINGS = ("cmu_05_09", "cmu_06_02", "cmu_train_walking_extra_walking_50", "cmu_13_26")
_RECIPE = 2  # another one makes other films
_RECORDED_FPS = 10.0
_FACING_DEGREES = 60.0
_SHEET_STEP = 6
_COLUMNS = {"film alone": (), "OpenPose files": ("--keypoints",)}


@dataclass(frozen=True, eq=False)
class Film:
    """A film on disk: numbered pictures, keypoints of each, and the truth before the camera (metres)."""

    name: str
    folder: Path

    @property
    def frames(self) -> Path:
        return self.folder / "frames"

    @property
    def keypoints(self) -> Path:
        return self.folder / "points"

    @property
    def truth(self) -> dict[str, NumpyArray]:
        with np.load(self.folder / "truth.npz", allow_pickle=False) as data:
            return dict(data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the films that are not there yet, fit them both ways, print the table."""
    options = _options(arguments)
    films = _films(options)
    errors: dict[str, list[MotionErrors]] = {title: [] for title in _COLUMNS}
    seconds = dict.fromkeys(_COLUMNS, 0.0)
    print(f"{len(films)} films: {', '.join(film.name for film in films)}\n{HEADER}", flush=True)
    with tempfile.TemporaryDirectory() as results:
        for film in films:
            motions: list[FittedMotion] = []
            for title in _COLUMNS:
                started = perf_counter()
                motion = read_motion(_fitted(film, title, Path(results)))
                seconds[title] += perf_counter() - started
                motions.append(motion)
                true = film.truth["meant"][motion.frames]
                errors[title].append(motion_errors(motion.points, true[:, ROWS], FPS))
                print(error_row(f"{film.name}, {title}", errors[title][-1:], np.nan), flush=True)
            if options.sheet is not None:
                options.sheet.mkdir(parents=True, exist_ok=True)
                _draw_sheet(film, motions, options.sheet / f"{film.name}.png")
    for title, rows in errors.items():
        print(error_row(f"all, {title}", rows, seconds[title]))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--names", nargs="*", default=RECORDINGS)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--sheet", type=Path, default=None)
    return parser.parse_args(arguments)


def _films(options: argparse.Namespace) -> list[Film]:
    """Return the films asked for; those that are not in the cache are made."""
    least = int(np.ceil(options.frames / FPS * _RECORDED_FPS)) + 1
    recordings = dict(held_out(options.mocap, least))
    unknown = [name for name in options.names if name not in recordings]
    if unknown:
        raise SystemExit(
            f"{unknown[0]} is no held-out recording of {least} poses. There are: {', '.join(recordings)}"
        )
    cache = recipe_folder(options.cache, options.mocap, SEED, f"films-{_RECIPE}")
    films = [Film(name, cache / f"{name}_{options.frames}") for name in options.names]
    missing = [film for film in films if not (film.folder / "truth.npz").exists()]
    if missing:
        with silence():
            people = draw_people()
        for film in missing:
            print(f"rendering {film.name}", file=sys.stderr, flush=True)
            recorded = recordings[film.name]
            middle = recorded[(len(recorded) - least) // 2 :]  # some begin with a pose of calibration
            scenes = _scenes(film.name, middle, people, options.frames)
            _make_film(film, scenes)
    return films


def _scenes(name: str, recorded: NumpyArray, people: Sequence[OtherBody], frames: int) -> list[Scene]:
    """Return a scene a frame: a person in a recording before one camera, the same at every call."""
    random = np.random.default_rng((SEED, _RECIPE, *name.encode()))
    person = people[int(random.integers(len(people)))]
    body = with_bones(person.model, drawn_bones(random))
    heading = float(random.uniform(-_FACING_DEGREES, _FACING_DEGREES))
    turns = np.array(
        [turned_about_vertical(turn, heading) for turn in turns_of(body, splined(recorded, frames), random)]
    )
    shape = np.zeros(body.shape_directions.shape[2])
    pelvis = rest_joints(body, shape)[joint_table.PELVIS]
    still = np.stack([points(body, Pose(turn, shape, np.zeros(3)), 0) for turn in turns])
    places = on_floor(still[:, FEET]) - pelvis * np.array([1.0, 0.0, 1.0])
    poses = [Pose(turn, shape, place) for turn, place in zip(turns, places, strict=True)]
    meshes = [vertices(body, pose) for pose in poses]
    view = viewpoint(np.concatenate(meshes), False, random)
    seed = (SEED, zlib.crc32(name.encode()), 1)
    return [
        Scene("film", person.kind, body, pose, mesh, view, False, None, np.radians(heading), seed)
        for pose, mesh in zip(poses, meshes, strict=True)
    ]


def _make_film(film: Film, scenes: Sequence[Scene]) -> None:
    """Render the frames and write their keypoints; the truth comes last, so that a film that has one is whole."""
    film.frames.mkdir(parents=True, exist_ok=True)
    film.keypoints.mkdir(exist_ok=True)
    meant: list[NumpyArray] = []
    bodies: list[NumpyArray] = []
    for number, scene in enumerate(scenes):
        picture = film.frames / f"film_{number:04d}.jpg"
        if not picture.exists():
            partial = picture.with_suffix(".part.jpg")
            render(scene, partial)
            partial.replace(picture)
        drawn = replace(scene, seed=(*scene.seed[:1], scene.seed[1] + number + 1, 1))  # its own noise
        write_points(drawn, film.keypoints / f"film_{number:04d}_keypoints.json")
        pose = scene.camera_pose()
        placed = points(scene.model, pose, 0)
        meant.append(detected_keypoints(scene.model, pose, placed, "openpose"))
        bodies.append(vertices(scene.model, pose).astype(np.float32))
    view = scenes[0].view
    partial = film.folder / "truth.part.npz"
    np.savez_compressed(
        partial,
        meant=np.array(meant),
        vertices=np.array(bodies),
        up=view.camera_from_studio @ np.array([0.0, 1.0, 0.0]),
        focal_px=view.focal_px,
    )
    partial.replace(film.folder / "truth.npz")


def _fitted(film: Film, title: str, results: Path) -> Path:
    """Fit a film as the command line does; return the file of the motion that is longest on the screen."""
    out = results / f"{film.name}_{title.replace(' ', '_')}"
    how = [*_COLUMNS[title], str(film.keypoints)] if _COLUMNS[title] else ["--detect"]
    command = [sys.executable, "-m", "fitting_core", "sequence", str(film.frames), "--fps", f"{FPS:g}"]
    command += ["--focal-px", f"{float(film.truth['focal_px'])}", "--out", str(out), *how]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(iter(sorted(out.glob("person_*_motion.npz"))))


def _draw_sheet(film: Film, motions: Sequence[FittedMotion], path: Path) -> None:
    """Draw the film above, then from the side the truth (green) and the fits of both columns (orange)."""
    truth = film.truth
    pictures = sorted(film.frames.glob("*.jpg"))
    chosen = range(0, len(pictures), _SHEET_STEP)
    rows = [[fitted_in(Image.open(pictures[frame])) for frame in chosen]]
    rows.append([from_the_side(truth["vertices"][frame], truth["up"], TRUE_COLOUR) for frame in chosen])
    for motion in motions:
        poses = dict(zip(motion.frames.tolist(), motion.poses, strict=True))
        blank = Image.new("RGB", TILE, "white")
        rows.append(
            [
                from_the_side(vertices(motion.model, poses[frame]), truth["up"], FIT_COLOUR)
                if frame in poses
                else blank
                for frame in chosen
            ]
        )
    sheet = Image.new("RGB", (TILE[0] * len(chosen), TILE[1] * len(rows)), "white")
    for down, row in enumerate(rows):
        for across, tile in enumerate(row):
            sheet.paste(tile, (across * TILE[0], down * TILE[1]))
    sheet.save(path)


if __name__ == "__main__":
    main(sys.argv[1:])
