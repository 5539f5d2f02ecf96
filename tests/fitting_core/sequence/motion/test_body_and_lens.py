"""The body and the lens of a clip: as they were given, or one for everybody from a few frames of each."""

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
from fitting_core.sequence.motion.body_and_lens import BodyAndLens, _with_body, settled_body_and_lens
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
    return BodyAndLens(fit_setup(), camera, people)


def settled(gender: FitGender, estimate_focal: bool) -> BodyAndLens:
    camera = CameraRequest(estimate_focal=estimate_focal)
    request = SequenceRequest(Path("clip.mp4"), Path("out"), gender=gender, camera=camera)
    return settled_body_and_lens(
        request, lambda gender: fit_setup("open", gender), given(), numpy_double(), TextMessenger()
    )


def test_what_is_given_stays() -> None:
    found = settled("female", False)
    assert found.choices == () and found.camera.focal.source == "assumed"


def test_everybody_has_a_choice_and_one_lens() -> None:
    found = settled("automatic", True)
    assert len(found.choices) == 2
    focals = {subject.focal_px for person in found.people for subject in person.subjects}
    assert focals == {found.camera.focal.px}


CHOICES = {
    "both alike": (("female", "female"), "female", 0),
    "different": (("female", "male"), "neutral", 1),
    "one is not sure": (("neutral", "male"), "neutral", 1),
}


@pytest.mark.parametrize(("genders", "body", "warnings"), CHOICES.values(), ids=CHOICES)
def test_a_result_has_one_body(genders: tuple[str, str], body: str, warnings: int) -> None:
    choices = tuple(GenderChoice(gender, {}) for gender in genders)
    found = _with_body(lambda gender: fit_setup("open", gender), given(), choices, TextMessenger())
    assert found.setup.points.model.gender == body
    assert len(found.warnings) == warnings and found.choices == choices
