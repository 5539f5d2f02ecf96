"""A network's file to its outputs for a picture: nodes are evaluated in order, each by its operator."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import FittingError
from fitting_core.eyes.arithmetic import NUMPY, Arithmetic
from fitting_core.files.npz_reader import read_arrays

GRAPH_ENTRY = (
    "graph"  # of the file: JSON in UTF-8; every other entry is a constant by the number of its tensor
)
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Node:
    """One operator of a graph, the numbers of the tensors that it reads, and of the one that it makes."""

    operator: str
    inputs: tuple[int, ...]
    output: int
    settings: Mapping[str, Any]
    last_readers: tuple[int, ...] = ()  # tensors that nothing reads after this node


@dataclass(frozen=True, eq=False)
class Network:
    """A network ready to be evaluated; `side` is the height and width of its input in pixels."""

    nodes: tuple[Node, ...]
    constants: Mapping[int, Any]
    input: int
    outputs: Mapping[str, int]
    side: int
    arithmetic: Arithmetic = NUMPY

    def on(self, arithmetic: Arithmetic) -> Network:
        """Return the network with its weights in another library's arrays; the counterpart of one read from a file."""
        brought = {
            number: arithmetic.bring(value) if value.dtype.kind == "f" else value
            for number, value in self.constants.items()
        }
        return replace(self, constants=brought, arithmetic=arithmetic)

    def evaluate(self, pictures: NumpyArray) -> dict[str, NumpyArray]:
        """Return the outputs by name for pictures (batch, side, side, 3), which are in the network's own range of values."""
        pictures = np.asarray(pictures, dtype=np.float32)
        tensors: dict[int, Any] = {self.input: self.arithmetic.bring(pictures)}
        for node in self.nodes:
            inputs = [
                self.constants[number] if number in self.constants else tensors[number]
                for number in node.inputs
            ]
            tensors[node.output] = self.arithmetic.operators[node.operator](inputs, node.settings)
            for number in node.last_readers:
                del tensors[number]
        return {name: self.arithmetic.fetch(tensors[number]) for name, number in self.outputs.items()}


def read_network(path: Path) -> Network:
    """Read a file of tools/build_eyes; its 16-bit weights become 32-bit floats."""
    described = _entries(path, (GRAPH_ENTRY,))[GRAPH_ENTRY]
    graph = cast("dict[str, Any]", json.loads(described.tobytes().decode("utf-8")))
    if graph["version"] != FORMAT_VERSION:
        raise ValueError(f"{path.name} has version {graph['version']}, and {FORMAT_VERSION} is read")
    outputs = {name: int(number) for name, number in graph["outputs"].items()}
    nodes = tuple(
        Node(node["operator"], tuple(node["inputs"]), node["output"], node["settings"])
        for node in graph["nodes"]
    )
    read = {str(number) for node in nodes for number in node.inputs}
    constants = {int(name): value for name, value in _entries(path, read).items()}
    return Network(
        nodes=_with_last_readers(nodes, set(constants) | set(outputs.values())),
        constants={
            number: value.astype(np.float32) if value.dtype.kind == "f" else value
            for number, value in constants.items()
        },
        input=graph["input"],
        outputs=outputs,
        side=graph["side"],
    )


def _entries(path: Path, wanted: Collection[str]) -> dict[str, NumpyArray]:
    """Return entries of a file; our own reader takes two thirds of the time of NumPy's for as many as a network has."""
    return read_arrays(path, wanted, FittingError, "network")


def _with_last_readers(nodes: tuple[Node, ...], kept: set[int]) -> tuple[Node, ...]:
    """Note at each node which tensors may be forgotten after it, so that memory holds what is still needed."""
    last = {number: place for place, node in enumerate(nodes) for number in node.inputs if number not in kept}
    return tuple(
        Node(
            node.operator,
            node.inputs,
            node.output,
            node.settings,
            tuple(number for number in dict.fromkeys(node.inputs) if last.get(number) == place),
        )
        for place, node in enumerate(nodes)
    )
