# pyright: basic
"""The photo's camera and plate without a figure: a step, and an undo, of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..result.errors import ResultError
from ..result.result_folder import PhotoCamera
from ..scene.created import all_or_nothing
from ..scene.photo.camera_site import PhotoFile, set_up_camera
from ..session.photo_inspection import Inspection
from ..settings.photo_looks import start_look, wait_for
from ..settings.scene_choices import choices_of, engine_of, inspection_for

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_set_up_camera(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Add a camera with the photo's lens and the photo behind the scene, and look through it"""

    bl_idname = "smplify.set_up_camera"
    bl_label = "Set Up Camera"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A photo has to be chosen, and the user must not have a camera of their own for it."""
        if context.scene is None:
            return False
        choices = choices_of(cast("bpy.types.Scene", context.scene), engine_of(context))
        if choices.no_photo:
            cls.poll_message_set(choices.no_photo)
            return False
        if choices.camera.mode == "SCENE_CAMERA":
            cls.poll_message_set("The scene's own camera is used as it is")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Look at the photo where nobody has, then build."""
        scene = cast("bpy.types.Scene", context.scene)
        inspection = self._inspected(context, scene)
        photo = choices_of(scene, engine_of(context)).photo
        if inspection is None or photo is None:
            return {"CANCELLED"}
        facts = inspection.facts
        width, height = facts.image_size
        camera = PhotoCamera(
            facts.focal_px, (width / 2, height / 2), facts.image_size, facts.photo_orientation
        )
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        try:
            with all_or_nothing(view_layer) as created:
                set_up_camera(scene, view_layer, PhotoFile(photo, camera), created)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        space: Any = context.space_data
        if getattr(space, "region_3d", None) is not None:
            space.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}

    def _inspected(self, context: bpy.types.Context, scene: bpy.types.Scene) -> Inspection | None:
        engine = engine_of(context)
        job, inspection = inspection_for(choices_of(scene, engine))
        if inspection is not None:
            return inspection
        job = job if job is not None and job.running else start_look(context)
        if job is not None:
            wait_for(job)
            if job.failed is not None:
                self.report({"ERROR"}, job.failed.text)
        return inspection_for(choices_of(scene, engine))[1]
