# pyright: basic
"""File ▸ Export ▸ SMPLify Figure: the selected figures as .glb, .fbx or .usdc."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy_extras.io_utils import ExportHelper

from ..scene.export.export_figures import (
    ENGINE_INFLUENCES,
    ExportError,
    ExportReport,
    ExportSettings,
    can_export_usd,
    export_figures,
)
from ..scene.figure.lookup import figure_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

NEXT_STEP = "Select a figure that SMPLify has made"
TOLD_DEVIATION_MM = 0.05  # less than this nobody sees


def _formats(_self: object, _context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    return FORMATS if can_export_usd() else FORMATS[:2]


# Kept at the top level: Blender reads the texts of a computed list after the function has returned.
FORMATS = [
    (".glb", "glTF (.glb)", "For the web, Godot and most viewers; four bones a vertex"),
    (".fbx", "FBX (.fbx)", "For Unity, Unreal, Maya and MotionBuilder"),
    (".usdc", "USD (.usdc)", "For Houdini, Omniverse and film pipelines"),
]


class SMPLIFY_OT_export_figure(bpy.types.Operator, ExportHelper):  # noqa: N801 - Blender's naming rule
    """Export the selected figures: mesh, armature, pose and shape keys, and nothing else of the scene"""

    bl_idname = "smplify.export_figure"
    bl_label = "Export SMPLify Figure"
    bl_options = {"PRESET"}  # noqa: RUF012 - Blender reads it so

    filename_ext = ".glb"
    filter_glob: bpy.props.StringProperty(default="*.glb;*.fbx;*.usdc", options={"HIDDEN"})  # type: ignore[valid-type]
    file_format: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Format", description="Kind of file to write", items=_formats
    )
    bake_shape: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Bake Shape",
        description="Write the mesh as it is now, without shape keys. SMPL-X bodies may only be shared in this form; the open "
        "body has no such limit",
        default=False,
    )
    pose_as_rest: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Apply Pose as Rest",
        description="Write the pose shown now as the rest pose, without animation",
        default=False,
    )
    limit_influences: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="At Most Four Bones",
        description="Keep the four strongest bones of each vertex, which is all that most game engines read. The report says "
        "how far that moves the surface",
        default=True,
    )

    bone_names: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Bone Names",
        description="The names of the bones in the file",
        items=[
            ("smplx", "SMPL-X", "The body model's own joints: left_hip, spine3, left_index1"),
            ("blender", "Blender", "As in this scene: thigh.L, spine.03, f_index.01.L"),
            ("mixamo", "Mixamo", "mixamorig:LeftUpLeg, mixamorig:Spine2: its animations fit by name"),
            ("unreal", "Unreal", "The mannequin's: thigh_l, spine_03, index_01_l"),
            ("humanoid", "Humanoid", "Of Unity, Godot and VRM: LeftUpperLeg, UpperChest, LeftIndexProximal"),
        ],
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A figure has to be selected, and nothing being edited."""
        if context.mode not in ("OBJECT", "POSE"):
            cls.poll_message_set("Leave the current mode for Object Mode first")
            return False
        if not _selected_figures(context):
            cls.poll_message_set(NEXT_STEP)
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Open the file dialog with the figure's name."""
        settings = cast("Any", self)
        if not settings.filepath:
            settings.filepath = bpy.path.clean_name(_selected_figures(context)[0].name) + settings.file_format
        return cast("set[OperatorReturnItems]", ExportHelper.invoke(settings, context, event))

    def check(self, _context: bpy.types.Context) -> bool:
        """The name's ending follows the chosen format while the dialog is open."""
        settings = cast("Any", self)
        wanted = bpy.path.ensure_ext(_without_known_ending(settings.filepath), settings.file_format)
        changed = wanted != settings.filepath
        settings.filepath = wanted
        return changed

    def draw(self, _context: bpy.types.Context) -> None:
        """The settings in the file dialog."""
        layout = cast("bpy.types.UILayout", self.layout)
        layout.prop(self, "file_format", text="")
        layout.prop(self, "bone_names")
        column = layout.column()  # not split: the names would be cut in the dialog's narrow sidebar
        for name in ("bake_shape", "pose_as_rest", "limit_influences"):
            column.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Write the file, report what was written."""
        settings = cast("Any", self)
        path = Path(settings.filepath)
        if path.suffix.lower() not in (ending for ending, *_ in FORMATS):
            path = path.with_name(path.name + settings.file_format)
        limit = ENGINE_INFLUENCES if settings.limit_influences else 0
        chosen = ExportSettings(not settings.bake_shape, settings.pose_as_rest, limit, settings.bone_names)
        try:
            report = export_figures(_selected_figures(context), path, chosen)
        except ExportError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for warning in report.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, in_words(report))
        return {"FINISHED"}


def in_words(report: ExportReport) -> str:
    """One sentence on what was written."""
    figures = "1 figure" if report.figures == 1 else f"{report.figures} figures"
    text = f"{report.path.name}: {figures}, {report.shape_keys} shape keys"
    if report.deviation_mm < TOLD_DEVIATION_MM:
        return text
    return (
        f"{text}; fewer bones a vertex (there were up to {report.most_influences}) move the surface by up to "
        f"{report.deviation_mm:.1f} mm, {report.mean_deviation_mm:.2f} mm on average"
    )


def _selected_figures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The figures of the active and the selected objects, each once."""
    candidates = [context.object, *(context.selected_objects or ())]
    armatures = (figure_of(candidate) for candidate in candidates)
    return list(dict.fromkeys(armature for armature in armatures if armature is not None))


def _without_known_ending(filepath: str) -> str:
    stem = Path(filepath)
    return (
        str(stem.with_suffix("")) if stem.suffix.lower() in (ending for ending, *_ in FORMATS) else filepath
    )


def draw_export_entry(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in File ▸ Export."""
    cast("bpy.types.UILayout", menu.layout).operator(
        SMPLIFY_OT_export_figure.bl_idname, text="SMPLify Figure (.glb/.fbx/.usdc)"
    )
