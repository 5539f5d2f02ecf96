"""The people of a photo fitted with every gender's body, for comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fitting_core.arrays import ArrayMaker
from fitting_core.errors import RequestError
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.results.automatic_gender import ChosenBodies
from fitting_core.results.gender_evidence import GenderLosses, gender_line
from fitting_core.results.outcome import person_name


def losses_of_genders(
    genders: Sequence[str],
    bodies: ChosenBodies,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    make: ArrayMaker,
    messenger: Messenger,
) -> GenderLosses:
    """Return the final losses of everyone with each of these genders, under the camera that they were fitted at; say them."""
    losses: GenderLosses = {}
    for gender in genders:
        loss = bodies.fit.loss[:, 0].copy()
        others = [index for index, own in enumerate(bodies.setups) if own.points.model.gender != gender]
        fit: BatchFit | None = None
        if others:
            messenger.status(f"Fitting the {gender} body to compare")
            fit = _fit_of_gender(gender, setup_of, [subjects[index] for index in others], make, messenger)
        if fit is not None:
            loss[others] = fit.loss[:, 0]
        losses[gender] = None if others and fit is None else tuple(float(one) for one in loss)
    if losses:
        for index in range(len(subjects)):
            messenger.status(gender_line(losses, index, person_name(index)))
    return losses


def _fit_of_gender(
    gender: str,
    setup_of: Callable[[str], FitSetup],
    subjects: Sequence[Subject],
    make: ArrayMaker,
    messenger: Messenger,
) -> BatchFit | None:
    """Fit this gender; warn and return None if the measurements are unreachable."""
    try:
        setup = setup_of(gender)
    except RequestError as problem:
        messenger.warning(f"The {gender} body cannot be compared: {problem}")
        return None
    return fit_batch(setup, subjects, make)
