"""The genders compared for people who have different bodies already: nobody's own fit is made a second time."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.arrays import numpy_double
from fitting_core.fitting.fit_batch import BatchFit
from fitting_core.fitting.setup import FitSetup
from fitting_core.messages import TextMessenger
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results import gender_comparison
from fitting_core.results.automatic_gender import ChosenBodies
from fitting_core.results.gender_comparison import losses_of_genders
from tests.photos import synthetic_case


def test_everybody_is_fitted_with_the_bodies_that_they_do_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [synthetic_case(number).subject for number in range(3)]
    setups = tuple(fit_setup(gender=gender) for gender in ("child", "neutral", "child"))
    fitted: list[tuple[str, list[int]]] = []

    def fit(setup: FitSetup, subjects: list[object], _make: object) -> BatchFit:
        gender, numbers = setup.points.model.gender, [people.index(one) for one in subjects]
        fitted.append((gender, numbers))
        loss = np.array([[100.0 * len(gender) + number] for number in numbers])
        return BatchFit(np.zeros((len(numbers), 1, 1)), loss, 0)

    monkeypatch.setattr(gender_comparison, "fit_batch", fit)
    bodies = ChosenBodies(setups, BatchFit(np.zeros((3, 1, 1)), np.array([[1.0], [2.0], [3.0]]), 0))
    losses = losses_of_genders(
        ("neutral", "child", "male"),
        bodies,
        lambda gender: fit_setup(gender=gender),
        people,
        numpy_double(),
        TextMessenger(),
    )
    assert fitted == [("neutral", [0, 2]), ("child", [1]), ("male", [0, 1, 2])]
    assert losses == {
        "neutral": (700.0, 2.0, 702.0),
        "child": (1.0, 501.0, 3.0),
        "male": (400.0, 401.0, 402.0),
    }
