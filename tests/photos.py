"""Made-up photos with known answers for tests: a plain picture and an OpenPose file of a posed open body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.cases import IMAGE_SIZE, Case, make_cases
from fitting_core.body_model.model_file import load_body_model
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25, BODY_25B


@lru_cache
def synthetic_case(number: int = 0) -> Case:
    """One of the benchmark's cases, posed from the shipped prior; its arrays are read-only, since all tests share it."""
    case = make_cases(load_body_model(), None, number + 1, own_bones=True)[number]
    for array in _arrays((case.subject, case.truth, case.points, case.vertices)):
        array.flags.writeable = False
    return case


def _arrays(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _arrays(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _arrays(getattr(value, field.name))


def openpose_person(keypoints: Keypoints2D) -> dict[str, object]:
    """A person as OpenPose 1.3 writes one."""
    return {
        "person_id": [-1],
        "pose_keypoints_2d": np.round(keypoints.body, 3).reshape(-1).tolist(),
        "face_keypoints_2d": np.round(keypoints.face, 3).reshape(-1).tolist(),
        "hand_left_keypoints_2d": np.round(keypoints.left_hand, 3).reshape(-1).tolist(),
        "hand_right_keypoints_2d": np.round(keypoints.right_hand, 3).reshape(-1).tolist(),
    }


def write_photo(folder: Path, people: list[Keypoints2D], name: str = "photo") -> tuple[Path, Path]:
    """Write NAME.png and NAME_keypoints.json and return their paths."""
    photo, keypoints = folder / f"{name}.png", folder / f"{name}_keypoints.json"
    Image.new("RGB", IMAGE_SIZE, (120, 130, 140)).save(photo)
    document = {"version": 1.3, "people": [openpose_person(person) for person in people]}
    keypoints.write_text(json.dumps(document), encoding="utf-8")
    return photo, keypoints


def as_body_25b(keypoints: Keypoints2D) -> Keypoints2D:
    """Return keypoints whose 25 body rows stand in BODY_25B's order, those that it alone has unseen."""
    body = np.zeros((25, 3))
    for index, name in enumerate(BODY_25B.names):
        if name in BODY_25.indices:
            body[index] = keypoints.body[BODY_25.index(name)]
    return replace(keypoints, body=body)
