"""A pinned keypoint out of the limbs' reach bends the body, and stretches it no further than bodies go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch, refit
from fitting_core.fitting.parameters import ready_to_start
from fitting_core.fitting.stages import LARGEST_COEFFICIENT
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.pipeline.setups import fit_setup
from tests.photos import synthetic_case

_WRIST = BODY_25.index("left_wrist")


def _pulled(subject: Subject, pixels: float) -> Subject:
    """The subject with a wrist pinned far below where it was seen."""
    body = subject.keypoints.body.copy()
    body[_WRIST] += [0.0, pixels, 0.0]
    body[_WRIST, 2] = 1.0
    pinned = np.arange(137) == _WRIST
    return replace(subject, keypoints=replace(subject.keypoints, body=body), pinned=pinned)


@pytest.mark.parametrize("pixels", [-600.0, 600.0], ids=["up", "down"])
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_refit_makes_no_giant(engine: str, pixels: float) -> None:
    if engine == "torch":
        pytest.importorskip("torch")
    setup, make = fit_setup(), choose_engine(engine, "cpu").make  # type: ignore[arg-type]
    subject = synthetic_case(0).subject
    before = fit_batch(setup, [subject], make)
    assert np.abs(setup.layout.shape_coefficients(before.x[0])).max() < LARGEST_COEFFICIENT
    after = refit(setup, _pulled(subject, pixels), before.x[0, 0], make)
    assert np.abs(setup.layout.shape_coefficients(after.x[0])).max() == LARGEST_COEFFICIENT
    assert np.isfinite(after.loss).all()


def test_a_start_of_another_program_is_brought_within_the_limits() -> None:
    setup = fit_setup()
    x = np.zeros((1, setup.layout.size))
    x[0, setup.layout.first_shape :] = np.linspace(-12.0, 12.0, 30)
    shape = setup.layout.shape_coefficients(ready_to_start(setup.layout, x))[0]
    np.testing.assert_array_equal(shape, np.clip(np.linspace(-12.0, 12.0, 30), -5.0, 5.0))
