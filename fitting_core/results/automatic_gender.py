"""Chooses the body of the people of a photo by their proportions, and refits them on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.errors import RequestError
from fitting_core.fitting.fit_batch import BatchFit
from fitting_core.fitting.other_body import best_on_other_body, on_other_body
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.results.gender_evidence import GenderChoice, gender_choice, shared_gender, telling_betas
from fitting_core.results.outcome import person_name

# The child's body reaches further than children do; one of 15 years is as tall as many adults and looks like one.
TALLEST_CHILD_M = 1.65


@dataclass(frozen=True, eq=False)
class ChosenBody:
    """The setup with the chosen body, the fit on it, and the choice that each person's proportions ask for."""

    setup: FitSetup
    fit: BatchFit
    choices: tuple[GenderChoice, ...]
    warning: str | None = None


def choose_body(
    setup: FitSetup,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    fit: BatchFit,
    make: ArrayMaker,
    messenger: Messenger,
) -> ChosenBody:
    """Choose the body of people who are fitted on the neutral one of `setup`; `setup_of` gives that of another gender.

    A result has one body: it is the neutral one where the people of one photo differ.
    """
    choices = gender_choices(setup, setup_of, subjects, fit, make)
    gender = shared_gender(choices)
    for index, choice in enumerate(choices):
        messenger.status(f"{person_name(index)}: {choice.in_words}")
    if gender == "neutral":
        return ChosenBody(setup, fit, choices)
    if gender is None:
        warning = (
            "The people of this photo ask for different bodies, and one result has one: all are neutral. Fit them one by one "
            "for their own."
        )
        messenger.warning(warning)
        return ChosenBody(setup, fit, choices, warning)
    try:
        chosen = setup_of(gender)
    except RequestError:  # a height or weight that this body cannot have
        return ChosenBody(setup, fit, choices)
    return ChosenBody(chosen, on_other_body(setup, chosen, subjects, fit, make), choices)


def gender_choices(
    setup: FitSetup,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    fit: BatchFit,
    make: ArrayMaker,
) -> tuple[GenderChoice, ...]:
    """Return the choice of every subject of a fit of the neutral body."""
    evidence = gender_evidence(setup, setup_of, subjects, fit, make)
    if evidence is None:
        return (GenderChoice("neutral", {}),) * len(subjects)
    return tuple(
        gender_choice(subject.keypoints.detector == "eyes", betas, float(nats))
        for subject, betas, nats in zip(subjects, *evidence, strict=True)
    )


def gender_evidence(
    setup: FitSetup,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    fit: BatchFit,
    make: ArrayMaker,
) -> tuple[NumpyArray, NumpyArray] | None:
    """Return the telling betas (n, T) of a neutral fit and how many nats (n,) the child's body is worse; None where unknown."""
    names = setup.points.model.shape_names
    shapes = fit.x[:, 0, setup.layout.betas()]
    betas = [telling_betas(names, shape) for shape in shapes]
    known = [shape for shape in betas if shape is not None]
    if len(known) < len(betas):
        return None
    no_child = np.array(known), np.full(len(subjects), np.inf)
    if setup.measurements is not None and (setup.measurements.height_m or 0.0) > TALLEST_CHILD_M:
        return no_child
    try:
        child = setup_of("child")
    except RequestError:  # no child is as heavy as is said
        return no_child
    losses = best_on_other_body(setup, child, subjects, fit, make)
    return np.array(known), losses - fit.loss[:, 0]
