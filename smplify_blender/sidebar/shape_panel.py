# pyright: basic
"""Below the result: the figure's shape as sliders, and its bones after it."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..scene.figure.bones_to_shape import bones_are_behind
from ..scene.figure.lookup import body_of
from ..scene.figure.shape_keys import shape_keys_of
from ..settings.scene_choices import figure_in
from .drawing import SidebarPanel, draw_text, split_column
from .panel_state import Line


class SMPLIFY_PT_shape(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """The figure's build"""

    bl_idname = "SMPLIFY_PT_shape"
    bl_label = "Shape"
    bl_parent_id = "SMPLIFY_PT_result"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure with shape sliders."""
        return bool(_shape_keys(figure_in(context)))

    def draw(self, context: bpy.types.Context) -> None:
        """The button above the sliders, which are many: one a coefficient, the strongest first, as the body model orders them."""
        layout = cast("bpy.types.UILayout", self.layout)
        armature = cast("bpy.types.Object", figure_in(context))
        if bones_are_behind(armature):
            draw_text(layout, Line("The bones still fit the earlier shape", "ERROR"), context)
        layout.operator("smplify.fit_bones", icon="BONE_DATA")
        column = split_column(layout)
        for key in _shape_keys(armature):
            column.prop(key, "value", text=key.name)


def _shape_keys(armature: bpy.types.Object | None) -> list[Any]:
    body = body_of(armature) if armature is not None else None
    if body is None or body.type != "MESH":
        return []
    return list(shape_keys_of(cast("bpy.types.Mesh", body.data)))
