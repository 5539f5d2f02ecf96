# pyright: basic
"""The source of a figure, kept in the .blend: parameters, and the tables that move joints when the shape
changes.
"""

from __future__ import annotations

import bpy

from ...result.figure_pose import FigurePlacement
from ...result.result_folder import Array, Body, Person

PROPERTY = "smplify"  # one group of custom properties on the armature's data
SCHEMA_VERSION = 1
UNITS = "units_per_metre"  # of the scene that the figure was built in
LOCATION = "location"  # where the armature object was put; its user may have moved it since
DIRECTION_TABLES = ("joint_shape_directions", "joint_expression_directions")
# The shape for which the bones stand; where they are missing, the fitted one.
BONE_BETAS, BONE_EXPRESSION = "bone_betas", "bone_expression"
MOST_NAME_CHARACTERS = 10_000  # of all joints together; SMPL-X's 55 have 700
MOST_NOTICE_CHARACTERS = 20_000  # as read_body.py reads it


def store_source(
    armature: bpy.types.Armature,
    body: Body,
    person: Person,
    placement: FigurePlacement,
    units_per_metre: float,
) -> None:
    """Write the group `smplify` on the armature's data.

    The rest joints in the body frame are `joints_template + joint_shape_directions · betas +
    joint_expression_directions · expression` (flat arrays, (J, 3) and (J, 3, n) row by row); `lift` is the height added to the
    body frame's y, `location` where the armature object was put, and `scale` what positions are multiplied by: units of the
    scene for a metre, and more or less where a floor has told another size. Tables that are zero are left out. No path is stored.
    """
    armature[PROPERTY] = {
        "schema_version": SCHEMA_VERSION,
        "person": person.name,
        "model": body.model,
        "gender": body.gender,
        "model_sha256": body.model_sha256,
        "body_sha256": body.body_sha256,
        "licence_notice": body.licence_notice,
        "shareable_shape": body.shareable_shape,
        "lift": placement.lift,
        "scale": placement.scale,
        UNITS: units_per_metre,
        LOCATION: _flat(placement.location),
        "joint_names": "\n".join(body.joint_names),
        "transl": _flat(person.transl),
        **_tables(body, person),
    }


def _tables(body: Body, person: Person) -> dict[str, list[float]]:
    tables = {
        "betas": person.betas,
        "expression": person.expression,
        "joints_template": body.joints_template,
        "joint_shape_directions": body.joint_shape_directions,
        "joint_expression_directions": body.joint_expression_directions,
    }
    return {name: _flat(table) for name, table in tables.items() if table.any()}


def _flat(array: Array) -> list[float]:
    return [float(value) for value in array.ravel()]
