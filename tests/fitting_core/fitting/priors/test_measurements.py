"""A known height and weight as a prior: gradients, starts, and what a body can reach."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker, to_numpy
from fitting_core.body_model.measurements import height_line, weight_polynomial
from fitting_core.body_model.model_file import load_body_model
from fitting_core.errors import RequestError
from fitting_core.fitting.priors.distributions import Prior
from fitting_core.fitting.priors.measurements import (
    FARTHEST_BETAS,
    MeasurementPrior,
    measurements,
    reachable_weights,
)

_MAKE = ArrayMaker(xp, xp.float64)
_WANTED = {"height": (1.82, None), "weight": (None, 81.0), "both": (1.82, 81.0)}


@pytest.mark.parametrize("name", _WANTED)
def test_gradient_and_hessian(name: str) -> None:
    wanted = measurements(load_body_model(), *_WANTED[name])
    assert wanted is not None
    prior = MeasurementPrior(wanted, np.arange(20), _MAKE)
    assert isinstance(prior, Prior)
    values = np.random.default_rng(4).normal(0, 0.7, (3, 20))
    _, gradient, hessian = prior.evaluate(values)
    residual, slope = wanted.residuals(values)
    np.testing.assert_allclose(hessian, np.einsum("bmi,bmj->bij", slope, slope))
    step = 1e-6
    for column in range(20):
        change = step * np.eye(20)[column]
        ahead, behind = prior.evaluate(values + change), prior.evaluate(values - change)
        np.testing.assert_allclose(
            gradient[:, column], (ahead[0] - behind[0]) / (2 * step), rtol=1e-5, atol=1e-4
        )
        moved = (wanted.residuals(values + change)[0] - wanted.residuals(values - change)[0]) / (2 * step)
        np.testing.assert_allclose(slope[:, :, column], moved, rtol=1e-5, atol=1e-6)
    assert residual.shape == (3, 2 if name == "both" else 1)


def test_both_engines_agree() -> None:
    torch = pytest.importorskip("torch")
    import array_api_compat.torch as torch_namespace

    wanted = measurements(load_body_model(), 1.82, 81.0)
    assert wanted is not None
    values = np.random.default_rng(4).normal(0, 0.7, (3, 20))
    make = ArrayMaker(torch_namespace, torch.float64, "cpu")
    here = MeasurementPrior(wanted, np.arange(20), _MAKE).evaluate(values)
    there = MeasurementPrior(wanted, np.arange(20), make).evaluate(torch.asarray(values))
    for one, other in zip(here, there, strict=True):
        np.testing.assert_allclose(to_numpy(other), one, rtol=1e-12)


@pytest.mark.parametrize("name", _WANTED)
@pytest.mark.parametrize("gender", ["neutral", "male"])
def test_the_start_measures_what_is_wanted(name: str, gender: str) -> None:
    wanted = measurements(load_body_model("open", gender), *_WANTED[name])
    assert wanted is not None
    start = wanted.start()
    np.testing.assert_allclose(wanted.residuals(start[None])[0], 0.0, atol=1e-6)
    assert np.linalg.norm(start) < FARTHEST_BETAS


@pytest.mark.parametrize("height_m", [None, 1.55, 1.9])
def test_reachable_weights_hold_every_body_within_reach(height_m: float | None) -> None:
    model = load_body_model()
    line, weight = height_line(model), weight_polynomial(model)
    low, high = reachable_weights(line, height_m, weight)
    random = np.random.default_rng(8)
    betas = random.normal(0, 1, (20_000, model.beta_count))
    betas[::2, 4:] = (
        0.0  # few of so many directions come near the extremes, which lie about height and weight
    )
    if height_m is None:
        betas *= FARTHEST_BETAS / np.linalg.norm(betas, axis=1, keepdims=True)
    else:
        unit = line.slope / np.linalg.norm(line.slope)
        centre = unit * (height_m - line.mean_m) / np.linalg.norm(line.slope)
        betas -= np.outer(betas @ unit, unit)
        radius = np.sqrt(FARTHEST_BETAS**2 - centre @ centre)
        betas = centre + radius * betas / np.linalg.norm(betas, axis=1, keepdims=True)
    found = weight.at(betas)[0]
    assert low <= found.min() < low + 0.15 * (high - low)
    assert high - 0.15 * (high - low) < found.max() <= high


_OUT_OF_REACH = {
    "too tall": ((2.6, None), "--height-cm 260.*reaches 123 to 217 cm"),
    "too small": ((0.6, None), "--height-cm 60.*cm"),
    "too heavy": ((None, 400.0), r"--weight-kg 400.*reaches \d+ to \d+ kg\."),
    "too light at that height": ((1.9, 25.0), r"--weight-kg 25.*reaches \d+ to \d+ kg at 190 cm"),
}


@pytest.mark.parametrize("name", _OUT_OF_REACH)
def test_out_of_reach_names_the_range(name: str) -> None:
    wanted, words = _OUT_OF_REACH[name]
    with pytest.raises(RequestError, match=words):
        measurements(load_body_model(), *wanted)


def test_nothing_known_is_no_prior() -> None:
    assert measurements(load_body_model(), None, None) is None
