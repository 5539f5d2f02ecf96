# pyright: basic
"""Below the result: what its figure is shown to others with, the photo's texture, clothes and a render over the photo."""

from __future__ import annotations

from typing import cast

import bpy

from ..scene.looks.clothes import clothes_of
from ..scene.looks.face_parts import face_parts_of
from ..scene.looks.render_setup import has_render_setup, reason_against_setup
from ..scene.texture.worn_texture import worn_texture
from ..settings.scene_choices import figure_in
from .drawing import FigurePanel, draw_text
from .panel_state import Line


class SMPLIFY_PT_picture(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Clothes and texture of the figure, and F12 over its photo"""

    bl_idname = "SMPLIFY_PT_picture"
    bl_label = "Picture"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw of each pair of buttons the one that can be pressed."""
        layout = cast("bpy.types.UILayout", self.layout)
        armature = cast("bpy.types.Object", figure_in(context))
        if has_render_setup(cast("bpy.types.Scene", context.scene)):
            layout.operator("smplify.take_back_render", icon="LOOP_BACK")
        else:
            layout.operator("smplify.set_up_render", icon="RENDER_STILL")
            reason = reason_against_setup(armature)
            if reason:
                draw_text(layout, Line(reason, "INFO"), context)
        _draw_texture(layout, armature, context)
        column = layout.column(align=True)
        worn = bool(clothes_of(armature))
        column.operator("smplify.take_off_clothes" if worn else "smplify.add_clothes", icon="MATCLOTH")
        has_parts = face_parts_of(armature) is not None
        column.operator(
            "smplify.remove_face_parts" if has_parts else "smplify.add_face_parts", icon="MOD_PARTICLES"
        )


def _draw_texture(layout: bpy.types.UILayout, armature: bpy.types.Object, context: bpy.types.Context) -> None:
    """Draw the button that makes a texture, or those of the one that is there."""
    worn = worn_texture(armature)
    if worn is None:
        layout.operator("smplify.add_photo_texture", icon="TEXTURE")
        return
    row = layout.row(align=True)
    row.operator("smplify.switch_photo_texture", text="Photo Texture", icon="TEXTURE", depress=worn.is_shown)
    row.operator("smplify.add_photo_texture", text="", icon="FILE_REFRESH")
    row.operator("smplify.remove_photo_texture", text="", icon="X")
    if worn.is_old:
        draw_text(
            layout, Line("The figure has another solution than its texture: make it again", "ERROR"), context
        )
