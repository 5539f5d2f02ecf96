# pyright: basic
"""The large button: from the chosen photo and keypoints to a rigged figure."""

from __future__ import annotations

import bpy

from ..keypoint_editor.editing import with_edited_points
from ..result.errors import ResultError
from ..session.fit_run import FitRun, fit_runs
from ..settings.properties import settings_of
from .fit_steps import FitOperator, FitStartError, chosen_choices, start_fit
from .modes import poll_mode


class SMPLIFY_OT_fit_photo(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit a body to the person in the photo: a new rigged figure, or the one that is there, changed in place. Esc cancels"""

    bl_idname = "smplify.fit_photo"
    bl_label = "Fit"

    photo: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Photo",
        description="For scripts: the photo, instead of the one in the sidebar",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    keypoints: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Keypoints",
        description="For scripts: the keypoint file, instead of the one that is found beside the photo",
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    copy: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="As a Copy",
        description="Add figures of their own, also where the photo's people stand in the scene already",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return False, with the reason, if something stands in the way whatever the properties say."""
        if fit_runs().current is not None:
            cls.poll_message_set("A fit runs already: wait, or cancel it with Esc")
            return False
        return poll_mode(cls, context) and context.scene is not None

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        settings = settings_of(context.scene)  # type: ignore[arg-type]
        if self.photo:
            settings.photo_source, settings.photo_path = "FILE", self.photo
        if self.keypoints:
            settings.keypoints_path = self.keypoints
        choices = chosen_choices(context)
        if not self.keypoints:
            try:
                choices = with_edited_points(context.scene, choices)  # type: ignore[arg-type]
            except ResultError as error:
                raise FitStartError(str(error)) from error
        return start_fit(context, choices, None, "", self.copy)
