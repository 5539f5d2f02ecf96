"""Measure fitted motions against known ones: the gymnast's film and synthetic clips; prints tables.

python -m benchmarks.sequence [--gymnast DIR [--motion FILE]] [--mocap DIR] [--clips N] [--frames N] [--length N [--film MOVIE]]

Definitions stand in `benchmarks.motion_errors`.

--gymnast is the folder of a film with `beam.mp4`, `beam_body25b/` and `beam_truth.npz` (Pose2Sim, BSD-3), whose truth is that
of four cameras, good to 3 cm; with --motion, a person_NN_motion.npz that `smplify-fit sequence` has made of the film is
compared, joint by joint too. --mocap is the folder of `benchmarks.accuracy`. With --length N instead: time and memory of a
clip of N frames, with --engine torch --device cuda on a GPU; with --film MOVIE, of `smplify-fit sequence --detect` on N frames
of that movie, played to and fro. With --sheet FILE: a picture of the last clip from the side, its
true body, the frames one by one, the sequence.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from PIL import Image

from benchmarks.clips import FPS, MovingCase, make_clips
from benchmarks.motion_errors import HEADER, NAMES, ROWS, error_row, motion_errors, print_points, read_motion
from benchmarks.movies import write_movie
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, detected_keypoints, vertices
from fitting_core.engine import ArrayEngine, choose_engine, double_precision
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from fitting_core.sequence.frames.opening import clip_at
from fitting_core.sequence.motion.fit_person import FitTools, TrackedPerson, fit_people
from fitting_core.sequence.people.tracking import track_people
from fitting_core.sequence.steps_kept import KeptSteps

_GYMNAST_SIZE = (1080, 1920)
_SHEET_STEP, _TILE, _SIDE_M = 9, (130, 200), 12.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit what was asked for and print the tables."""
    options = _options(arguments)
    if options.film is not None:
        _from_pixels(options.film, options.length or 1000)
        return
    setup = fit_setup()
    if options.gymnast is not None:
        _gymnast(setup, options.gymnast, options.motion)
    if options.mocap is not None:
        clips = make_clips(setup.points.model, options.mocap, options.clips, options.frames)
        if options.length is not None:
            _length(setup, clips[0], options.length, choose_engine(options.engine, options.device))
        elif options.sheet is not None:
            _sheet(setup, clips[-1], options.sheet)
        else:
            _synthetic(setup, clips)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gymnast", type=Path, default=None)
    parser.add_argument("--motion", type=Path, default=None)
    parser.add_argument("--mocap", type=Path, default=None)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--length", type=int, default=None)
    parser.add_argument("--film", type=Path, default=None)
    parser.add_argument("--engine", choices=("numpy", "torch"), default="numpy")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--sheet", type=Path, default=None)
    return parser.parse_args(arguments)


def _gymnast(setup: FitSetup, folder: Path, motion: Path | None) -> None:
    """Print the errors of the film of the gymnast from its keypoint files, the camera known, or those of a fitted motion."""
    with np.load(folder / "beam_truth.npz", allow_pickle=False) as data:
        names, joints = [str(name) for name in data["names"]], data["joints_m"].astype(np.float64)
        focal_px, middle, rate = float(data["focal_px"]), data["principal_point"], float(data["fps"])
    true = joints[:, [names.index(_pose2sim(name)) for name in NAMES]]
    if motion is not None:
        fitted = read_motion(motion)
        errors = motion_errors(fitted.points, true[fitted.frames], rate)
        print(f"{HEADER}\n{error_row(motion.name, [errors], np.nan)}")
        print_points(fitted.points, true[fitted.frames])
        return
    files = sorted((folder / "beam_body25b").glob("*.json"))
    frames = [read_keypoint_file(path, _GYMNAST_SIZE, body_order="BODY_25B").people for path in files]
    track = track_people(frames, rate)[0]
    subjects = tuple(
        Subject(frames[frame][index], focal_px, middle, None, float(_GYMNAST_SIZE[1]))
        for frame, index in zip(track.frames, track.indices, strict=True)
    )
    print(f"The gymnast, {len(subjects)} frames at {rate:g} a second, from keypoint files")
    _print_both(setup, [(subjects, true)], rate)


def _pose2sim(name: str) -> str:
    """Return the film's own name of a keypoint: RBigToe for right_big_toe."""
    side, separator, part = name.partition("_")
    if not separator:
        return name.capitalize()
    return side[0].upper() + "".join(word.capitalize() for word in part.split("_"))


def _synthetic(setup: FitSetup, clips: Sequence[MovingCase]) -> None:
    print(
        f"{len(clips)} synthetic clips of {len(clips[0].subjects)} frames at {FPS:g} a second: "
        + ", ".join(clip.name for clip in clips)
    )
    _print_both(setup, [(clip.subjects, clip.meant[:, ROWS]) for clip in clips], FPS)


def _print_both(setup: FitSetup, cases: Sequence[tuple[Sequence[Subject], NumpyArray]], rate: float) -> None:
    print(HEADER)
    for name, fit in (("frame by frame", _by_frame), ("as a sequence", _as_sequence)):
        started = perf_counter()
        rows = [fit(setup, subjects, rate) for subjects, _ in cases]
        seconds = perf_counter() - started
        errors = [
            motion_errors(_body_points(setup, subjects, x), true, rate)
            for x, (subjects, true) in zip(rows, cases, strict=True)
        ]
        print(error_row(name, errors, seconds), flush=True)


