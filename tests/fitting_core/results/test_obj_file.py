"""OBJ files as other programs read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.results.obj_file import obj_bytes

_VERTICES = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0.1234567], [0, 1, -2]], dtype=np.float32)


@pytest.mark.parametrize(
    ("faces", "lines"),
    [
        ([[0, 1, 2], [0, 2, 3]], ["f 1 2 3", "f 1 3 4"]),
        ([[0, 1, 2, 3]], ["f 1 2 3 4"]),
        ([[0, 1, 2, 3], [1, 2, 3, 3]], ["f 1 2 3 4", "f 2 3 4"]),
    ],
    ids=["triangles", "quads", "quads and a triangle"],
)
def test_faces_count_from_one(tmp_path: Path, faces: list[list[int]], lines: list[str]) -> None:
    path = tmp_path / "a.obj"
    path.write_bytes(obj_bytes(_VERTICES, np.array(faces, dtype=np.int32)))
    written = path.read_text().splitlines()
    assert written[:4] == [
        "v 0.000000 0.000000 0.000000", "v 1.000000 0.000000 0.000000",
        "v 1.000000 1.000000 0.123457", "v 0.000000 1.000000 -2.000000",
    ]  # fmt: skip
    assert written[4:] == lines
