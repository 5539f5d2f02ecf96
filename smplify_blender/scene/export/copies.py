# pyright: basic
"""A figure in, copies out of its armature and mesh, shaped, posed and weighted as a file for other programs needs them.

The mathematics is linear blend skinning done in NumPy on all vertices at once: with B a bone's rest and P its posed matrix
in the armature, a vertex x moves to Σ w P B⁻¹ x and a displacement d of it to Σ w (P B⁻¹)₃ₓ₃ d.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.result_folder import Array
from ..created import Created
from ..figure.armature import edited
from ..figure.fitted_action import key_pose
from ..figure.lookup import garments_of
from ..figure.mesh import MIN_WEIGHT, coordinates, group_weights
from ..figure.pose import KEY_FRAME, pose_bones
from ..figure.shape_keys import BASIS, POSE_OFFSETS
from ..figure.stored_source import MOST_NOTICE_CHARACTERS, PROPERTY, UNITS
from ..motion.action_curves import object_curves
from ..stored_values import StoredValues, stored_values
from .copied_actions import own_actions, scale_values
from .object_keys import OBJECT_LENGTHS, key_object, moving_curves, place_above, places_at
from .visible_pose import bake_visible_pose, has_constraints, remove_constraints, strip_controls


@dataclass(eq=False)
class FigureCopy:
    """Copies in a scene of their own, and what is known of them. `frames` are the first and the last to be written."""

    armature: bpy.types.Object
    mesh: bpy.types.Object
    frames: tuple[int, int]
    skin: Array  # (J, 4, 4) in the mesh's own frame, by vertex group, as posed at the first frame
    weights: Array  # (V, J), rows sum to 1
    metres_per_unit: float
    shareable_shape: bool
    licence_notice: str
    influences: int = 0
    deviation_mm: float = 0.0
    mean_deviation_mm: float = 0.0

    @property
    def most_influences(self) -> int:
        """Bones that move the vertex which most of them move, before any limit."""
        return int((self.weights > MIN_WEIGHT).sum(axis=1).max())

    @property
    def shape_key_count(self) -> int:
        """Shape keys besides the basis."""
        keys = cast("bpy.types.Mesh", self.mesh.data).shape_keys
        return 0 if keys is None else len(keys.key_blocks) - 1

    def bake_shape(self, created: Created) -> None:
        """Replace the mesh by one without shape keys; the basis has the shape already.

        Another mesh: clearing the keys of a copied mesh leaves them in the file for ever (Blender 4.2 to 5.0).
        """
        self.mesh.data = created.add(bpy.data.meshes.new_from_object(self.mesh))

    def rest(self) -> None:
        """Leave out the pose and its keys; influences are still measured in it."""
        self.armature.animation_data_clear()
        remove_constraints(self.armature)
        for bone in pose_bones(self.armature):
            bone.matrix_basis.identity()
        self.frames = (KEY_FRAME, KEY_FRAME)

    def limit_influences(self, most: int) -> None:
        """Keep each vertex's `most` strongest bones (0: all), and measure how far that moves the posed vertices."""
        self.influences = self.most_influences
        if not most or self.influences <= most:
            return
        limited = strongest_weights(self.weights, most)
        vertices = coordinates(cast("bpy.types.Mesh", self.mesh.data).vertices)
        moved = skinned(vertices, self.skin, limited) - skinned(vertices, self.skin, self.weights)
        distance_mm = 1000.0 * self.metres_per_unit * np.linalg.norm(moved, axis=1)
        self.deviation_mm, self.mean_deviation_mm = float(distance_mm.max()), float(distance_mm.mean())
        self.influences = most
        _set_weights(self.mesh, limited, self.weights)


def copy_figure(
    armature: bpy.types.Object,
    mesh: bpy.types.Object,
    scene: bpy.types.Scene,
    pose_as_rest: bool,
    created: Created,
) -> FigureCopy:
    """Copy a figure into `scene`, its shown shape as the basis, its pose keyed, or made the rest pose."""
    source = stored_values(armature.data, PROPERTY)
    armature_copy = _copy(armature, scene, created)
    mesh_copy = _copy(mesh, scene, created)
    _join_clothes(
        mesh_copy, [_copy(garment, scene, created) for garment in garments_of(armature)], scene, created
    )
    metres_per_unit = _metres_per_unit(source)
    _stand_alone(armature, armature_copy, metres_per_unit)
    mesh_copy.parent = armature_copy
    for modifier in list(mesh_copy.modifiers):
        if modifier.type == "ARMATURE":
            cast("bpy.types.ArmatureModifier", modifier).object = armature_copy
        else:
            mesh_copy.modifiers.remove(modifier)
    _shape_into_basis(mesh_copy)
    weights = group_weights(mesh_copy)
    _animate_in_metres(armature_copy, metres_per_unit, created)
    frames = _keyed_frames(armature, armature_copy, created)
    skin = _skin_matrices(armature, mesh)
    view_layer = scene.view_layers[0]
    if frames[1] > frames[0] and not pose_as_rest:
        _bake_visible(armature, armature_copy, frames, scene, created)
    if pose_as_rest:
        _pose_into_rest(armature, armature_copy, scene)
        _move_mesh(mesh_copy, skin, weights)
        skin = np.broadcast_to(np.eye(4), skin.shape)
        frames = (KEY_FRAME, KEY_FRAME)
    strip_controls(armature_copy, view_layer)
    return FigureCopy(
        armature_copy,
        mesh_copy,
        frames,
        skin,
        weights,
        metres_per_unit,
        source.flag("shareable_shape"),
        source.text("licence_notice", most=MOST_NOTICE_CHARACTERS),
    )


