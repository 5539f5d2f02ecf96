# pyright: basic
"""Figures in the scene in, one .glb, .fbx or .usdc file that other programs read as they stand.

What is written are copies in a scene of their own, removed afterwards: the user's scene, selection, frame and data are not
touched. The fitted shape becomes the copies' basis, so that the mesh is right where shape keys are ignored or held to 0…1.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import bpy

from ...result.output_file import reason_in, replaced_when_written
from ..created import Created
from ..figure.armature import edited
from ..figure.lookup import body_of
from .bone_naming import name_bones, name_expressions
from .copied_actions import own_actions
from .copies import FigureCopy, copy_figure
from .settings import ENGINE_INFLUENCES, ExportError, ExportReport, ExportSettings
from .skeleton_form import give_form
from .writers import Writer, writer_of

OWN_PROPERTIES = "smplify"  # begins the names of all custom properties that the add-on writes
AS_IN_THE_SCENE = ExportSettings()


def export_figures(
    armatures: Sequence[bpy.types.Object], path: Path, settings: ExportSettings = AS_IN_THE_SCENE
) -> ExportReport:
    """Write the figures of these armature objects, whole or not at all.

    An animated figure is written with its frames; one without keys at more than one frame with the pose it has now, keyed at
    frame 1. Raises ExportError where the file's kind is unknown, not in this Blender or not that of the settings, a figure has
    no mesh, the file cannot be written or the exporter fails.
    """
    write = writer_of(path)
    if settings.suffix and path.suffix.lower() != settings.suffix:
        raise ExportError(f"{path.name}: this target takes {settings.suffix}. Give the file this ending.")
    _check_modes(armatures)
    limit = settings.max_influences
    if limit is None:
        limit = ENGINE_INFLUENCES if path.suffix.lower() == ".glb" else 0
    created = Created()
    cast(
        "bpy.types.ViewLayer", bpy.context.view_layer
    ).update()  # shown bones and matrices as the data has them now
    with _original_names(armatures, settings.form.armature_name), _export_scene(created, settings) as scene:
        copies = [
            copy_figure(armature, _mesh_of(armature), scene, settings.pose_as_rest, created)
            for armature in armatures
        ]
        for armature, copy in zip(armatures, copies, strict=True):
            if not settings.shape_keys:
                copy.bake_shape(created)
            copy.limit_influences(limit)
            own_actions(copy.armature, created)
            if settings.is_at_rest:
                copy.rest()
            give_form(copy, settings.form, scene)
            if settings.is_at_rest:
                _let_pose_follow_rest(copy, scene)
            name_bones(copy.armature, settings.naming)
            name_expressions(copy.mesh, settings.naming)
            _hand_over_names(armature, copy)
            _leave_out_notes(copy)
        if settings.form.armature_name:
            _rename(copies[0].armature, settings.form.armature_name)
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
def _export_scene(created: Created, settings: ExportSettings) -> Generator[bpy.types.Scene]:
    """A scene of its own for the copies, in the units of the file; it and they are gone afterwards."""
    scene = created.add(bpy.data.scenes.new("SMPLify export"))
    scene.unit_settings.scale_length = 1.0 / settings.form.units_per_metre
    _keep_rate(scene, cast("bpy.types.Scene", bpy.context.scene))
    try:
        yield scene
    finally:
        for copied in list(scene.objects):  # before their meshes: Blender removes an object with its data
            created.discard(copied)
        created.remove_all()


def _keep_rate(scene: bpy.types.Scene, shown: bpy.types.Scene) -> None:
    """Give a scene the frame rate of the one that is shown, at which its frames are seconds in a file."""
    scene.render.fps, scene.render.fps_base = shown.render.fps, shown.render.fps_base


@contextmanager
def _original_names(armatures: Sequence[bpy.types.Object], armature_name: str) -> Generator[None]:
    """Give the originals their names back, which their copies bear in the file, and `armature_name` to whatever has it."""
    names = [
        (block, block.name) for armature in armatures for block in _named_blocks(armature, _mesh_of(armature))
    ]
    taken = bpy.data.objects.get(armature_name)
    if taken is not None and taken.library is None:
        names.append((taken, armature_name))
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


def _let_pose_follow_rest(copy: FigureCopy, scene: bpy.types.Scene) -> None:
    """Bring the shown bones of a skeleton without keys to its rest bones, which have changed: leaving Edit Mode does that."""
    with edited(copy.armature, scene.view_layers[0]):
        pass


def _leave_out_notes(copy: FigureCopy) -> None:
    """Remove the add-on's own properties, which FBX would write as texts that nobody can read."""
    for block in (copy.armature, copy.armature.data, copy.mesh, copy.mesh.data):
        properties = cast("Any", block)
        for name in [name for name in properties.keys() if name.startswith(OWN_PROPERTIES)]:  # noqa: SIM118
            del properties[name]


def _rename(copied: bpy.types.Object, name: str) -> None:
    """Give a copy a name that another object of the file may have."""
    taken = bpy.data.objects.get(name)
    if taken is not None and taken != copied and taken.library is None:
        taken.name = f"{name} (not exported)"
    copied.name = name


def _set_frames(scene: bpy.types.Scene, copies: Sequence[FigureCopy]) -> None:
    scene.frame_start = min(copy.frames[0] for copy in copies)
    scene.frame_end = max(copy.frames[1] for copy in copies)
    scene.frame_set(scene.frame_start)


def _write(
    write: Writer,
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
