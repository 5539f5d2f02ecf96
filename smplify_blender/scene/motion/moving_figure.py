# pyright: basic
"""One person of a clip in, a figure out whose bones and expression are keyed."""

from __future__ import annotations

from typing import cast

import bpy
import numpy as np

from ...result.motion_tracks import is_still
from ...result.read_sequence import MovingPerson
from ...result.result_folder import Body
from ...result.rotations import Array
from ...result.shaped_body import shaped_body
from ..created import Created
from ..figure.build import Figure, FigureNames, FigureTarget, posed_figure
from ..figure.shape_keys import expression_keys_of, set_coefficient
from ..placing.figures_place import FiguresPlace
from .action_curves import channels_beside
from .keys import MotionTracks, key_motion, key_values, root_places
from .own_keys import remember_keys


def moving_figure(
    body: Body,
    person: MovingPerson,
    frames: Array,
    place: FiguresPlace,
    target: FigureTarget,
    names: FigureNames,
) -> Figure:
    """Build a figure in a world that stands still, z up and floor at z = 0, with a key a row at `frames` (N,).

    One action holds it all, in a slot for the armature and one for the expression; until Blender 4.3, an action each.
    """
    motion = person.motion
    first = motion.first_pose(person.file_name.removesuffix(".npz"))
    figure, placement = posed_figure(body, first, place, target, names)
    places = root_places(
        motion, np.arange(len(frames)), shaped_body(body, first).joints[0], placement, lift=0.0
    )
    tracks = MotionTracks(np.arange(len(frames)), frames, places)
    action = key_motion(figure.armature, motion, tracks, f"{names.figure} motion", target.created)
    _key_expression(figure.mesh, action, frames, person.expressions, target.created)
    remember_keys(figure.armature)
    return figure


def _key_expression(
    body: bpy.types.Object, action: bpy.types.Action, frames: Array, expressions: Array, created: Created
) -> None:
    """Key the coefficients that change."""
    mesh = cast("bpy.types.Mesh", body.data)
    moving = [
        (key, values)
        for key, values in zip(expression_keys_of(mesh), expressions.T, strict=False)
        if not is_still(values[:, None])
    ]
    if not moving:
        return
    channels = channels_beside(action, cast("bpy.types.Key", mesh.shape_keys), "expression", created)
    for key, values in moving:
        for value in (values.min(), values.max(), values[0]):
            set_coefficient(key, float(value))
        key_values(channels, key.path_from_id("value"), frames, values)
