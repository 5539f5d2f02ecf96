"""Height and weight of rest bodies: shipped bodies, closed and open meshes with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.body_model.body_model import BodyModel, SurfaceExtras
from fitting_core.body_model.measurements import (
    DENSITY_KG_M3,
    MOST_CUBIC_BETAS,
    height_line,
    is_closed,
    measured,
    volume_m3,
    volume_spread,
    weight_polynomial,
)
from fitting_core.body_model.model_file import load_body_model
from fitting_core.errors import BodyModelError

_GENDERS = ("neutral", "female", "male", "child")
# The cube of side 1 with a corner at the origin, outward triangles.
_CUBE = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])
_CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def _cuboid(betas: int = 3) -> BodyModel:
    """A unit cube whose betas stretch it along x, y, z and then do nothing."""
    directions = np.zeros((8, 3, betas + 1))
    for axis in range(3):
        directions[:, axis, axis] = _CUBE[:, axis]
    directions[:, :, betas] = 100.0  # an expression, which is not measured
    body = load_body_model()
    return replace(
        body,
        v_template=_CUBE,
        triangles=_CUBE_FACES,
        shape_directions=directions,
        beta_count=betas,
        joint_directions=np.zeros((body.joint_count, 3, betas + 1)),
        weights=np.full((8, body.joint_count), 1 / body.joint_count),
        pose_directions=None,
        face=None,
        read_extras=SurfaceExtras,
    )


@pytest.mark.parametrize("origin", [(0, 0, 0), (5, -3, 2), (-1e3, 1e3, 0)])
def test_volume_of_a_cube_from_anywhere(origin: tuple[float, ...]) -> None:
    assert volume_m3(_CUBE - np.array(origin), _CUBE_FACES) == pytest.approx(1.0, abs=1e-6)
    assert volume_spread(_CUBE - np.array(origin), _CUBE_FACES) < 1e-9


def test_a_stretched_cube_measures_what_it_is() -> None:
    found = measured(_cuboid(), np.array([0.5, 1.0, -0.5]))
    assert found.height_m == pytest.approx(2.0)
    assert found.weight_kg == pytest.approx(1.5 * 2.0 * 0.5 * DENSITY_KG_M3)
    weight, slope = weight_polynomial(_cuboid()).at(np.array([[0.5, 1.0, -0.5]]))
    assert weight[0] == pytest.approx(1.5 * DENSITY_KG_M3)
    np.testing.assert_allclose(slope[0], DENSITY_KG_M3 * np.array([1.0, 0.75, 3.0]))
    assert height_line(_cuboid()).at(np.array([0.5, 1.0, -0.5])) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "faces",
    [_CUBE_FACES[2:], _CUBE_FACES[:, ::-1], _CUBE_FACES[:1]],
    ids=["without a side", "inside out", "one triangle"],
)
def test_an_open_mesh_has_no_weight(faces: np.ndarray) -> None:
    model = replace(_cuboid(), triangles=faces)
    assert not is_closed(model)
    assert measured(model, np.zeros(3)).weight_kg is None
    assert measured(model, np.zeros(3)).height_m == 1.0
    with pytest.raises(BodyModelError, match=r"not closed.*--weight-kg"):
        weight_polynomial(model)


def test_a_pinhole_does_not_matter() -> None:
    model = load_body_model()
    assert is_closed(replace(model, triangles=model.triangles[1:]))


@pytest.mark.parametrize("gender", _GENDERS)
def test_shipped_bodies(gender: str) -> None:
    model = load_body_model("open", gender)
    assert volume_spread(model.v_template, model.triangles) < 1e-9
    random = np.random.default_rng(3)
    betas = np.clip(random.normal(0, 1, (30, model.beta_count)), -3, 3)
    found = [measured(model, row) for row in betas]
    weights, slopes = weight_polynomial(model).at(betas)
    np.testing.assert_allclose(weights, [one.weight_kg for one in found], rtol=1e-9)
    line = height_line(model)
    assert max(abs(line.at(row) - one.height_m) for row, one in zip(betas, found, strict=True)) < 0.008
    step = 1e-5
    for beta in range(model.beta_count):
        move = step * np.eye(model.beta_count)[beta]
        ahead, behind = (weight_polynomial(model).at(betas + sign * move)[0] for sign in (1, -1))
        np.testing.assert_allclose(slopes[:, beta], (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-6)


def test_betas_beyond_the_cubic_ones_count_to_first_order() -> None:
    many = MOST_CUBIC_BETAS + 3
    model = _cuboid(many)
    directions = model.shape_directions.copy()
    directions[:, 0, many - 1] = 0.2 * _CUBE[:, 0]  # the last beta stretches along x as well
    weight, slope = weight_polynomial(replace(model, shape_directions=directions)).at(np.eye(many)[-1:])
    assert weight[0] == pytest.approx(1.2 * DENSITY_KG_M3)
    assert slope[0, -1] == pytest.approx(0.2 * DENSITY_KG_M3)
