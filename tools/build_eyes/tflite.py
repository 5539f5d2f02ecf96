"""A published network (TensorFlow Lite) to a graph of named operators and its weights as plain arrays.

Field numbers are those of TensorFlow Lite's schema (schema.fbs, version 3). Constants that the file stores in 16 bits or sparse
are unpacked here, so that the graph keeps only what computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.build_eyes.flatbuffer import Table, root_table

Constant = NDArray[Any]

_KINDS = {0: "<f4", 1: "<f2", 2: "<i4"}
_ACTIVATIONS = {0: "none", 1: "relu", 3: "relu6"}
_PADDINGS = {0: "same", 1: "valid"}


@dataclass(frozen=True)
class Node:
    """One operator: tensor numbers in and out, and its settings by name."""

    operator: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Network:
    """A graph in the order of its evaluation; `constants` are the weights by tensor number."""

    nodes: tuple[Node, ...]
    constants: dict[int, Constant]
    inputs: dict[str, int]
    outputs: dict[str, int]
    input_shape: tuple[int, ...]  # batch, height, width, channels


def read_network(data: bytes) -> Network:
    """Decode a file. Raises ValueError for an operator or a number format that none of our networks has."""
    model = root_table(data)
    codes = [
        max(code.number(0, "b"), code.number(3)) for code in model.tables(1)
    ]  # the first is of old files: one byte
    buffers = [buffer.values(0, "u1") for buffer in model.tables(4)]
    graph = model.tables(2)[0]
    tensors = graph.tables(0)
    constants = {
        number: _constant(tensor, buffers[tensor.number(2, "I")])
        for number, tensor in enumerate(tensors)
        if len(buffers[tensor.number(2, "I")])
    }
    nodes: list[Node] = []
    for operator in graph.tables(3):
        name, settings_of = _OPERATORS[codes[operator.number(0, "I")]]
        inputs = tuple(int(number) for number in operator.values(1, "<i4"))
        outputs = tuple(int(number) for number in operator.values(2, "<i4"))
        if name == "unpack":
            constants[outputs[0]] = constants[inputs[0]]
            continue
        options = operator.table(4)
        nodes.append(Node(name, inputs, outputs, settings_of(options) if options is not None else {}))
    used = {number for node in nodes for number in node.inputs}
    names = {number: tensor.text(3) for number, tensor in enumerate(tensors)}
    (first,) = (int(number) for number in graph.values(1, "<i4"))
    shape = tuple(int(size) for size in tensors[first].values(0, "<i4"))
    return Network(
        nodes=tuple(nodes),
        constants={number: value for number, value in constants.items() if number in used},
        inputs={names[first]: first},
        outputs={names[int(number)]: int(number) for number in graph.values(2, "<i4")},
        input_shape=shape,
    )


def _constant(tensor: Table, raw: NDArray[np.generic]) -> Constant:
    shape = [int(size) for size in tensor.values(0, "<i4")]
    values = np.frombuffer(raw.tobytes(), dtype=_KINDS[tensor.number(1, "b")])
    sparsity = tensor.table(6)
    return values.reshape(shape) if sparsity is None else _dense(values, shape, sparsity)


def _dense(values: Constant, shape: list[int], sparsity: Table) -> Constant:
    """Unpack a sparse tensor: each dimension in `traversal_order` is dense, or a compressed row (CSR) of kept indices.

    Dimensions after the first ones are blocks inside those that `block_map` names.
    """
    order = [int(number) for number in sparsity.values(0, "<i4")]
    blocks = [int(number) for number in sparsity.values(1, "<i4")]
    dimensions = sparsity.tables(2)
    block_size = dict.fromkeys(range(len(shape)), 1)
    for place, dimension in enumerate(order[len(shape) :]):
        block_size[blocks[dimension - len(shape)]] = dimensions[len(shape) + place].number(1)
    steps = np.zeros(
        (1, len(shape)), dtype=np.int64
    )  # the index of every value so far, as far as it is known
    for level, dimension in enumerate(order):
        indices, parents = _indices(dimensions[level], len(steps))
        steps = steps[parents].copy()
        if dimension < len(shape):
            steps[:, dimension] += indices * block_size[dimension]
        else:
            steps[:, blocks[dimension - len(shape)]] += indices
    result = np.zeros(shape, dtype=values.dtype)
    result[tuple(steps.T)] = values[: len(steps)]
    return result


def _indices(dimension: Table, parents: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return index and parent of every entry of one dimension, for so many parents."""
    if dimension.number(0, "b") == 0:
        size = dimension.number(1)
        return np.tile(np.arange(size), parents), np.repeat(np.arange(parents), size)
    segments = _index_list(dimension, 2)
    return _index_list(dimension, 4), np.repeat(np.arange(parents), np.diff(segments)[:parents])


def _index_list(dimension: Table, field: int) -> NDArray[np.int64]:
    kind = {1: "<i4", 2: "<u2", 3: "u1"}[dimension.number(field, "B")]
    table = dimension.table(field + 1)
    assert table is not None
    return table.values(0, kind).astype(np.int64)


def _convolution(options: Table) -> dict[str, Any]:
    return {
        "padding": _PADDINGS[options.number(0, "b")],
        "strides": [options.number(2), options.number(1)],
        "dilations": [options.number(5, default=1), options.number(4, default=1)],
        "activation": _ACTIVATIONS[options.number(3, "b")],
    }


def _depthwise(options: Table) -> dict[str, Any]:
    return {
        "padding": _PADDINGS[options.number(0, "b")],
        "strides": [options.number(2), options.number(1)],
        "dilations": [options.number(6, default=1), options.number(5, default=1)],
        "activation": _ACTIVATIONS[options.number(4, "b")],
    }


def _pool(options: Table) -> dict[str, Any]:
    return {
        "padding": _PADDINGS[options.number(0, "b")],
        "strides": [options.number(2), options.number(1)],
        "window": [options.number(4), options.number(3)],
    }


def _activation(options: Table) -> dict[str, Any]:
    return {"activation": _ACTIVATIONS[options.number(0, "b")]}


def _resize(options: Table) -> dict[str, Any]:
    return {
        "align_corners": bool(options.number(2, "b")),
        "half_pixel_centers": bool(options.number(3, "b")),
    }


def _slice(options: Table) -> dict[str, Any]:
    return {"begin_mask": options.number(0), "end_mask": options.number(1)}


def _nothing(_options: Table) -> dict[str, Any]:
    return {}


# Number of the operator in TensorFlow Lite: our name for it, and the reader of its settings.
_OPERATORS: dict[int, tuple[str, Callable[[Table], dict[str, Any]]]] = {
    0: ("add", _activation),
    2: ("concatenate", lambda options: {"axis": options.number(0)}),
    3: ("convolve", _convolution),
    4: ("convolve_depthwise", _depthwise),
    5: ("depth_to_space", lambda options: {"block": options.number(0)}),
    6: ("unpack", _nothing),
    9: ("fully_connected", _activation),
    14: ("logistic", _nothing),
    17: ("max_pool", _pool),
    18: ("multiply", _activation),
    19: ("relu", _nothing),
    22: ("reshape", lambda options: {"shape": [int(size) for size in options.values(0, "<i4")]}),
    23: ("resize_bilinear", _resize),
    34: ("pad", _nothing),
    40: ("mean", lambda options: {"keep_dimensions": bool(options.number(0, "b"))}),
    45: ("strided_slice", _slice),
    54: ("prelu", _nothing),
    124: ("unpack", _nothing),
}  # fmt: skip
