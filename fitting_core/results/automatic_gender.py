"""Chooses the body of each of the people of a photo by their proportions, and refits them on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.errors import RequestError
from fitting_core.fitting.fit_batch import BatchFit, joined_fits
from fitting_core.fitting.other_body import best_on_other_body, on_other_body
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.results.gender_evidence import GenderChoice, gender_choice, telling_betas
from fitting_core.results.outcome import person_name

# The child's body reaches further than children do; one of 15 years is as tall as many adults and looks like one.
TALLEST_CHILD_M = 1.65


@dataclass(frozen=True, eq=False)
class ChosenBodies:
    """The setup with each person's body, the fit of everybody on their own, and what their proportions ask for.

    `choices` are empty where the bodies were not left to the fit. All bodies have the same joints and as many components, so
    that the rows of the fit have the same columns.
    """

    setups: tuple[FitSetup, ...]
    fit: BatchFit
    choices: tuple[GenderChoice, ...] = ()


def choose_bodies(
    setup: FitSetup,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    fit: BatchFit,
    make: ArrayMaker,
    messenger: Messenger,
) -> ChosenBodies:
    """Choose the body of each of the people who are fitted on the neutral one of `setup`, and refit those on it who get another.

    `setup_of` gives the setup of another gender. A person's body depends on nobody else in the photo.
    """
    choices = gender_choices(setup, setup_of, subjects, fit, make)
    for index, choice in enumerate(choices):
        messenger.status(f"{person_name(index)}: {choice.in_words}")
    setup_by_gender = {"neutral": setup}
    for choice in choices:
        if choice.gender not in setup_by_gender:
            setup_by_gender[choice.gender] = _possible(setup_of, choice.gender) or setup
    setups = tuple(setup_by_gender[choice.gender] for choice in choices)
    return ChosenBodies(setups, _on_own_bodies(setup, setups, subjects, fit, make), choices)


def _possible(setup_of: Callable[[str], FitSetup], gender: str) -> FitSetup | None:
    """Return the setup of a gender; None for a height or weight that its body cannot have."""
    try:
        return setup_of(gender)
    except RequestError:
        return None


def _on_own_bodies(
    before: FitSetup,
    setups: Sequence[FitSetup],
    subjects: Sequence[Subject],
    fit: BatchFit,
    make: ArrayMaker,
) -> BatchFit:
    """Refit the people of each body together; those whose body is that of `before` stay as they are."""
    parts: list[BatchFit] = []
    rows: list[int] = []
    for setup in dict.fromkeys(setups):
        mine = [index for index, own in enumerate(setups) if own is setup]
        part = fit.in_order(np.array(mine))
        if setup is not before:
            part = on_other_body(before, setup, [subjects[index] for index in mine], part, make)
        parts.append(part)
        rows += mine
    joined = joined_fits(parts).in_order(np.argsort(rows))
    return replace(joined, wider=fit.wider)


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
