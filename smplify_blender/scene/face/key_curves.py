# pyright: basic
"""The F-curves of shape keys' values, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from ...result.result_folder import Array
from ..motion.action_curves import object_curves
from ..motion.keyed_take import curve_values
from ..motion.keys import write_curve


def value_curves(block: Any, keys: Sequence[bpy.types.ShapeKey], muted: bool = False) -> dict[str, Any]:
    """Return by key name the curves that move the values of these keys of the data-block `block`, or the muted ones."""
    names = {key.path_from_id("value"): key.name for key in keys}
    return {
        names[curve.data_path]: curve
        for curve in object_curves(block)
        if curve.data_path in names and curve.mute == muted and len(curve.keyframe_points)
    }


def driven_names(block: Any, keys: Sequence[bpy.types.ShapeKey]) -> set[str]:
    """Return the names of those keys that drivers move."""
    drivers = block.animation_data.drivers if block.animation_data is not None else ()
    paths = {driver.data_path for driver in drivers}
    return {key.name for key in keys if key.path_from_id("value") in paths}


def key_frames(curves: Sequence[Any]) -> Array:
    """Return the frames (N,) at which any of the curves has a key."""
    return np.unique([point.co[0] for curve in curves for point in curve.keyframe_points])


def values_at(keys: Sequence[bpy.types.ShapeKey], curves: dict[str, Any], frames: Array) -> Array:
    """Return the values of keys at frames (N, K); without any frame, as they are now (1, K)."""
    values = np.tile([key.value for key in keys], (max(1, len(frames)), 1))
    for column, key in enumerate(keys):
        if key.name in curves:
            values[:, column] = curve_values(curves[key.name], frames)
    return values


def write_value_curve(block: Any, key: bpy.types.ShapeKey, frames: Array, values: Array) -> None:
    """Key a value (N,) at frames (N,), in the action that moves the block."""
    write_curve(object_curves(block).new(key.path_from_id("value")), frames, values)


def remove_value_curve(block: Any, curve: Any) -> None:
    """Remove a curve from the action that moves the block."""
    object_curves(block).remove(curve)
