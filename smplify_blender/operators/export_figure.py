# pyright: basic
"""File ▸ Export ▸ SMPLify Figure: the selected figures as .glb, .fbx, .usdc or .vrm, by choice as a program wants them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy_extras.io_utils import ExportHelper

from ..result.export_targets import EXPORT_TARGETS
from ..scene.export.export_figures import export_figures
from ..scene.export.settings import ENGINE_INFLUENCES, ExportError, ExportSettings, settings_for
from ..scene.export.writers import SUFFIXES, can_export_usd, missing_for
from ..scene.figure.lookup import figure_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

NEXT_STEP = "Select a figure that SMPLify has made"
OWN_CHOICE = "own"


def _formats(_self: object, _context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    return FORMATS if can_export_usd() else FORMATS[:2]


# Kept at the top level: Blender reads the texts of a computed list after the function has returned.
FORMATS = [
    (".glb", "glTF (.glb)", "For the web, Godot and most viewers; four bones a vertex"),
    (".fbx", "FBX (.fbx)", "For Unity, Unreal, Maya and MotionBuilder"),
    (".usdc", "USD (.usdc)", "For Houdini, Omniverse and film pipelines"),
]
TARGETS = [
    (OWN_CHOICE, "Own Choice", "The format and the settings below"),
    *((name, target.label, target.in_words) for name, target in EXPORT_TARGETS.items()),
]


class SMPLIFY_OT_export_figure(bpy.types.Operator, ExportHelper):  # noqa: N801 - Blender's naming rule
    """Export the selected figures: mesh, armature, pose and shape keys, and nothing else of the scene"""

    bl_idname = "smplify.export_figure"
    bl_label = "Export SMPLify Figure"
    bl_options = {"PRESET"}  # noqa: RUF012 - Blender reads it so

    filename_ext = ".glb"
    filter_glob: bpy.props.StringProperty(default="*.glb;*.fbx;*.usdc;*.vrm", options={"HIDDEN"})  # type: ignore[valid-type]
    target: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="For",
        description="The program that the file is for: it decides about all but shape and pose",
        items=TARGETS,
    )
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
            settings.filepath = bpy.path.clean_name(_selected_figures(context)[0].name) + _ending(settings)
        return cast("set[OperatorReturnItems]", ExportHelper.invoke(settings, context, event))

    def check(self, _context: bpy.types.Context) -> bool:
        """The name's ending follows the chosen format while the dialog is open."""
        settings = cast("Any", self)
        wanted = bpy.path.ensure_ext(_without_known_ending(settings.filepath), _ending(settings))
        changed = wanted != settings.filepath
        settings.filepath = wanted
        return changed

    def draw(self, _context: bpy.types.Context) -> None:
        """The settings in the file dialog."""
        layout = cast("bpy.types.UILayout", self.layout)
        target = EXPORT_TARGETS.get(cast("Any", self).target)
        layout.prop(self, "target")
        column = layout.column()  # not split: the names would be cut in the dialog's narrow sidebar
        if target is None:
            column.prop(self, "file_format", text="")
            column.prop(self, "bone_names")
        else:
            for line in target.in_words.split(", "):
                column.label(text=line)
            if missing_for(target.suffix):
                column.label(text="Not possible in this Blender", icon="ERROR")
        column.prop(self, "bake_shape")
        column.prop(self, "pose_as_rest")
        if target is None:
            column.prop(self, "limit_influences")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Write the file, report what was written."""
        settings = cast("Any", self)
        path = Path(settings.filepath)
        if path.suffix.lower() not in SUFFIXES:
            path = path.with_name(path.name + _ending(settings))
        try:
            report = export_figures(_selected_figures(context), path, _chosen(settings))
        except ExportError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for warning in report.warnings:
            self.report({"WARNING"}, warning)
        self.report({"INFO"}, report.in_words)
        return {"FINISHED"}


def _ending(settings: Any) -> str:
    target = EXPORT_TARGETS.get(settings.target)
    return settings.file_format if target is None else target.suffix


def _chosen(settings: Any) -> ExportSettings:
    """Return the export settings of the dialog."""
    if settings.target == OWN_CHOICE:
        limit = ENGINE_INFLUENCES if settings.limit_influences else 0
        return ExportSettings(not settings.bake_shape, settings.pose_as_rest, limit, settings.bone_names)
    wanted = settings_for(settings.target)
    return replace(
        wanted,
        shape_keys=wanted.shape_keys and not settings.bake_shape,
        pose_as_rest=settings.pose_as_rest and not wanted.is_at_rest,
    )


def _selected_figures(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The figures of the active and the selected objects, each once."""
    candidates = [context.object, *(context.selected_objects or ())]
    armatures = (figure_of(candidate) for candidate in candidates)
    return list(dict.fromkeys(armature for armature in armatures if armature is not None))


def _without_known_ending(filepath: str) -> str:
    path = Path(filepath)
    return str(path.with_suffix("")) if path.suffix.lower() in SUFFIXES else filepath


def draw_export_entry(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in File ▸ Export."""
    cast("bpy.types.UILayout", menu.layout).operator(
        SMPLIFY_OT_export_figure.bl_idname, text="SMPLify Figure (.glb/.fbx/.usdc/.vrm)"
    )
