# pyright: basic
"""Take a figure out of the file with everything that was made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.figure.lookup import camera_of, remove_figure
from ..scene.looks.render_setup import figures_before, take_back_render
from ..settings.scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_remove_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Remove the figure with its rig, mesh and pose; with the photo's last figure its camera and photo go, too"""

    bl_idname = "smplify.remove_figure"
    bl_label = "Remove Figure"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A figure of this file, in Object Mode."""
        armature = figure_in(context)
        if armature is None or context.mode != "OBJECT":
            cls.poll_message_set("There is no figure, or not in Object Mode")
            return False
        if armature.library is not None or armature.override_library is not None:
            cls.poll_message_set(f"“{armature.name}” is linked from another file")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Remove it."""
        armature = cast("bpy.types.Object", figure_in(context))
        name = armature.name
        scene, camera = cast("bpy.types.Scene", context.scene), camera_of(armature)
        if camera is not None and scene.camera == camera and figures_before(scene, camera) == [armature]:
            take_back_render(scene)
        remove_figure(armature)
        self.report({"INFO"}, f"“{name}” was removed")
        return {"FINISHED"}
