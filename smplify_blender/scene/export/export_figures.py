# pyright: basic
"""Figures in the scene in, one .glb, .fbx or .usdc file that other programs read as they stand.

What is written are copies in a scene of their own, removed afterwards: the user's scene, selection, frame and data are not
touched. The fitted shape becomes the copies' basis, so that the mesh is right where shape keys are ignored or held to 0…1.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy

from ...result.bone_names import Naming
from ...result.output_file import reason_in, replaced_when_written
from ..created import Created
from ..figure.lookup import body_of
from .bone_naming import name_bones
from .copies import FigureCopy, copy_figure

ENGINE_INFLUENCES = 4  # what one JOINTS_0/WEIGHTS_0 set of glTF holds, and what most engines read by default


class ExportError(Exception):
    """Figures cannot be exported; the text says what and why."""


@dataclass(frozen=True)
class ExportSettings:
    """The form in which figures are written.

    `shape_keys` off bakes the shape: the mesh alone, no shape keys. `pose_as_rest` makes the pose that is shown the rest
    pose. `max_influences` bones a vertex (0: as many as there are; None: 4 in glTF, all elsewhere). `naming` says whose names the
    bones bear in the file: SMPL-X's joints unless told otherwise.
    """

    shape_keys: bool = True
    pose_as_rest: bool = False
    max_influences: int | None = None
    naming: Naming = "smplx"


@dataclass(frozen=True)
class ExportReport:
    """The files that were written, and how far vertices moved (mm) because influences were left out: the farthest and the mean.

    `most_influences` is what the farthest-reaching vertex had before; `warnings` are for the user.
    """

    path: Path
    figures: int
    shape_keys: int
    most_influences: int
    deviation_mm: float
    mean_deviation_mm: float
    warnings: tuple[str, ...]


def export_figures(
    armatures: Sequence[bpy.types.Object], path: Path, settings: ExportSettings = ExportSettings()
) -> ExportReport:
    """Write the figures of these armature objects, whole or not at all.

    An animated figure is written with its frames; one without keys at more than one frame with the pose it has now, keyed at
    frame 1. Raises ExportError where the file's kind is unknown or not in this Blender, a figure has no mesh, the file cannot
    be written or the exporter fails.
    """
    write = _writer(path)
    _check_modes(armatures)
    limit = settings.max_influences
    if limit is None:
        limit = ENGINE_INFLUENCES if path.suffix.lower() in GLTF_SUFFIXES else 0
    created = Created()
    cast(
        "bpy.types.ViewLayer", bpy.context.view_layer
    ).update()  # shown bones and matrices as the data has them now
    with _original_names(armatures), _export_scene(created) as scene:
        copies = [
            copy_figure(armature, _mesh_of(armature), scene, settings.pose_as_rest, created)
            for armature in armatures
        ]
        for armature, copy in zip(armatures, copies, strict=True):
            if not settings.shape_keys:
                copy.bake_shape(created)
            copy.limit_influences(limit)
            name_bones(copy.armature, settings.naming, created)
            _hand_over_names(armature, copy)
        _set_frames(scene, copies)
        _write(write, path, scene, copies, settings)
        return _report(path, armatures, copies, settings)


def _mesh_of(armature: bpy.types.Object) -> bpy.types.Object:
    own = body_of(armature)
    if own is not None and own.parent == armature:
        return own
    for child in armature.children:
        if child.type == "MESH" and any(
            modifier.type == "ARMATURE" and cast("Any", modifier).object == armature
            for modifier in child.modifiers
        ):
            return child
    raise ExportError(f"{armature.name} moves no mesh: there is nothing to export. Import the figure again.")


def _check_modes(armatures: Sequence[bpy.types.Object]) -> None:
    if not armatures:
        raise ExportError("There is no figure to export. Select one.")
    for armature in armatures:
        for part in (armature, _mesh_of(armature)):
            if part.mode not in ("OBJECT", "POSE"):
                raise ExportError(
                    f"{part.name} is being edited: what it looks like is not settled. Leave {part.mode.title()} Mode first."
                )


@contextmanager
def _export_scene(created: Created) -> Generator[bpy.types.Scene]:
    """A scene of its own for the copies; it and they are gone afterwards."""
    # Metres whatever the user's scene has: copies are scaled to 1 unit a metre.
    scene = created.add(bpy.data.scenes.new("SMPLify export"))
    try:
        yield scene
    finally:
        for copied in list(scene.objects):  # before their meshes: Blender removes an object with its data
            created.discard(copied)
        created.remove_all()


@contextmanager
def _original_names(armatures: Sequence[bpy.types.Object]) -> Generator[None]:
    """Gives the originals their names back, which their copies bear in the file."""
    names = [
        (block, block.name) for armature in armatures for block in _named_blocks(armature, _mesh_of(armature))
    ]
    try:
        yield
    finally:
        for block, name in names:
            if block.name != name:
                block.name = name


def _named_blocks(armature: bpy.types.Object, mesh: bpy.types.Object) -> list[bpy.types.ID]:
    blocks = [armature, cast("bpy.types.ID", armature.data), mesh, cast("bpy.types.ID", mesh.data)]
    return [block for block in blocks if block.library is None and block.override_library is None]


def _hand_over_names(armature: bpy.types.Object, copy: FigureCopy) -> None:
    """Exporters write the names of data-blocks, and no two may have the same in one file."""
    mesh = _mesh_of(armature)
    pairs = (
        (armature, copy.armature),
        (armature.data, copy.armature.data),
        (mesh, copy.mesh),
        (mesh.data, copy.mesh.data),
    )
    for original, copied in pairs:
        assert original is not None and copied is not None, "armatures and meshes have data"
        name = original.name
        if original in _named_blocks(armature, mesh):
            original.name = f"{name} (being exported)"
        copied.name = name


def _set_frames(scene: bpy.types.Scene, copies: Sequence[FigureCopy]) -> None:
    scene.frame_start = min(copy.frames[0] for copy in copies)
    scene.frame_end = max(copy.frames[1] for copy in copies)
    scene.frame_set(scene.frame_start)


def _write(
    write: Callable[[Path, Sequence[FigureCopy], ExportSettings], None],
    path: Path,
    scene: bpy.types.Scene,
    copies: Sequence[FigureCopy],
    settings: ExportSettings,
) -> None:
    view_layer = scene.view_layers[0]
    objects = [part for copy in copies for part in (copy.armature, copy.mesh)]
    for part in objects:
        part.select_set(True, view_layer=view_layer)
    view_layer.objects.active = copies[0].armature
    override = {
        "scene": scene,
        "view_layer": view_layer,
        "collection": scene.collection,
        "active_object": copies[0].armature,
        "object": copies[0].armature,
        "selected_objects": objects,
        "selected_editable_objects": objects,
    }
    try:
        with replaced_when_written(path.absolute()) as temporary:
            with bpy.context.temp_override(**override):
                write(temporary, copies, settings)
            if not temporary.is_file() or not temporary.stat().st_size:
                raise ExportError(f"{path}: Blender's exporter has written nothing. Look at its console.")
    except OSError as problem:
        reason = problem.strerror or problem
        raise ExportError(f"{path} cannot be written: {reason}. Choose another place.") from problem
    except RuntimeError as problem:  # how an operator says that it failed
        reason = reason_in(str(problem))
        raise ExportError(
            f"{path} cannot be written: {reason}. Free some space or choose another place."
        ) from problem


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
        export_copyright=copies[0].licence_notice,
    )


def _write_fbx(path: Path, copies: Sequence[FigureCopy], settings: ExportSettings) -> None:
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


GLTF_SUFFIXES = (".glb",)
_WRITERS: dict[str, Callable[[Path, Sequence[FigureCopy], ExportSettings], None]] = {
    ".glb": _write_gltf,
    ".fbx": _write_fbx,
    ".usdc": _write_usd,
}


def _writer(path: Path) -> Callable[[Path, Sequence[FigureCopy], ExportSettings], None]:
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise ExportError(
            f"{path.name}: figures are exported as {', '.join(_WRITERS)}. Give the file one of these endings."
        )
    if write is _write_usd and not can_export_usd():
        raise ExportError(
            f"{path.name}: this Blender was built without USD. Use the one from blender.org, or export .glb or .fbx."
        )
    return write


def can_export_usd() -> bool:
    """Return True if this Blender was built with USD; some distributions' own builds are not."""
    return bool(bpy.app.build_options.usd)


def _report(
    path: Path,
    armatures: Sequence[bpy.types.Object],
    copies: Sequence[FigureCopy],
    settings: ExportSettings,
) -> ExportReport:
    warnings: list[str] = []
    if settings.shape_keys and not all(copy.shareable_shape for copy in copies):
        warnings.append(
            "This body model's licence does not allow sharing it with its shape keys. To pass the file on, export again with "
            "the shape baked."
        )
    worst = max(copies, key=lambda copy: copy.deviation_mm)
    return ExportReport(
        path,
        len(armatures),
        sum(copy.shape_key_count for copy in copies),
        max(copy.most_influences for copy in copies),
        worst.deviation_mm,
        max(copy.mean_deviation_mm for copy in copies),
        tuple(warnings),
    )
