# pyright: basic
"""File ▸ Import ▸ SMPLify Result: a result folder, or one person of it, into the scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy_extras.io_utils import ImportHelper

from ..result.errors import ResultError
from ..result.read_result import read_result
from ..result.result_folder import Person, ResultFolder
from ..scene.build_figure import build_result
from .select_figure import select_figures

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_import_result(bpy.types.Operator, ImportHelper):  # noqa: N801 - Blender's naming rule
    """Import the fitted people of a photo as rigged figures, with the photo's camera"""

    bl_idname = "smplify.import_result"
    bl_label = "Import SMPLify Result"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    filename_ext = ".npz"
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN"})  # type: ignore[valid-type]
    set_scene_camera: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Scene Camera and Resolution",
        description="Render the scene through the photo's camera at the photo's size",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Bones are made in edit mode, which can only be entered from object mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave the current mode for Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Read, build, select."""
        chosen = Path(cast("Any", self).filepath)  # from ImportHelper
        scene = cast("bpy.types.Scene", context.scene)
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        folder = chosen if chosen.is_dir() else chosen.parent
        try:
            result = read_result(folder, chosen.name)
            people = _people(result, chosen.name)
            built = build_result(result, people, scene, view_layer, self.set_scene_camera)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        select_figures(built, view_layer)
        if built.plate is None:
            self.report({"WARNING"}, f"{folder.name} holds no photo: the camera has no background picture")
        self.report({"INFO"}, f"{len(people)} figure(s) in the collection “{built.collection.name}”")
        return {"FINISHED"}


def _people(result: ResultFolder, file_name: str) -> tuple[Person, ...]:
    """The person whose file was chosen; everybody where the folder or another file of it was."""
    return tuple(person for person in result.people if person.file_name == file_name) or result.people


def draw_menu_entry(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in File ▸ Import."""
    cast("bpy.types.UILayout", menu.layout).operator(
        SMPLIFY_OT_import_result.bl_idname, text="SMPLify Result (.npz folder)"
    )
