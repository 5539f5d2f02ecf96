# pyright: basic
"""Hide the startup file's cube, which stands where the figure does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.placing.in_the_way import default_cube
from ..settings.scene_choices import figure_in

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_hide_cube(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Hide the default cube, in view and render: it stands where the figure does"""

    bl_idname = "smplify.hide_cube"
    bl_label = "Hide Default Cube"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True if there is a cube in the way."""
        return _cube(context) is not None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Hide it as the eye and the camera in the outliner do; it stays in the file."""
        cube = cast("bpy.types.Object", _cube(context))
        cube.hide_set(True, view_layer=cast("bpy.types.ViewLayer", context.view_layer))
        cube.hide_render = True
        return {"FINISHED"}


def _cube(context: bpy.types.Context) -> bpy.types.Object | None:
    figure, view_layer = figure_in(context), context.view_layer
    return default_cube(view_layer, figure) if figure is not None and view_layer is not None else None
