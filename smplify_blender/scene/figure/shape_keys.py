# pyright: basic
"""Shape, expression, named actions and pose correctives as shape keys."""

from __future__ import annotations

from typing import cast

import bpy
import numpy as np

from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body, Person

BASIS = "Basis"
POSE_OFFSETS = "PoseOffsets"
COEFFICIENT_RANGE = 5.0  # of the sliders, in standard deviations; wider where the fitted value needs it


def shape_key_name(index: int) -> str:
    """Name of the key of one shape coefficient."""
    return f"Shape{index:03d}"


def expression_key_name(index: int) -> str:
    """Name of the key of one expression coefficient."""
    return f"Expression{index:03d}"


def add_shape_keys(
    mesh_object: bpy.types.Object, body: Body, person: Person, placement: FigurePlacement
) -> None:
    """Give the mesh the person's shape: mean shape + value × direction for every coefficient.

    The body's named face actions follow at 0, the pose correctives of the fitted pose as one key at 1.
    """
    keys = _KeyWriter(mesh_object, placement)
    for index, beta in enumerate(person.betas.tolist()):
        keys.add_coefficient(shape_key_name(index), body.shape_directions[:, :, index], beta)
    for index, coefficient in enumerate(person.expression.tolist()):
        keys.add_coefficient(expression_key_name(index), body.expression_directions[:, :, index], coefficient)
    if body.action_directions is not None:
        for index, name in enumerate(body.action_names):
            keys.add(name, body.action_directions[:, :, index])
    if person.pose_offsets is not None:
        keys.add(POSE_OFFSETS, person.pose_offsets).value = 1.0


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

    def add_coefficient(self, name: str, directions: Array, value: float) -> None:
        """A key whose slider goes both ways, set to `value`."""
        key = self.add(name, directions)
        key.slider_min = min(-COEFFICIENT_RANGE, value)
        key.slider_max = max(COEFFICIENT_RANGE, value)
        key.value = value
