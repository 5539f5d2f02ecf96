# pyright: basic
"""A mesh that a figure wears: hung on its armature, weighted like its body, with shape keys that follow the body's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import bpy
import numpy as np

from ...result.rotations import Array
from ..created import Created
from ..figure.figure_body import FigureAsMade
from ..figure.mesh import MIN_WEIGHT
from ..figure.shape_keys import BASIS

SLIDER_RANGE = (-10.0, 10.0)  # of keys that follow the body's


def new_worn(made: FigureAsMade, mesh: bpy.types.Mesh, created: Created) -> bpy.types.Object:
    """Hang a mesh on a figure, where its body is, as an object of the mesh's name."""
    thing = created.add(bpy.data.objects.new(mesh.name, mesh))
    for collection in made.mesh.users_collection:
        collection.objects.link(thing)
    thing.parent = made.armature
    thing.matrix_parent_inverse = made.mesh.matrix_parent_inverse
    thing.matrix_basis = made.mesh.matrix_basis
    cast("bpy.types.ArmatureModifier", thing.modifiers.new("Armature", "ARMATURE")).object = made.armature
    return thing


def renew_mesh(thing: bpy.types.Object, fill: Callable[[], None]) -> None:
    """Give a worn object an empty mesh with its materials, let it be filled, and remove the one before."""
    old = cast("bpy.types.Mesh", thing.data)
    thing.vertex_groups.clear()
    thing.data = bpy.data.meshes.new(old.name)
    for material in old.materials:
        cast("bpy.types.Mesh", thing.data).materials.append(material)
    fill()
    if not old.users:
        bpy.data.meshes.remove(old)


def weigh(thing: bpy.types.Object, weights: Array, names: Sequence[str]) -> None:
    """Give a worn object the weights (N, groups) in vertex groups of these names, without those that move nothing."""
    for name, column in zip(names, weights.T, strict=True):
        vertices = np.flatnonzero(column > MIN_WEIGHT)
        if not len(vertices):
            continue
        group = thing.vertex_groups.new(name=name)
        for vertex in vertices.tolist():
            group.add((vertex,), float(column[vertex]), "REPLACE")


def follow_key(thing: bpy.types.Object, key: Any, keys: Any, points: Array) -> None:
    """Add a shape key with these points (N, 3), whose value is that of the body's `key`, one of its `keys`; no script runs."""
    if cast("Any", thing.data).shape_keys is None:
        thing.shape_key_add(name=BASIS, from_mix=False)
    own: Any = thing.shape_key_add(name=key.name, from_mix=False)
    own.points.foreach_set("co", points.astype(np.float32).ravel())
    own.slider_min, own.slider_max = SLIDER_RANGE
    driver = own.driver_add("value").driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    target = variable.targets[0]
    target.id_type, target.id = "KEY", keys
    target.data_path = f'key_blocks["{bpy.utils.escape_identifier(key.name)}"].value'
