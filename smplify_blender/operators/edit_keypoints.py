# pyright: basic
"""The keypoints of the photo or the figure as points that can be dragged on the plate."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..keypoint_editor.editing import chosen_number, figure_for, keypoints_in
from ..keypoints.sources import PhotoPeople, found_people
from ..result.errors import ResultError
from ..scene.created import all_or_nothing
from ..scene.figure.solutions import stored_keypoints
from ..scene.keypoints.mesh import EditedPhoto, new_keypoints, number_of
from ..session.photo_inspection import Inspection
from ..settings.scene_choices import choices_of, engine_of
from .keypoint_steps import enter, inspected, plate_camera

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_edit_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Show the person's keypoints as points on the photo and edit them: drag to move, X to delete, P to pin"""

    bl_idname = "smplify.edit_keypoints"
    bl_label = "Edit Keypoints"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """From object mode, with a photo."""
        return poll_photo(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Take the points that were edited before, else the keypoint file's, else those that the figure was fitted to."""
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        try:
            with all_or_nothing(view_layer) as created:
                inspection = inspected(context)
                thing = keypoints_in(context)
                photo = None if thing is not None else _detected(context, inspection)
                number = (
                    photo.people.number if photo is not None else number_of(cast("bpy.types.Object", thing))
                )
                camera = plate_camera(context, inspection, number, created)
                if photo is not None:
                    thing = new_keypoints(camera, photo, photo.people.chosen, created)
                enter(context, cast("bpy.types.Object", thing), camera)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def poll_photo(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Object mode and a photo are what editing starts from."""
    if context.scene is None or context.mode != "OBJECT":
        cls.poll_message_set("Leave the current mode for Object Mode first")
        return False
    reason = choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)).no_photo
    cls.poll_message_set(reason)
    return not reason


def _detected(context: bpy.types.Context, inspection: Inspection) -> EditedPhoto:
    """The chosen person of the keypoint file, else of the figure's fit."""
    scene = cast("bpy.types.Scene", context.scene)
    choices, facts = choices_of(scene, engine_of(context)), inspection.facts
    number = chosen_number(choices, inspection)
    detector = inspection.people[0].detector if inspection.people else ""
    people = found_people([person.keypoints for person in inspection.people], number, detector)
    figure = figure_for(scene, choices.photo, number)
    if people is None and not inspection.people and figure is not None:
        keypoints = stored_keypoints(figure)
        people = PhotoPeople((keypoints,)) if keypoints is not None else None
    if people is None or choices.photo is None:
        raise ResultError("There are no keypoints to edit. Start with a new stick figure")
    return EditedPhoto(choices.photo.name, facts.image_size, facts.photo_orientation, people)
