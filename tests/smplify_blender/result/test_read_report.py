"""The lens in summary.json: in millimetres for people, and refused where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_report import FocalEstimate, read_focal_estimate, read_focal_px

ESTIMATE = {"taken": True, "px": 1500.0, "likely_px": [1200.0, 1875.0], "guess_px": 1000.0}


def summary(folder: Path, **values: Any) -> Path:
    content = {"image_size": [900, 1200], "focal_px": 1500.0, "people": [], **values}
    (folder / "summary.json").write_text(json.dumps(content))
    return folder


def test_pixels_become_millimetres_along_the_longer_side(tmp_path: Path) -> None:
    found = read_focal_estimate(summary(tmp_path, focal_estimate=ESTIMATE))
    assert found == FocalEstimate(True, 45.0, 36.0, 56.25, 30.0)
    assert found.text == "Estimated lens: 45 mm (35-mm equivalent), likely 36 to 56 mm"
    kept = read_focal_estimate(summary(tmp_path, focal_estimate={**ESTIMATE, "taken": False}))
    assert kept is not None and "30 mm was kept" in kept.text


def test_not_asked_for(tmp_path: Path) -> None:
    assert read_focal_estimate(tmp_path) is None and read_focal_px(tmp_path) is None
    assert read_focal_estimate(summary(tmp_path)) is None and read_focal_px(tmp_path) == 1500.0
    for nonsense in ("long", 10**400, float("inf"), -1.0, None):
        assert read_focal_px(summary(tmp_path, focal_px=nonsense)) is None


DAMAGED: dict[str, dict[str, Any]] = {
    "no number": {"focal_estimate": {**ESTIMATE, "px": "much"}},
    "not finite": {"focal_estimate": {**ESTIMATE, "px": float("inf")}},
    "negative": {"focal_estimate": {**ESTIMATE, "guess_px": -1.0}},
    "one end": {"focal_estimate": {**ESTIMATE, "likely_px": [1.0]}},
    "key missing": {"focal_estimate": {"px": 3.0}},
    "no object": {"focal_estimate": 7},
    "no size": {"focal_estimate": ESTIMATE, "image_size": []},
    "beyond numbers": {"focal_estimate": {**ESTIMATE, "px": 10**400}},
    "size of nothing": {"focal_estimate": ESTIMATE, "image_size": [0, 0]},
}


@pytest.mark.parametrize("values", DAMAGED.values(), ids=DAMAGED)
def test_damaged(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(ResultError, match=r"summary\.json is damaged"):
        read_focal_estimate(summary(tmp_path, **values))


@pytest.mark.parametrize("content", ["[1, 2]", "7", "{", "[" * 100_000])
def test_no_summary_at_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "summary.json").write_text(content)
    with pytest.raises(ResultError, match=r"summary\.json is damaged"):
        read_focal_px(tmp_path)
