"""The focal length of a photo in pixels: from the user, else EXIF, else a stated assumption."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fitting_core.arguments.request import FocalRequest
from fitting_core.errors import RequestError
from fitting_core.photo.header import FULL_FRAME_WIDTH_MM, PhotoHeader

# Assumed when nobody says anything: between a phone's main lens (24–28 mm) and a portrait lens (50–85 mm),
# near the middle on a logarithmic scale. SMPLify-X's constant of 5000 px is a 140-mm lens on
# a photo of 1280 px.
DEFAULT_FOCAL_MM35 = 35.0

_FIELD_OF_VIEW_RANGE_DEGREES = (1.0, 170.0)
_MM35_RANGE = (5.0, 2000.0)
# In units of the longer side; the same range as for the 35-mm equivalent.
_PX_RANGE = tuple(limit / FULL_FRAME_WIDTH_MM for limit in _MM35_RANGE)


@dataclass(frozen=True)
class FocalLength:
    """A focal length in pixels of the upright photo, its source in words, and whether it is only assumed."""

    px: float
    source: str
    is_assumed: bool = False


def focal_length(header: PhotoHeader, request: FocalRequest) -> FocalLength:
    """Return the focal length that the user gives in one of three ways, else that of EXIF, else 35 mm equivalent.

    `mm35` is the 35-mm equivalent, f = mm35 · longer side / 36 mm. `fov_deg` is the angle across the longer
    side of the photo, f = longer side / (2 tan(angle / 2)). Raises RequestError for more than one of the
    three or for a value that no lens has.
    """
    longer = max(header.size)
    px, mm35, degrees = request.px, request.mm35, request.fov_deg
    if sum(value is not None for value in (px, mm35, degrees)) > 1:
        raise RequestError(
            "The focal length was given in two ways. Give pixels, a 35-mm equivalent or a field of view."
        )
    if px is not None:
        return FocalLength(checked_px(px, header), f"{px:g} px, as given")
    if mm35 is not None:
        _check("focal length", mm35, _MM35_RANGE, "mm (35-mm equivalent)")
        return FocalLength(mm35 * longer / FULL_FRAME_WIDTH_MM, f"{mm35:g} mm (35-mm equivalent), as given")
    if degrees is not None:
        _check("field of view", degrees, _FIELD_OF_VIEW_RANGE_DEGREES, "degrees")
        focal_px = longer / (2.0 * math.tan(math.radians(degrees) / 2.0))
        return FocalLength(focal_px, f"{degrees:g}° across the longer side, as given")
    return _of_photo(header)


def checked_px(px: float, header: PhotoHeader) -> float:
    """Return the focal length itself; RequestError if no lens has it for a photo of that size."""
    shortest, longest = (round(limit * max(header.size)) for limit in _PX_RANGE)
    _check("focal length", px, (shortest, longest), "px for this photo")
    return px


def _of_photo(header: PhotoHeader) -> FocalLength:
    """From EXIF, else the assumption."""
    if header.focal_px_from_exif is None:
        assumed_px = DEFAULT_FOCAL_MM35 * max(header.size) / FULL_FRAME_WIDTH_MM
        words = f"{DEFAULT_FOCAL_MM35:g} mm (35-mm equivalent), assumed: the photo does not say"
        return FocalLength(assumed_px, words, is_assumed=True)
    if header.focal_mm35 is not None:
        return FocalLength(
            header.focal_px_from_exif, f"{header.focal_mm35:g} mm (35-mm equivalent), from the photo's EXIF"
        )
    return FocalLength(header.focal_px_from_exif, "lens and sensor size, from the photo's EXIF")


def _check(name: str, value: float, limits: tuple[float, float], unit: str) -> None:
    shortest, longest = limits
    if not shortest <= value <= longest:  # true for NaN
        raise RequestError(
            f"A {name} of {value:g} is not one of a lens. Give {shortest:g} to {longest:g} {unit}."
        )
