"""Measure what the things of a scene tell a fit: people on steps, on chairs and against walls, with and without contact.

python -m benchmarks.contact --mocap DIR [--cases N] [--processes P]

The people and cameras of benchmarks/rendered, with their OpenPose files. Each true body gets things that it touches and does not
lie in: the floor and a step under a foot that is higher, the floor and a seat, the floor and a wall. The user names the true
contacts, and takes the child's body for children. Lens and camera are known, as in a matched scene. The middle row is the product
without contact: it slides the figure along the camera's rays onto the floor.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, make_photos, read_truth, recipe_folder
from benchmarks.rendered.fits import Run, photo_input
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from fitting_core.arguments.scene_request import NamedContact
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model import landmarks
from fitting_core.body_model.skin_points import skin_points
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch, run_stages
from fitting_core.fitting.scene.contacts import SceneContacts
from fitting_core.fitting.scene.distance_grid import DistanceGrid, GridArrays
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import with_scene
from fitting_core.fitting.subject import Subject
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import FittedPerson, fitted_person
from smplify_blender.result.standing import BodyHeights, ground_hits, lower_rays, standing_on

KINDS = {
    "steps": ("standing", "contrapposto", "hands on hips", "walking"),
    "chair": ("chair",),
    "wall": ("standing", "arms crossed", "looking back"),
}
ROWS = ("as fitted", "slid onto the floor", "with the scene")
_COLUMNS = (
    "scene",
    "figure",
    "joints in the world, mm",
    "penetration, mm",
    "gap of contacts, mm",
    "keypoints, px",
)
_BODY_JOINTS = 22
_SPACING_M, _MARGIN_M = 0.03, 0.4
_FLOOR_M = 50.0  # half the side of the floor
_SEAT_M, _STEP_M, _WALL_M = 0.06, 0.4, 0.2  # thickness
_STEP_EDGE_M = 0.03  # around a sole
_LEVEL_M = 0.03  # feet that are this level share the floor


@dataclass(frozen=True, eq=False)
class Box:
    """A box along the axes of the level frame: its lowest and highest corner, metres."""

    name: str
    low: NumpyArray
    high: NumpyArray

    def distances(self) -> DistanceGrid:
        """Return its exact distances."""
        counts = np.ceil((self.high - self.low + 2 * _MARGIN_M) / _SPACING_M).astype(int) + 1
        origin = self.low - _MARGIN_M
        axes: list[NumpyArray] = [
            start + _SPACING_M * np.arange(count) for start, count in zip(origin, counts, strict=True)
        ]
        corners = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        apart = np.abs(corners - 0.5 * (self.low + self.high)) - 0.5 * (self.high - self.low)
        distance = np.linalg.norm(np.maximum(apart, 0.0), axis=-1) + np.minimum(apart.max(axis=-1), 0.0)
        return DistanceGrid(self.name, origin, np.full(3, _SPACING_M), distance, np.eye(4))


@dataclass(frozen=True, eq=False)
class Room:
    """A true body's things and its contacts. The level frame has z up, y where the person faces, and the floor at z = 0."""

    boxes: tuple[Box, ...]
    named: tuple[NamedContact, ...]
    level_from_camera: NumpyArray

    @cached_property
    def contacts(self) -> SceneContacts:
        """The scene as a fit takes it."""
        placed = np.linalg.inv(self.level_from_camera)
        things = (_floor(), *(box.distances() for box in self.boxes))
        return SceneContacts(tuple(replace(thing, camera_from_grid=placed) for thing in things), self.named)


@dataclass(frozen=True, eq=False)
class _Level:
    """The true mesh in a frame with z up and y where the person faces, its origin below the pelvis on the floor."""

    mesh: NumpyArray
    level_from_camera: NumpyArray


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit every case with and without its things, and print the table of mean (median) errors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=CASE_COUNT)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # of the processes to be started: a core each
    folder = recipe_folder(options.cache, options.mocap, SEED)
    files = make_photos(folder, options.mocap, options.cases, SEED, options.processes)
    started = perf_counter()
    jobs = [(file, kind) for file in files for kind in _kinds_of(read_truth(file))]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        found = pool.map(_measured, jobs, chunksize=2)
    print(f"{len(jobs)} people in scenes, {perf_counter() - started:.0f} s\n")
    print("| " + " | ".join(_COLUMNS) + " |")
    print("|---" * len(_COLUMNS) + "|")
    for kind in KINDS:
        _print_rows(
            kind,
            [table for (_, own), table in zip(jobs, found, strict=True) if own == kind and table is not None],
        )
    _print_rows("all", [table for table in found if table is not None])


def _kinds_of(truth: Truth) -> list[str]:
    return [kind for kind, poses in KINDS.items() if truth.kind in poses]


def _print_rows(kind: str, tables: Sequence[NumpyArray]) -> None:
    if not tables:
        return
    for name, values in zip(ROWS, np.stack(tables, axis=-1), strict=True):
        cells = [f"{np.nanmean(column):.1f} ({np.nanmedian(column):.1f})" for column in values]
        print(f"| {kind}, {len(tables)} | {name} | " + " | ".join(cells) + " |")


def _measured(job: tuple[Path, str]) -> NumpyArray | None:
    """Return the errors (rows, columns) of one case in one kind of scene; None where nobody was found."""
    file, kind = job
    truth = read_truth(file)
    found = photo_input(truth, Run("file", "given"))
    if found is None:
        return None
    subject, setup = found[1].subjects[0], fit_setup(gender="child" if truth.person == "child" else "neutral")
    make = choose_engine("numpy", "auto").make
    room = made_room(truth, kind)
    alone = fit_batch(setup, [subject], make)
    person = _person(setup, subject, alone.x[0, 0])
    in_scene = replace(setup, scene=room.contacts, stages=with_scene(setup.stages))
    settled = run_stages(in_scene, [subject], alone.x[0], make, first_stage=len(setup.stages))
    touching = _person(setup, subject, settled.x[0, 0])
    scale = _slid(person, room)
    return np.array(
        [
            _errors(truth, room, person, 1.0),
            _errors(truth, room, person, scale),
            _errors(truth, room, touching, 1.0),
        ]
    )


