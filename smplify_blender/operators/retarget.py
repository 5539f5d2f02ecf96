# pyright: basic
"""A figure's pose and motion onto another armature of the scene, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..scene.retarget.mapped import Mapped, mapped_figure
from ..scene.retarget.retarget import RetargetError, retarget
from ..settings.retarget import chosen_bones, guess, retarget_of
from ..settings.scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class _RetargetOperator:
    """A step for which an armature has to be chosen."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True where there are a figure and another armature; say what is missing otherwise."""
        reason = ""
        if figure_in(context) is None:
            reason = "There is no figure: fit a photo first"
        elif retarget_of(cast("bpy.types.Scene", context.scene)).armature is None:
            reason = "Choose an armature first"
        elif context.mode not in ("OBJECT", "POSE"):
            reason = "Leave the current mode for Object Mode or Pose Mode first"
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason


class SMPLIFY_OT_retarget(_RetargetOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Pose and key the chosen armature as the figure is. Only the bones of the list are keyed, in an action of its own"""

    bl_idname = "smplify.retarget"
    bl_label = "Retarget"

    direction: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Direction",
        items=[
            (
                "TO_ARMATURE",
                "Onto the Armature",
                "The figure's pose and motion are taken over by the armature",
            ),
            ("TO_FIGURE", "Onto the Figure", "The armature's pose and motion are taken over by the figure"),
        ],
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Return the description of the chosen direction."""
        whose = ("armature", "figure") if properties.direction == "TO_ARMATURE" else ("figure", "armature")
        return f"Pose and key the {whose[0]} as the {whose[1]} is, at its keys' frames. The earlier action stays in the file"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Retarget, and say how much was taken over."""
        scene = cast("bpy.types.Scene", context.scene)
        choices, figure = retarget_of(scene), cast("bpy.types.Object", figure_in(context))
        pair = [mapped_figure(figure), Mapped(choices.armature, chosen_bones(choices))]
        to_figure = cast("Any", self).direction == "TO_FIGURE"
        source, target = reversed(pair) if to_figure else pair
        try:
            count = retarget(source, target, scene, choices.keep_place)
        except RetargetError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        joints = len(set(source.bones) & set(target.bones))
        frames = "1 frame" if count == 1 else f"{count} frames"
        self.report({"INFO"}, f"{target.armature.name}: {joints} bones keyed at {frames}")
        return {"FINISHED"}


class SMPLIFY_OT_guess_bones(_RetargetOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fill the list anew from the names of the armature's bones"""

    bl_idname = "smplify.guess_bones"
    bl_label = "Guess Bones"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Guess, and say how many joints have found a bone."""
        choices = retarget_of(cast("bpy.types.Scene", context.scene))
        guess(choices)
        self.report({"INFO"}, f"{len(chosen_bones(choices))} of {len(choices.bones)} joints have a bone")
        return {"FINISHED"}
