# pyright: basic
"""A figure in the scene as the body and the placement that it was made of, read from the figure itself.

Everything is taken from the objects as they are now: surface and directions from the mesh and its shape keys, weights from its
vertex groups, rest joints from the tables on the armature's data. So a figure can be changed with no file at hand, and what its
user has sculpted or painted is part of its body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import bpy
import numpy as np

from ...result.bone_names import bone_name
from ...result.errors import ResultError
from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body, Faces
from ...result.similarity import similarity_between
from ..stored_values import StoredValues, stored_values
from .bone_joints import bones_by_joint, limbs_of_twists
from .lookup import body_of
from .mesh import coordinates, joint_weights
from .shape_keys import BASIS, expression_keys_of, shape_keys_of
from .stored_source import (
    BONE_BETAS,
    BONE_EXPRESSION,
    DIRECTION_TABLES,
    LOCATION,
    MOST_NAME_CHARACTERS,
    MOST_NOTICE_CHARACTERS,
    PROPERTY,
)

APPLIED_TOLERANCE = 1e-3  # metres, of a bone's head from where a shape and an applied transform have put it


class FigureChangedError(ResultError):
    """The figure is no longer one that can be changed in place; the text says why and what to do."""


@dataclass(frozen=True)
class FigureAsMade:
    """The parts of a figure and what it was made with: the placement, and the shape for which its bones stand."""

    armature: bpy.types.Object
    mesh: bpy.types.Object
    source: StoredValues
    placement: FigurePlacement
    betas: Array
    expression: Array


def figure_as_made(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> FigureAsMade:
    """Read what a figure was made with. Raises `FigureChangedError` where it cannot be changed in place.

    The view layer has to be up to date.
    """
    mesh = usable_body(armature, view_layer, COPY)
    source = stored_values(armature.data, PROPERTY)
    template, names = source.numbers("joints_template"), stored_joint_names(source)
    tables = [source.numbers(name) for name in DIRECTION_TABLES if name in source]
    is_sound = "lift" in source and source.number("scale", 1.0) > 0 and len(template) == 3 * len(names) > 0
    if not is_sound or not all(table and len(table) % len(template) == 0 for table in tables):
        raise FigureChangedError(
            f"“{armature.name}” no longer holds the tables that its bones follow: {COPY}"
        )
    betas, expression = (
        _padded(made_for(source, key, fitted), _count(source, table))
        for table, key, fitted in zip(
            DIRECTION_TABLES, (BONE_BETAS, BONE_EXPRESSION), ("betas", "expression"), strict=True
        )
    )
    location = source.numbers(LOCATION, 3) or tuple(np.array(armature.matrix_world.translation).tolist())
    placement = FigurePlacement(source.number("lift"), np.array(location), source.number("scale", 1.0))
    placement = _with_applied(armature, placement, _joints(source, betas, expression), names)
    return FigureAsMade(armature, mesh, source, placement, betas, expression)


COPY = "fit the photo again as a copy."


def figure_body(made: FigureAsMade) -> Body:
    """Return the figure's own body: V vertices of its mesh in the body frame, with its shape keys, weights and tables."""
    mesh = cast("bpy.types.Mesh", made.mesh.data)
    source, names = made.source, stored_joint_names(made.source)
    to_armature = np.array(
        made.armature.matrix_world.inverted_safe() @ made.mesh.matrix_world, dtype=np.float64
    )
    blocks = cast("Any", mesh).shape_keys.key_blocks if mesh.shape_keys is not None else None
    points = mesh.vertices if blocks is None else blocks[BASIS if BASIS in blocks else 0].points
    basis = coordinates(points)

    def directions(keys: Sequence[Any]) -> Array:
        moved = [coordinates(key.points) - basis for key in keys]
        turned = [made.placement.body_directions(shift @ to_armature[:3, :3].T) for shift in moved]
        return np.stack(turned, axis=2) if turned else np.zeros((len(basis), 3, 0))

    shape, expression = shape_keys_of(mesh), expression_keys_of(mesh)
    bones = bones_by_joint(made.armature)
    template = np.array(source.numbers("joints_template")).reshape(-1, 3)
    return Body(
        model=source.text("model"),
        gender=source.text("gender"),
        model_sha256=source.text("model_sha256"),
        body_sha256=source.text("body_sha256"),
        licence_notice=source.text("licence_notice", most=MOST_NOTICE_CHARACTERS),
        shareable_shape=source.flag("shareable_shape"),
        joint_names=names,
        parents=_parents(made, names),
        v_template=made.placement.body_points(basis @ to_armature[:3, :3].T + to_armature[:3, 3]),
        joints_template=template,
        shape_directions=directions(shape),
        expression_directions=directions(expression),
        joint_shape_directions=_table(source, DIRECTION_TABLES[0], len(names), len(shape)),
        joint_expression_directions=_table(source, DIRECTION_TABLES[1], len(names), len(expression)),
        weights=joint_weights(made.mesh, [bones[name] for name in names], limbs_of_twists(made.armature)),
        faces=_faces(mesh),
        uv=None,
        action_names=(),
        action_directions=None,
        shape_names=tuple(key.name for key in shape),
        expression_names=tuple(key.name for key in expression),
    )


