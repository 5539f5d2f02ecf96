"""Moves fitted people onto another body: their pose stays, the shape starts anew, and the distance follows the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import array_api_compat.numpy as numpy_namespace
import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.measurements import height_line

from .fit_batch import BatchFit, joined_fits, rows_by_detector, run_stages
from .setup import FitSetup
from .side_by_side import side_by_side
from .subject import Subject


def on_other_body(
    before: FitSetup, after: FitSetup, subjects: Sequence[Subject], fit: BatchFit, make: ArrayMaker
) -> BatchFit:
    """Refit every solution on the body of `after`, in the stages of a refit; each subject's are put in order again.

    Both bodies have the same joints and as many components.
    """
    own = fit.loss.shape[1] - fit.wider
    found = _refitted(before, after, subjects, fit.x[:, :own], make)
    if not fit.wider:
        return found
    return found.followed_by(_refitted(before, after, subjects, fit.x[:, own:], make))


def best_on_other_body(
    before: FitSetup, after: FitSetup, subjects: Sequence[Subject], fit: BatchFit, make: ArrayMaker
) -> NumpyArray:
    """Return the losses (n,) of every subject's best solution on the body of `after`."""
    return _refitted(before, after, subjects, fit.x[:, :1], make).loss[:, 0]


def _refitted(
    before: FitSetup, after: FitSetup, subjects: Sequence[Subject], x: NumpyArray, make: ArrayMaker
) -> BatchFit:
    kept = x.shape[1]

    def refitted(rows: Sequence[int], _: object = None) -> BatchFit:
        chosen = [subjects[row] for row in rows]
        return _by_subject(_of_detector(before, after, chosen, x[list(rows)], make), kept)

    parts: list[BatchFit] = []
    groups = rows_by_detector(subjects)
    for rows in groups:
        on_cores = make.namespace is numpy_namespace
        parts += side_by_side(refitted, rows, None) if on_cores else [refitted(rows)]
    fit = joined_fits(parts).in_order(np.argsort(np.concatenate(groups)))
    best = np.argsort(fit.loss, axis=1, kind="stable")
    return BatchFit(
        np.take_along_axis(fit.x, best[:, :, None], axis=1),
        np.take_along_axis(fit.loss, best, axis=1),
        fit.iterations,
        {name: np.take_along_axis(costs, best, axis=1) for name, costs in fit.scores.items()},
    )


def _by_subject(part: BatchFit, kept: int) -> BatchFit:
    """Return a fit with one row a solution as one of `kept` solutions a subject."""
    scores = {name: costs.reshape(-1, kept) for name, costs in part.scores.items()}
    x = part.x.reshape(-1, kept, part.x.shape[-1])
    return BatchFit(x, part.loss.reshape(-1, kept), part.iterations, scores)


def _of_detector(
    before: FitSetup, after: FitSetup, subjects: Sequence[Subject], x: NumpyArray, make: ArrayMaker
) -> BatchFit:
    """Refit solutions (n, keep, N) of people whom one detector has seen, each solution a subject of its own."""
    rows = x.reshape(-1, x.shape[2])
    everyone = [subject for subject in subjects for _ in range(x.shape[1])]
    stages = replace(after, stages=after.warm_stages, take_stages=())
    return run_stages(stages, everyone, _started(before, after, rows), make)


def _started(before: FitSetup, after: FitSetup, x: NumpyArray) -> NumpyArray:
    """Return solutions (B, N) as starts on another body, as large in the picture as they are."""
    old, new = before.points.model, after.points.model
    betas = before.layout.betas()
    shape = np.zeros(after.layout.beta_count) if after.measurements is None else after.measurements.start()
    moved = x.copy()
    moved[:, betas] = shape
    old_line, new_line = height_line(old), height_line(new)
    heights = old_line.mean_m + x[:, betas] @ old_line.slope
    ratio = (new_line.mean_m + shape @ new_line.slope) / heights
    moved[:, :3] = (x[:, :3] + _pelvis(old, x[:, betas])) * ratio[:, None] - _pelvis(new, moved[:, betas])
    return moved


def _pelvis(model: BodyModel, betas: NumpyArray) -> NumpyArray:
    return model.joints_template[0] + betas @ model.joint_directions[0, :, : model.beta_count].T
