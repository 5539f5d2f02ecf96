# pyright: basic
"""The choices of a figure's fit, kept in the .blend as plain values: no path among them, and no program."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast, get_args

import bpy

from ..result.contacts import ACTIONS, MOST_CONTACTS, PARTS, ContactChoice
from ..result.errors import ResultError
from ..scene.figure.lookup import stored_group
from ..scene.figure.solutions import (
    has_solutions,
    stored_camera,
    stored_choices,
    stored_photo_name,
)
from ..scene.figure.stored_source import PROPERTY as SOURCE_PROPERTY
from ..scene.photo.image_file import file_of_image
from ..scene.photo.plate import marked_image, photo_mark
from ..scene.stored_values import StoredValues, stored_values
from ..session.fit_request import CameraChoice, FitChoices, FocalMode
from ..session.result_store import record_of
from .properties import BODY_GENDERS, FIT_OPTIONS

OWN_EYES = "eyes"  # the core's name for its own detector


def choices_as_values(choices: FitChoices) -> dict[str, Any]:
    """Return the choices of a fit as values that a .blend keeps."""
    camera = choices.camera
    return {
        "own_body": choices.own_body,
        "gender": choices.gender,
        "camera": camera.mode,
        "mm35": camera.mm35,
        "fov": camera.fov_radians,
        "px": camera.px,
        "principal_point": list(camera.principal_point or ()),
        "detector": "" if choices.keypoints is not None or choices.hand_placed else OWN_EYES,
        "options": {option.field: value for option, value in choices.options},
        "contacts": {
            str(number): {
                "part": contact.part,
                "thing": contact.thing,
                "is_collection": contact.is_collection,
                "is_on": contact.is_on,
            }
            for number, contact in enumerate(choices.contacts)
        },
    }


def made_choices(armature: bpy.types.Object) -> FitChoices | None:
    """Return the choices of a figure's fit: this session's, else those that the .blend keeps; None where there are none.

    The photo of kept ones is a name alone; `with_photo_file` finds its file.
    """
    record = record_of(stored_group(armature).text("token"))
    if record is not None:
        return record.choices
    if not has_solutions(armature) or not stored_photo_name(armature):
        return None
    values, source = stored_choices(armature), stored_values(armature.data, SOURCE_PROPERTY)
    gender = values.text("gender", source.text("gender"))
    return FitChoices(
        photo=Path(Path(stored_photo_name(armature)).name),
        own_body=values.flag("own_body", not source.flag("shareable_shape")),
        gender=gender if gender in BODY_GENDERS else "neutral",
        camera=_camera(armature),
        options=tuple(
            (option, value)
            for option in FIT_OPTIONS.values()
            for value in [_option(values.group("options").value(option.field))]
            if value is not None
        ),
        contacts=_contacts(values.group("contacts")),
    )


def _contacts(group: StoredValues) -> tuple[ContactChoice, ...]:
    kept = [group.group(key) for key in list(group)[:MOST_CONTACTS]]
    return tuple(
        ContactChoice(
            one.text("part"), one.text("thing"), one.flag("is_collection"), one.flag("is_on", default=True)
        )
        for one in kept
        if one.text("part") in (*ACTIONS, *PARTS) and one.text("thing")
    )


def with_photo_file(armature: bpy.types.Object, made: FitChoices, current: FitChoices) -> Path:
    """Return the file of a figure's photo: the sidebar's where it is that one, else the plate that the .blend holds.

    Raises `ResultError` where neither is there.
    """
    if made.photo is not None and made.photo.is_absolute() and made.photo.is_file():
        return made.photo
    mark, camera = stored_group(armature).text("photo"), stored_camera(armature)
    is_there = current.photo is not None and current.photo.is_file()
    if (
        is_there
        and camera is not None
        and photo_mark(cast("Path", current.photo), camera.photo_orientation) == mark
    ):
        return cast("Path", current.photo)
    plate = marked_image(mark) if mark else None
    file = file_of_image(plate) if plate is not None else None
    if file is None:
        raise ResultError(
            f"The photo of “{armature.name}” is not in this file any more. Choose it in the sidebar."
        )
    return file


def _option(value: object) -> Any:
    is_sound = isinstance(value, bool | int | float) and math.isfinite(value)
    return value if is_sound else None


def _camera(armature: bpy.types.Object) -> CameraChoice:
    """Return the choice of the lens; the lens of the fit itself where the .blend holds none that could be."""
    values = stored_choices(armature)
    mode = values.text("camera")
    fitted = stored_camera(armature)
    px = fitted.focal_px if fitted is not None else 1000.0
    if (
        mode not in get_args(FocalMode) or mode == "PHOTO"
    ):  # a plate that was turned has lost what its photo said
        return CameraChoice("PX", px=px)
    point = values.numbers("principal_point", 2) or (fitted.principal_point if fitted is not None else ())
    return CameraChoice(
        cast("FocalMode", mode),
        mm35=values.number("mm35", 35.0),
        fov_radians=values.number("fov", 1.0),
        px=values.number("px", px),
        principal_point=cast("tuple[float, float]", point) if point else None,
    )