def _by_frame(setup: FitSetup, subjects: Sequence[Subject], rate: float) -> NumpyArray:
    del rate
    return fit_batch(setup, subjects, choose_engine("numpy", "auto").make).x[:, 0]


def _as_sequence(
    setup: FitSetup, subjects: Sequence[Subject], rate: float, engine: ArrayEngine | None = None
) -> NumpyArray:
    person = TrackedPerson(0, 0, tuple(subjects), np.ones(len(subjects), dtype=bool))
    with tempfile.TemporaryDirectory() as folder:
        steps = KeptSteps(Path(folder), [], [])
        engine = choose_engine("numpy", "auto") if engine is None else engine
        tools = FitTools(setup, engine.make, double_precision(engine), rate, 1.0, steps)
        return fit_people([tools], [person], _no_report)[0].x


def _no_report(number: int, fraction: float, words: str, cost: float) -> None:
    """Leave the progress unsaid."""


def _body_points(setup: FitSetup, subjects: Sequence[Subject], x: NumpyArray) -> NumpyArray:
    """Return the points that the detector means, as the truth of both tests has them: (N, 17, 3)."""
    rows: list[NumpyArray] = []
    for subject, row in zip(subjects, x, strict=True):
        person = fitted_person(setup.points.model, setup.layout, subject, row, 0.0)
        meant = detected_keypoints(setup.points.model, person.pose, person.points, "openpose")
        rows.append(meant[ROWS])
    return np.array(rows)


def _length(setup: FitSetup, clip: MovingCase, count: int, engine: ArrayEngine) -> None:
    """Print the time and memory that one person takes in so many frames: a clip played to and fro."""
    there_and_back = [*clip.subjects, *clip.subjects[::-1]]
    subjects = [there_and_back[number % len(there_and_back)] for number in range(count)]
    started, before = perf_counter(), process_time()
    _as_sequence(setup, subjects, FPS, engine)
    seconds, of_processors = perf_counter() - started, process_time() - before
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} frames: {seconds:.1f} s, {of_processors:.1f} s of processors, {1000 * of_processors / count:.1f} ms a frame, "
        f"{megabytes:.0f} MB at most",
        flush=True,
    )


def _from_pixels(film: Path, count: int) -> None:
    """Print the time that the command takes on so many frames of a movie, looked at and fitted."""
    clip = clip_at(film)
    pictures = list(clip.pictures(clip.frames.numbers))
    there_and_back = [*pictures, *pictures[-2:0:-1]]
    with tempfile.TemporaryDirectory() as folder:
        longer, out = Path(folder) / "longer.mp4", Path(folder) / "out"
        write_movie(
            longer,
            [there_and_back[number % len(there_and_back)] for number in range(count)],
            clip.frames.rate,
        )
        command = [
            sys.executable,
            "-m",
            "fitting_core",
            "sequence",
            str(longer),
            "--detect",
            "--out",
            str(out),
        ]
        started = perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = perf_counter() - started
    of_processors = resource.getrusage(resource.RUSAGE_CHILDREN)
    width, height = clip.size
    print(
        f"{count} frames of {width} × {height} from pixels: {seconds:.1f} s, "
        f"{of_processors.ru_utime + of_processors.ru_stime:.1f} s of processors"
    )


def _sheet(setup: FitSetup, clip: MovingCase, file: Path) -> None:
    """Draw every ninth frame from the side: the true body, the frames fitted one by one, the sequence."""
    model, layout = setup.points.model, setup.layout
    chosen = range(0, len(clip.subjects), _SHEET_STEP)
    rows = [[vertices(clip.body, clip.poses[frame]) for frame in chosen]]
    for fit in (_by_frame, _as_sequence):
        x = fit(setup, clip.subjects, FPS)
        turns, shape, place = layout.rotations(x), layout.shape_coefficients(x), layout.translation(x)
        rows.append([vertices(model, Pose(turns[frame], shape[frame], place[frame])) for frame in chosen])
    tints = ((150.0, 220.0, 150.0), (200.0, 200.0, 200.0), (255.0, 232.0, 205.0))
    drawn = [
        np.concatenate([_from_the_side(mesh, model.triangles, tint) for mesh in row], axis=1)
        for row, tint in zip(rows, tints, strict=True)
    ]
    Image.fromarray(np.concatenate(drawn)).save(file, quality=85)


def _from_the_side(mesh: NumpyArray, triangles: NumpyArray, tint: tuple[float, float, float]) -> NumpyArray:
    """Return a picture of a mesh (camera's frame) as a camera on its left sees it, on white."""
    width, height = _TILE
    centred = mesh - 0.5 * (mesh.max(axis=0) + mesh.min(axis=0))
    turned = np.stack([centred[:, 2], centred[:, 1], _SIDE_M - centred[:, 0]], axis=1)
    camera = PinholeCamera(height * _SIDE_M / 2.1, np.array([width, height]) / 2.0)
    picture = draw_mesh(turned, triangles, camera, _TILE, tint)
    return np.where(np.isfinite(picture.depth)[..., None], picture.rgb, 255).astype(np.uint8)


if __name__ == "__main__":
    main(sys.argv[1:])
