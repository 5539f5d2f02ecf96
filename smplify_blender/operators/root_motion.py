# pyright: basic
"""The walk of a figure from its root bone to its object, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..result.errors import ResultError
from ..scene.motion.root_motion import set_root_motion
from ..settings.motion_settings import ROOT_MOTIONS
from ..settings.scene_choices import figure_in
from .motion_steps import MotionOperator

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_root_motion(MotionOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Choose what carries the figure through the world: its root bone, or its object. It stands where it stood at every frame"""

    bl_idname = "smplify.root_motion"
    bl_label = "Root Motion"

    carrier: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Carrier", description="What carries the figure", items=ROOT_MOTIONS, default="OBJECT"
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Return the description of the chosen carrier."""
        words = {identifier: text for identifier, _, text in ROOT_MOTIONS}[properties.carrier]
        return f"{words}. The figure stands where it stood at every frame, and goes back without a loss"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Move the walk."""
        armature = cast("bpy.types.Object", figure_in(context))
        try:
            moved = set_root_motion(armature, cast("Any", self).carrier)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"} if moved else {"CANCELLED"}
