"""What the user has chosen → the settings of a fit, or the reason in words why there can be none yet. Free of bpy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..fit_process.command import FitSettings, camera_arguments
from ..fit_process.messages import FoundPerson

FocalMode = Literal["PHOTO", "ESTIMATE", "MM35", "FOV", "PX", "SCENE_CAMERA"]
MAIN_PERSON = -1
EVERYBODY = -2
NO_KEYPOINTS = "Choose the photo's keypoint file (OpenPose JSON)"


@dataclass(frozen=True)
class EngineChoice:
    """What computes, from the preferences; `problem` says why it cannot. `python` None is Blender's own."""

    python: Path | None = None
    device: str = "auto"
    own_model: Path | None = None
    prior: Path | None = None
    gender: str = "neutral"
    problem: str = ""


@dataclass(frozen=True)
class CameraChoice:
    """Where the focal length comes from. For SCENE_CAMERA `focal_px` and `principal_point` are those of that camera, and
    `problem` says why it has none.
    """

    mode: FocalMode = "PHOTO"
    mm35: float = 35.0
    fov_radians: float = math.radians(60.0)
    px: float = 1000.0
    principal_point: tuple[float, float] | None = None
    problem: str = ""

    def arguments(self) -> list[str]:
        """The core's camera options, the principal point left out."""
        return camera_arguments(**self.options())

    def options(self) -> dict[str, float | None]:
        """The one option that the mode gives to `FitSettings`."""
        return {
            "focal_px": self.px if self.mode in ("PX", "SCENE_CAMERA") else None,
            "focal_mm35": self.mm35 if self.mode == "MM35" else None,
            "fov_deg": math.degrees(self.fov_radians) if self.mode == "FOV" else None,
        }


@dataclass(frozen=True)
class FitChoices:
    """Everything chosen in the sidebar. `photo_problem` says why an image of Blender's is no photo on disk.

    `person` is MAIN_PERSON, EVERYBODY or a number from 0. `hand_placed`: the photo's keypoints are edited in the scene, and are
    written to a file when a fit begins; `pinned` are the names of those that it has to meet.
    """

    photo: Path | None = None
    photo_problem: str = ""
    keypoints: Path | None = None
    person: int = MAIN_PERSON
    camera: CameraChoice = CameraChoice()
    own_body: bool = False
    gender: str = "neutral"
    height_cm: float = 0.0  # 0: unknown
    takes: int = 1
    interpenetration: bool = True
    hand_placed: bool = False
    pinned: tuple[str, ...] = ()


def missing_choice(choices: FitChoices, engine: EngineChoice) -> str:
    """Why no fit can be started with these choices, and what to do, in words; empty where one can."""
    if choices.photo is None:
        return choices.photo_problem or "Choose a photo first"
    if choices.keypoints is None and not choices.hand_placed:
        return NO_KEYPOINTS
    if choices.camera.mode == "SCENE_CAMERA" and choices.camera.problem:
        return choices.camera.problem
    if choices.own_body and engine.own_model is None:
        return "Choose your SMPL-X file in the preferences, or the open body"
    return engine.problem


def refit_choices(current: FitChoices, made: FitChoices, number: int) -> FitChoices:
    """What a figure is fitted again with that was made with `made`: its own photo, body and place in the file; if the sidebar
    still shows its photo, with the camera and keypoints of now.

    Where there are none now (points set by hand that were discarded since), the figure keeps those that it was fitted to.
    """
    if current.photo != made.photo:
        return replace(made, person=number)
    again = replace(current, person=number, own_body=made.own_body, gender=made.gender)
    if current.keypoints is not None or current.hand_placed:
        return again
    return replace(again, keypoints=made.keypoints, pinned=made.pinned)


def unusable_person(choices: FitChoices, people: tuple[FoundPerson, ...]) -> str:
    """Why the chosen person cannot be fitted, from what an inspection has found; empty where nothing speaks against it."""
    if choices.hand_placed:
        return ""
    if not people:
        return "The keypoint file holds no people"
    if not any(person.is_usable for person in people):
        return "Nobody in the keypoint file shows enough to fit"
    if choices.person < 0:
        return ""
    if choices.person >= len(people):
        return f"There is no person {choices.person + 1}: choose another"
    if not people[choices.person].is_usable:
        return f"Person {choices.person + 1} shows too little to fit: choose another"
    return ""


def fit_settings(
    choices: FitChoices, engine: EngineChoice, folder: Path, start: Path | None = None
) -> FitSettings:
    """The settings of a fit of these choices into `folder`; from an earlier `start` it is a refit of that one solution.

    To be called where `missing_choice` is empty.
    """
    camera = choices.camera.options()
    assert choices.photo is not None and choices.keypoints is not None, "missing_choice says so before"
    return FitSettings(
        photo=choices.photo,
        keypoints=choices.keypoints,
        folder=folder,
        person=_person(choices.person),
        model=str(engine.own_model) if choices.own_body else None,
        gender=choices.gender,
        device=engine.device if engine.python is not None else None,
        estimate_focal=choices.camera.mode == "ESTIMATE",
        principal_point=choices.camera.principal_point if choices.camera.mode == "SCENE_CAMERA" else None,
        prior=engine.prior,
        height_cm=_height_cm(choices),
        takes=choices.takes if start is None and choices.takes > 1 else None,
        start=start,
        preview=True,
        overlay=False,
        interpenetration=choices.interpenetration,
        pinned=choices.pinned,
        focal_px=camera["focal_px"],
        focal_mm35=camera["focal_mm35"],
        fov_deg=camera["fov_deg"],
    )


def _height_cm(choices: FitChoices) -> float | None:
    """A height is one person's: it says nothing of everybody in the photo."""
    known = choices.height_cm > 0 and choices.person != EVERYBODY
    return round(choices.height_cm, 1) if known else None


def _person(choice: int) -> int | str | None:
    return {MAIN_PERSON: None, EVERYBODY: "all"}.get(choice, choice)
