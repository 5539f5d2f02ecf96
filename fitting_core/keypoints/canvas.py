"""The picture that points were made on, where the file names its size: how its pixels lie in the photo.

Three rules are known. The picture is the photo itself or a copy of its shape, its sides perhaps rounded to multiples of 64 px;
or (A1111, Forge, ComfyUI's OpenPose nodes) the photo is scaled so that its short side is the node's resolution and then padded
right and below to multiples of 64 px, and the canvas is the padded picture; or (older ComfyUI nodes) points from 0 to 1 are of
that padded picture while the canvas is named without the padding. Sources: Mikubill/sd-webui-controlnet scripts/processor.py;
Fannovel16/comfyui_controlnet_aux src/custom_controlnet_aux/util.py (resize_image_with_pad).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

Size = tuple[float, float]

_MULTIPLE_PX = 64
# ControlNet rounds its canvas to multiples of 64 px: a side of 512 px is off by up to 6 %.
_ROUNDING_TOLERANCE = 0.07
_SAME_SHAPE_TOLERANCE = 0.01
_LARGEST_RESOLUTION = 16_384


@dataclass(frozen=True)
class Reading:
    """One way to read points of a canvas: a point p of the unit square or of the canvas lies at p times `scale` in the photo."""

    unit_scale: Size
    pixel_scale: Size
    words: str = ""
    is_stretched: bool = False


def readings(canvas: Size, photo: tuple[int, int], are_relative: bool) -> Iterator[Reading]:
    """Yield the ways in which a canvas and a photo (both width, height) agree, the likeliest first.

    `are_relative`: points are from 0 to 1, of the canvas or of what it was padded to.
    """
    if canvas == photo:
        yield _plain(canvas, photo)
    if are_relative and canvas != photo:
        yield from _padding_left_out(canvas, photo)
    if canvas != photo and _is_multiple(canvas):
        if _scaled(photo, min(canvas)) == canvas:
            yield _plain(canvas, photo)  # a resolution that needs no padding
        yield from _padded(canvas, photo)
    if stretch(canvas, photo) <= 1.0 + _ROUNDING_TOLERANCE:
        yield _plain(canvas, photo)
    elif not are_relative or _is_multiple(canvas):
        yield from _padded_by_any_resolution(canvas, photo)


def stretch(canvas: Size, photo: tuple[int, int]) -> float:
    """Return width over height of the canvas against that of the photo, as a factor ≥ 1."""
    ratio = (canvas[0] / canvas[1]) / (photo[0] / photo[1])
    return max(ratio, 1.0 / ratio)


def _plain(canvas: Size, photo: tuple[int, int]) -> Reading:
    width, height = photo
    differs = stretch(canvas, photo) - 1.0
    words = ""
    if canvas != photo:
        words = f"its canvas of {canvas[0]:g} × {canvas[1]:g} was scaled to the photo's {width} × {height}"
        if differs > _SAME_SHAPE_TOLERANCE:
            words += f", though its shape differs by {differs * 100:.0f} %"
    return Reading(
        (width, height),
        (width / canvas[0], height / canvas[1]),
        words,
        is_stretched=differs > _SAME_SHAPE_TOLERANCE,
    )


def _is_multiple(canvas: Size) -> bool:
    return all(side % _MULTIPLE_PX == 0 for side in canvas)


def _padded_side(side: float) -> int:
    return ceil(side / _MULTIPLE_PX) * _MULTIPLE_PX


def _scaled(photo: tuple[int, int], short_px: float) -> tuple[int, int]:
    """Return the photo scaled so that its short side has so many pixels, the other rounded, as the nodes do it."""
    factor = short_px / min(photo)
    return round(photo[0] * factor), round(photo[1] * factor)


def _of_padded(canvas: Size, photo: tuple[int, int], short_px: float) -> Reading | None:
    """Return the reading under which this short side, padded, gives the canvas; None if it gives another."""
    width, height = _scaled(photo, short_px)
    if (_padded_side(width), _padded_side(height)) != canvas:
        return None
    if (width, height) == canvas:
        return None  # nothing was padded: the canvas is a copy of the photo
    scale = min(photo) / short_px
    words = (
        f"its canvas of {canvas[0]:g} × {canvas[1]:g} is the photo at {width} × {height}, padded right and below: its pixels "
        f"were multiplied by {scale:.4g}"
    )
    return Reading((canvas[0] * scale, canvas[1] * scale), (scale, scale), words)


def _padded(canvas: Size, photo: tuple[int, int]) -> Iterator[Reading]:
    """Yield the readings of the resolutions that people have: the canvas's short side, the photo's own, or one that makes
    the long side whole (pixel-perfect, inner fit)."""
    longest = min(photo) * max(canvas) / max(photo)
    for short_px in (min(canvas), min(photo), longest):
        reading = _of_padded(canvas, photo, short_px)
        if reading is not None:
            yield reading


def _padded_by_any_resolution(canvas: Size, photo: tuple[int, int]) -> Iterator[Reading]:
    """Yield the middle of all resolutions that would give this canvas, where none that people have does."""
    if not _is_multiple(canvas) or min(canvas) > _LARGEST_RESOLUTION:
        return
    fits = [
        short_px
        for short_px in range(int(min(canvas)) - _MULTIPLE_PX + 1, int(min(canvas)) + 1)
        if short_px > 0 and _of_padded(canvas, photo, short_px) is not None
    ]
    reading = _of_padded(canvas, photo, fits[len(fits) // 2]) if fits else None
    if reading is not None:
        words = f"{reading.words}, in the middle of what its size allows; --points-size says it exactly"
        yield Reading(reading.unit_scale, reading.pixel_scale, words)


def _padding_left_out(canvas: Size, photo: tuple[int, int]) -> Iterator[Reading]:
    """Yield the reading of a canvas that is named without its padding, for points from 0 to 1 of the padded picture."""
    short = min(canvas)
    if short % _MULTIPLE_PX or _scaled(photo, short) != canvas or _is_multiple(canvas):
        return
    scale = min(photo) / short
    padded = (_padded_side(canvas[0]), _padded_side(canvas[1]))
    words = (
        f"its points were read as of {padded[0]} × {padded[1]}, to which its canvas of {canvas[0]:g} × {canvas[1]:g} was padded "
        f"(if they lie off: --points-size {canvas[0]:g}x{canvas[1]:g})"
    )
    yield Reading((padded[0] * scale, padded[1] * scale), (scale, scale), words)
