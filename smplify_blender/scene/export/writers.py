# pyright: basic
"""Copied figures in, a file of one kind out, by Blender's own exporters and the VRM add-on's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import bpy

from ..figure.bone_joints import bones_by_joint
from ..looks.body_materials import put_eyes_into_first_uvs
from .copies import FigureCopy
from .settings import ENGINE_INFLUENCES, ExportError, ExportSettings

VRM_VERSION = "1.0"
Writer = Callable[[Path, Sequence[FigureCopy], ExportSettings], None]


def writer_of(path: Path) -> Writer:
    """Return what writes a file of this kind. Raises ExportError for one that this Blender cannot write."""
    suffix = path.suffix.lower()
    write = _WRITERS.get(suffix)
    if write is None:
        raise ExportError(
            f"{path.name}: figures are exported as {', '.join(_WRITERS)}. Give the file one of these endings."
        )
    reason = missing_for(suffix)
    if reason:
        raise ExportError(f"{path.name}: {reason}")
    return write


def missing_for(suffix: str) -> str:
    """Return what this Blender lacks to write files of a kind, and the next step; empty if nothing."""
    if suffix == ".usdc" and not can_export_usd():
        return "this Blender was built without USD. Use the one from blender.org, or export .glb or .fbx."
    if suffix == ".vrm" and not can_export_vrm():
        return (
            "this Blender has no VRM add-on, or it is switched off. Install and enable “VRM format” of "
            "extensions.blender.org."
        )
    return ""


def can_export_usd() -> bool:
    """Return True if this Blender was built with USD; some distributions' own builds are not."""
    return bool(bpy.app.build_options.usd)


def can_export_vrm() -> bool:
    """Return True if the VRM add-on is enabled, with VRM 1.0."""
    return "vrm" in dir(bpy.ops.export_scene) and hasattr(bpy.types.Armature, "vrm_addon_extension")


def _write_gltf(path: Path, copies: Sequence[FigureCopy], settings: ExportSettings) -> None:
    most = max(copy.influences for copy in copies)
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        check_existing=False,
        export_format="GLB",
        use_selection=True,
        use_active_scene=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_animations=not settings.pose_as_rest,
        export_rest_position_armature=True,
        export_current_frame=False,
        export_frame_range=True,
        export_anim_single_armature=False,  # in Blender 4.2 all actions of the file would be the figure's
        export_def_bones=False,
        export_skins=True,
        export_all_influences=most > ENGINE_INFLUENCES,
        export_morph=settings.shape_keys,
        export_morph_normal=False,
        export_morph_animation=False,
        export_yup=True,
        export_extras=False,
        export_armature_object_remove=bool(settings.form.root_bone),
        export_copyright=copies[0].licence_notice,
    )


def _write_fbx(path: Path, copies: Sequence[FigureCopy], settings: ExportSettings) -> None:
    for copy in copies:
        put_eyes_into_first_uvs(cast("bpy.types.Mesh", copy.mesh.data))
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        check_existing=False,
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        # The file says that its unit is the metre; no object is scaled by 100.
        apply_scale_options="FBX_SCALE_ALL",
        mesh_smooth_type="FACE",
        use_mesh_modifiers=False,
        add_leaf_bones=False,
        bake_anim=not settings.pose_as_rest,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_simplify_factor=0.0,
        use_custom_props=False,
        path_mode="COPY",
        embed_textures=True,
    )


def _write_usd(path: Path, copies: Sequence[FigureCopy], settings: ExportSettings) -> None:
    bpy.ops.wm.usd_export(
        filepath=str(path),
        check_existing=False,
        selected_objects_only=True,
        export_animation=not settings.pose_as_rest,
        export_armatures=True,
        export_shapekeys=settings.shape_keys,
        export_custom_properties=False,
        evaluation_mode="RENDER",
    )


def _write_vrm(path: Path, copies: Sequence[FigureCopy], settings: ExportSettings) -> None:
    if len(copies) > 1:
        raise ExportError(f"{path.name}: a VRM file holds one avatar. Select one figure.")
    if settings.naming != "humanoid" or not settings.is_at_rest:
        raise ExportError(
            f"{path.name}: a VRM avatar is exported at rest with humanoid bones. Choose VRM 1.0."
        )
    armature: Any = copies[0].armature
    extension = armature.data.vrm_addon_extension
    extension.spec_version = VRM_VERSION
    extension.vrm1.meta.vrm_name = armature.name
    extension.vrm1.meta.copyright_information = copies[0].licence_notice
    human_bones = extension.vrm1.humanoid.human_bones
    for humanoid in (extension.vrm0.humanoid, human_bones):
        humanoid.initial_automatic_bone_assignment = False  # it takes half a minute, and errs
    extension.vrm1.humanoid.pose = "restPositionPose"  # a T-pose, with arms and legs straight to 1°
    for name in bones_by_joint(armature).values():
        human_bone = getattr(human_bones, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), None)
        if human_bone is not None:
            human_bone.node.bone_name = name
    operators: Any = bpy.ops.export_scene
    operators.vrm(
        filepath=str(path),
        check_existing=False,
        use_addon_preferences=False,
        export_only_selections=True,
        armature_object_name=armature.name,
        ignore_warning=True,
    )


_WRITERS: dict[str, Writer] = {
    ".glb": _write_gltf,
    ".fbx": _write_fbx,
    ".usdc": _write_usd,
    ".vrm": _write_vrm,
}
SUFFIXES = tuple(_WRITERS)
ONE_FIGURE_SUFFIXES = (".vrm",)
