# pyright: basic
"""The photo as a texture on the figure's body: made, switched with its own materials, and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import bpy

from ..result.errors import ResultError
from ..scene.figure.lookup import body_of, figure_of
from ..scene.texture.photo_texture import SIDES_PX, add_photo_texture, reason_against_texture
from ..scene.texture.values import TextureChoices
from ..scene.texture.worn_texture import hide_texture, show_texture, take_off_texture, worn_texture
from ..settings.scene_choices import figure_in
from .control_rig import reason_against

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

DEFAULTS = TextureChoices()


class SMPLIFY_OT_add_photo_texture(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Lay the photo on the figure as it stands, and fill in the rest. Other selected figures of this person add their photos"""

    bl_idname = "smplify.add_photo_texture"
    bl_label = "Add Photo Texture"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    size: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Size",
        description="Sides of the texture's image",
        items=[(str(side), f"{side} px", "") for side in SIDES_PX],
        default=str(DEFAULTS.side_px),
    )
    divide_light: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Divide Light Out",
        description="Divide the photo's light out of its colours, for a scene with lights. Otherwise its shadows stay in",
        default=DEFAULTS.divides_light,
    )
    mirror: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Mirror",
        description="Fill in what is not seen of one side of the body by what is seen of the other",
        default=DEFAULTS.mirrors,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file before a photo."""
        reason = reason_against(context, needs_controls=False) or reason_against_texture(figure_in(context))
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Make it, of the photos of the selected figures, or else of those that it was made of before."""
        armature = cast("bpy.types.Object", figure_in(context))
        choices = TextureChoices(int(self.size), self.divide_light, self.mirror)
        try:
            notes = add_photo_texture(
                armature,
                _others(context, armature),
                cast("bpy.types.Scene", context.scene),
                cast("bpy.types.ViewLayer", context.view_layer),
                choices,
            )
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"WARNING" if len(notes) > 1 else "INFO"}, " ".join(notes))
        return {"FINISHED"}


class _TextureOperator:
    """A step on the photo texture that a figure has."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure of this file with a photo texture."""
        reason = reason_against(context, needs_controls=False)
        if not reason and worn_texture(cast("bpy.types.Object", figure_in(context))) is None:
            reason = "The figure has no photo texture"
        if reason:
            cast("Any", cls).poll_message_set(reason)
        return not reason


class SMPLIFY_OT_switch_photo_texture(_TextureOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Switch between the photo texture and the body's own materials, which both stay"""

    bl_idname = "smplify.switch_photo_texture"
    bl_label = "Switch Photo Texture"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Show the one that is not shown."""
        armature = cast("bpy.types.Object", figure_in(context))
        worn, body = worn_texture(armature), cast("bpy.types.Object", body_of(armature))
        if worn is not None and worn.is_shown:
            hide_texture(body)
        else:
            show_texture(body)
        return {"FINISHED"}


class SMPLIFY_OT_remove_photo_texture(_TextureOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Remove the photo texture and its image; the body has the materials of before"""

    bl_idname = "smplify.remove_photo_texture"
    bl_label = "Remove Photo Texture"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Remove it."""
        take_off_texture(cast("bpy.types.Object", body_of(cast("bpy.types.Object", figure_in(context)))))
        return {"FINISHED"}


def _others(context: bpy.types.Context, armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the other figures whose photos are wanted: those that are selected, else those of the texture that is there."""
    selected = [figure_of(thing) for thing in context.selected_objects]
    worn = worn_texture(armature)
    wanted = [figure for figure in selected if figure is not None and figure != armature]
    wanted = wanted or list(worn.sources if worn is not None else ())
    return [figure for figure in dict.fromkeys(wanted) if figure != armature]
