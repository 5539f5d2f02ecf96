# pyright: basic
"""The end of an edit: done, fitted, saved or discarded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy_extras.io_utils import ExportHelper

from ..keypoint_editor.editing import chosen_number, edited_people, figure_for, keypoints_facts, keypoints_in
from ..keypoints.openpose_file import write_openpose
from ..result.errors import ResultError
from ..scene.created import remove_block
from ..scene.keypoints.frame_points import frame_of
from ..scene.keypoints.mesh import keypoint_objects, number_of, stored_photo
from ..session.fit_request import EVERYBODY, MAIN_PERSON
from ..session.fit_run import fit_runs
from ..settings.properties import settings_of
from ..settings.scene_choices import choices_of, engine_of, inspection_for
from ..sidebar.keypoints_state import keypoints_state
from .keypoint_steps import leave, poll_editing, poll_points

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_finish_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Leave the points as they are and go back to Object Mode"""

    bl_idname = "smplify.finish_keypoints"
    bl_label = "Done"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """While points are edited."""
        return poll_editing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """The points stay in the scene, and in the file."""
        leave(context)
        return {"FINISHED"}


class SMPLIFY_OT_fit_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit the edited points: the figure again from where it is, or a new one where there is none yet"""

    bl_idname = "smplify.fit_keypoints"
    bl_label = "Fit Edited Keypoints"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that a figure can be fitted to."""
        if not poll_points(cls, context):
            return False
        reason = keypoints_state(keypoints_facts(context)).fit_reason
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[OperatorReturnItems]:
        """In a window the fit goes on while Blender answers."""
        return self._start(context, "INVOKE_DEFAULT")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """For scripts: wait for the figure."""
        return self._start(context, "EXEC_DEFAULT")

    def _start(self, context: bpy.types.Context, how: str) -> set[OperatorReturnItems]:
        active = context.active_object
        if active is not None and frame_of(active) is not None:
            leave(context)
            started = cast("Any", bpy.ops).smplify.refit_frame(how, points=active.name)
            return {"CANCELLED"} if "CANCELLED" in started else {"FINISHED"}
        scene = cast("bpy.types.Scene", context.scene)
        number = number_of(cast("bpy.types.Object", keypoints_in(context)))
        choices = choices_of(scene, engine_of(context))
        figure = figure_for(scene, choices.photo, number)
        leave(context)
        operators: Any = cast("Any", bpy.ops).smplify
        if figure is not None:
            cast("bpy.types.ViewLayer", context.view_layer).objects.active = figure
            started = operators.refit(how)
        else:
            inspection = inspection_for(choices)[1]
            settings = settings_of(scene)
            chosen = EVERYBODY if settings.person == EVERYBODY else chosen_number(choices, inspection)
            if chosen not in (number, EVERYBODY):
                settings.person = number
            started = operators.fit_photo(how)
        return {"CANCELLED"} if "CANCELLED" in started else {"FINISHED"}


class SMPLIFY_OT_save_keypoints(ExportHelper, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Save everybody's points, as edited, as an OpenPose JSON file"""

    bl_idname = "smplify.save_keypoints"
    bl_label = "Save Keypoints"

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})  # type: ignore[valid-type]
    use_as_keypoints: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Use for This Photo",
        description="Make the file this photo's keypoint file in the sidebar",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that are edited."""
        return poll_points(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Beside the photo, under the name that is found by itself there; nothing is overwritten unasked."""
        photo = choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)).photo
        if photo is not None:
            self.filepath = str(photo.with_name(f"{photo.stem}_keypoints.json"))
        return cast("Any", ExportHelper).invoke(self, context, event)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Whole or not at all."""
        scene = cast("bpy.types.Scene", context.scene)
        try:
            name = stored_photo(cast("bpy.types.Object", keypoints_in(context))).photo_name
            people, size = edited_people(keypoint_objects(scene, name))
            write_openpose(Path(self.filepath), people, size)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except OSError as error:
            self.report(
                {"ERROR"}, f"{self.filepath} cannot be written ({error.strerror}). Choose another folder."
            )
            return {"CANCELLED"}
        photo = choices_of(scene, engine_of(context)).photo
        if self.use_as_keypoints and photo is not None and photo.name == name:
            settings_of(scene).keypoints_path = self.filepath
        self.report(
            {"INFO"}, f"{len(people)} {'person' if len(people) == 1 else 'people'} in {self.filepath}"
        )
        return {"FINISHED"}


class SMPLIFY_OT_discard_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Throw the edited points away; those of the keypoint file count again"""

    bl_idname = "smplify.discard_keypoints"
    bl_label = "Discard Edited Keypoints"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that are edited, and no fit of them running."""
        return poll_points(cls, context) and fit_runs().current is None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """The object goes, with its mesh."""
        thing = cast("bpy.types.Object", keypoints_in(context))
        leave(context)
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        added = settings.person == number_of(thing) and number_of(thing) > 0
        mesh = cast("bpy.types.Mesh", thing.data)
        remove_block(thing)
        if mesh.users == 0:
            remove_block(mesh)
        if added:
            settings.person = MAIN_PERSON
        return {"FINISHED"}
