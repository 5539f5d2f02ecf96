"""Keypoint files as further programs write them, by their public sources: each is the standing person, with its confidences."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.other_layouts import COCO_17, layouts_of
from tests.fitting_core.keypoints.documents import SIZE, STANDING, body, whole

_COCO = body(COCO_17)
_WITH_NECK = whole(layouts_of(134)[0])
_SHARE = 0.4  # the confidence of every point


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def _transformers() -> Any:
    import torch

    points = torch.tensor(_COCO[:, :2])
    return [
        [
            {
                "keypoints": points,
                "scores": torch.full((17,), _SHARE),
                "labels": torch.arange(17),
                "bbox": torch.zeros(4),
            }
        ]
    ]


_FILES: dict[str, Callable[[], Any]] = {
    "Ultralytics, results.to_json()": lambda: [
        {
            "name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 1.0, "y1": 2.0, "x2": 300.0, "y2": 900.0},
            "keypoints": {"x": _COCO[:, 0].tolist(), "y": _COCO[:, 1].tolist(), "visible": [_SHARE] * 17},
        }
    ],
    "MoveNet in JavaScript": lambda: [
        {
            "score": 0.8,
            "keypoints": [
                {"x": x, "y": y, "score": _SHARE, "name": name}
                for (x, y, _), name in zip(_COCO.tolist(), COCO_17.names, strict=True)
            ],
        }
    ],
    "PoseNet": lambda: {
        "score": 0.8,
        "keypoints": [
            {"part": _camel(name), "position": {"x": x, "y": y}, "score": _SHARE}
            for (x, y, _), name in zip(_COCO.tolist(), COCO_17.names, strict=True)
        ],
    },
    "OpenPifPaf": lambda: [
        {
            "keypoints": np.column_stack([_COCO[:, :2], np.full(17, _SHARE)]).reshape(-1).tolist(),
            "bbox": [1.0, 2.0, 3.0, 4.0], "score": 0.8, "category_id": 1,
        }
    ],
    "Transformers' ViTPose": _transformers,
    "DWPose's network": lambda: {"candidate": _WITH_NECK[None, :, :2].tolist(), "subset": [[_SHARE] * 134]},
}  # fmt: skip


@pytest.mark.parametrize("name", _FILES)
def test_the_standing_person(tmp_path: Path, name: str) -> None:
    value = _FILES[name]()
    path = tmp_path / "a"
    path.write_bytes(pickle.dumps(value) if name.startswith("Transformers") else json.dumps(value).encode())
    (person,) = read_keypoint_file(path, SIZE).people
    for joint in ("left_wrist", "right_knee", "nose", "right_ankle"):
        x, y, share = person.body[BODY_25.index(joint)]
        assert (x, y) == pytest.approx(STANDING[joint]) and share == pytest.approx(_SHARE)


def test_animals_are_named(tmp_path: Path) -> None:
    document = {"version": "ap10k", "animals": [[[1, 2, 1]] * 17], "canvas_width": 400, "canvas_height": 500}
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(KeypointFileError, match="the points of animals"):
        read_keypoint_file(tmp_path / "a.json", SIZE)


@pytest.mark.parametrize("folder", ["img", "images", "depth_masks"])
def test_a_frame_s_name_is_no_name_of_a_picture_s_numbers(tmp_path: Path, folder: str) -> None:
    frames = {
        f"{folder}/{number}.jpg": {"keypoints": _COCO[None], "scores": np.ones((1, 17))}
        for number in range(2)
    }
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(frames))
    assert read_keypoint_file(tmp_path / "a.pkl", SIZE).frame_count == 2
