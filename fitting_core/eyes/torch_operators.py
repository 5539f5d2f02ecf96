"""The operators of a network's graph on PyTorch's tensors, with the results of `operators` to the rounding of 32 bits.

Pictures stay (batch, height, width, channels): PyTorch's own order is a view of that, in the memory format that its convolutions
are quickest in. Only a process that computes with PyTorch imports this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as functional

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.operators import Settings, neighbours, sides_of_same, wanted_sizes

# Shortened mantissas (TF32) would be seen in the points. For the whole process: threads that set it in turn would undo it.
torch.backends.cudnn.allow_tf32 = False

Tensor = Any  # torch.Tensor; its own annotations are incomplete


def bring(array: NumpyArray, device: str) -> Tensor:
    """Return a tensor on a device with the values of an array."""
    return torch.tensor(array, dtype=torch.float32, device=device)


def fetch(tensor: Tensor) -> NumpyArray:
    """Return an array with the values of a tensor."""
    return tensor.cpu().numpy()


def _activated(values: Tensor, settings: Settings) -> Tensor:
    activation = settings.get("activation", "none")
    if activation == "none":
        return values
    return values.clamp_(0.0, 6.0) if activation == "relu6" else values.clamp_(0.0)


def _add(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    return _activated(inputs[0] + inputs[1], settings)


def _multiply(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    return _activated(inputs[0] * inputs[1], settings)


def _channels_first(picture: Tensor) -> Tensor:
    return picture.permute(0, 3, 1, 2)


def _channels_last(picture: Tensor) -> Tensor:
    return picture.permute(0, 2, 3, 1).contiguous()


def _padded(picture: Tensor, kernel: Sequence[int], settings: Settings, fill: float = 0.0) -> Tensor:
    """Return the picture, channels first, with the border that its windows need."""
    picture = _channels_first(picture)
    if settings["padding"] != "same":
        return picture
    (top, bottom), (left, right) = sides_of_same(picture.shape[2:], kernel, settings)
    return (
        functional.pad(picture, (left, right, top, bottom), value=fill)
        if top + bottom + left + right
        else picture
    )


def _convolved(inputs: Sequence[Tensor], weights: Tensor, groups: int, settings: Settings) -> Tensor:
    picture, _, bias = inputs
    result: Tensor = functional.conv2d(
        _padded(picture, weights.shape[2:], settings),
        weights,
        bias,
        settings["strides"],
        dilation=settings.get("dilations", [1, 1]),
        groups=groups,
    )
    return _activated(_channels_last(result), settings)


def _convolve(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    return _convolved(inputs, _channels_first(inputs[1]), 1, settings)


def _convolve_depthwise(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    return _convolved(inputs, inputs[1].permute(3, 0, 1, 2), inputs[1].shape[3], settings)


def _max_pool(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    padded = _padded(inputs[0], settings["window"], settings, fill=-torch.inf)
    return _channels_last(functional.max_pool2d(padded, settings["window"], settings["strides"]))


def _relu(inputs: Sequence[Tensor], _settings: Settings) -> Tensor:
    return inputs[0].clamp(0.0)


def _prelu(inputs: Sequence[Tensor], _settings: Settings) -> Tensor:
    values, slope = inputs
    return values.clamp(min=0.0) + values.clamp(max=0.0) * slope


def _logistic(inputs: Sequence[Tensor], _settings: Settings) -> Tensor:
    return torch.sigmoid(inputs[0])


def _concatenate(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    return torch.cat(list(inputs), dim=settings["axis"])


def _reshape(inputs: Sequence[Any], settings: Settings) -> Tensor:
    shape = [int(size) for size in inputs[1]] if len(inputs) > 1 else settings["shape"]
    return inputs[0].reshape(len(inputs[0]), *shape[1:])


def _pad(inputs: Sequence[Any], _settings: Settings) -> Tensor:
    values, sides = inputs
    return functional.pad(values, [int(side) for axis in sides[::-1] for side in axis])


def _mean(inputs: Sequence[Any], settings: Settings) -> Tensor:
    return inputs[0].mean(
        dim=[int(axis) for axis in inputs[1].ravel()], keepdim=bool(settings["keep_dimensions"])
    )


def _fully_connected(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    values, weights, bias = inputs
    return _activated(functional.linear(values.reshape(-1, weights.shape[1]), weights, bias), settings)


def _depth_to_space(inputs: Sequence[Tensor], settings: Settings) -> Tensor:
    block = int(settings["block"])
    batch, height, width, channels = inputs[0].shape
    blocks = inputs[0].reshape(batch, height, width, block, block, channels // block**2)
    return blocks.permute(0, 1, 3, 2, 4, 5).reshape(
        batch, height * block, width * block, channels // block**2
    )


def _resize_bilinear(inputs: Sequence[Any], settings: Settings) -> Tensor:
    picture = inputs[0]
    kind = bool(settings["align_corners"]), bool(settings["half_pixel_centers"])
    for axis, size in zip((1, 2), wanted_sizes(picture.shape, inputs[1:], settings), strict=True):
        low, high, share = _mixture(picture.shape[axis], int(size), *kind, str(picture.device))
        first, second = picture.index_select(axis, low), picture.index_select(axis, high)
        shape = [1, 1, 1, 1]
        shape[axis] = int(size)
        picture = first + (second - first) * share.reshape(shape)
    return picture


@lru_cache(maxsize=64)
def _mixture(
    size: int, wanted: int, align_corners: bool, half_pixel_centers: bool, device: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Return `neighbours` as tensors on a device, kept there."""
    settings = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
    low, high, share = neighbours(size, wanted, settings)
    return tuple(torch.tensor(array, device=device) for array in (low, high, share))  # type: ignore[return-value]


def _strided_slice(inputs: Sequence[Any], settings: Settings) -> Tensor:
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


TORCH_OPERATORS = {
    operator.__name__.removeprefix("_"): operator
    for operator in (
        _add, _multiply, _convolve, _convolve_depthwise, _max_pool, _relu, _prelu, _logistic, _concatenate, _reshape, _pad, _mean,
        _fully_connected, _depth_to_space, _resize_bilinear, _strided_slice,
    )
}  # fmt: skip
