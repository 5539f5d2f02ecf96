# pyright: basic
"""Few keys in the place of the many of a motion, within an error that the user chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..result.errors import ResultError
from ..scene.motion.reduce_keys import ErrorBound, reduce_keys
from ..settings.scene_choices import figure_in
from .motion_steps import MotionOperator

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_reduce_keys(MotionOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Thin out the keys of the figure's motion: smooth curves that stay within an error. The raw take is kept in the NLA"""

    bl_idname = "smplify.reduce_keys"
    bl_label = "Reduce Keys"

    most_mm: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Error (mm)",
        description="The farthest that any joint may be from where the raw take has it, at any frame",
        default=ErrorBound.mm,
        min=0.01,
        soft_max=50.0,
    )
    most_degrees: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Error (°)",
        description="The most that any bone may be turned otherwise than in the raw take, at any frame",
        default=ErrorBound.degrees,
        min=0.01,
        soft_max=15.0,
    )

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Reduce, and say what is left and how far off it is."""
        chosen: Any = self
        armature, scene = cast("bpy.types.Object", figure_in(context)), cast("bpy.types.Scene", context.scene)
        try:
            reduced = reduce_keys(armature, scene, ErrorBound(chosen.most_mm, chosen.most_degrees))
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, reduced.words)
        return {"FINISHED"}
