"""The folder of the made photos: each case is a photo, an OpenPose file and the truth, made once by two processes."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.cases import held_out_motion
from benchmarks.rendered.bodies import OtherBody, draw_people
from benchmarks.rendered.points_file import write_points
from benchmarks.rendered.quiet import silence
from benchmarks.rendered.scenes import Scene, make_scene
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import points, vertices
from fitting_core.body_model.measurements import measured
from fitting_core.results.person import contour_row_of

# Another recipe makes other photos: count up when bodies, poses, cameras, paint or a detector's habits change.
RECIPE = 3
DEFAULT_CACHE = Path.home() / ".cache" / "smplify-benchmarks"
_MOCAP_FILE = "cmu_body_poses.npz"


@dataclass(frozen=True, eq=False)
class Truth:
    """All that is known of a case, in the camera frame (metres, x right, y down, z forward)."""

    photo: Path
    points_file: Path
    kind: str  # of pose
    person: str  # man, woman or child
    points: NumpyArray  # (144, 3)
    vertices: NumpyArray  # (V, 3)
    up: NumpyArray  # (3,) the vertical
    focal_px: float
    lens_mm: float
    from_above: bool
    height_m: float  # of the body at rest
    weight_kg: float


def recipe_folder(cache: Path, mocap: Path, seed: int, recipe: str = f"rendered-{RECIPE}") -> Path:
    """Return the folder of the pictures that a recipe makes from that motion capture; SystemExit if that is not there."""
    file = mocap / _MOCAP_FILE
    if not file.is_file():
        raise SystemExit(f"{file} is not there. Give the folder of the motion capture as --mocap.")
    clips = zlib.crc32(file.read_bytes())
    return cache / f"{recipe}-{seed}-{clips:08x}"


def make_photos(folder: Path, mocap: Path, count: int, seed: int, processes: int) -> list[Path]:
    """Make those of the first `count` cases that are not there yet; return the files of the truth of all."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"case_{number:03d}.npz" for number in range(count)]
    missing = [number for number, file in enumerate(files) if not file.exists()]
    if missing:
        _check_packages()
        jobs = [(folder, mocap, number, seed) for number in missing]
        with multiprocessing.get_context("spawn").Pool(min(processes, len(jobs))) as pool:
            for done, _ in enumerate(pool.imap_unordered(_make_case, jobs), start=1):
                print(
                    f"\rrendering {done} of {len(jobs)}",
                    end="" if done < len(jobs) else "\n",
                    file=sys.stderr,
                )
    return files


def _check_packages() -> None:
    for package, extra in (("bpy", "blender"), ("anny", "build")):
        if importlib.util.find_spec(package) is None:
            raise SystemExit(
                f"Photos are made with {package}, which is not installed: pip install -e .[{extra}]"
            )


def read_truth(file: Path) -> Truth:
    """Read the truth of one case."""
    with np.load(file, allow_pickle=False) as data:
        return Truth(
            photo=file.with_suffix(".jpg"),
            points_file=file.with_name(f"{file.stem}_keypoints.json"),
            kind=str(data["kind"]),
            person=str(data["person"]),
            points=data["points"],
            vertices=data["vertices"].astype(np.float64),
            up=data["up"],
            focal_px=float(data["focal_px"]),
            lens_mm=float(data["lens_mm"]),
            from_above=bool(data["from_above"]),
            height_m=float(data["height_m"]),
            weight_kg=float(data["weight_kg"]),
        )


@lru_cache(maxsize=1)
def _people() -> list[OtherBody]:
    with silence():
        return draw_people()


@lru_cache(maxsize=1)
def _motion(mocap: Path) -> NumpyArray:
    return held_out_motion(mocap)


def _make_case(job: tuple[Path, Path, int, int]) -> None:
    """Make one case; its truth comes last and whole, so that a case that has one is complete."""
    from benchmarks.rendered.picture import render  # bpy, and only where something is rendered

    folder, mocap, number, seed = job
    scene = make_scene(number, _people(), _motion(mocap), seed)
    file = folder / f"case_{number:03d}.npz"
    render(scene, file.with_suffix(".jpg"))
    write_points(scene, file.with_name(f"{file.stem}_keypoints.json"))
    _write_truth(scene, file)


def _write_truth(scene: Scene, file: Path) -> None:
    pose = scene.camera_pose()
    sizes = measured(scene.model, np.zeros(scene.model.beta_count))
    assert sizes.weight_kg is not None, "the open body's mesh is closed"
    partial = file.with_suffix(".part.npz")
    np.savez_compressed(
        partial,
        kind=scene.kind,
        person=scene.person,
        points=points(scene.model, pose, contour_row_of(scene.model, pose)),
        vertices=vertices(scene.model, pose).astype(np.float32),
        up=scene.view.camera_from_studio @ np.array([0.0, 1.0, 0.0]),
        focal_px=scene.view.focal_px,
        lens_mm=scene.view.lens_mm,
        from_above=scene.from_above,
        height_m=sizes.height_m,
        weight_kg=sizes.weight_kg,
    )
    partial.replace(file)


def read_all(files: Sequence[Path]) -> list[Truth]:
    """Read the truth of all cases."""
    return [read_truth(file) for file in files]
