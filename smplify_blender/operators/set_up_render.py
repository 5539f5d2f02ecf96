# pyright: basic
"""F12 over the photo, and the scene as it was before: two buttons, each the other's undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..scene.looks.render_setup import (
    has_render_setup,
    reason_against_setup,
    set_up_render,
    take_back_render,
)
from ..settings.scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_set_up_render(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Let F12 show the figures over their photo, with a shadow on the floor and light like the photo's, in EEVEE and Cycles"""

    bl_idname = "smplify.set_up_render"
    bl_label = "Set Up Render"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure before a photo, in a scene of this file without a setup."""
        reason = _reason_against_scene(context) or reason_against_setup(figure_in(context))
        if not reason and has_render_setup(cast("bpy.types.Scene", context.scene)):
            reason = "A render is set up: take it back first"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Set it up, and say what stays of the scene's own light."""
        try:
            notes = set_up_render(
                cast("bpy.types.Scene", context.scene),
                cast("bpy.types.ViewLayer", context.view_layer),
                cast("bpy.types.Object", figure_in(context)),
            )
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, " ".join(notes) or "F12 renders the figures over the photo")
        return {"FINISHED"}


class SMPLIFY_OT_take_back_render(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Take sun, world, shadow floor and plate away again; the scene's own world, compositor, camera and film come back"""

    bl_idname = "smplify.take_back_render"
    bl_label = "Take Back Render Setup"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a scene of this file in which a render is set up."""
        reason = _reason_against_scene(context)
        if not reason and not has_render_setup(cast("bpy.types.Scene", context.scene)):
            reason = "No render is set up in this scene"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Take it back."""
        take_back_render(cast("bpy.types.Scene", context.scene))
        return {"FINISHED"}


def _reason_against_scene(context: bpy.types.Context) -> str:
    """Return why the scene's render cannot be changed; empty if it can."""
    if context.scene is None:
        return "There is no scene"
    if context.mode not in ("OBJECT", "POSE"):
        return "Leave the current mode for Object Mode or Pose Mode first"
    return "" if context.scene.library is None else "This scene is linked from another file: change it there"
