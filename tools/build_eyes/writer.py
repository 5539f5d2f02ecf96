"""A decoded network to a file of plain arrays that fitting_core.eyes.graph reads."""

from __future__ import annotations

import io
import json

import numpy as np

from tools.build_eyes.tflite import Network

FORMAT_VERSION = 1


def packed(network: Network) -> bytes:
    """Return the bytes of the .npz: the same network always gives the same ones.

    Tensors are numbered anew in the order of the nodes; weights keep the precision of the published file.
    """
    numbers: dict[int, int] = {}
    for node in network.nodes:
        for tensor in (*node.inputs, *node.outputs):
            numbers.setdefault(tensor, len(numbers))
    graph = {
        "version": FORMAT_VERSION,
        "input": numbers[next(iter(network.inputs.values()))],
        "side": network.input_shape[1],
        "outputs": {name: numbers[tensor] for name, tensor in network.outputs.items()},
        "nodes": [
            {
                "operator": node.operator,
                "inputs": [numbers[tensor] for tensor in node.inputs],
                "output": numbers[node.outputs[0]],
                "settings": node.settings,
            }
            for node in network.nodes
        ],
    }
    description = np.frombuffer(json.dumps(graph, separators=(",", ":")).encode("utf-8"), dtype=np.uint8)
    constants = sorted((numbers[tensor], value) for tensor, value in network.constants.items())
    file = (
        io.BytesIO()
    )  # 16-bit weights hardly pack: stored as they are, they are read in a third of the time
    np.savez(file, **{"graph": description, **{str(number): value for number, value in constants}})
    return file.getvalue()
