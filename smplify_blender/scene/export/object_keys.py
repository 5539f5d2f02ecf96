# pyright: basic
"""The keys of a copied figure's own object: where it stands at each frame, whatever its original hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix

from ...result.motion_tracks import continuous
from ..motion.action_curves import object_curves

OBJECT_LENGTHS = ("location", "scale")  # channels of an object that change with the units of its scene
OBJECT_CHANNELS = (*OBJECT_LENGTHS, "rotation_quaternion", "rotation_euler", "rotation_axis_angle")


def moving_curves(copied: bpy.types.Object) -> list[Any]:
    """List the curves that move an object itself."""
    return [curve for curve in object_curves(copied) if curve.data_path in OBJECT_CHANNELS]


def places_at(
    copied: bpy.types.Object, frames: Sequence[float], scene: bpy.types.Scene, above: Matrix
) -> list[Matrix]:
    """Return where an object without a parent stands in `scene` at the frames, moved by `above`."""
    places: list[Matrix] = []
    for frame in frames:
        scene.frame_set(int(frame))
        shown = copied.evaluated_get(cast("bpy.types.Depsgraph", scene.view_layers[0].depsgraph))
        places.append(above @ shown.matrix_world)
    return places


def place_above(original: bpy.types.Object, metres_per_unit: float) -> Matrix:
    """Return what the parents of an object do to it now, in metres."""
    units = Matrix.Scale(metres_per_unit, 4)
    return units @ original.matrix_world @ original.matrix_basis.inverted_safe() @ units.inverted()


def key_object(armature: bpy.types.Object, frames: Sequence[float], places: Sequence[Matrix]) -> None:
    """Put an object where it belongs, with keys in its own action if it moves."""
    armature.rotation_mode = "QUATERNION"
    if len(frames) == 1:
        armature.matrix_world = places[0]
        return
    locations, rotations, scales = channels_of(places)
    for frame, location, rotation, scale in zip(frames, locations, rotations, scales, strict=True):
        armature.location, armature.rotation_quaternion, armature.scale = location, rotation, scale
        for channel in ("location", "rotation_quaternion", "scale"):
            armature.keyframe_insert(channel, frame=frame)


def channels_of(places: Sequence[Matrix]) -> tuple[Any, Any, Any]:
    """Return the locations (N, 3), quaternions (N, 4) of continuous sign, and scales (N, 3) of places."""
    parts = [place.decompose() for place in places]
    locations, rotations, scales = (np.array([part[index][:] for part in parts]) for index in range(3))
    return locations, continuous(rotations), scales
