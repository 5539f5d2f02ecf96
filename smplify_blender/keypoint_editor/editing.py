# pyright: basic
"""Edited keypoints of the context: whose they are, the facts of the panel, and the file and pins for a fit of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import cast

import bpy

from ..keypoints.edited import Array
from ..keypoints.facts import KeypointsFacts
from ..keypoints.openpose_file import PhotoSize, write_openpose
from ..result.errors import ResultError
from ..scene.figure.lookup import camera_of, figure_of, stored_report
from ..scene.keypoints.frame_points import PointsFrame, frame_of
from ..scene.keypoints.mesh import (
    is_keypoints,
    keypoint_objects,
    number_of,
    read_keypoints,
    selected_rows,
    stored_photo,
)
from ..scene.motion.replace_motion import refit_reason
from ..session.fit_request import EVERYBODY, MAIN_PERSON, FitChoices, missing_choice
from ..session.fit_run import fit_runs
from ..session.photo_inspection import Inspection
from ..settings.scene_choices import choices_of, engine_of, inspection_for
from ..settings.stored_choices import made_choices
from .drawing import edited_object

FOLDER = "smplify_keypoints"  # in Blender's own temporary folder of this session


def keypoints_in(context: bpy.types.Context) -> bpy.types.Object | None:
    """The points that the panel is about: the active object's, else those of the chosen person of the sidebar's photo."""
    if is_keypoints(context.active_object):
        return context.active_object
    if context.scene is None:
        return None
    scene = cast("bpy.types.Scene", context.scene)
    choices = choices_of(scene, engine_of(context))
    if choices.photo is None:
        return None
    found = keypoint_objects(scene, choices.photo.name)
    number = chosen_number(choices, inspection_for(choices)[1])
    return next(
        (thing for thing in found if number_of(thing) == number), found[0] if len(found) == 1 else None
    )


def chosen_number(choices: FitChoices, inspection: Inspection | None) -> int:
    """The person who is meant, from 0; of everybody the main one."""
    if choices.person >= 0:
        return choices.person
    people = inspection.people if inspection is not None else ()
    return next((person.number for person in people if person.is_main), 0)


def figure_for(scene: bpy.types.Scene, photo: Path | None, number: int) -> bpy.types.Object | None:
    """Return the figure of this person, fitted to this photo; the latest of several."""
    found: list[bpy.types.Object] = []
    for thing in scene.objects:
        if photo is None or thing.type != "ARMATURE" or figure_of(thing) is None:
            continue
        made, report = made_choices(thing), stored_report(thing)
        if made is None or made.photo is None or report is None or report.number != number:
            continue
        # a file that was opened again knows its photo by name
        if made.photo == (photo if made.photo.is_absolute() else Path(photo.name)):
            found.append(thing)
    named = [figure for figure in found if figure.name == fit_runs().last_figure]
    return next(iter(named or found[::-1]), None)


def camera_for(scene: bpy.types.Scene, photo: Path | None, number: int) -> bpy.types.Object | None:
    """Return the camera that this person's figure stands before."""
    figure = figure_for(scene, photo, number)
    return camera_of(figure) if figure is not None else None


def keypoints_facts(context: bpy.types.Context) -> KeypointsFacts:
    """Collect the facts that the panel shows."""
    active = context.active_object
    frame = frame_of(active)
    if active is not None and frame is not None:
        return _facts_of_frame(context, active, frame)
    scene = cast("bpy.types.Scene", context.scene)
    engine = engine_of(context)
    choices = choices_of(scene, engine)
    job, inspection = inspection_for(choices)
    thing = keypoints_in(context)
    number = number_of(thing) if thing is not None else chosen_number(choices, inspection)
    problem = choices.no_photo
    if not problem and job is not None and job.failed is not None:
        problem = "The photo or its keypoints cannot be read, see above"
    facts = KeypointsFacts(
        photo_problem=problem,
        people_found=len(inspection.people) if inspection is not None else None,
        has_figure=figure_for(scene, choices.photo, number) is not None,
        number=number,
        editing=edited_object(context) is not None,
        mode=str(context.mode),
        fit_problem=missing_choice(replace(choices, hand_placed=True), engine),
        running=fit_runs().current is not None,
    )
    return facts if thing is None else _with_points(facts, thing)


def _facts_of_frame(
    context: bpy.types.Context, thing: bpy.types.Object, frame: PointsFrame
) -> KeypointsFacts:
    facts = KeypointsFacts(
        photo_problem="These are the points of a video's frame",
        people_found=1,
        has_figure=True,
        editing=edited_object(context) is not None,
        mode=str(context.mode),
        fit_problem=refit_reason(frame.figure),
        running=fit_runs().current is not None,
        frame=frame.scene_frame,
    )
    return _with_points(facts, thing)


def _with_points(facts: KeypointsFacts, thing: bpy.types.Object) -> KeypointsFacts:
    try:
        photo, keypoints = stored_photo(thing), read_keypoints(thing)
    except ResultError as error:
        return replace(facts, damaged=str(error))
    selected = len(selected_rows(thing)) if facts.editing else 0
    return replace(facts, keypoints=keypoints, people=len(photo.people.people), selected=selected)


def edited_people(things: list[bpy.types.Object]) -> tuple[tuple[Array, ...], PhotoSize]:
    """Everybody of a photo's keypoint file, those who are edited as they are now, and the photo's size. Raises `ResultError`."""
    photos = [stored_photo(thing) for thing in things]
    longest = max(photos, key=lambda photo: len(photo.people.people))
    if any(photo.size != longest.size for photo in photos):
        raise ResultError(
            "The edited points belong to photos of different sizes. Discard those of the old photo."
        )
    people = list(longest.people.people)
    for thing, photo in zip(things, photos, strict=True):
        people[photo.people.number] = read_keypoints(thing).table()
    return tuple(people), PhotoSize(longest.size, longest.orientation, longest.people.detector)


def with_edited_points(scene: bpy.types.Scene, choices: FitChoices, number: int | None = None) -> FitChoices:
    """The choices with the photo's edited points as their keypoint file, written into the session's own folder, and the pins
    of person `number` (None: whom the choices name). Unchanged where nobody's points are edited. Raises `ResultError`.
    """
    things = keypoint_objects(scene, choices.photo.name) if choices.photo is not None else []
    if not things or choices.photo is None:
        return choices
    people, size = edited_people(things)
    path = Path(bpy.app.tempdir) / FOLDER / uuid.uuid4().hex / f"{choices.photo.stem}_keypoints.json"
    try:
        write_openpose(path, people, size)
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error
    return replace(
        choices,
        keypoints=path,
        pinned=_pins(things, choices.person if number is None else number, len(people)),
    )


def _pins(things: list[bpy.types.Object], number: int, people: int) -> tuple[str, ...]:
    """The core pins the same points of everybody it fits: pins go along where one person is fitted."""
    if (number == MAIN_PERSON and people > 1) or number == EVERYBODY:
        return ()
    pinned = [read_keypoints(thing) for thing in things if number_of(thing) == max(number, 0)]
    return pinned[0].pinned_names() if pinned else ()
