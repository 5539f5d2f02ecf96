"""The bodies and the focal length of a clip where the user leaves them open, told by a few frames of everybody.

These frames are fitted as photos are. What a photo would choose by itself is chosen for all of them: each person's body by the
median of their proportions, the focal length of the clip by the sum of the losses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fitting_core.arguments.request import SequenceRequest
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.focal_estimate import at_focal
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera
from fitting_core.results.automatic_gender import gender_evidence
from fitting_core.results.estimated_camera import estimated_camera
from fitting_core.results.gender_evidence import GenderChoice, gender_choice

from .fit_person import TrackedPerson
from .shared_shape import frames_for_shape

_FRAMES = 6  # of each person: they err alike, and more would seem surer than they are


@dataclass(frozen=True, eq=False)
class BodyAndLens:
    """Each person's setup with their body, the camera with the chosen focal length, the people before it, and what was found.

    `choices` has one for every person where the bodies were left to the fit, else none.
    """

    setups: tuple[FitSetup, ...]
    camera: PhotoCamera
    people: list[TrackedPerson]
    choices: tuple[GenderChoice, ...] = ()
    warnings: tuple[str, ...] = ()


def settled_body_and_lens(
    request: SequenceRequest,
    setup_of: Callable[[str], FitSetup],
    given: BodyAndLens,
    make: ArrayMaker,
    messenger: Messenger,
) -> BodyAndLens:
    """Choose the bodies and correct the focal length as far as the request leaves them open; all are `given` one body."""
    is_open = request.gender == "automatic"
    if not is_open and not request.camera.estimate_focal:
        return given
    messenger.status("Looking at a few frames for the bodies and the lens")
    frames = [_telling_frames(person) for person in given.people]
    subjects = tuple(subject for some in frames for subject in some)
    fit = fit_batch(given.setups[0], subjects, make)
    found = given
    if request.camera.estimate_focal:
        seen = estimated_camera(given.setups[0], subjects, given.camera, fit, make, messenger)
        people = [_before(person, seen.camera) for person in given.people]
        warnings = () if seen.warning is None else (seen.warning,)
        found = replace(given, camera=seen.camera, people=people, warnings=warnings)
        subjects, fit = seen.subjects, seen.fit
    if not is_open:
        return found
    counts = [len(some) for some in frames]
    return _with_bodies(setup_of, found, _choices(setup_of, found, (subjects, fit, counts), make), messenger)


def _telling_frames(person: TrackedPerson) -> list[Subject]:
    """Return frames spread over those that show most of a person."""
    confidence = np.array([subject.keypoints.body[:, 2].sum() for subject in person.subjects])
    good = frames_for_shape(confidence)
    places = np.unique(np.linspace(0, len(good) - 1, min(_FRAMES, len(good))).round().astype(int))
    return [person.subjects[int(good[place])] for place in places]


def _before(person: TrackedPerson, camera: PhotoCamera) -> TrackedPerson:
    return replace(person, subjects=tuple(at_focal(person.subjects, camera.focal.px)))


def _choices(
    setup_of: Callable[[str], FitSetup],
    found: BodyAndLens,
    fitted: tuple[Sequence[Subject], BatchFit, Sequence[int]],
    make: ArrayMaker,
) -> tuple[GenderChoice, ...]:
    """Return the body that each person's proportions ask for; `fitted` are frames of one after another, so many of each."""
    subjects, fit, counts = fitted
    evidence = gender_evidence(found.setups[0], setup_of, subjects, fit, make)
    by_eyes = subjects[0].keypoints.detector == "eyes"
    if evidence is None:
        return (gender_choice(by_eyes, None, np.inf),) * len(counts)
    betas, nats = evidence
    spans = [slice(first, stop) for first, stop in pairwise(np.cumsum([0, *counts]))]
    return tuple(_choice(by_eyes, betas[span], nats[span]) for span in spans)


def _choice(by_eyes: bool, betas: NumpyArray, nats: NumpyArray) -> GenderChoice:
    return gender_choice(by_eyes, np.median(betas, axis=0), float(np.median(nats)))


def _with_bodies(
    setup_of: Callable[[str], FitSetup],
    found: BodyAndLens,
    choices: tuple[GenderChoice, ...],
    messenger: Messenger,
) -> BodyAndLens:
    """Give everybody the body that they ask for."""
    for person, choice in zip(found.people, choices, strict=True):
        messenger.status(f"Person {person.number}: {choice.in_words}")
    setup_by_gender = {gender: setup_of(gender) for gender in {choice.gender for choice in choices}}
    return replace(found, setups=tuple(setup_by_gender[choice.gender] for choice in choices), choices=choices)
