"""The operators of a network's graph, each a short function on NumPy arrays.

Pictures are (batch, height, width, channels) in float32. No operator knows what it is used for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from fitting_core.arrays import NumpyArray

Settings = Mapping[str, Any]
Operator = Callable[[Sequence[NumpyArray], Settings], NumpyArray]

# Values of one piece of work: two such pieces of float32 stay in the cache of a processor's core.
_PIECE = 2**15


def add(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Sum of two arrays."""
    return activated(np.add(inputs[0], inputs[1]), settings)


def multiply(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Product of two arrays, value by value."""
    return activated(np.multiply(inputs[0], inputs[1]), settings)


def activated(values: NumpyArray, settings: Settings) -> NumpyArray:
    """Apply the activation that an operator ends with, in place."""
    activation = settings.get("activation", "none")
    if activation != "none":
        np.maximum(values, 0.0, out=values)
    if activation == "relu6":
        np.minimum(values, 6.0, out=values)
    return values


def convolve(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Convolution with weights (out, kernel height, kernel width, in) and a bias (out), as one matrix product.

    Rows of the result are made in pieces, so that the windows of a large picture are never all copied at once.
    """
    picture, weights, bias = inputs
    count, height, width, channels = weights.shape
    matrix = weights.reshape(count, height * width * channels).T
    if (height, width) == (1, 1) and settings["strides"] == [1, 1]:
        flat = picture.reshape(-1, channels) @ matrix
        flat += bias
        return activated(flat.reshape(*picture.shape[:3], count), settings)
    windows = _windows(picture, (height, width), settings)
    batch, rows, columns = windows.shape[:3]
    result = np.empty((batch, rows, columns, count), dtype=np.float32)
    step = max(1, 8 * _PIECE // (columns * matrix.shape[0]))
    for number, row in product(range(batch), range(0, rows, step)):
        flat = np.ascontiguousarray(windows[number, row : row + step]).reshape(-1, matrix.shape[0])
        np.matmul(flat, matrix, out=result[number, row : row + step].reshape(-1, count))
    result += bias
    return activated(result, settings)


def convolve_depthwise(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Convolution of every channel by itself, weights (1, kernel height, kernel width, channels), bias (channels).

    A sum of shifted pictures, each times one weight a channel, over a few rows at a time that stay in the processor's cache.
    """
    picture, weights, bias = inputs
    height, width = weights.shape[1:3]
    windows = _windows(picture, (height, width), settings)
    batch, rows, columns = windows.shape[:3]
    result = np.empty((batch, rows, columns, picture.shape[3]), dtype=np.float32)
    step = max(1, _PIECE // (columns * picture.shape[3]))
    shifted = np.empty((min(step, rows), columns, picture.shape[3]), dtype=np.float32)
    for number, row in product(range(batch), range(0, rows, step)):
        total = result[number, row : row + step]
        total[:] = bias
        part = shifted[: len(total)]
        for down, across in np.ndindex(height, width):
            np.multiply(
                windows[number, row : row + step, :, down, across], weights[0, down, across], out=part
            )
            total += part
        activated(total, settings)
    return result


def _windows(
    picture: NumpyArray, kernel: tuple[int, int], settings: Settings, fill: float = 0.0
) -> NumpyArray:
    """Return the view (batch, rows, columns, kernel height, kernel width, channels) of all windows of a picture."""
    strides = cast("list[int]", settings["strides"])
    dilations = cast("list[int]", settings.get("dilations", [1, 1]))
    reach = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)]
    if settings["padding"] == "same":
        sides = sides_of_same(picture.shape[1:3], kernel, settings)
        if any(side != (0, 0) for side in sides):
            picture = np.pad(picture, [(0, 0), *sides, (0, 0)], constant_values=fill)
    batch, height, width, channels = picture.shape
    rows, columns = (
        (size - window) // step + 1
        for size, window, step in zip((height, width), reach, strides, strict=True)
    )
    by_batch, by_row, by_column, by_channel = picture.strides
    return as_strided(
        picture,
        (batch, rows, columns, *kernel, channels),
        (
            by_batch,
            by_row * strides[0],
            by_column * strides[1],
            by_row * dilations[0],
            by_column * dilations[1],
            by_channel,
        ),
        writeable=False,
    )


def sides_of_same(
    size: Sequence[int], kernel: Sequence[int], settings: Settings
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how many pixels "same" padding adds before and after the rows, and the columns, of a picture of this size.

    There are as many windows as every `strides`-th pixel has room for; the odd pixel comes after.
    """

    def side(axis: int) -> tuple[int, int]:
        step = int(settings["strides"][axis])
        reach = (kernel[axis] - 1) * int(settings.get("dilations", [1, 1])[axis]) + 1
        missing = max(0, (-(-size[axis] // step) - 1) * step + reach - size[axis])
        return missing // 2, missing - missing // 2

    return side(0), side(1)


def max_pool(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Largest value of every window."""
    height, width = settings["window"]
    windows = _windows(inputs[0], (height, width), settings, fill=-np.inf)
    result = windows[:, :, :, 0, 0].copy()
    for place in range(1, height * width):
        np.maximum(result, windows[:, :, :, place // width, place % width], out=result)
    return result


def relu(inputs: Sequence[NumpyArray], _settings: Settings) -> NumpyArray:
    """Negative values become 0."""
    return np.maximum(inputs[0], 0.0)


def prelu(inputs: Sequence[NumpyArray], _settings: Settings) -> NumpyArray:
    """Negative values are multiplied by a slope."""
    values, slope = inputs
    negative = np.minimum(values, 0.0)
    negative *= slope
    negative += np.maximum(values, 0.0)
    return negative


def logistic(inputs: Sequence[NumpyArray], _settings: Settings) -> NumpyArray:
    """Return 1 / (1 + exp(−x)), without an overflow."""
    return 0.5 * (np.tanh(0.5 * inputs[0]) + 1.0)


def concatenate(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Return arrays joined along one axis."""
    return np.concatenate(inputs, axis=settings["axis"])


def reshape(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Return the same values in another shape, whose first size is the batch's."""
    shape = [int(size) for size in inputs[1]] if len(inputs) > 1 else cast("list[int]", settings["shape"])
    return inputs[0].reshape(len(inputs[0]), *shape[1:])


def pad(inputs: Sequence[NumpyArray], _settings: Settings) -> NumpyArray:
    """Zeros around an array: how many before and after, an axis a row."""
    values, sides = inputs
    before, after = sides[:, 0], sides[:, 1]
    result = np.zeros(
        [size + int(low + high) for size, low, high in zip(values.shape, before, after, strict=True)],
        np.float32,
    )
    result[
        tuple(slice(int(low), int(low) + size) for size, low in zip(values.shape, before, strict=True))
    ] = values
    return result


def mean(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Mean over the named axes."""
    axes = tuple(int(axis) for axis in np.atleast_1d(inputs[1]))
    return inputs[0].mean(axis=axes, keepdims=settings["keep_dimensions"], dtype=np.float32)


def fully_connected(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Matrix product with weights (out, in), and a bias (out)."""
    values, weights, bias = inputs
    return activated(values.reshape(-1, weights.shape[1]) @ weights.T + bias, settings)


def depth_to_space(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Channels become blocks of `block` × `block` pixels."""
    block = int(settings["block"])
    batch, height, width, channels = inputs[0].shape
    blocks = inputs[0].reshape(batch, height, width, block, block, channels // block**2)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(
        batch, height * block, width * block, channels // block**2
    )


def resize_bilinear(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Return the picture in another size, or `factor` times as large, each pixel mixed from its four neighbours."""
    picture = inputs[0]
    for axis, size in zip((1, 2), wanted_sizes(picture.shape, inputs[1:], settings), strict=True):
        low, high, share = neighbours(picture.shape[axis], int(size), settings)
        shape = [1, 1, 1, 1]
        shape[axis] = int(size)
        first, second = picture.take(low, axis=axis), picture.take(high, axis=axis)
        picture = first + (second - first) * share.reshape(shape)
    return picture


def wanted_sizes(
    shape: Sequence[int], given: Sequence[NumpyArray], settings: Settings
) -> Sequence[int] | NumpyArray:
    """Return the height and width that a picture of this shape is resized to: those given, or the multiple in the settings."""
    return given[0] if given else [size * int(settings["factor"]) for size in shape[1:3]]


def neighbours(size: int, wanted: int, settings: Settings) -> tuple[NumpyArray, NumpyArray, NumpyArray]:
    """Return the pixels before and after every wanted one, and the share of the second."""
    places = np.arange(wanted, dtype=np.float64)
    if settings["align_corners"] and wanted > 1:
        places *= (size - 1) / (wanted - 1)
    elif settings["half_pixel_centers"]:
        places = (places + 0.5) * (size / wanted) - 0.5
    else:
        places *= size / wanted
    places = places.clip(0.0, size - 1)
    low = np.floor(places).astype(np.int64)
    return low, np.minimum(low + 1, size - 1), (places - low).astype(np.float32)


def strided_slice(inputs: Sequence[NumpyArray], settings: Settings) -> NumpyArray:
    """Part of an array: begin, end and step of every axis; a bit of a mask says that a side is not cut."""
    values, begin, end, step = inputs
    cuts = [
        slice(
            None if settings["begin_mask"] >> axis & 1 else int(begin[axis]),
            None if settings["end_mask"] >> axis & 1 else int(end[axis]),
            int(step[axis]),
        )
        for axis in range(len(begin))
    ]
    return values[tuple(cuts)]


OPERATORS: dict[str, Operator] = {
    operator.__name__: operator
    for operator in (
        add, multiply, convolve, convolve_depthwise, max_pool, relu, prelu, logistic, concatenate, reshape, pad, mean,
        fully_connected, depth_to_space, resize_bilinear, strided_slice,
    )
}  # fmt: skip
