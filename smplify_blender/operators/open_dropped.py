# pyright: basic
"""A keypoint file dropped onto the 3D view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import bpy

from ..session.keypoint_search import find_photo
from ..settings.properties import photo_on_disk, settings_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_open_dropped(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Take a keypoint file (.json) for the next fit"""

    bl_idname = "smplify.open_dropped"
    bl_label = "Open Keypoints"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender reads it so

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """The file, and the photo that it belongs to where that is found."""
        path = Path(self.filepath)
        settings = settings_of(cast("bpy.types.Scene", context.scene))
        photo = find_photo(path)
        if photo is not None and photo != photo_on_disk(settings):
            settings.photo_source, settings.photo_path = "FILE", str(photo)
        settings.keypoints_path = str(path)
        words = f"with the photo {photo.name}" if photo is not None else "choose its photo in the sidebar"
        self.report({"INFO"}, f"Keypoints {path.name}, {words}")
        return {"FINISHED"}


class SMPLIFY_FH_open_dropped(bpy.types.FileHandler):  # noqa: N801 - Blender's naming rule
    """Keypoint files may be dropped onto the 3D view; results and motions have a handler of their own (import_result.py)."""

    bl_idname = "SMPLIFY_FH_open_dropped"
    bl_label = "SMPLify keypoints"
    bl_import_operator = "smplify.open_dropped"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Onto a 3D view, in Object Mode."""
        area = cast("bpy.types.Area | None", context.area)
        return area is not None and area.type == "VIEW_3D" and context.mode == "OBJECT"
