# pyright: basic
"""The keys that this add-on has written into a motion, told apart from an artist's: theirs are never overwritten."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from typing import Any

import bpy
import numpy as np

from .action_curves import object_curves

PROPERTY = "smplify_motion_keys"  # a line a channel of a bone: a sum of its keys, and its path
MOST_CHARACTERS = 500_000
SEPARATOR = "\n"


def remember_keys(armature: bpy.types.Object, but: Collection[str] = ()) -> None:
    """Note the keys of the armature's action as this add-on's own, `but` those of some paths, which stay an artist's."""
    noted = _noted(armature)
    sums = {path: f"{total:08x}" for path, total in sums_of_keys(object_curves(armature)).items()}
    sums |= {path: noted.get(path, "") for path in but}
    armature[PROPERTY] = SEPARATOR.join(f"{total} {path}" for path, total in sums.items())


def changed_paths(armature: bpy.types.Object) -> set[str]:
    """Return the paths of the channels with other keys than were noted; none where nothing was noted."""
    noted = _noted(armature)
    if not noted:
        return set()
    sums = sums_of_keys(object_curves(armature))
    return {path for path, total in sums.items() if noted.get(path) != f"{total:08x}"}


def _noted(armature: bpy.types.Object) -> dict[str, str]:
    text = armature.get(PROPERTY)
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        return {}
    lines = (line.split(" ", 1) for line in text.split(SEPARATOR) if " " in line)
    return {path: total for total, path in lines}


def sums_of_keys(curves: Iterable[Any]) -> dict[str, int]:
    """Return a checksum of the keys' places and values by path."""
    found: dict[str, int] = {}
    for curve in curves:
        places = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", places)
        found[curve.data_path] = zlib.crc32(places.tobytes(), found.get(curve.data_path, 0))
    return found
