# pyright: basic
"""The length of one unit of a scene."""

from __future__ import annotations

import bpy


def units_per_metre(scene: bpy.types.Scene) -> float:
    """Return the number of units of `scene` in a metre: 100 for centimetres, 1 without a system of units."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else 1.0 / settings.scale_length
