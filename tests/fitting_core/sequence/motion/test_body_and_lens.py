"""The bodies and the lens of a clip: as they were given, or told by a few frames of everybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.arguments.request import CameraRequest, FitGender, SequenceRequest
from fitting_core.arrays import numpy_double
from fitting_core.messages import TextMessenger
from fitting_core.photo.camera import PhotoCamera
from fitting_core.photo.focal import FocalLength
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.gender_evidence import GenderChoice
from fitting_core.sequence.motion.body_and_lens import BodyAndLens, _with_bodies, settled_body_and_lens
from fitting_core.sequence.motion.fit_person import TrackedPerson
from tests.photos import synthetic_case


def given() -> BodyAndLens:
    """Two people, of one and two frames."""
    people: list[TrackedPerson] = []
    for number in range(2):
        subject = synthetic_case(number).subject
        seen = np.ones(number + 1, dtype=bool)
        people.append(TrackedPerson(number, 0, (subject,) * (number + 1), seen))
    first = people[0].subjects[0]
    camera = PhotoCamera(FocalLength(first.focal_px, "assumed", is_assumed=True), first.principal_point)
    return BodyAndLens((fit_setup(),) * 2, camera, people)


def settled(gender: FitGender, estimate_focal: bool) -> BodyAndLens:
    camera = CameraRequest(estimate_focal=estimate_focal)
    request = SequenceRequest(Path("clip.mp4"), Path("out"), gender=gender, camera=camera)
    return settled_body_and_lens(
        request, lambda gender: fit_setup("open", gender), given(), numpy_double(), TextMessenger()
    )


def test_what_is_given_stays() -> None:
    found = settled("female", False)
    assert found.setups == given().setups and found.choices == () and found.camera.focal.source == "assumed"


def test_everybody_has_a_choice_and_one_lens() -> None:
    found = settled("automatic", True)
    assert len(found.choices) == 2
    focals = {subject.focal_px for person in found.people for subject in person.subjects}
    assert focals == {found.camera.focal.px}


CHOICES = {
    "both alike": ("female", "female"),
    "different": ("female", "male"),
    "one is not sure": ("neutral", "child"),
}


@pytest.mark.parametrize("genders", CHOICES.values(), ids=CHOICES)
def test_everybody_has_the_body_that_they_ask_for(genders: tuple[str, str]) -> None:
    choices = tuple(GenderChoice(gender, {}) for gender in genders)
    found = _with_bodies(lambda gender: fit_setup("open", gender), given(), choices, TextMessenger())
    assert tuple(setup.points.model.gender for setup in found.setups) == genders
    assert found.choices == choices and found.warnings == ()
