# pyright: basic
"""Object ▸ SMPLify: the sidebar's steps as a menu, so that Blender's menu search (F3) and shortcuts reach them."""

from __future__ import annotations

from typing import Any, cast

import bpy

# Operator, its name in the menu where its label needs the panel around it, and its icon; None is a line between groups.
ENTRIES: tuple[tuple[str, str, str] | None, ...] = (
    ("smplify.set_up_camera", "", "OUTLINER_OB_CAMERA"),
    ("smplify.fit_photo", "Fit Photo", "ARMATURE_DATA"),
    ("smplify.fit_clip", "", "ARMATURE_DATA"),
    ("smplify.refit", "Refit Figure", "FILE_REFRESH"),
    ("smplify.touch", "Touch Thing", "SNAP_FACE"),
    None,
    ("smplify.edit_keypoints", "", "NONE"),
    ("smplify.new_stick_figure", "", "NONE"),
    None,
    ("smplify.fit_bones", "", "BONE_DATA"),
    ("smplify.reduce_keys", "", "NONE"),
    ("smplify.make_cyclic", "", "NONE"),
    ("smplify.root_motion", "Root Motion on Object", "NONE"),
    ("smplify.look_through_camera", "", "VIEW_CAMERA"),
    ("smplify.set_up_render", "", "RENDER_STILL"),
    ("smplify.take_back_render", "", "LOOP_BACK"),
    ("smplify.add_clothes", "", "MATCLOTH"),
    ("smplify.take_off_clothes", "", "NONE"),
    ("smplify.select_figure", "", "NONE"),
    ("smplify.remove_figure", "", "TRASH"),
    ("smplify.hide_cube", "", "HIDE_ON"),
    None,
    ("smplify.mark_pose", "", "ASSET_MANAGER"),
    ("smplify.export_figure", "", "EXPORT"),
)


class SMPLIFY_MT_object(bpy.types.Menu):  # noqa: N801 - Blender's naming rule
    """Fit a figure to a photo, and what can be done with it"""

    bl_idname = "SMPLIFY_MT_object"
    bl_label = "SMPLify"

    def draw(self, _context: bpy.types.Context) -> None:
        """One entry a step; Blender greys what cannot be done now."""
        layout: Any = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        for entry in ENTRIES:
            if entry is None:
                layout.separator()
                continue
            operator, text, icon = entry
            named = {"text": text} if text else {}
            layout.operator(operator, icon=icon, **named)


def draw_object_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The submenu in 3D View ▸ Object."""
    layout = cast("bpy.types.UILayout", self.layout)
    layout.separator()
    layout.menu(SMPLIFY_MT_object.bl_idname)