def _bake_visible(
    original: bpy.types.Object,
    copied: bpy.types.Object,
    frames: tuple[int, int],
    scene: bpy.types.Scene,
    created: Created,
) -> None:
    """Key a copy as its original is shown, where keys do not say that alone: bones by constraints, the object by its parents."""
    is_held = has_constraints(original)
    is_carried = bool(moving_curves(copied)) and (is_held or original.parent is not None)
    shown = [float(frame) for frame in range(frames[0], frames[1] + 1)]
    above = place_above(original, _metres_per_unit(stored_values(original.data, PROPERTY)))
    places = places_at(copied, shown, scene, above) if is_carried else []
    if is_held:
        scene.frame_start, scene.frame_end = frames
        bake_visible_pose(original, copied, scene, created)
    if is_carried:
        own_actions(copied, created)
        for curve in moving_curves(copied):
            object_curves(copied).remove(curve)
        key_object(copied, shown, places)


def _join_clothes(
    mesh_copy: bpy.types.Object,
    garments: Sequence[bpy.types.Object],
    scene: bpy.types.Scene,
    created: Created,
) -> None:
    """Make the clothes part of the copied body: materials, weights and shape keys of the same names become one."""
    if not garments:
        return
    for garment in garments:
        for modifier in list(garment.modifiers):
            garment.modifiers.remove(modifier)
    data = [cast("bpy.types.ID", garment.data) for garment in garments]
    view_layer = scene.view_layers[0]
    view_layer.update()
    for garment in garments:  # joining takes them out of the file
        created.forget(garment)
    with bpy.context.temp_override(
        scene=scene,
        view_layer=view_layer,
        active_object=mesh_copy,
        object=mesh_copy,
        selected_editable_objects=[mesh_copy, *garments],
    ):
        bpy.ops.object.join()
    for block in data:
        created.discard(block)


def _metres_per_unit(source: StoredValues) -> float:
    units = source.number(UNITS, 1.0)
    return 1.0 / units if units > 0 else 1.0


def _copy(original: bpy.types.Object, scene: bpy.types.Scene, created: Created) -> bpy.types.Object:
    """The object and its data, to be seen in `scene`."""
    data = created.add(
        cast("Any", original.data).copy()
    )  # before its object: Blender removes an object with its data
    copied = created.add(cast("bpy.types.Object", original.copy()))
    copied.data = data
    for slot in copied.material_slots:
        if slot.link == "OBJECT":  # joined meshes and exporters look at the mesh's
            material, slot.link = slot.material, "DATA"
            slot.material = material
    copied.hide_viewport = copied.hide_render = copied.hide_select = (
        False  # exporters leave out what is hidden
    )
    scene.collection.objects.link(copied)
    return copied


def _stand_alone(original: bpy.types.Object, copied: bpy.types.Object, metres_per_unit: float) -> None:
    """Return the original's place in the world, whatever it hangs on; in metres, whatever the units of its scene are."""
    copied.parent = None
    for constraint in list(copied.constraints):
        copied.constraints.remove(constraint)
    copied.matrix_world = Matrix.Scale(metres_per_unit, 4) @ original.matrix_world


def _animate_in_metres(copied: bpy.types.Object, metres_per_unit: float, created: Created) -> None:
    """Keys of the object itself, which would put it back where it stands in the units of its scene."""
    animation = copied.animation_data
    action = animation.action if animation is not None else None
    if animation is None or action is None or metres_per_unit == 1.0:
        return
    if not any(curve.data_path in OBJECT_LENGTHS for curve in object_curves(copied)):
        return
    animation.action = created.add(cast("bpy.types.Action", action.copy()))
    for curve in object_curves(copied):
        if curve.data_path not in OBJECT_LENGTHS:
            continue
        scale_values(curve, metres_per_unit)


def _shape_into_basis(mesh_object: bpy.types.Object) -> None:
    """The mixed shape becomes the basis; each key is then relative to it and at 0. The correctives of the fitted pose, in the
    basis now, are no key any more.
    """
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    keys = mesh.shape_keys
    if keys is None:
        return
    keys.animation_data_clear()
    mesh_object.show_only_shape_key = False
    mixed_key = mesh_object.shape_key_add(name="mixed", from_mix=True)
    mixed = coordinates(mixed_key.points)
    mesh_object.shape_key_remove(mixed_key)
    offsets = keys.key_blocks.get(POSE_OFFSETS)
    if offsets is not None:
        mesh_object.shape_key_remove(offsets)
    # all differences first: keys may be relative to one another
    moves = [coordinates(key.points) - coordinates(key.relative_key.points) for key in keys.key_blocks]
    for key, move in zip(keys.key_blocks, moves, strict=True):
        _set_key(key, mixed + move)
        key.relative_key = keys.key_blocks[0]
    keys.key_blocks[0].name = BASIS
    mesh.vertices.foreach_set("co", mixed.astype(np.float32).ravel())


