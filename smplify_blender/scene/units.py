# pyright: basic
"""What one unit of a scene is."""

from __future__ import annotations

import bpy


def units_per_metre(scene: bpy.types.Scene) -> float:
    """How many units of `scene` a metre has: 100 where a unit is a centimetre. Without a system of units one is a metre."""
    settings = scene.unit_settings
    return 1.0 if settings.system == "NONE" else 1.0 / settings.scale_length
