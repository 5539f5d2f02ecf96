# pyright: basic
"""Below the result: the figure's expression as sliders, in words or by face actions."""

from __future__ import annotations

from typing import cast

import bpy

from ..scene.face.face_actions import action_keys_of, face_mesh, has_face_actions
from ..scene.figure.shape_keys import expression_keys_of
from ..settings.scene_choices import figure_in
from .drawing import FigurePanel, split_column


class SMPLIFY_PT_face(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """The figure's expression"""

    bl_idname = "SMPLIFY_PT_face"
    bl_label = "Face"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True for a figure with expression sliders."""
        armature = figure_in(context)
        mesh = face_mesh(armature) if armature is not None else None
        return mesh is not None and bool(expression_keys_of(mesh))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button that changes who shows the expression, and the sliders of that."""
        layout = cast("bpy.types.UILayout", self.layout)
        armature = cast("bpy.types.Object", figure_in(context))
        mesh = cast("bpy.types.Mesh", face_mesh(armature))
        by_actions = has_face_actions(armature)
        if by_actions:
            layout.operator("smplify.use_expression", icon="LOOP_BACK")
        elif action_keys_of(mesh):
            layout.operator("smplify.use_face_actions", icon="SHAPEKEY_DATA")
        column = split_column(layout)
        for key in action_keys_of(mesh) if by_actions else expression_keys_of(mesh):
            column.prop(key, "value", text=key.name)
