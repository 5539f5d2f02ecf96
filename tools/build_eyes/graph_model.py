"""A published network (TensorFlow.js graph model) to the same graph of named operators and weights as one of TensorFlow Lite.

The file is JSON with nodes by name and a list of weights, whose values lie one after the other in a second file, in 16 bits where
it says so. Everything that the named heads need is taken; what the published graph computes from them is not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from math import prod
from typing import Any, cast

import numpy as np

from tools.build_eyes.tflite import Constant, Network, Node

_ACTIVATIONS: dict[tuple[str, ...], str] = {
    ("BiasAdd",): "none",
    ("BiasAdd", "Relu"): "relu",
    ("BiasAdd", "Relu6"): "relu6",
    (): "none",
}
_KINDS = {"float32": "<f4", "float16": "<f2", "int32": "<i4"}


def read_graph_model(
    description: bytes, weights: bytes, first: str, heads: Mapping[str, str], side: int
) -> Network:
    """Decode a graph from the node `first`, whose value is the input, to the `heads` (our name: the node's).

    `side` is the height and width of the input in pixels. Raises ValueError for an operator that none of our networks has.
    """
    graph = json.loads(description)
    nodes = {node["name"]: node for node in graph["modelTopology"]["node"]}
    reader = _Reader(nodes, _weights(graph["weightsManifest"], weights), first)
    outputs = {ours: reader.tensor(theirs) for ours, theirs in heads.items()}
    return Network(
        tuple(reader.decoded), reader.constants, {first: reader.numbers[first]}, outputs, (1, side, side, 3)
    )


def _weights(manifest: list[dict[str, Any]], data: bytes) -> dict[str, Constant]:
    """Return the weights by their name, in the precision of the file."""
    found: dict[str, Constant] = {}
    start = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        kind = np.dtype(_KINDS[entry.get("quantization", entry)["dtype"]])
        found[entry["name"]] = np.frombuffer(data, kind, prod(entry["shape"]), start).reshape(entry["shape"])
        start += found[entry["name"]].nbytes
    if start != len(data):
        raise ValueError(f"the weights take {start} bytes, and the file has {len(data)}")
    return found


class _Reader:
    """Nodes decoded so far, each after those that it reads."""

    def __init__(self, nodes: dict[str, Any], weights: dict[str, Constant], first: str) -> None:
        self.nodes = nodes
        self.weights = weights
        self.numbers = {first: 0}
        self.constants: dict[int, Constant] = {}
        self.decoded: list[Node] = []

    def tensor(self, name: str) -> int:
        """Return the number of a node's value, decoding what it needs first."""
        if name not in self.numbers:
            settings = self._decode(self.nodes[name])
            self.numbers[name] = self._new()
            operator, inputs, values = settings
            self.decoded.append(Node(operator, inputs, (self.numbers[name],), values))
        return self.numbers[name]

    def _new(self, constant: Constant | None = None) -> int:
        number = len(self.numbers) + len(self.constants)
        if constant is not None:
            self.constants[number] = constant
        return number

    def _decode(self, node: dict[str, Any]) -> tuple[str, tuple[int, ...], dict[str, Any]]:
        operator, names = node["op"], node["input"]
        if operator == "AddV2":
            return "add", tuple(self.tensor(name) for name in names), {"activation": "none"}
        if operator == "ResizeBilinear":
            return "resize_bilinear", (self.tensor(names[0]),), _resize(node["attr"])
        depthwise = operator in ("FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")
        if not depthwise and operator != "_FusedConv2D":
            raise ValueError(f"{node['name']}: no network of ours has the operator {operator}")
        picture = self.tensor(names[0])
        kernel = self.weights[names[1]]  # height, width, in, out; out is 1 if depthwise
        count = kernel.shape[2 if depthwise else 3]
        bias = self.weights[names[2]] if len(names) > 2 else np.zeros(count, kernel.dtype)
        ours = np.ascontiguousarray(kernel.transpose(3, 0, 1, 2))
        inputs = (picture, self._new(ours), self._new(bias))
        return "convolve_depthwise" if depthwise else "convolve", inputs, _convolution(node["attr"])


def _text(value: Mapping[str, str]) -> str:
    return base64.b64decode(value["s"]).decode("ascii")


def _convolution(attributes: Mapping[str, Any]) -> dict[str, Any]:
    strides, dilations = (
        [int(step) for step in attributes[key]["list"]["i"][1:3]] for key in ("strides", "dilations")
    )
    operations = cast("list[str]", attributes.get("fused_ops", {"list": {}})["list"].get("s", []))
    return {
        "padding": _text(attributes["padding"]).lower(),
        "strides": strides,
        "dilations": dilations,
        "activation": _ACTIVATIONS[tuple(_text({"s": operation}) for operation in operations)],
    }


def _resize(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a picture made twice as large, which is all that the graph's own arithmetic of sizes says."""
    return {
        "align_corners": bool(attributes["align_corners"]["b"]),
        "half_pixel_centers": bool(attributes["half_pixel_centers"]["b"]),
        "factor": 2,
    }
