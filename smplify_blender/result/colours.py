"""sRGB as files hold it, and as light."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rotations import Array


def linear_from_srgb(encoded: Any) -> Array:
    """Return linear values of sRGB values, 0 … 1."""
    values = np.clip(encoded, 0.0, 1.0)
    linear: Array = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear


def srgb_from_linear(linear: Any) -> Array:
    """Return sRGB values of linear values, 0 … 1."""
    values = np.clip(linear, 0.0, 1.0)
    encoded: Array = np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
    return encoded