def _set_key(key: bpy.types.ShapeKey, positions: Array) -> None:
    key.points.foreach_set("co", positions.astype(np.float32).ravel())
    key.value = 0.0
    key.mute = False
    key.vertex_group = ""


def strongest_weights(weights: Array, most: int) -> Array:
    """The `most` largest of each row (V, J), scaled so that rows sum to 1 again."""
    kept = np.zeros_like(weights)
    strongest = np.argsort(-weights, axis=1, kind="stable")[:, :most]
    rows = np.arange(len(weights))[:, None]
    kept[rows, strongest] = weights[rows, strongest]
    limited: Array = kept / np.maximum(kept.sum(axis=1, keepdims=True), MIN_WEIGHT)
    return limited


def skinned(positions: Array, skin: Array, weights: Array) -> Array:
    """Σ w S x of positions (V, 3) with `skin` (J, 4, 4) and `weights` (V, J)."""
    blended = np.tensordot(weights, skin[:, :3], axes=1)
    moved: Array = np.einsum("vij,vj->vi", blended[:, :, :3], positions) + blended[:, :, 3]
    return moved


def _set_weights(mesh_object: bpy.types.Object, limited: Array, before: Array) -> None:
    for index, group in enumerate(mesh_object.vertex_groups):
        gone = np.flatnonzero((limited[:, index] == 0.0) & (before[:, index] > 0.0))
        if len(gone):
            group.remove(gone.tolist())
        for vertex in np.flatnonzero(limited[:, index] > 0.0).tolist():
            group.add((vertex,), float(limited[vertex, index]), "REPLACE")


def _keyed_frames(original: bpy.types.Object, copied: bpy.types.Object, created: Created) -> tuple[int, int]:
    """First and last frame of the figure's action; a pose that does not move is keyed as it stands, at frame 1."""
    action = original.animation_data.action if original.animation_data is not None else None
    if action is not None:
        first, last = (round(frame) for frame in action.frame_range)
        if last > first:
            return first, last
    copied.animation_data_clear()
    _take_pose(original, copied)
    created.add(key_pose(copied, f"{original.name} pose", KEY_FRAME))
    return KEY_FRAME, KEY_FRAME


def _take_pose(original: bpy.types.Object, copied: bpy.types.Object) -> None:
    """The copy's bones as the original's stand now, constraints and rotation modes included."""
    remove_constraints(copied)
    for bone in pose_bones(copied):
        shown = pose_bones(original)[bone.name]
        location, rotation, scale = original.convert_space(
            pose_bone=shown, matrix=shown.matrix, from_space="POSE", to_space="LOCAL"
        ).decompose()
        bone.rotation_mode = "QUATERNION"
        bone.location, bone.rotation_quaternion, bone.scale = location, rotation, scale


def _skin_matrices(original: bpy.types.Object, mesh_object: bpy.types.Object) -> Array:
    """(J, 4, 4) by vertex group: what each bone does to the mesh, in the mesh's own frame; identity for no bone."""
    into_armature = original.matrix_world.inverted() @ mesh_object.matrix_world
    back = into_armature.inverted()
    skin = np.broadcast_to(np.eye(4), (len(mesh_object.vertex_groups), 4, 4)).copy()
    for index, group in enumerate(mesh_object.vertex_groups):
        bone = pose_bones(original).get(group.name)
        if bone is not None:
            matrix: Matrix = back @ bone.matrix @ bone.bone.matrix_local.inverted() @ into_armature
            skin[index] = np.array(matrix)
    return skin


def _pose_into_rest(original: bpy.types.Object, copied: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """The bones' shown places become their rest places; nothing is keyed."""
    places = {bone.name: bone.matrix.copy() for bone in pose_bones(original)}
    copied.animation_data_clear()
    remove_constraints(copied)
    view_layer = scene.view_layers[0]
    with edited(copied, view_layer):
        for bone in cast("bpy.types.Armature", copied.data).edit_bones:
            bone.use_connect = False
        for bone in cast("bpy.types.Armature", copied.data).edit_bones:
            bone.matrix = places[bone.name]
    for bone in pose_bones(copied):
        bone.matrix_basis.identity()


def _move_mesh(mesh_object: bpy.types.Object, skin: Array, weights: Array) -> None:
    """The basis as posed, and every key's displacement turned with the skin."""
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    rest = coordinates(mesh.vertices)
    posed = skinned(rest, skin, weights)
    turns = np.tensordot(weights, skin[:, :3, :3], axes=1)
    if mesh.shape_keys is not None:
        for key in mesh.shape_keys.key_blocks:
            move = coordinates(key.points) - rest
            _set_key(key, posed + np.einsum("vij,vj->vi", turns, move))
    mesh.vertices.foreach_set("co", posed.astype(np.float32).ravel())
    mesh.update()
