"""Several people of one photo in one scene: who lies in somebody else is fitted again with the others as things.

One after another in the order of the photo: those before stay where they are. Another person is the union of the capsules, as
distances on a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray, numpy_double
from fitting_core.body_model.articulation import articulate
from fitting_core.body_model.capsules.posed_capsules import BodyCapsules, capsule_arrays, posed_capsules

from ..fit_batch import BatchFit, run_stages
from ..setup import FitSetup
from ..subject import Subject
from ..terms.skin_arrays import skin_at
from .contacts import SceneContacts
from .distance_grid import DistanceGrid, grid_arrays

if TYPE_CHECKING:
    from jaxtyping import Float

_SPACING_M, _MARGIN_M = 0.05, 0.25
_LEAST_DEPTH_M = 0.01  # people who touch do not lie in each other
_MOST_NEAR = 8  # others that one person is kept out of


def apart_from_each_other(
    setups: Sequence[FitSetup], subjects: Sequence[Subject], fit: BatchFit, make: ArrayMaker
) -> BatchFit:
    """Return a fit in which no one's best solution passes through that of somebody before; each has a setup with their body."""
    if len(subjects) < 2 or any(setup.capsules is None or setup.scene is None for setup in setups):
        return fit
    x, loss = fit.x.copy(), fit.loss.copy()
    scores = {name: costs.copy() for name, costs in fit.scores.items()}
    bodies = [_person_grid(setups[0], x[0, 0], 0)]
    iterations = fit.iterations
    for index, setup in enumerate(setups[1:], start=1):
        near = _met(setup, x[index, :1], bodies)
        if near:
            again = run_stages(
                _among(setup, near),
                subjects[index : index + 1],
                x[index, :1],
                make,
                first_stage=len(setup.stages) - 1,
            )
            x[index, 0], loss[index, 0] = again.x[0, 0], again.loss[0, 0]
            iterations += again.iterations
            for name, costs in again.scores.items():
                scores.setdefault(name, np.zeros_like(loss))[index, 0] = costs[0, 0]
        bodies.append(_person_grid(setup, x[index, 0], index))
    return replace(fit, x=x, loss=loss, scores=scores, iterations=iterations)


def _met(setup: FitSetup, x: NumpyArray, bodies: Sequence[DistanceGrid]) -> list[DistanceGrid]:
    """Return those of the others that a person lies in, the deepest first."""
    places, _ = skin_at(setup.points.model, setup.layout, x)
    make = numpy_double()
    depths = [-float(grid_arrays(body, make).sample(places)[0].min()) for body in bodies]
    order = np.argsort(depths)[::-1][:_MOST_NEAR]
    return [bodies[number] for number in order if depths[number] > _LEAST_DEPTH_M]


def _among(setup: FitSetup, others: Sequence[DistanceGrid]) -> FitSetup:
    """Return the setup with others among the things of its scene."""
    scene = cast(SceneContacts, setup.scene)
    return replace(setup, scene=replace(scene, things=(*scene.things, *others)))


def _person_grid(setup: FitSetup, x: Float[NumpyArray, " columns"], index: int) -> DistanceGrid:
    """Return the distances to the capsules of a body, in the camera's frame."""
    layout, row = setup.layout, x[None]
    arrays = capsule_arrays(cast(BodyCapsules, setup.capsules), numpy_double())
    shape = layout.shape_coefficients(row)
    placed = posed_capsules(arrays, articulate(arrays.tree, layout.rotations(row), shape, slice(0)), shape)
    start, end = placed.start[0] + row[0, :3], placed.end[0] + row[0, :3]
    ends = np.concatenate([start, end])
    low, high = ends.min(axis=0) - _MARGIN_M, ends.max(axis=0) + _MARGIN_M
    counts = np.ceil((high - low) / _SPACING_M).astype(int) + 1
    axes: list[NumpyArray] = [
        first + _SPACING_M * np.arange(count) for first, count in zip(low, counts, strict=True)
    ]
    corners = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    distance = np.full(corners.shape[:3], np.inf)
    for first, axis, radius in zip(start, end - start, placed.radius[0], strict=True):
        along = np.clip((corners - first) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
        apart = np.linalg.norm(corners - first - along[..., None] * axis, axis=-1) - radius
        np.minimum(distance, apart, out=distance)
    name = f"person {index + 1}"
    return DistanceGrid(name, low, np.full(3, _SPACING_M), distance, np.eye(4), is_person=True)
