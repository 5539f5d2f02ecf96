# pyright: basic
"""Look at the photo and its keypoints without fitting."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..settings.photo_looks import start_look, wait_for
from ..settings.scene_choices import choices_of, engine_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_inspect_photo(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Read the photo's size and lens, and who is in the keypoint file"""

    bl_idname = "smplify.inspect_photo"
    bl_label = "Look at Photo"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Ask, and let the panel say what is found."""
        return {"FINISHED"} if start_look(context) is not None else {"CANCELLED"}

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Ask and wait, for scripts."""
        job = start_look(context)
        if job is None:
            self.report(
                {"ERROR"}, choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)).no_photo
            )
            return {"CANCELLED"}
        wait_for(job)
        if job.failed is not None:
            self.report({"ERROR"}, job.failed.text)
            return {"CANCELLED"}
        return {"FINISHED"}