def stored_joint_names(source: StoredValues) -> tuple[str, ...]:
    """Return the names of the joints whose tables a figure holds, in their order."""
    text = source.text("joint_names", most=MOST_NAME_CHARACTERS)
    return tuple(text.split("\n")) if text else ()


def usable_body(
    armature: bpy.types.Object, view_layer: bpy.types.ViewLayer, without_body: str
) -> bpy.types.Object:
    """Return the body of a figure whose bones and mesh can be changed. Raises `FigureChangedError`.

    `without_body` ends the sentence that is said where the body was removed.
    """
    body = body_of(armature)
    if body is None or body.type != "MESH":
        raise FigureChangedError(f"“{armature.name}” has lost its body: {without_body}")
    if armature.name not in view_layer.objects:
        raise FigureChangedError(
            f"“{armature.name}” is not in this view layer: include its collection first."
        )
    if armature.hide_viewport:
        raise FigureChangedError(f"“{armature.name}” is disabled in viewports: enable it first.")
    for thing in (armature, body):
        data = cast("bpy.types.ID", thing.data)
        if thing.library is not None or data.library is not None or data.override_library is not None:
            raise FigureChangedError(f"“{thing.name}” is linked from another file: change it there.")
        if data.users - data.use_fake_user > 1:
            raise FigureChangedError(
                f"“{thing.name}” shares its data with another object. Object ▸ Relations ▸ Make Single User ▸ "
                "Object & Data first."
            )
    return body


def made_for(source: StoredValues, key: str, fitted: str) -> Array:
    """Return the coefficients for which the bones stand: those of the last change, else those of the fit."""
    return np.array(source.numbers(key if key in source else fitted), dtype=np.float64)


def _count(source: StoredValues, table: str) -> int:
    return len(source.numbers(table)) // len(source.numbers("joints_template"))


def _padded(values: Array, count: int) -> Array:
    """Return `count` coefficients: zeros are not stored, nor are components that move no joint counted."""
    return np.append(values, np.zeros(max(0, count - len(values))))


def _table(source: StoredValues, name: str, joints: int, count: int) -> Array:
    values = (
        np.array(source.numbers(name)).reshape(joints, 3, -1) if name in source else np.zeros((joints, 3, 0))
    )
    table = np.zeros((joints, 3, count))
    kept = min(count, values.shape[2])
    table[:, :, :kept] = values[:, :, :kept]
    return table


def _joints(source: StoredValues, betas: Array, expression: Array) -> Array:
    """(J, 3) in the body frame."""
    joints = np.array(source.numbers("joints_template")).reshape(-1, 3)
    for name, values in zip(DIRECTION_TABLES, (betas, expression), strict=True):
        if name in source:
            table = np.array(source.numbers(name)).reshape(len(joints), 3, -1)
            joints = joints + table @ values[: table.shape[2]]
    return joints


def _with_applied(
    armature: bpy.types.Object, placement: FigurePlacement, joints: Array, names: Sequence[str]
) -> FigurePlacement:
    """Return the placement with the transform that Blender's *Apply* has moved into the bones."""
    bones, found = cast("bpy.types.Armature", armature.data).bones, bones_by_joint(armature)
    gone = next((name for name in names if name not in found), None)
    if gone is not None:
        raise FigureChangedError(
            f"“{armature.name}” has no bone “{bone_name(gone)}” any more: it was removed. Undo that, or {COPY}"
        )
    heads = np.array([bones[found[name]].head_local for name in names], dtype=np.float64)
    applied = similarity_between(
        placement.armature_points(joints), heads, APPLIED_TOLERANCE * placement.scale
    )
    if applied is None:
        raise FigureChangedError(
            f"Most bones of “{armature.name}” are not where its shape has put them: they were moved in Edit Mode, or a scale "
            f"that differs by axis was applied. Undo that, or {COPY}"
        )
    return replace(placement, applied=applied)


def _parents(made: FigureAsMade, names: Sequence[str]) -> tuple[int, ...]:
    """Return each joint's parent among the joints, past bones that the user has put between."""
    bones, found = cast("bpy.types.Armature", made.armature.data).bones, bones_by_joint(made.armature)
    index = {found[name]: number for number, name in enumerate(names)}

    def parent(name: str) -> int:
        above = bones[found[name]].parent
        while above is not None and above.name not in index:
            above = above.parent
        return index[above.name] if above is not None else -1

    return tuple(parent(name) for name in names)


def _faces(mesh: bpy.types.Mesh) -> Faces:
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    sizes = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("loop_total", sizes)
    return Faces(corners, sizes, None)
