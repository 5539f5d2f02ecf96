"""Edited points on their way to the core: their file, their pins, and no complaint about a missing keypoint file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smplify_blender.session.fit_request import (
    EngineChoice,
    FitChoices,
    fit_fields,
    missing_choice,
    refit_choices,
    unusable_person,
)

BARE = FitChoices(photo=Path("a.jpg"))
ENGINE = EngineChoice()


def test_a_photo_needs_no_file() -> None:
    assert not missing_choice(BARE, ENGINE)
    fields = fit_fields(BARE, ENGINE, Path("out"), pixels=Path("copy.ppm"))
    assert "keypoints" not in fields and fields["pixels"] == str(Path("copy.ppm").absolute())
    assert not missing_choice(replace(BARE, hand_placed=True), ENGINE)
    assert unusable_person(BARE, ())
    assert not unusable_person(replace(BARE, hand_placed=True), ())


def test_pins_are_handed_on() -> None:
    edited = replace(BARE, keypoints=Path("edited.json"), pinned=("left_wrist", "nose"))
    start = Path("before/person_00.npz")
    fields = fit_fields(edited, ENGINE, Path("out"), start)
    assert fields["emphasis"] == {"pinned": ["left_wrist", "nose"]}
    assert fields["start"] == str(start.absolute())
    assert "emphasis" not in fit_fields(replace(edited, pinned=()), ENGINE, Path("out"))


MADE = replace(
    BARE, keypoints=Path("kept.json"), pinned=("nose",), own_body=True, gender="male", hand_placed=True
)
OTHER = FitChoices(photo=Path("b.jpg"), keypoints=Path("b.json"))
AGAIN = {
    "points discarded, no file": (BARE, Path("kept.json"), ("nose",), Path("a.jpg")),
    "edited again": (replace(BARE, hand_placed=True), None, (), Path("a.jpg")),
    "a file since": (replace(BARE, keypoints=Path("a.json")), Path("a.json"), (), Path("a.jpg")),
    "another photo in the sidebar": (OTHER, Path("kept.json"), ("nose",), Path("a.jpg")),
    "no photo in the sidebar": (FitChoices(), Path("kept.json"), ("nose",), Path("a.jpg")),
}


@pytest.mark.parametrize(("current", "keypoints", "pinned", "photo"), AGAIN.values(), ids=AGAIN)
def test_what_a_figure_is_fitted_again_with(
    current: FitChoices, keypoints: Path | None, pinned: tuple[str, ...], photo: Path
) -> None:
    again = refit_choices(current, MADE, 2)
    assert (again.keypoints, again.pinned, again.photo) == (keypoints, pinned, photo)
    assert (again.person, again.own_body, again.gender) == (2, True, "male")
