# pyright: basic
"""Invisible gizmo that notes the keypoint under the mouse while keypoints are edited, and takes no click from anybody.

A gizmo's hit test is called as the mouse moves; a modal operator would have to run for the whole edit and stop auto-save.
"""

from __future__ import annotations

from typing import Any

import bpy

from .drawing import edited_object, hover, row_at

NO_HIT = -1


class SMPLIFY_GT_hover(bpy.types.Gizmo):  # noqa: N801 - Blender's naming rule
    """Sees the mouse and is never hit"""

    bl_idname = "SMPLIFY_GT_hover"

    def draw(self, context: bpy.types.Context) -> None:
        """Nothing."""

    def test_select(self, context: bpy.types.Context, location: Any) -> int:
        """Remember the point under the mouse, and have the view drawn again when it is another."""
        blender: Any = context
        thing = edited_object(context)
        mouse = (float(location[0]), float(location[1]))
        row = row_at(thing, mouse, context) if thing is not None else None
        region = blender.region.as_pointer()
        if (row, region) != (hover.row, hover.region):
            hover.row, hover.region = row, region
            blender.region.tag_redraw()
        return NO_HIT


class SMPLIFY_GGT_hover(bpy.types.GizmoGroup):  # noqa: N801 - Blender's naming rule
    """Present while keypoints are edited"""

    bl_idname = "SMPLIFY_GGT_hover"
    bl_label = "Keypoint Under the Mouse"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT", "SHOW_MODAL_ALL"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Return True in the edit mode of keypoints."""
        return edited_object(context) is not None

    def setup(self, context: bpy.types.Context) -> None:
        """One gizmo, which is everywhere."""
        self.gizmos.new(SMPLIFY_GT_hover.bl_idname)


_CLASSES: tuple[Any, ...] = (
    SMPLIFY_GT_hover,
    SMPLIFY_GGT_hover,
)  # Blender's stub leaves gizmos out of what it registers


def add_hover() -> None:
    """Register the gizmo."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def remove_hover() -> None:
    """Take it back."""
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
