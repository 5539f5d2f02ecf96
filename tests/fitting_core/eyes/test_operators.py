"""Every operator, on NumPy's arrays and on PyTorch's, against its definition, written out value by value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from fitting_core.engine import choose_engine
from fitting_core.eyes import operators
from fitting_core.eyes.arithmetic import Arithmetic, arithmetic_of
from fitting_core.eyes.operators import OPERATORS

RANDOM = np.random.default_rng(7)


@pytest.fixture(params=["numpy", "torch"])
def arithmetic(request: pytest.FixtureRequest) -> Arithmetic:
    if request.param == "torch":
        pytest.importorskip("torch")
    return arithmetic_of(choose_engine(request.param, "cpu"))


def evaluated(
    arithmetic: Arithmetic, name: str, inputs: Sequence[np.ndarray], settings: dict[str, Any]
) -> np.ndarray:
    """The arrays that an operator makes of arrays: pictures and weights are brought to the library, whole numbers stay."""
    brought = [arithmetic.bring(array) if array.dtype.kind == "f" else array for array in inputs]
    return arithmetic.fetch(arithmetic.operators[name](brought, settings))


def values(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def sides_of(size: int, step: int, reach: int, padding: str) -> tuple[int, int, int]:
    """Number of windows, and the zeros before and after, of TensorFlow's two kinds of padding."""
    if padding == "valid":
        return (size - reach) // step + 1, 0, 0
    count = -(-size // step)
    missing = max(0, (count - 1) * step + reach - size)
    return count, missing // 2, missing - missing // 2


def slow_convolution(
    picture: np.ndarray, weights: np.ndarray, bias: np.ndarray, settings: dict[str, Any]
) -> np.ndarray:
    """The sum over kernel and channels for every pixel; weights (out, rows, columns, in)."""
    count, rows, columns, _ = weights.shape
    (down, across), (apart_down, apart_across) = settings["strides"], settings["dilations"]
    height, top, bottom = sides_of(picture.shape[1], down, (rows - 1) * apart_down + 1, settings["padding"])
    width, left, right = sides_of(
        picture.shape[2], across, (columns - 1) * apart_across + 1, settings["padding"]
    )
    padded = np.pad(picture.astype(np.float64), [(0, 0), (top, bottom), (left, right), (0, 0)])
    result = np.zeros((len(picture), height, width, count))
    for number, y, x, out, i, j in product(
        range(len(picture)), *map(range, (height, width, count, rows, columns))
    ):
        pixel = padded[number, y * down + i * apart_down, x * across + j * apart_across]
        result[number, y, x, out] += pixel @ weights[out, i, j]
    result += bias
    if settings["activation"] != "none":
        result = result.clip(min=0.0, max=6.0 if settings["activation"] == "relu6" else None)
    return result


CONVOLUTIONS: dict[str, tuple[tuple[int, int], tuple[int, int], list[int], list[int], str, str]] = {
    "one pixel": ((5, 6), (1, 1), [1, 1], [1, 1], "same", "none"),
    "one pixel, every second": ((5, 6), (1, 1), [2, 2], [1, 1], "same", "relu"),
    "3 × 3": ((6, 7), (3, 3), [1, 1], [1, 1], "same", "relu6"),
    "3 × 3, every second of an even picture": ((6, 8), (3, 3), [2, 2], [1, 1], "same", "none"),
    "5 × 5 of a small picture": ((3, 4), (5, 5), [1, 1], [1, 1], "same", "relu"),
    "not padded": ((7, 6), (3, 2), [2, 1], [1, 1], "valid", "none"),
    "apart": ((9, 8), (3, 3), [1, 1], [2, 2], "same", "none"),
}


@pytest.mark.parametrize(
    ("size", "kernel", "strides", "dilations", "padding", "activation"),
    CONVOLUTIONS.values(),
    ids=CONVOLUTIONS.keys(),
)
def test_convolutions(
    monkeypatch: pytest.MonkeyPatch,
    arithmetic: Arithmetic,
    size: tuple[int, int],
    kernel: tuple[int, int],
    strides: list[int],
    dilations: list[int],
    padding: str,
    activation: str,
) -> None:
    settings = {"strides": strides, "dilations": dilations, "padding": padding, "activation": activation}
    picture, weights, bias = values(2, *size, 3), values(4, *kernel, 3), values(4)
    own, own_bias = values(1, *kernel, 3), values(3)
    separate = np.stack([np.where(np.eye(3)[channel], own[0], 0.0) for channel in range(3)])
    for piece in (operators._PIECE, 1):  # everything at once, and row by row
        monkeypatch.setattr(operators, "_PIECE", piece)
        found = evaluated(arithmetic, "convolve", [picture, weights, bias], settings)
        assert found == pytest.approx(slow_convolution(picture, weights, bias, settings), abs=1e-4)
        found = evaluated(arithmetic, "convolve_depthwise", [picture, own, own_bias], settings)
        assert found == pytest.approx(slow_convolution(picture, separate, own_bias, settings), abs=1e-4)


def test_largest_of_a_window_never_is_padding(arithmetic: Arithmetic) -> None:
    picture = -np.abs(values(1, 5, 5, 2)) - 1.0
    found = evaluated(
        arithmetic, "max_pool", [picture], {"window": [2, 2], "strides": [2, 2], "padding": "same"}
    )
    assert found.shape == (1, 3, 3, 2) and found.max() < 0
    assert found[0, 2, 2] == pytest.approx(picture[0, 4, 4]) and found[0, 0, 0] == pytest.approx(
        picture[0, :2, :2].max((0, 1))
    )


# A ramp 0, 1, 2, 3 in twice as many pixels, as TensorFlow's three conventions have it.
RESIZED: dict[str, tuple[dict[str, bool], list[float]]] = {
    "corners meet": ({"align_corners": True, "half_pixel_centers": False}, list(np.linspace(0, 3, 8))),
    "centres meet": (
        {"align_corners": False, "half_pixel_centers": True},
        [0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0],
    ),
    "first pixels meet": (
        {"align_corners": False, "half_pixel_centers": False},
        [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.0],
    ),
}


@pytest.mark.parametrize(("settings", "ramp"), RESIZED.values(), ids=RESIZED.keys())
def test_resized_pictures(arithmetic: Arithmetic, settings: dict[str, bool], ramp: list[float]) -> None:
    across = np.tile(np.arange(4, dtype=np.float32)[None, None, :, None], (1, 2, 1, 1))
    found = evaluated(arithmetic, "resize_bilinear", [across, np.array([2, 8])], settings)
    assert found[0, 1, :, 0] == pytest.approx(ramp, abs=1e-6)
    down = evaluated(
        arithmetic, "resize_bilinear", [across.transpose(0, 2, 1, 3), np.array([8, 2])], settings
    )
    assert down[0, :, 1, 0] == pytest.approx(ramp, abs=1e-6)


RAMP = np.arange(16, dtype=np.float32).reshape(1, 2, 2, 4)
OTHERS: dict[str, tuple[str, list[np.ndarray], dict[str, Any], np.ndarray]] = {
    "sum": ("add", [RAMP, RAMP - 8], {"activation": "relu6"}, (2 * RAMP - 8).clip(0, 6)),
    "product": ("multiply", [RAMP, np.float32([[[2]]])], {}, 2 * RAMP),
    "no negative values": ("relu", [RAMP - 8], {}, np.maximum(RAMP - 8, 0)),
    "negative values by a slope": (
        "prelu",
        [RAMP - 8, np.float32([0.5, 0.5, 0.0, 2.0])],
        {},
        np.where(RAMP < 8, (RAMP - 8) * np.float32([0.5, 0.5, 0.0, 2.0]), RAMP - 8),
    ),
    "logistic far out": ("logistic", [np.float32([-1000, 0, 1000])], {}, np.array([0, 0.5, 1])),
    "joined": ("concatenate", [RAMP, RAMP], {"axis": 3}, np.tile(RAMP, 2)),
    "another shape, batch of 1": ("reshape", [RAMP, np.array([1, 16])], {}, RAMP.reshape(1, 16)),
    "another shape, batch of 2": (
        "reshape", [np.tile(RAMP, (2, 1, 1, 1))], {"shape": [1, 16]}, np.tile(RAMP.reshape(1, 16), (2, 1)),
    ),
    "zeros around": (
        "pad",
        [RAMP, np.array([[0, 0], [1, 0], [0, 2], [0, 0]])],
        {},
        np.pad(RAMP, [(0, 0), (1, 0), (0, 2), (0, 0)]),
    ),
    "mean of a picture": ("mean", [RAMP, np.array([1, 2])], {"keep_dimensions": False}, RAMP.mean((1, 2))),
    "matrix product": (
        "fully_connected", [RAMP, np.eye(16, dtype=np.float32)[:2], np.float32([1, 2])], {}, np.array([[1.0, 3.0]]),
    ),
    "channels to pixels": (
        "depth_to_space",
        [RAMP],
        {"block": 2},
        np.array([[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]])[None, :, :, None],
    ),
    "a part": (
        "strided_slice",
        [RAMP, np.array([0, 0, 1, 0]), np.array([9, 9, 2, 2]), np.array([1, 1, 1, 1])],
        {"begin_mask": 3, "end_mask": 3},
        RAMP[:, :, 1:2, :2],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "settings", "expected"), OTHERS.values(), ids=OTHERS.keys())
def test_other_operators(
    arithmetic: Arithmetic,
    name: str,
    inputs: list[np.ndarray],
    settings: dict[str, Any],
    expected: np.ndarray,
) -> None:
    before = [array.copy() for array in inputs]
    found = evaluated(arithmetic, name, inputs, settings)
    assert found.shape == expected.shape and found == pytest.approx(expected, abs=1e-6)
    assert all(np.array_equal(array, kept) for array, kept in zip(inputs, before, strict=True)), (
        "an input was changed"
    )


def test_every_operator_is_tried() -> None:
    tried = {name for name, *_ in OTHERS.values()} | {
        "convolve",
        "convolve_depthwise",
        "max_pool",
        "resize_bilinear",
    }
    assert tried == set(OPERATORS)


def test_both_libraries_have_every_operator() -> None:
    pytest.importorskip("torch")
    assert set(arithmetic_of(choose_engine("torch", "cpu")).operators) == set(OPERATORS)