def _person(setup: FitSetup, subject: Subject, x: NumpyArray) -> FittedPerson:
    return fitted_person(setup.points.model, setup.layout, subject, x, 0.0)


def _slid(person: FittedPerson, room: Room) -> float:
    """Return the scale by which the add-on slides a figure onto the floor z = 0."""
    rays = lower_rays(person.vertices, room.level_from_camera)
    return standing_on("the floor", rays, ground_hits(rays), BodyHeights(1.7), 1.0).scale


def _errors(
    truth: Truth, room: Room, person: FittedPerson, scale: float
) -> tuple[float, float, float, float]:
    joints = np.linalg.norm(scale * person.points - truth.points, axis=1)[:_BODY_JOINTS].mean()
    mesh = scale * person.vertices.astype(np.float64)
    grids = room.contacts.grids(numpy_double())
    depth = max(0.0, *(-float(grid.sample(mesh[None])[0].min()) for grid in grids))
    gaps = [
        _gap(person, mesh, contact, grids[room.contacts.names.index(contact.thing)]) for contact in room.named
    ]
    missed = float(np.nanmean(person.residual_px[landmarks.BODY_KEYPOINTS]))
    return 1000 * float(joints), 1000 * depth, 1000 * float(np.mean(gaps)), missed


def _gap(person: FittedPerson, mesh: NumpyArray, contact: NamedContact, grid: GridArrays) -> float:
    """Return the distance of the nearest skin of a true contact, or how deep it lies."""
    skin = skin_points(person.model)
    points = np.concatenate([skin.parts[part] for part in contact.parts])
    return abs(float(grid.sample(mesh[skin.vertices[points]][None])[0].min()))


def made_room(truth: Truth, kind: str) -> Room:
    """Put things under and behind a true body."""
    level = _level(truth)
    boxes, named = {"steps": _steps, "chair": _chair, "wall": _wall}[kind](level.mesh)
    return Room(tuple(boxes), tuple(named), level.level_from_camera)


def _level(truth: Truth) -> _Level:
    up = truth.up / np.linalg.norm(truth.up)
    hips = truth.points[1] - truth.points[2]
    across: NumpyArray = (hips @ up) * up - hips
    right: NumpyArray = across / np.linalg.norm(across)
    turn: NumpyArray = np.stack([right, np.cross(up, right), up])
    mesh: NumpyArray = truth.vertices @ turn.T
    shift = -np.append((truth.points[0] @ turn.T)[:2], mesh[:, 2].min())
    placed = np.eye(4)
    placed[:3, :3], placed[:3, 3] = turn, shift
    return _Level(mesh + shift, placed)


_Things = tuple[list[Box], list[NamedContact]]


def _steps(mesh: NumpyArray) -> _Things:
    """A step under each foot; one floor under feet that are level."""
    feet = {side: mesh[_foot(side)] for side in ("left", "right")}
    heights = {side: float(foot[:, 2].min()) for side, foot in feet.items()}
    low, high = sorted(heights, key=lambda side: heights[side])
    if heights[high] - heights[low] < _LEVEL_M:
        return [], [NamedContact("stand", "floor")]
    sole = feet[high][feet[high][:, 2] < heights[high] + 0.04]
    below = np.append(sole.min(axis=0)[:2] - _STEP_EDGE_M, heights[high] - _STEP_M)
    above = np.append(sole.max(axis=0)[:2] + _STEP_EDGE_M, heights[high])
    return (
        [Box("step", below, above)],
        [NamedContact(f"{low}_sole", "floor"), NamedContact(f"{high}_sole", "step")],
    )


def _chair(mesh: NumpyArray) -> _Things:
    skin = skin_points(fit_setup().points.model)
    seat = mesh[
        skin.vertices[np.concatenate([skin.parts[p] for p in ("buttocks", "left_thigh", "right_thigh")])]
    ]
    top = float(seat[:, 2].min())
    under = seat[seat[:, 2] < top + 0.1]
    low, high = under.min(axis=0), under.max(axis=0)
    chair = Box("chair", np.append(low[:2] - 0.02, top - _SEAT_M), np.append(high[:2] + 0.02, top))
    return [chair], [NamedContact("stand", "floor"), NamedContact("sit", "chair")]


def _wall(mesh: NumpyArray) -> _Things:
    behind = float(mesh[:, 1].min())
    wall = Box("wall", np.array([-1.5, behind - _WALL_M, 0.0]), np.array([1.5, behind, 2.4]))
    return [wall], [NamedContact("stand", "floor"), NamedContact("lean", "wall")]


def _foot(side: str) -> NumpyArray:
    model = fit_setup().points.model
    owner = np.array(model.joint_names)[model.weights.argmax(axis=1)]
    return np.isin(owner, [f"{side}_ankle", f"{side}_foot"])


def _floor() -> DistanceGrid:
    """The half space z < 0, which a grid of one cell holds exactly."""
    heights = np.broadcast_to([-_FLOOR_M, _FLOOR_M], (2, 2, 2)).astype(float)
    return DistanceGrid("floor", np.full(3, -_FLOOR_M), np.full(3, 2 * _FLOOR_M), heights, np.eye(4))


if __name__ == "__main__":
    main()
