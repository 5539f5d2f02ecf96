# pyright: basic
"""A figure's expression carried by its named face actions instead of the ten components, and back.

Actions that the artist has set, keyed or driven are theirs: they stay as they are, and the others carry. What was added
meanwhile to the value of one that carries stays on top of it, through takes and refits and on the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from ...result.face_actions import can_carry, fit_actions
from ...result.result_folder import Array
from ..figure.lookup import body_of
from ..figure.mesh import coordinates
from ..figure.shape_keys import ACTION_KEYS, expression_keys_of
from .carried import PROPERTY, Carried, carried_expression, store_carried
from .key_curves import (
    driven_names,
    key_frames,
    remove_value_curve,
    value_curves,
    values_at,
    write_value_curve,
)

STILL = 1e-4  # of an action's value; below it does nothing
AT_REST = 0.1  # of every component, deviations: nobody sees it
LEAST_EXPLAINED = 0.1  # of an expression; with less the face would lose it


@dataclass(frozen=True)
class FaceOutcome:
    """The share of an expression's squared displacements that its actions explain, their number, and if there is any to carry."""

    explained: float
    count: int
    is_rest: bool

    @property
    def in_words(self) -> str:
        """The outcome in a sentence."""
        if self.explained < LEAST_EXPLAINED and not self.is_rest:
            return f"The face actions that are free come to {self.explained:.0%} of the expression: its sliders go on showing it"
        if self.is_rest:
            return "The face is at rest: there is next to nothing for face actions to carry"
        actions = "1 face action carries" if self.count == 1 else f"{self.count} face actions carry"
        return f"{actions} {self.explained:.0%} of the expression"


def action_keys_of(mesh: bpy.types.Mesh) -> list[bpy.types.ShapeKey]:
    """Return the keys of the named face actions that a mesh has."""
    blocks = mesh.shape_keys.key_blocks if mesh.shape_keys is not None else None
    names = mesh.get(ACTION_KEYS)
    if blocks is None or not isinstance(names, str):
        return []
    found = (blocks.get(name) for name in names.split("\n") if name)
    return [key for key in found if key is not None]


def has_face_actions(armature: bpy.types.Object) -> bool:
    """Return True for a figure whose expression is carried by face actions."""
    mesh = face_mesh(armature)
    return mesh is not None and carried_expression(mesh) is not None


def reason_against_face_actions(armature: bpy.types.Object | None) -> str:
    """Return why a figure's expression cannot be carried by face actions; empty if it can."""
    if armature is None:
        return "There is no figure: fit a photo first"
    mesh = face_mesh(armature)
    if mesh is None or not expression_keys_of(mesh) or not action_keys_of(mesh):
        return "The body of this figure has no face actions: the open body has"
    if has_face_actions(armature):
        return "Face actions carry the expression already"
    return ""


def use_face_actions(armature: bpy.types.Object) -> FaceOutcome:
    """Let the face actions carry what the components show, at every key of theirs; the components go to 0, their keys are muted.

    Nothing changes where they would come to less than `LEAST_EXPLAINED` of it: the body's actions are too few, or the artist's.
    `reason_against_face_actions` has to be empty.
    """
    mesh = cast("bpy.types.Mesh", face_mesh(armature))
    components, actions = expression_keys_of(mesh), _free_actions(mesh)
    curves = value_curves(mesh.shape_keys, components)
    frames = key_frames(list(curves.values()))
    coefficients = values_at(components, curves, frames)
    fitted = fit_actions(_moves(mesh, components), _moves(mesh, actions), coefficients)
    is_rest = bool(np.abs(coefficients).max(initial=0.0) < AT_REST)
    if fitted.explained < LEAST_EXPLAINED and not is_rest:
        return FaceOutcome(fitted.explained, 0, False)
    columns = zip(actions, fitted.values.T, strict=True)
    carrying = {key.name: values for key, values in columns if values.max() > STILL}
    blocks = cast("Any", mesh.shape_keys).key_blocks
    if curves:
        for name, values in carrying.items():
            write_value_curve(mesh.shape_keys, blocks[name], frames, values)
        for curve in curves.values():
            curve.mute = True
    values_now = {name: float(values[0]) for name, values in carrying.items()}
    values_before = tuple(float(key.value) for key in components)
    store_carried(mesh, Carried(values_before, values_now, tuple(curves), tuple(carrying) if curves else ()))
    for key in components:
        key.value = 0.0
    for name, value in values_now.items():
        blocks[name].value = value
    armature.update_tag(refresh={"TIME"})
    return FaceOutcome(fitted.explained, len(carrying), is_rest)


