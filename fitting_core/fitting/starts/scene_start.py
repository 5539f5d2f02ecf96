"""Bring a figure to the things that it touches before the fit meets them: along the camera's rays, larger the farther.

Scaled about the camera by s, a figure keeps its picture. The s is taken that costs least in gaps of the contacts and in depth of
skin in things, with a wide prior on ln s. The shape is then the likeliest whose skin at rest comes near s times that of before.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.skin_points import skin_points

from ..scene.contacts import SceneContacts
from ..setup import FitSetup
from ..stages import LARGEST_COEFFICIENT
from ..terms.found_contacts import find_contacts, soft_shares
from ..terms.skin_arrays import skin_at

_SCALES = np.exp(np.linspace(-0.6, 0.6, 121))
_SCALE_DEVIATION = 0.25  # of ln s
_GAP_DEVIATION_M, _GAP_WIDTH_M = 0.01, 0.3
_DEPTH_DEVIATION_M = 0.03  # of the mean depth of the skin points
_SKIN_DEVIATION_M = 0.05  # of the skin at rest: against one deviation of a shape coefficient


def brought_to_contact(
    setup: FitSetup, x: Float[NumpyArray, "rows columns"]
) -> Float[NumpyArray, "rows columns"]:
    """Return starts x brought to the contacts that the user names; as they are where none is named."""
    scene = setup.scene
    if scene is None or not scene.named:
        return x
    brought = x.copy()
    for row, scale in enumerate(_best_scales(setup, scene, x)):
        brought[row, :] = _scaled(setup, x[row], scale)
    return brought


def _best_scales(setup: FitSetup, scene: SceneContacts, x: NumpyArray) -> NumpyArray:
    """Return s of every row."""
    model, layout = setup.points.model, setup.layout
    places, _ = skin_at(model, layout, x)
    grids = scene.grids(numpy_double())
    costs = np.log(_SCALES)[None] ** 2 / _SCALE_DEVIATION**2 + np.zeros((len(x), 1))
    found = find_contacts(model, scene, layout, x)
    things = [contact.thing for contact in found.contacts if contact.is_named]
    log_shares = found.log_shares[:, : len(things)]  # the named come first
    for column, scale in enumerate(_SCALES):
        distances = np.stack([grid.sample(scale * places)[0] for grid in grids], axis=1)
        apart = distances[:, things]
        gaps = (soft_shares(apart, log_shares) * apart).sum(axis=-1)
        robust = gaps**2 * _GAP_WIDTH_M**2 / (gaps**2 + _GAP_WIDTH_M**2)
        depth = np.maximum(-distances.min(axis=1), 0.0).mean(axis=-1)
        costs[:, column] += robust.sum(axis=1) / _GAP_DEVIATION_M**2 + (depth / _DEPTH_DEVIATION_M) ** 2
    return _SCALES[costs.argmin(axis=1)]


def _scaled(setup: FitSetup, row: NumpyArray, scale: float) -> NumpyArray:
    """Return one figure, its pelvis s times as far from the camera and its shape as near to s times its size as bodies come."""
    model, layout = setup.points.model, setup.layout
    betas, moved = layout.betas(), row.copy()
    moved[betas] = _shape_of_size(model, row[betas], scale)
    rest = model.joints_template[0] + model.joint_directions[0, :, : len(betas)] @ row[betas]
    new_rest = model.joints_template[0] + model.joint_directions[0, :, : len(betas)] @ moved[betas]
    moved[:3] = scale * (row[:3] + rest) - new_rest
    return moved


def _shape_of_size(model: BodyModel, betas: NumpyArray, scale: float) -> NumpyArray:
    vertices = skin_points(model).vertices
    directions = model.shape_directions[vertices][..., : len(betas)].reshape(-1, len(betas))
    before = model.v_template[vertices].reshape(-1) + directions @ betas
    missing = (scale - 1.0) * before / _SKIN_DEVIATION_M
    slopes = directions / _SKIN_DEVIATION_M
    step = np.linalg.solve(
        slopes.T @ slopes / len(vertices) + 0.01 * np.eye(len(betas)), slopes.T @ missing / len(vertices)
    )
    return np.clip(betas + step, -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT)
