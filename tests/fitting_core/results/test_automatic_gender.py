"""The bodies of several people: each the one that they ask for, and everybody's solutions in their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fitting_core.arrays import numpy_double
from fitting_core.errors import RequestError
from fitting_core.fitting.fit_batch import BatchFit
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import TextMessenger
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results import automatic_gender
from fitting_core.results.automatic_gender import choose_bodies
from fitting_core.results.gender_evidence import GenderChoice
from tests.photos import synthetic_case

_LOSS_OF_GENDER = {"child": 1000.0, "female": 2000.0}  # that a refit on such a body adds, for this test

# The body that each asks for, the bodies that they get where nobody can be a man, and their losses.
PEOPLE: dict[str, tuple[list[str], list[str], list[float]]] = {
    "nobody tells": (["neutral"] * 3, ["neutral"] * 3, [0.0, 1.0, 2.0]),
    "all alike": (["child"] * 3, ["child"] * 3, [1000.0, 1001.0, 1002.0]),
    "two bodies in turn": (
        ["child", "neutral", "child"],
        ["child", "neutral", "child"],
        [1000.0, 1.0, 1002.0],
    ),
    "three": (["female", "child", "neutral"], ["female", "child", "neutral"], [2000.0, 1001.0, 2.0]),
    "a body that cannot be": (
        ["child", "male", "female"],
        ["child", "neutral", "female"],
        [1000.0, 1.0, 2002.0],
    ),
}


@pytest.mark.parametrize(("asked", "given", "losses"), PEOPLE.values(), ids=PEOPLE)
def test_everybody_has_the_body_that_they_ask_for(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], given: list[str], losses: list[float]
) -> None:
    people = [synthetic_case(number).subject for number in range(3)]

    def refitted(
        _before: FitSetup, after: FitSetup, subjects: Sequence[Subject], fit: BatchFit, _make: object
    ) -> BatchFit:
        own = [float(people.index(subject)) for subject in subjects]
        assert fit.loss[:, 0].tolist() == own, "each has their own solutions"
        loss = fit.loss + _LOSS_OF_GENDER[after.points.model.gender]
        return BatchFit(fit.x, loss, 0, {"shape": loss}, fit.wider)

    def setup_of(gender: str) -> FitSetup:
        if gender == "male":
            raise RequestError("no man is so small")
        return fit_setup(gender=gender)

    choices = tuple(GenderChoice(gender, {}) for gender in asked)
    monkeypatch.setattr(automatic_gender, "gender_choices", lambda *_: choices)
    monkeypatch.setattr(automatic_gender, "on_other_body", refitted)
    loss = np.array([[number, number + 0.5] for number in range(3)])
    fit = BatchFit(loss[:, :, None], loss, 0, {"shape": loss}, wider=1)
    bodies = choose_bodies(fit_setup(), setup_of, people, fit, numpy_double(), TextMessenger())
    assert [setup.points.model.gender for setup in bodies.setups] == given
    assert bodies.fit.loss[:, 0].tolist() == losses == bodies.fit.scores["shape"][:, 0].tolist()
    assert bodies.fit.x[:, 0, 0].tolist() == [0.0, 1.0, 2.0] and bodies.fit.wider == 1
    assert bodies.choices == choices
