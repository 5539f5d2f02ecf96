# pyright: basic
"""Below the result: what an animator does with a motion."""

from __future__ import annotations

from typing import cast

import bpy

from .drawing import FigurePanel


class SMPLIFY_PT_motion(FigurePanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Keys of the figure's motion"""

    bl_idname = "SMPLIFY_PT_motion"
    bl_label = "Motion"

    def draw(self, _context: bpy.types.Context) -> None:
        """A button a step; Blender greys what cannot be done now."""
        column = cast("bpy.types.UILayout", self.layout).column(align=True)
        column.operator("smplify.reduce_keys", icon="IPO_EASE_IN_OUT")
        column.operator("smplify.make_cyclic", icon="FILE_REFRESH")
