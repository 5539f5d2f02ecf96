"""Measure what photos gain that are fitted together: one moment from two cameras, one person in several poses; prints a table.

    python -m benchmarks.together --views DIR

DIR is that of `benchmarks.real_views`: NAME.jpg, NAME_keypoints.json and NAME_truth.npz, named CAMERA_MOMENT. Errors are those of
twelve joints of the limbs, mm: with the middles of the hips on each other, and after the best similarity (Procrustes). The
cameras' focal lengths are the true ones; where they stand is found, or (last row) given as the true joints in them tell it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy import procrustes_distance
from benchmarks.real_views import JOINTS, ROWS, View, read_view
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.body_model import detected_keypoints
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.geometry.rotations import nearest_rotation
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from fitting_core.sequence.together.given_cameras import with_given_cameras
from fitting_core.sequence.together.same_moment import first_from_cameras, with_one_pose
from fitting_core.sequence.together.same_person import with_one_shape

_HIPS = [list(JOINTS).index(name) for name in ("RHip", "LHip")]


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A view with the solution that it has in some way of fitting."""

    view: View
    row: NumpyArray


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the views alone and together and print the errors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--views", type=Path, required=True)
    photos = sorted(parser.parse_args(arguments).views.glob("*.jpg"))
    cameras = sorted({photo.stem.split("_")[0] for photo in photos})
    moments = sorted({photo.stem.split("_")[1] for photo in photos})
    views = {photo.stem: read_view(photo) for photo in photos}
    setup = fit_setup()
    names = list(views)
    alone = fit_batch(setup, [views[name].from_file for name in names], numpy_double()).x
    found = dict(zip(names, alone, strict=True))
    print("| | photos | pelvis-aligned, mm | Procrustes, mm |")
    print("|---|---|---|---|")
    _print(setup, "each alone", (_Fitted(views[name], found[name][0]) for name in names))
    one_person: list[_Fitted] = []
    for camera in cameras:
        own = [name for name in names if name.startswith(f"{camera}_")]
        rows = np.stack([found[name][0] for name in own])
        x = with_one_shape(setup, [views[name].from_file for name in own], rows)
        one_person += [_Fitted(views[name], row) for name, row in zip(own, x, strict=True)]
    _print(setup, "same person, the photos of one camera together", one_person)
    one_moment: list[_Fitted] = []
    given: list[_Fitted] = []
    angles: list[float] = []
    for moment in moments:
        own = [f"{camera}_{moment}" for camera in cameras]
        subjects = [views[name].from_file for name in own]
        x = with_one_pose(setup, subjects, np.stack([found[name] for name in own])).x
        one_moment += [_Fitted(views[name], row) for name, row in zip(own, x, strict=True)]
        own_views = [views[name] for name in own]
        angles.append(_camera_error(setup, own_views, x))
        cameras_given = _true_cameras(own_views)
        x = with_given_cameras(setup, subjects, np.stack([found[name] for name in own]), cameras_given).x
        given += [_Fitted(view, row) for view, row in zip(own_views, x, strict=True)]
    _print(setup, f"same moment, {len(cameras)} cameras together", one_moment)
    _print(setup, f"same moment, {len(cameras)} cameras together that are given", given)
    print(f"The second camera is turned against the first by {np.mean(angles):.1f}° too much or too little.")


def _print(setup: FitSetup, name: str, fitted: Iterable[_Fitted]) -> None:
    errors = np.array([_errors(setup, one) for one in fitted])
    aligned, similar = errors.mean(axis=0)
    print(f"| {name} | {len(errors)} | {aligned:.0f} | {similar:.0f} |", flush=True)


def _errors(setup: FitSetup, one: _Fitted) -> tuple[float, float]:
    person = fitted_person(setup.points.model, setup.layout, one.view.from_file, one.row, 0.0)
    mine = detected_keypoints(setup.points.model, person.pose, person.points, "openpose")[ROWS]
    centred = [points - points[_HIPS].mean(axis=0) for points in (mine, one.view.truth)]
    apart = np.linalg.norm(centred[0] - centred[1], axis=1)
    return 1000.0 * float(apart.mean()), 1000.0 * float(np.mean(procrustes_distance(mine, one.view.truth)))


def _true_cameras(views: Sequence[View]) -> NumpyArray:
    """Return the transforms (N, 4, 4) from each camera's frame to the first one's that the true joints in them tell."""
    first = views[0].truth
    found = np.tile(np.eye(4), (len(views), 1, 1))
    for transform, view in zip(found, views, strict=True):
        middles = first.mean(axis=0), view.truth.mean(axis=0)
        transform[:3, :3] = nearest_rotation((first - middles[0]).T @ (view.truth - middles[1]))
        transform[:3, 3] = middles[0] - transform[:3, :3] @ middles[1]
    return found


def _camera_error(setup: FitSetup, views: Sequence[View], x: NumpyArray) -> float:
    """Return by how many degrees the turn between the first two cameras differs from that between the true joints in them."""
    true = _true_cameras(views)[1][:3, :3]
    turn = first_from_cameras(setup, x)[1][:3, :3] @ true.T
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0))))


if __name__ == "__main__":
    main()
