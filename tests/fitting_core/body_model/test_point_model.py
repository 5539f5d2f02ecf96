"""The reduced body must be the full body, point by point, correctives and contour rows included."""

from __future__ import annotations

from pathlib import Path

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.body_model import BodyModel, Pose, points
from fitting_core.body_model.landmarks import POINT_COUNT, contour_row
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.body_model.posed_points import pose_points


@pytest.fixture(scope="module", params=("correctives", "plain", "open"))
def model(request: pytest.FixtureRequest, synthetic_bodies: dict[str, Path]) -> BodyModel:
    return load_body_model("open" if request.param == "open" else str(synthetic_bodies[request.param]))


def test_reduced_points_are_the_full_models_points(model: BodyModel) -> None:
    random = np.random.default_rng(3)
    rows = np.array([0, 17, 60])
    size = model.shape_directions.shape[2]
    body = reduced_body(
        point_model(model), np.arange(POINT_COUNT), rows, ArrayMaker(xp, xp.float64), np.ones(55, dtype=bool)
    )
    rotations, shape = random.normal(0, 0.5, (3, 55, 3)), random.normal(0, 1, (3, size))
    translation = random.normal(0, 1, (3, 3))
    posed = pose_points(body, rotations, shape, translation).points
    for element in range(3):
        pose = Pose(rotations[element], shape[element], translation[element])
        np.testing.assert_allclose(posed[element], points(model, pose, int(rows[element])), atol=1e-6)


def test_a_chosen_subset_keeps_its_order(model: BodyModel) -> None:
    chosen = np.array([130, 20, 55, 12, 71, 20, 0, 130])  # some twice, as the wrists of body and hand are
    make = ArrayMaker(xp, xp.float64)
    everything = reduced_body(
        point_model(model), np.arange(POINT_COUNT), np.array([4]), make, np.ones(55, dtype=bool)
    )
    few = reduced_body(point_model(model), chosen, np.array([4]), make, np.ones(55, dtype=bool))
    state = (np.full((1, 55, 3), 0.2), np.full((1, model.shape_directions.shape[2]), 0.5), np.zeros((1, 3)))
    np.testing.assert_allclose(
        pose_points(few, *state).points, pose_points(everything, *state).points[:, chosen]
    )


@pytest.mark.parametrize(
    ("yaw_deg", "row"), [(0, 0), (0.4, 0), (12, 12), (39, 39), (80, 39), (-1, 40), (-39, 78), (-170, 78)]
)
def test_contour_rows(yaw_deg: float, row: int) -> None:
    assert int(contour_row(np.array([float(yaw_deg)]))[0]) == row