def use_components(armature: bpy.types.Object) -> None:
    """Let the components show the expression again, with the values and keys that they had."""
    mesh = cast("bpy.types.Mesh", face_mesh(armature))
    carried = cast("Carried", carried_expression(mesh))
    added = _take_off(mesh, carried)
    for key, value in zip(expression_keys_of(mesh), carried.components, strict=False):
        key.value = value
    _add(mesh, added)
    armature.update_tag(refresh={"TIME"})


def renew_face_actions(armature: bpy.types.Object) -> None:
    """Let the actions of a figure whose actions have carried its expression carry what its components have been set to since."""
    mesh = face_mesh(armature)
    carried = carried_expression(mesh) if mesh is not None else None
    added = _take_off(mesh, carried) if mesh is not None and carried is not None else {}
    if mesh is not None and not reason_against_face_actions(armature):
        use_face_actions(armature)
    if mesh is not None:
        _add(mesh, added)


def face_mesh(armature: bpy.types.Object) -> bpy.types.Mesh | None:
    """Return the mesh with a figure's face; None for a figure that has lost its body."""
    body = body_of(armature)
    return cast("bpy.types.Mesh", body.data) if body is not None and body.type == "MESH" else None


def _free_actions(mesh: bpy.types.Mesh) -> list[bpy.types.ShapeKey]:
    """Return the actions that can carry, without those that the artist has set, keyed or driven."""
    keys = [key for key in action_keys_of(mesh) if can_carry(key.name)]
    taken = {*value_curves(mesh.shape_keys, keys), *driven_names(mesh.shape_keys, keys)}
    return [key for key in keys if abs(key.value) < STILL and key.name not in taken]


def _moves(mesh: bpy.types.Mesh, keys: list[bpy.types.ShapeKey]) -> Array:
    """Return the displacements (3 V, K) of keys at the value 1, in the mesh's own frame."""
    moves = np.empty((3 * len(mesh.vertices), len(keys)))
    for column, key in enumerate(keys):
        moves[:, column] = (coordinates(key.points) - coordinates(key.relative_key.points)).ravel()
    return moves


def _take_off(mesh: bpy.types.Mesh, carried: Carried) -> dict[str, float]:
    """Set the carrying actions to 0, without keys, and unmute the components' keys; return what was added to each meanwhile.

    An action that the artist has keyed or driven since is theirs, and left as it is.
    """
    keys = {key.name: key for key in action_keys_of(mesh)}
    curves = value_curves(mesh.shape_keys, list(keys.values()))
    taken = driven_names(mesh.shape_keys, list(keys.values())) | (set(curves) - set(carried.keyed_actions))
    added: dict[str, float] = {}
    for name, value in carried.actions.items():
        if name not in keys or name in taken:
            continue
        if name in curves:
            remove_value_curve(mesh.shape_keys, curves[name])
        else:
            added[name] = keys[name].value - value
        keys[name].value = 0.0
    components = [key for key in expression_keys_of(mesh) if key.name in carried.keyed_components]
    for curve in value_curves(mesh.shape_keys, components, muted=True).values():
        curve.mute = False
    del cast("Any", mesh)[PROPERTY]
    return added


def _add(mesh: bpy.types.Mesh, added: dict[str, float]) -> None:
    blocks = cast("Any", mesh.shape_keys).key_blocks
    for name, value in added.items():
        if abs(value) > STILL:
            blocks[name].value = blocks[name].value + value
