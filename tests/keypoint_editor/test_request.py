"""Edited points on their way to the core: their file, their pins, and no complaint about a missing keypoint file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from smplify_blender.fit_process.command import fit_request_arguments
from smplify_blender.fit_request import (
    EngineChoice,
    FitChoices,
    fit_settings,
    missing_choice,
    unusable_person,
)

BARE = FitChoices(photo=Path("a.jpg"))
ENGINE = EngineChoice()


def test_points_set_by_hand_need_no_file() -> None:
    assert "set points by hand" in missing_choice(BARE, ENGINE)
    assert not missing_choice(replace(BARE, hand_placed=True), ENGINE)
    assert unusable_person(BARE, ())
    assert not unusable_person(replace(BARE, hand_placed=True), ())


def test_pins_are_handed_on() -> None:
    edited = replace(BARE, keypoints=Path("edited.json"), pinned=("left_wrist", "nose"))
    start = Path("before/person_00.npz")
    arguments = fit_request_arguments(fit_settings(edited, ENGINE, Path("out"), start))
    assert arguments[arguments.index("--pin") + 1] == "left_wrist,nose"
    assert arguments[arguments.index("--start") + 1] == str(start)
    assert "--pin" not in fit_request_arguments(fit_settings(replace(edited, pinned=()), ENGINE, Path("out")))
