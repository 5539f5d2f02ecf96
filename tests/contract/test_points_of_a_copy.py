"""Keypoints of a copy of the photo in another size: the fit is never called good."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.results.faults import ANOTHER_SIZE

_DEMO = Path(__file__).parents[2] / "docs" / "demo"


@pytest.mark.parametrize(("scale", "is_doubted"), [(0.9, True), (1.0, False)])
def test_the_word_says_so(tmp_path: Path, scale: float, is_doubted: bool) -> None:
    document = json.loads((_DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))
    points = np.array(document["people"][0]["pose_keypoints_2d"]).reshape(-1, 3) * [scale, scale, 1.0]
    keypoints = tmp_path / "points.json"
    keypoints.write_text(json.dumps({"people": [{"pose_keypoints_2d": points.reshape(-1).tolist()}]}))
    folder = tmp_path / "out"
    assert main(["fit", str(_DEMO / "demo_photo.jpg"), str(keypoints), "--out", str(folder)]) == 0
    (found,) = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["people"]
    assert (ANOTHER_SIZE in found["reasons"]) == is_doubted
    assert not (is_doubted and found["quality"] == "good")
