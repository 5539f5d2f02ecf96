"""The networks' files: the decoder on files made here, and what the published package gives today."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tools.build_eyes import packages
from tools.build_eyes.flatbuffer import root_table
from tools.build_eyes.tflite import read_network
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
@pytest.mark.parametrize("name", packages.NETWORKS)
def test_the_tool_writes_what_lies_in_the_repository(archive: Path, name: str) -> None:
    _, inside = packages.NETWORKS[name]
    assert packed(read_network(packages.file_in(archive, inside))) == (DATA / f"{name}.npz").read_bytes()


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
