"""The ranking of genders by their losses, and the body that a person's proportions ask for."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.results.gender_evidence import (
    TELLING_COMPONENTS,
    GenderLosses,
    choice_summary,
    gender_choice,
    gender_line,
    gender_summary,
    telling_betas,
)

_LOSSES: GenderLosses = {"neutral": (100.0, 80.0), "female": (98.5, 90.25), "male": None}


def test_best_first_impossible_last() -> None:
    assert gender_summary(_LOSSES, 0) == [
        {"gender": "female", "loss": 98.5, "difference": 0.0},
        {"gender": "neutral", "loss": 100.0, "difference": 1.5},
        {"gender": "male", "loss": None, "difference": None},
    ]
    assert [entry["gender"] for entry in gender_summary(_LOSSES, 1)] == ["neutral", "female", "male"]


def test_in_words() -> None:
    found = gender_line(_LOSSES, 1, "person_01.npz")
    assert found == "person_01.npz: the neutral body fits best (loss 80.0); female +10.2"
    assert "no other" in gender_line({"neutral": (1.0,), "male": None}, 0, "person_00.npz")


_AVERAGE = dict.fromkeys(TELLING_COMPONENTS, 0.0)
# The person's components, how many nats worse the child's body is, and the body that is chosen.
_PEOPLE: dict[str, tuple[dict[str, float], float, str]] = {
    "a large head on a short trunk": ({"Head size": 2.0, "Trunk length": -1.5, "Age": -1.0}, -12.0, "child"),
    "those, but the child's body does not fit": ({"Head size": 1.0, "Trunk length": -1.0}, 20.0, "neutral"),
    "broad shoulders": ({"Height": 0.5, "Female-male": 1.5, "Shoulder width": 0.5}, 15.0, "male"),
    "a small woman": ({"Height": -1.2, "Female-male": -1.0}, 5.0, "female"),
    "nobody in particular": ({"Height": -0.6}, 5.0, "neutral"),
    "too tall for any child": ({"Head size": 2.0, "Trunk length": -1.5}, float("inf"), "male"),
}


@pytest.mark.parametrize(("differences", "child_nats", "gender"), _PEOPLE.values(), ids=_PEOPLE)
def test_a_body_is_chosen_by_proportions(
    differences: dict[str, float], child_nats: float, gender: str
) -> None:
    betas = np.array(list((_AVERAGE | differences).values()))
    choice = gender_choice(False, betas, child_nats)
    assert choice.gender == gender
    assert sum(choice.chances.values()) == pytest.approx(1.0)
    said = choice_summary(choice)["words"]
    assert str(said).startswith(
        "the proportions do not tell" if gender == "neutral" else f"{gender} body chosen"
    )


def test_our_eyes_tell_no_adults_apart() -> None:
    """The same proportions, seen by a detector of hands and face and by the eyes."""
    betas = np.array(list((_AVERAGE | _PEOPLE["broad shoulders"][0]).values()))
    assert [gender_choice(by_eyes, betas, 15.0).gender for by_eyes in (False, True)] == ["male", "neutral"]


def test_components_without_these_names_tell_nothing() -> None:
    names = ("Shape000", *TELLING_COMPONENTS[1:])
    assert telling_betas(names, np.ones(len(names))) is None
    assert telling_betas(TELLING_COMPONENTS, np.ones(3)) is None, "fewer betas than the file names"
    found = telling_betas(("Muscle", *reversed(TELLING_COMPONENTS)), np.arange(11.0))
    assert found is not None and found.tolist() == list(range(10, 0, -1))
    assert gender_choice(False, None, 0.0).gender == "neutral"
    assert "do not say" in gender_choice(False, None, 0.0).in_words
