# pyright: basic
"""Shape, expression, named actions and pose correctives as shape keys."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import cast

import bpy
import numpy as np

from ...result.expression_words import STANDARD_RANGE, Component, expression_components, numbered_name
from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body, Person

BASIS = "Basis"
POSE_OFFSETS = "PoseOffsets"
# Custom properties of a figure's mesh: the names of its keys of either kind, one a line.
SHAPE_KEYS, EXPRESSION_KEYS = "smplify_shape_keys", "smplify_expression_keys"
ACTION_KEYS = "smplify_action_keys"  # and of the named face actions


def shape_key_name(index: int) -> str:
    """Name of the key of one shape coefficient."""
    return f"Shape{index:03d}"


def shape_keys_of(mesh: bpy.types.Mesh) -> list[bpy.types.ShapeKey]:
    """Return the keys of the shape coefficients, in their order, up to the first that is gone."""
    return _keys_of(mesh, SHAPE_KEYS, shape_key_name)


def expression_keys_of(mesh: bpy.types.Mesh) -> list[bpy.types.ShapeKey]:
    """Return the keys of the expression coefficients, in their order, up to the first that is gone."""
    return _keys_of(mesh, EXPRESSION_KEYS, numbered_name)


def _keys_of(mesh: bpy.types.Mesh, stored: str, numbered: Callable[[int], str]) -> list[bpy.types.ShapeKey]:
    """Follow the names that the mesh remembers; older figures remember none and have numbered ones."""
    blocks = mesh.shape_keys.key_blocks if mesh.shape_keys is not None else None
    if blocks is None:
        return []
    text = mesh.get(stored)
    names = iter(text.split("\n")) if isinstance(text, str) else map(numbered, itertools.count())
    found = itertools.takewhile(lambda key: key is not None, (blocks.get(name) for name in names if name))
    return [key for key in found if key is not None]


def add_shape_keys(
    mesh_object: bpy.types.Object, body: Body, person: Person, placement: FigurePlacement
) -> None:
    """Give the mesh the person's shape: mean shape + value × direction for every coefficient.

    The body's named face actions follow at 0, the pose correctives of the fitted pose as one key at 1.
    """
    keys = _KeyWriter(mesh_object, placement)
    shapes = [Component(name, *STANDARD_RANGE) for name in body.shape_names]
    expressions = expression_components(body)
    for index, beta in enumerate(person.betas.tolist()):
        keys.add_component(shapes[index], body.shape_directions[:, :, index], beta)
    for index, coefficient in enumerate(person.expression.tolist()):
        keys.add_component(expressions[index], body.expression_directions[:, :, index], coefficient)
    mesh = cast("bpy.types.Mesh", mesh_object.data)
    mesh[SHAPE_KEYS] = "\n".join(body.shape_names)
    mesh[EXPRESSION_KEYS] = "\n".join(component.name for component in expressions)
    mesh[ACTION_KEYS] = "\n".join(body.action_names)
    if body.action_directions is not None:
        for index, name in enumerate(body.action_names):
            keys.add(name, body.action_directions[:, :, index])
    if person.pose_offsets is not None:
        keys.add(POSE_OFFSETS, person.pose_offsets).value = 1.0


def set_coefficient(key: bpy.types.ShapeKey, value: float) -> None:
    """Set the slider of a coefficient, and let it go as far as the value needs."""
    key.slider_min = min(key.slider_min, value)
    key.slider_max = max(key.slider_max, value)
    key.value = value


class _KeyWriter:
    """Adds keys relative to the mesh's own positions, which become the basis."""

    def __init__(self, mesh_object: bpy.types.Object, placement: FigurePlacement) -> None:
        self._object = mesh_object
        self._placement = placement
        mesh = cast("bpy.types.Mesh", mesh_object.data)
        self._basis = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
        mesh.vertices.foreach_get("co", self._basis)
        mesh_object.shape_key_add(name=BASIS, from_mix=False)

    def add(self, name: str, directions: Array) -> bpy.types.ShapeKey:
        """A key that moves the body frame by `directions` (V, 3) at value 1; its value is 0."""
        key = self._object.shape_key_add(name=name, from_mix=False)
        moved = self._basis + self._placement.armature_directions(directions.astype(np.float64)).ravel()
        key.points.foreach_set("co", moved.astype(np.float32))
        key.value = 0.0
        return key

    def add_component(self, component: Component, directions: Array, value: float) -> None:
        """Add a component's key, set to `value`."""
        key = self.add(component.name, directions)
        key.slider_min, key.slider_max = component.low, component.high
        set_coefficient(key, value)
