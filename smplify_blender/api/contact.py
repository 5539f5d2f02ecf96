# pyright: basic
"""For scripts: figures that stand, sit and lean on things of the scene, or hold them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import bpy

from ..result.contacts import ACTIONS, PARTS, ContactChoice, MetContact, with_contact
from ..result.errors import ResultError
from ..scene.contact.things import contact_with
from ..scene.figure.lookup import camera_of, stored_report
from ..scene.photo.pixel_copy import pixel_copy
from ..scene.placing.floor import NO_FLOOR, floor_of
from ..scene.placing.place_fit import FitPlacement, place_fit
from ..session.fit_request import FitChoices, fit_fields
from ..session.fit_session import idle_session
from ..settings.preferences import engine_choice, preferences_of
from ..settings.refit_files import with_own_keypoints, write_start, write_things
from ..settings.stored_choices import choices_as_values, made_choices, with_photo_file
from .steps import SmplifyError, Target, check_can_build, place_of, wait_for_job

Thing = bpy.types.Object | bpy.types.Collection | str


def touch(
    figure: bpy.types.Object,
    part: str,
    thing: Thing,
    *,
    is_on: bool = True,
    target: Target | None = None,
    photo: str | Path | None = None,
) -> tuple[MetContact, ...]:
    """Fit a figure again so that it touches a thing of the scene, in place; return all contacts that it has then.

    `thing` is an object, a collection, the name of one, or "ground" for z = 0. `part` is an action (stand, sit, lean, hold: the
    nearest of its parts touches) or a part of the body, such as left_palm; `is_on` False lets it not touch. Contacts of before
    are kept. `photo` is needed where the .blend does not hold it: before a camera of the user's. Raises SmplifyError.
    """
    if part not in (*ACTIONS, *PARTS):
        raise SmplifyError(
            f"There is no part {part!r}. Choose {', '.join((*ACTIONS, *PARTS))}.", "bad-request"
        )
    made = _choices(figure, photo)
    if isinstance(thing, str):
        chosen = replace(_contact_named(part, thing, target), is_on=is_on)
    else:
        chosen = ContactChoice(part, thing.name, isinstance(thing, bpy.types.Collection), is_on)
    return set_contacts(figure, with_contact(made.contacts, chosen), target=target, photo=photo)


def set_contacts(
    figure: bpy.types.Object,
    contacts: Sequence[ContactChoice],
    *,
    target: Target | None = None,
    photo: str | Path | None = None,
) -> tuple[MetContact, ...]:
    """Fit a figure again with these contacts and no others, in place; return all that it has then. Raises SmplifyError.

    Without any it comes to stand as the photo alone says. For `photo` see `touch`.
    """
    chosen = Target() if target is None else target
    check_can_build(chosen)
    scene, view_layer = place_of(chosen)
    view_layer.update()
    choices = replace(_choices(figure, photo), contacts=tuple(contacts))
    try:
        start = write_start(figure)
        things = write_things(scene, figure, choices)
        with tempfile.TemporaryDirectory(prefix="smplify-") as temporary:
            folder = Path(temporary) / "result"
            _fit(choices, folder, start, things, chosen)
            floor = floor_of(figure)
            own_camera = None if floor is None else camera_of(figure)
            placement = FitPlacement(
                folder,
                "",
                scene_camera=own_camera,
                floor=floor or NO_FLOOR,
                replaces=figure,
                name=cast("Path", choices.photo).stem,
                frame=scene.frame_current,
                choices=choices_as_values(choices),
                meets_scene=things is not None,
            )
            place_fit(scene, view_layer, placement)
    except (ResultError, OSError) as error:
        raise SmplifyError(str(error), "bad-result") from error
    report = stored_report(figure)
    return report.contacts if report is not None else ()


def _contact_named(part: str, name: str, target: Target | None) -> ContactChoice:
    scene, _ = place_of(Target() if target is None else target)
    try:
        return contact_with(scene, part, name)
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error


def _choices(figure: bpy.types.Object, photo: str | Path | None) -> FitChoices:
    """Return the choices of a figure's fit, with its photo and its keypoints as files."""
    made, report = made_choices(figure), stored_report(figure)
    if made is None or report is None:
        raise SmplifyError(f"“{figure.name}” does not hold its fit. Fit its photo.", "bad-request")
    try:
        given = FitChoices() if photo is None else FitChoices(photo=Path(photo).absolute())
        file = with_photo_file(figure, made, given)
        return with_own_keypoints(replace(made, photo=file, person=report.number), figure, report.number)
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error


def _fit(choices: FitChoices, folder: Path, start: Path, things: Path | None, target: Target) -> None:
    """Fit into `folder` by the resident core, and wait."""
    engine = engine_choice(preferences_of(bpy.context))
    fields = fit_fields(choices, engine, folder, start, pixel_copy(cast("Path", choices.photo)), things)
    with idle_session() as idle:
        running = target.session or idle
        job = running.request("fit", fields, engine.python)
        wait_for_job(running, job, None)
    if job.failed is not None:
        raise SmplifyError(job.failed.text, job.failed.code)
