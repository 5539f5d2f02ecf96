"""The user's choices in; out the fields of a fit's request to the core, or the reason in words why there can be none yet.

An option of the sidebar that only goes on to the core needs nothing here: `settings/properties.py` names its field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..fit_process.messages import FoundPerson
from ..fit_process.request_fields import Fields, with_field
from ..result.contacts import ContactChoice

FocalMode = Literal["PHOTO", "ESTIMATE", "MM35", "FOV", "PX", "SCENE_CAMERA"]
MAIN_PERSON = -1
EVERYBODY = -2
NOBODY_FOUND = "Nobody was found in the photo: choose a keypoint file, or set points by hand"
DECIMALS = 4  # Blender's properties are of single precision: 178.3 comes as 178.30000305


@dataclass(frozen=True)
class EngineChoice:
    """The preferences' engine and files; `problem` is the reason why they cannot compute. `python` None is Blender's own."""

    python: Path | None = None
    device: str = "auto"
    own_model: Path | None = None
    prior: Path | None = None
    gender: str = "automatic"
    problem: str = ""
    detector: Path | None = None  # runs or is evaluated: never from a .blend


@dataclass(frozen=True)
class CameraChoice:
    """The source of the focal length. For SCENE_CAMERA `px` and `principal_point` are those of that camera, and `problem` is
    the reason why it has none.
    """

    mode: FocalMode = "PHOTO"
    mm35: float = 35.0
    fov_radians: float = math.radians(60.0)
    px: float = 1000.0
    principal_point: tuple[float, float] | None = None
    problem: str = ""

    def focal(self) -> dict[str, float]:
        """Return the one field of the core's `FocalRequest` that the mode gives; empty where the photo is to say it."""
        match self.mode:
            case "PX" | "SCENE_CAMERA":
                return {"px": self.px}
            case "MM35":
                return {"mm35": self.mm35}
            case "FOV":
                return {"fov_deg": math.degrees(self.fov_radians)}
            case _:
                return {}


OptionValue = bool | int | float | str


@dataclass(frozen=True)
class FitOption:
    """The field of the core's `FitRequest` that one property of the sidebar fills, and when it is sent.

    `field` is its dotted name, such as `shape.height_cm`; `unset` the property's value for “not said”. An option `of_one_person`
    is left out where everybody is fitted, one `of_a_search` where a figure is fitted again.
    """

    field: str
    unset: OptionValue | None = None
    of_one_person: bool = False
    of_a_search: bool = False

    def is_sent(self, value: OptionValue, is_everybody: bool, is_refit: bool) -> bool:
        """Return True if a fit is told this value of the option."""
        if self.unset is not None and value == self.unset:
            return False
        return not (self.of_one_person and is_everybody) and not (self.of_a_search and is_refit)


@dataclass(frozen=True)
class FitChoices:
    """Everything chosen in the sidebar. `photo_problem` is the reason why what is chosen is no photo on disk.

    `person` is MAIN_PERSON, EVERYBODY or a number from 0. `options` go on to the core as they are.
    `hand_placed`: the photo's keypoints are edited in the scene, and are written to a file when a fit begins; `pinned` are the
    names of those that it has to meet. `frame` and `points_size` are of a keypoint file: which of its frames, and the size of the
    picture that its points were made on, where the user says so. `contacts` are those of a figure that is fitted again.
    """

    photo: Path | None = None
    photo_problem: str = ""
    keypoints: Path | None = None
    person: int = MAIN_PERSON
    camera: CameraChoice = CameraChoice()
    own_body: bool = False
    gender: str = "automatic"
    options: tuple[tuple[FitOption, OptionValue], ...] = ()
    hand_placed: bool = False
    pinned: tuple[str, ...] = ()
    frame: int | None = None
    points_size: tuple[int, int] | None = None
    contacts: tuple[ContactChoice, ...] = ()

    @property
    def no_photo(self) -> str:
        """The reason why there is no photo, and the next step; empty where there is one."""
        return (self.photo_problem or "Choose a photo first") if self.photo is None else ""


