# pyright: basic
"""A figure's mesh given another shape or another body, with what its user has added to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix
from mathutils.kdtree import KDTree

from ...result.bone_names import bone_name
from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body, Person
from ...result.rotations import Array as Numbers
from ..looks.body_materials import mark_parts
from .bone_joints import bones_by_joint, limbs_of_twists, twist_bones_in
from .figure_body import FigureAsMade
from .lookup import garments_of
from .mesh import coordinates, fill_body_mesh, joint_weights
from .shape_keys import (
    ACTION_KEYS,
    BASIS,
    POSE_OFFSETS,
    add_shape_keys,
    expression_keys_of,
    set_coefficient,
    shape_keys_of,
)

NO_CHANGE = 1e-7  # of a matrix's entries
NOTABLE_WEIGHT = 0.02  # difference of a share
KEPT_DATA = "The body has another surface: the mesh is new, what you had added to “{0}” was carried to its nearest points, and "
KEPT_DATA += "the mesh of before is kept as “{1}”."


def to_armature(made: FigureAsMade) -> Numbers:
    """Return the matrix (4, 4) from the mesh's own frame to the armature's. The view layer has to be up to date."""
    return np.array(made.armature.matrix_world.inverted_safe() @ made.mesh.matrix_world, dtype=np.float64)


def reshape(made: FigureAsMade, person: Person, placement: FigurePlacement) -> None:
    """Set the sliders to the person's values and move the mesh to a new height and size; shape keys and clothes go along."""
    mesh = cast("bpy.types.Mesh", made.mesh.data)
    moved = _local_change(to_armature(made), made.placement, placement)
    if np.abs(moved - np.eye(4)).max() > NO_CHANGE:
        mesh.transform(Matrix(moved.tolist()), shape_keys=True)
        for garment in garments_of(made.armature):
            own = np.array(
                made.armature.matrix_world.inverted_safe() @ garment.matrix_world, dtype=np.float64
            )
            change = Matrix(_local_change(own, made.placement, placement).tolist())
            cast("bpy.types.Mesh", garment.data).transform(change, shape_keys=True)
    for keys, values in ((shape_keys_of(mesh), person.betas), (expression_keys_of(mesh), person.expression)):
        for key, value in zip(keys, values.tolist(), strict=False):
            set_coefficient(key, value)
    _set_pose_offsets(made, person, placement)


def has_same_surface(made: FigureAsMade, body: Body) -> bool:
    """Return True if the mesh has the vertices and faces of a body."""
    mesh = cast("bpy.types.Mesh", made.mesh.data)
    if len(mesh.vertices) != len(body.v_template) or len(mesh.loops) != len(body.faces.corners):
        return False
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    return bool(np.array_equal(corners, body.faces.corners))


def rewrite(made: FigureAsMade, body: Body, person: Person, placement: FigurePlacement) -> str:
    """Give the mesh another body of the same surface; return in a sentence what differs from that body, empty for nothing.

    Keys of the user's stay what they add to the surface. Weights stay as they are.
    """
    mesh = cast("bpy.types.Mesh", made.mesh.data)
    from_armature = np.linalg.inv(to_armature(made))
    blocks: Any = cast("Any", mesh).shape_keys.key_blocks
    before = {block.name: coordinates(block.points) for block in blocks}
    basis_name = BASIS if BASIS in blocks else blocks[0].name
    basis = _local(from_armature, placement.armature_points(body.v_template.astype(np.float64)))
    after = {basis_name: basis}

    def own(names: Sequence[str], directions: Array) -> None:
        for index, name in enumerate(names):
            shift = placement.armature_directions(directions[:, :, index].astype(np.float64))
            after[name] = basis + shift @ from_armature[:3, :3].T

    shape, expression = shape_keys_of(mesh), expression_keys_of(mesh)
    own([key.name for key in shape[: len(body.shape_names)]], body.shape_directions)
    own([key.name for key in expression[: len(body.expression_names)]], body.expression_directions)
    if body.action_directions is not None:
        own([name if name in blocks else "" for name in body.action_names], body.action_directions)
    for block in blocks:
        if block.name not in after:
            relative = block.relative_key.name
            shift = after.get(relative, before[relative]) - before[relative]
            after[block.name] = before[block.name] + shift
    for block in blocks:
        block.points.foreach_set("co", after[block.name].astype(np.float32).ravel())
    mesh.vertices.foreach_set("co", basis.astype(np.float32).ravel())
    for key, value in [*_valued(shape, person.betas), *_valued(expression, person.expression)]:
        set_coefficient(key, value)
    _set_pose_offsets(made, person, placement)
    mesh.update()
    return _weights_differ(made, body)


