"""The focal length that a file of poses names, wherever in it: of a video's camera, beside the people or around them."""

from __future__ import annotations

from typing import cast

from fitting_core.files.plain_values import PlainValue, as_array

# GVHMR, PromptHMR and TRAM, 4D-Humans, CLIFF, GLAMR, SLAHMR; a number, one a frame, fx fy cx cy, or a matrix of the camera.
FOCAL_NAMES = ("K_fullimg", "img_focal", "focal_length", "focal_l", "cam_K", "intrins", "focal")
_DEEPEST = 3
_MOST_PLACES = 200
_FOCAL_LENGTHS_PX = (50.0, 1e5)


def named_focal_px(value: PlainValue) -> float | None:
    """Return the focal length (px) that a table, or one inside it, names; None if none does."""
    places = [(value, 0)]
    for place, depth in places:
        table = cast("dict[str, PlainValue]", place) if isinstance(place, dict) else {}
        for name in FOCAL_NAMES:
            focal = _focal_of(table.get(name))
            if focal is not None:
                return focal
        if depth < _DEEPEST and len(places) < _MOST_PLACES:
            places += [
                (inner, depth + 1) for inner in list(table.values())[:_MOST_PLACES] if isinstance(inner, dict)
            ]
    return None


def _focal_of(value: PlainValue) -> float | None:
    """Return the first number of an array, which is fx of a camera's matrix too, or the number itself."""
    array = as_array(value)
    number = (
        value
        if isinstance(value, int | float)
        else None
        if array is None or not array.size
        else array.flat[0]
    )
    if number is None or isinstance(number, bool):
        return None
    low, high = _FOCAL_LENGTHS_PX
    return float(number) if low <= number <= high else None