def missing_choice(choices: FitChoices, engine: EngineChoice) -> str:
    """Explain why no fit can be started with these choices, and the next step; empty where one can."""
    if choices.no_photo:
        return choices.no_photo
    if choices.camera.mode == "SCENE_CAMERA" and choices.camera.problem:
        return choices.camera.problem
    if choices.own_body and engine.own_model is None:
        return "Choose your SMPL-X file in the preferences, or the open body"
    return engine.problem


def refit_choices(current: FitChoices, made: FitChoices, number: int) -> FitChoices:
    """Return the choices for fitting a figure again that was made with `made`.

    They keep its own photo, body and place in the file; if the sidebar still shows its photo, with the camera and keypoints of
    now. Where there are none now (points set by hand that were discarded since), the figure keeps those that it was fitted to.
    """
    if current.photo != made.photo:
        return replace(made, person=number)
    again = replace(
        current, person=number, own_body=made.own_body, gender=made.gender, contacts=made.contacts
    )
    if current.keypoints is not None or current.hand_placed:
        return again
    return replace(again, keypoints=made.keypoints, pinned=made.pinned)


def unusable_person(choices: FitChoices, people: tuple[FoundPerson, ...]) -> str:
    """Explain why the chosen person cannot be fitted, from an inspection's findings; empty where nothing speaks against it."""
    if choices.hand_placed:
        return ""
    where = "photo" if choices.keypoints is None else "keypoint file"
    if not people:
        return NOBODY_FOUND if choices.keypoints is None else "The keypoint file holds no people"
    if not any(person.is_usable for person in people):
        return f"Nobody in the {where} shows enough to fit"
    if choices.person < 0:
        return ""
    if choices.person >= len(people):
        return f"There is no person {choices.person + 1}: choose another"
    if not people[choices.person].is_usable:
        return f"Person {choices.person + 1} shows too little to fit: choose another"
    return ""


def fit_fields(
    choices: FitChoices,
    engine: EngineChoice,
    folder: Path,
    start: Path | None = None,
    pixels: Path | None = None,
    scene_file: Path | None = None,
) -> Fields:
    """Return the fields of the core's `FitRequest` for a fit of these choices into `folder`.

    From an earlier `start` it is a refit of that one solution; `pixels` are those of the photo, for the core to look at, and
    `scene_file` holds the things of the contacts. To be called where `missing_choice` is empty.
    """
    assert choices.photo is not None, "missing_choice says so before"
    camera = choices.camera
    known: dict[str, object] = {
        "photo": choices.photo,
        "keypoints": choices.keypoints,
        "folder": folder,
        "person": _person(choices.person),
        "model": engine.own_model if choices.own_body else None,
        "gender": choices.gender,
        "device": engine.device if engine.python is not None else None,
        "focal": camera.focal() or None,
        "camera.estimate_focal": True if camera.mode == "ESTIMATE" else None,
        "camera.principal_point": camera.principal_point if camera.mode == "SCENE_CAMERA" else None,
        "objective.pose_prior": engine.prior,
        "emphasis.pinned": choices.pinned or None,
        "start": start,
        "pixels": pixels,
        "detector": engine.detector if choices.keypoints is None else None,
        "reading.frame": choices.frame if choices.keypoints is not None else None,
        "reading.points_size": choices.points_size if choices.keypoints is not None else None,
        "preview": True,
        **(_scene_fields(choices, scene_file) if scene_file is not None else {}),
        "write_overlay": False,
    }
    for option, value in choices.options:
        if option.is_sent(value, choices.person == EVERYBODY, start is not None):
            known[option.field] = round(value, DECIMALS) if isinstance(value, float) else value
    fields: Fields = {}
    for name, value in known.items():
        fields = with_field(fields, name, value)
    return fields


def _scene_fields(choices: FitChoices, scene_file: Path) -> dict[str, object]:
    return {
        "scene.file": scene_file,
        "scene.contacts": tuple(contact.for_core for contact in choices.contacts if contact.is_on),
        "scene.without": tuple(contact.for_core for contact in choices.contacts if not contact.is_on),
    }


def _person(choice: int) -> int | str | None:
    return {MAIN_PERSON: None, EVERYBODY: "all"}.get(choice, choice)
