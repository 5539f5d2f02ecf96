# pyright: basic
"""A motion that goes round: its loop is found, joined and repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..result.errors import ResultError
from ..scene.motion.make_cyclic import LoopChoices, make_cyclic
from ..settings.scene_choices import figure_in
from .motion_steps import MotionOperator

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_make_cyclic(MotionOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Find the part of the figure's motion that repeats, cut to it, and repeat it for ever. The raw take is kept in the NLA"""

    bl_idname = "smplify.make_cyclic"
    bl_label = "Make Cyclic"

    in_place: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="In Place", description="Take out what the figure goes along the floor: it walks on the spot"
    )
    shortest: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Shortest (s)",
        description="No shorter loop is taken",
        default=LoopChoices.shortest_seconds,
        min=0.1,
    )
    longest: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Longest (s)",
        description="No longer loop is taken",
        default=LoopChoices.longest_seconds,
        min=0.2,
    )
    most_cm: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Difference (cm)",
        description="The most by which the poses at the ends of the loop may differ, over all joints",
        default=100 * LoopChoices.most_metres,
        min=0.1,
    )
    set_range: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Frame Range", description="Make the scene play the loop", default=LoopChoices.set_range
    )

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Find, cut and repeat, and say where the loop is."""
        chosen: Any = self
        armature, scene = cast("bpy.types.Object", figure_in(context)), cast("bpy.types.Scene", context.scene)
        choices = LoopChoices(
            chosen.shortest, chosen.longest, chosen.most_cm / 100, chosen.in_place, chosen.set_range
        )
        try:
            made = make_cyclic(armature, scene, choices)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, made.words)
        return {"FINISHED"}
