"""Bring a figure to the things that it touches before the fit meets them: along the camera's rays, larger the farther.

Scaled about the camera by s, a figure keeps its picture. The s is taken that costs least in gaps of the named contacts, in parts
that do not face what they touch, in depth of skin in things, and in skin that things hide from the camera, with a wide prior on
ln s. The shape is then the likeliest whose skin at rest comes near s times that of before. Other people hide nobody wrongly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.skin_points import skin_points

from ..scene.contacts import SceneContacts
from ..setup import FitSetup
from ..stages import LARGEST_COEFFICIENT
from ..terms.found_contacts import contacts_at
from ..terms.skin_arrays import skin_at

if TYPE_CHECKING:
    from jaxtyping import Float

_SCALES = np.exp(np.linspace(-0.6, 0.6, 121))
_SCALE_DEVIATION = 0.25  # of ln s
_GAP_DEVIATION_M, _GAP_WIDTH_M = 0.01, 0.3
_FACING_DEVIATION = 0.1  # of the cosine between a touching part and what it touches
_HIDDEN_DEVIATION = (
    0.1  # of the share of the skin that things hide: who was photographed is not behind a wall
)
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
    named_only = replace(scene, finds=False)
    for row, (places, normals) in enumerate(zip(*skin_at(setup.points.model, setup.layout, x), strict=True)):
        brought[row, :] = _scaled(setup, x[row], _best_scale(setup, named_only, places, normals))
    return brought


def _best_scale(
    setup: FitSetup,
    scene: SceneContacts,
    places: Float[NumpyArray, "points 3"],
    normals: Float[NumpyArray, "points 3"],
) -> float:
    """Return s of one figure, from its skin; all scales are one batch."""
    scaled = _SCALES[:, None, None] * places
    found = contacts_at(setup.points.model, scene, scaled, np.broadcast_to(normals, scaled.shape))
    gaps, faces = found.gaps, np.clip(found.faces, 0.0, 1.0)
    robust = gaps**2 * _GAP_WIDTH_M**2 / (gaps**2 + _GAP_WIDTH_M**2)
    depth = np.maximum(-found.nearest, 0.0)
    # nearest first: what has passed through a thing is hidden behind it from then on
    hidden = np.zeros(depth.shape, dtype=bool)
    hidden[1:] = np.maximum.accumulate(found.hiding[:-1] < 0, axis=0)
    costs = (
        (np.log(_SCALES) / _SCALE_DEVIATION) ** 2
        + robust.sum(axis=1) / _GAP_DEVIATION_M**2
        + ((1.0 - faces) ** 2).sum(axis=1) / _FACING_DEVIATION**2
        + (depth.mean(axis=1) / _DEPTH_DEVIATION_M) ** 2
        + (hidden.mean(axis=1) / _HIDDEN_DEVIATION) ** 2
    )
    return float(_SCALES[costs.argmin()])


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
