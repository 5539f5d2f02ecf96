# pyright: basic
"""A default stick figure on the photo, for those whom no detector has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy
import numpy as np

from ..keypoints.default_figure import new_figure
from ..keypoints.sources import PhotoPeople
from ..result.errors import ResultError
from ..scene.created import all_or_nothing
from ..scene.keypoints.mesh import EditedPhoto, keypoint_objects, new_keypoints, select_rows, stored_photo
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of
from .edit_keypoints import poll_photo
from .keypoint_steps import enter, inspected, plate_camera

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_new_stick_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Put a standing stick figure on the photo, to be dragged onto a person who has no keypoints yet. Points that nobody has
    moved count for little"""

    bl_idname = "smplify.new_stick_figure"
    bl_label = "New Stick Figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """From object mode, with a photo."""
        return poll_photo(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """One more person after those of the keypoint file and those who were added before."""
        scene = cast("bpy.types.Scene", context.scene)
        try:
            with all_or_nothing(cast("bpy.types.ViewLayer", context.view_layer)) as created:
                inspection = inspected(context)
                choices = choices_of(scene, engine_of(context))
                if choices.photo is None:
                    raise ResultError(choices.no_photo)
                facts = inspection.facts
                figure = new_figure(facts.image_size)
                known = [np.array(person.keypoints, dtype=np.float64) for person in inspection.people]
                for other in keypoint_objects(scene, choices.photo.name):
                    known += stored_photo(other).people.people[len(known) :]
                people = PhotoPeople((*known, figure.table()), len(known))
                camera = plate_camera(context, inspection, people.number, created)
                edited = EditedPhoto(choices.photo.name, facts.image_size, facts.photo_orientation, people)
                thing = new_keypoints(camera, edited, figure, created)
                enter(context, thing, camera)
                select_rows(thing, tuple(range(len(figure.points))))
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if people.number:
            settings_of(scene).person = people.number
        return {"FINISHED"}
