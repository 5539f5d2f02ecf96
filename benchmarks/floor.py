"""Measure the effect of a known floor on figures before a camera of known place; prints a table.

python -m benchmarks.floor [--mocap DIR] [--cases N]

The photos of benchmarks/cases.py, each with a floor under the lowest vertex of the true body, of which the fit knows nothing. Its
figure is then slid along the camera's rays onto the floor by the add-on's own code, which changes its size and not the picture;
or fitted again, held to the height that this has told, and slid for the rest. Both with the true place of the camera, and with
one that is off by half a degree and two centimetres, as cameras matched by hand are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.cases import Case, add_bones_option, make_cases
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model.measurements import measured
from fitting_core.engine import choose_engine
from fitting_core.errors import FittingError
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.priors.measurements import measurements
from fitting_core.fitting.setup import FitSetup
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import FittedPerson, fitted_person
from smplify_blender.result.standing import BodyHeights, Standing, ground_hits, lower_rays, standing_on

TILT_DEGREES, HEIGHT_ERROR_M = 0.5, 0.02
SEED = 5
ROWS = ("as fitted", "slid", "fitted again, slid", "slid, camera off", "fitted again, slid, camera off")
_COLUMNS = ("figure", "vertices, mm", "distance, cm", "height, cm")


@dataclass(frozen=True)
class _Scene:
    """A camera over the plane z = 0: its camera frame in that world."""

    world_from_camera: NumpyArray

    def standing(self, person: FittedPerson, height_m: float) -> Standing:
        rays = lower_rays(person.vertices, self.world_from_camera)
        return standing_on("the ground", rays, ground_hits(rays), BodyHeights(height_m), 1.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the cases, fit and slide each, print the table of mean (median) errors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, default=None)
    add_bones_option(parser)
    parser.add_argument("--cases", type=int, default=60)
    options = parser.parse_args(arguments)
    setup = fit_setup()
    make = choose_engine("numpy", "auto").make
    random = np.random.default_rng(SEED)
    cases = make_cases(setup.points.model, options.mocap, options.cases, own_bones=options.own_bones)
    tables = [_errors(setup, case, make, random) for case in cases]
    found = [(errors, changes) for errors, changes in tables if errors is not None]
    print(f"{len(found)} of {len(cases)} figures stand on the floor in every row; errors, mean (median)")
    for name, column in (("true camera", 0), ("camera off", 1)):
        changes = np.abs([changes[column] for _, changes in found])
        print(
            f"{name}: the size changes by {100 * np.median(changes):.1f} % in the median, in 98 of 100 by no more than "
            f"{100 * np.percentile(changes, 98):.1f} %"
        )
    print("| " + " | ".join(_COLUMNS) + " |")
    print("|---" * len(_COLUMNS) + "|")
    for row, values in zip(ROWS, np.array([errors for errors, _ in found]).transpose(1, 2, 0), strict=True):
        cells = [f"{column.mean():.1f} ({np.median(column):.1f})" for column in values]
        print(f"| {row} | " + " | ".join(cells) + " |")


def _errors(
    setup: FitSetup, case: Case, make: ArrayMaker, random: np.random.Generator
) -> tuple[NumpyArray | None, tuple[float, float]]:
    """Rows of errors, and by how much sliding has changed the size; None where the figure stays where the fit has it."""
    up = matrix_from_vector(case.truth.rotations[0]) @ np.array([0.0, 1.0, 0.0])
    height = -float((case.vertices @ up).min())
    tilt = matrix_from_vector(np.append(random.normal(0, np.radians(TILT_DEGREES), 2), 0.0))
    scenes = (_scene(up, height), _scene(tilt @ up, height + random.normal(0, HEIGHT_ERROR_M)))
    person, height_m = _fitted(setup, case, make, None)
    rows = [_error(setup, case, person, height_m, 1.0)]
    changes: list[float] = []
    for scene in scenes:
        slid = scene.standing(person, height_m)
        if not slid.stands:
            return None, (0.0, 0.0)
        rows.append(_error(setup, case, person, height_m, slid.scale))
        changes.append(slid.scale - 1.0)
        try:
            again, again_m = _fitted(setup, case, make, slid.scale * height_m)
        except FittingError:  # no body of the model is that tall
            return None, (0.0, 0.0)
        rest = scene.standing(again, again_m)
        rows.append(_error(setup, case, again, again_m, rest.scale))
    return np.array(rows), (changes[0], changes[1])


def _scene(up: NumpyArray, height: float) -> _Scene:
    right = np.cross([0.0, 0.0, 1.0], up)
    right /= np.linalg.norm(right)
    placed = np.eye(4)
    placed[:3, :3] = np.stack([right, np.cross(up, right), up])
    placed[2, 3] = height
    return _Scene(placed)


def _fitted(
    setup: FitSetup, case: Case, make: ArrayMaker, height_m: float | None
) -> tuple[FittedPerson, float]:
    model = setup.points.model
    known = None if height_m is None else measurements(model, height_m, None)
    fit = fit_batch(replace(setup, measurements=known), [case.subject], make)
    person = fitted_person(model, setup.layout, case.subject, fit.x[0, 0], float(fit.loss[0, 0]))
    return person, measured(model, person.pose.shape[: model.beta_count]).height_m


def _error(setup: FitSetup, case: Case, person: FittedPerson, height_m: float, scale: float) -> NumpyArray:
    model = setup.points.model
    true_m = measured(case.body, case.truth.shape[: model.beta_count]).height_m
    vertices = scale * person.vertices
    return np.array(
        [
            1000 * np.linalg.norm(vertices - case.vertices, axis=1).mean(),
            100 * abs(vertices[:, 2].mean() - case.vertices[:, 2].mean()),
            100 * abs(scale * height_m - true_m),
        ]
    )


if __name__ == "__main__":
    main()