def replace_surface(made: FigureAsMade, body: Body, person: Person, placement: FigurePlacement) -> str:
    """Give the mesh object the mesh of a body with another surface; return in a sentence what became of the user's work.

    The object stays, with modifiers, children, materials and properties. Vertex groups and shape keys of the user's are carried
    to the nearest points at rest; the mesh of before stays in the file if there are any.
    """
    thing, old = made.mesh, cast("bpy.types.Mesh", made.mesh.data)
    local_from_armature = np.linalg.inv(to_armature(made))
    groups, keys = _users_groups(made), _users_keys(old)
    old_points = coordinates(old.vertices)
    new = bpy.data.meshes.new(old.name)
    thing.data = new
    thing.vertex_groups.clear()
    fill_body_mesh(thing, body, placement)
    for material in old.materials:
        new.materials.append(material)
    if len(old.materials) > 1:
        mark_parts(new, body)
    add_shape_keys(thing, body, person, placement)
    new.transform(Matrix(local_from_armature.tolist()), shape_keys=True)
    nearest = nearest_points(old_points, coordinates(new.vertices))
    for name, weights in groups.items():
        group = thing.vertex_groups.new(name=name)
        for vertex in np.flatnonzero(weights[nearest] > 0).tolist():
            group.add((vertex,), float(weights[nearest[vertex]]), "REPLACE")
    for name, (shift, value) in keys.items():
        block = thing.shape_key_add(name=name, from_mix=False)
        block.points.foreach_set(
            "co", (coordinates(new.vertices) + shift[nearest]).astype(np.float32).ravel()
        )
        block.value = value
    if not groups and not keys:
        bpy.data.meshes.remove(old)
        return "The body has another surface: the mesh is new; modifiers, materials and what is parented to it are as before."
    name, old.name = old.name, f"{old.name} before"
    new.name, old.use_fake_user = name, True
    return KEPT_DATA.format(thing.name, old.name)


def _local(from_armature: Numbers, points: Array) -> Array:
    moved: Array = points @ from_armature[:3, :3].T + from_armature[:3, 3]
    return moved


def _local_change(to_armature: Numbers, old: FigurePlacement, new: FigurePlacement) -> Numbers:
    """Return the map (4, 4), in the mesh's own frame, from the height and size of one placement to those of another."""
    frame = np.vstack([np.zeros(3), np.eye(3)])
    there = frame @ to_armature[:3, :3].T + to_armature[:3, 3]
    moved = _local(np.linalg.inv(to_armature), new.armature_points(old.body_points(there)))
    change = np.eye(4)
    change[:3, :3], change[:3, 3] = (moved[1:] - moved[0]).T, moved[0]
    return change


def _valued(keys: Sequence[bpy.types.ShapeKey], values: Array) -> list[tuple[bpy.types.ShapeKey, float]]:
    """Return the keys with their values; those that the body lacks get 0."""
    padded = [*values.tolist(), *([0.0] * len(keys))]
    return list(zip(keys, padded[: len(keys)], strict=True))


def _set_pose_offsets(made: FigureAsMade, person: Person, placement: FigurePlacement) -> None:
    mesh = cast("bpy.types.Mesh", made.mesh.data)
    blocks: Any = cast("Any", mesh).shape_keys.key_blocks if mesh.shape_keys is not None else {}
    key = blocks.get(POSE_OFFSETS)
    if person.pose_offsets is None:
        if key is not None:
            key.value = 0.0
        return
    if key is None:
        key = made.mesh.shape_key_add(name=POSE_OFFSETS, from_mix=False)
        key.value = 1.0
    basis = coordinates(key.relative_key.points)
    linear = np.linalg.inv(to_armature(made))[:3, :3]
    shift = placement.armature_directions(person.pose_offsets.astype(np.float64)) @ linear.T
    key.points.foreach_set("co", (basis + shift).astype(np.float32).ravel())


def _weights_differ(made: FigureAsMade, body: Body) -> str:
    names = bones_by_joint(made.armature)
    there = joint_weights(
        made.mesh, [names[joint] for joint in body.joint_names], limbs_of_twists(made.armature)
    )
    if np.abs(there - body.weights).max() <= NOTABLE_WEIGHT:
        return ""
    return "Its weights stay as they are; the new body's own differ a little from them."


def _users_groups(made: FigureAsMade) -> dict[str, Array]:
    """Return the vertex groups that are no bone's of the figure, with their weights (V,)."""
    names = bones_by_joint(made.armature)
    own = {*names.values(), *map(bone_name, names), *twist_bones_in(made.armature)}
    groups = {group.index: group.name for group in made.mesh.vertex_groups if group.name not in own}
    vertices = cast("bpy.types.Mesh", made.mesh.data).vertices
    found = {name: np.zeros(len(vertices)) for name in groups.values()}
    for vertex in vertices:
        for element in vertex.groups:
            if element.group in groups:
                found[groups[element.group]][vertex.index] = element.weight
    return found


def _users_keys(mesh: bpy.types.Mesh) -> dict[str, tuple[Array, float]]:
    """Return the shape keys that the user has made: what each adds to the surface (V, 3), and its value."""
    if mesh.shape_keys is None:
        return {}
    blocks: Any = cast("Any", mesh).shape_keys.key_blocks
    stored = mesh.get(ACTION_KEYS)
    actions = stored.split("\n") if isinstance(stored, str) else []
    own = {
        BASIS,
        POSE_OFFSETS,
        *actions,
        *(key.name for key in (*shape_keys_of(mesh), *expression_keys_of(mesh))),
    }
    return {
        block.name: (coordinates(block.points) - coordinates(block.relative_key.points), block.value)
        for block in blocks
        if block.name not in own
    }


def nearest_points(points: Array, wanted: Array) -> Array:
    """Return for each of `wanted` (N, 3) the index of the nearest of `points` (M, 3)."""
    tree = KDTree(len(points))
    for index, point in enumerate(points.tolist()):
        tree.insert(point, index)
    tree.balance()
    return np.array([tree.find(point)[1] for point in wanted.tolist()], dtype=np.int64)
