# pyright: basic
"""The note on a figure's mesh of the face actions that carry its expression, and the expression that it so has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from ...result.result_folder import Array
from ..figure.shape_keys import expression_keys_of
from ..stored_values import stored_values

PROPERTY = "smplify_face_actions"  # one group of custom properties on the mesh
MOST_NAME_CHARACTERS = 10_000  # of all names of one kind together


@dataclass(frozen=True)
class Carried:
    """The values that the components had, those of the actions that carry them, and of both the names of the keyed ones."""

    components: tuple[float, ...]
    actions: dict[str, float]
    keyed_components: tuple[str, ...] = ()
    keyed_actions: tuple[str, ...] = ()


def carried_expression(mesh: bpy.types.Mesh) -> Carried | None:
    """Return what a mesh's actions carry; None where its components show the expression."""
    stored = stored_values(mesh, PROPERTY)
    if not stored:
        return None
    values = stored.group("actions")
    return Carried(
        stored.numbers("components"),
        {name: values.number(name) for name in values},
        _names(stored.text("keyed_components", most=MOST_NAME_CHARACTERS)),
        _names(stored.text("keyed_actions", most=MOST_NAME_CHARACTERS)),
    )


def store_carried(mesh: bpy.types.Mesh, carried: Carried) -> None:
    """Write the note."""
    cast("Any", mesh)[PROPERTY] = {
        "components": list(carried.components),
        "actions": carried.actions,
        "keyed_components": "\n".join(carried.keyed_components),
        "keyed_actions": "\n".join(carried.keyed_actions),
    }


def expression_values(mesh: bpy.types.Mesh) -> Array:
    """Return the values of the components (E,) that a face shows, by them or by actions; a muted one is 0."""
    keys, carried = expression_keys_of(mesh), carried_expression(mesh)
    if carried is None:
        return np.array([0.0 if key.mute else key.value for key in keys])
    values = [*carried.components, *([0.0] * len(keys))]  # a crafted file may hold fewer
    return np.array([0.0 if key.mute else value for key, value in zip(keys, values, strict=False)])


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()
