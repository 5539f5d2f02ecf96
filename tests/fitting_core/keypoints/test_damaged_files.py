"""Random damage to sound files: the reader gives keypoints without a NaN, or its own error, and nothing else."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import FittingError
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.layouts import COCO_18
from fitting_core.keypoints.people import choose_people, describe_people
from tests.fitting_core.keypoints.documents import SIZE, full_person, person

_SOUND: dict[str, Any] = {
    "openpose": {"version": 1.3, "people": [full_person(), person()]},
    "controlnet": [{"people": [person(COCO_18)], "canvas_width": 400, "canvas_height": 500}],
}
_ROUNDS = 150
_ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, float("nan"), float("inf"), "x", [], {}, [[]], [1], {"people": 3}, -0.0, 10**400,
)  # fmt: skip


def _read_or_refuse(path: Path) -> None:
    """Reading gives sound values or an error of ours."""
    try:
        found = read_keypoint_file(path, SIZE, 6)
        for somebody in found.people:
            points = somebody.stacked()
            assert np.isfinite(points).all()
            assert ((points[:, 2] >= 0) & (points[:, 2] <= 1)).all()
            assert not points[points[:, 2] == 0].any()
        assert describe_people(found.people)
        choose_people(found.people)
    except FittingError as error:
        assert str(error)


@pytest.mark.parametrize("name", _SOUND)
def test_cut_short_and_flipped_bytes(tmp_path: Path, name: str) -> None:
    data = json.dumps(_SOUND[name]).encode()
    chance = random.Random(2026)
    path = tmp_path / "a.json"
    for _ in range(_ROUNDS):
        damaged = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randrange(1, 6)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.choice(
                    b'0123456789eE+-.,:[]{}"ntf \xff\x00\\'
                )
        path.write_bytes(bytes(damaged))
        _read_or_refuse(path)


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a value."""
    if isinstance(value, dict):
        return [spot for key in value for spot in [(value, key), *_spots(value[key])]]
    if isinstance(value, list):
        return [spot for index in range(len(value)) for spot in [(value, index), *_spots(value[index])]]
    return []


@pytest.mark.parametrize("name", _SOUND)
def test_odd_values_anywhere(tmp_path: Path, name: str) -> None:
    chance = random.Random(7)
    path = tmp_path / "a.json"
    for _ in range(_ROUNDS):
        document = json.loads(json.dumps(_SOUND[name]))
        spots = _spots(document)
        # Half of the time near the top, where the structure is.
        container, key = chance.choice(spots[:8] if chance.random() < 0.5 else spots)
        container[key] = chance.choice(_ODD_VALUES)
        path.write_text(json.dumps(document), encoding="utf-8")
        _read_or_refuse(path)
