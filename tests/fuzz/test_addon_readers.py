"""Every reader of the add-on against files with faults in their structure; `make fuzz CASES=100000` runs long."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smplify_blender.keypoints.sources import read_fitted_keypoints
from smplify_blender.result import read_body
from smplify_blender.result.bounded_file import BUDGET_BYTES, read_bytes
from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_motion import read_motion
from smplify_blender.result.read_report import read_focal_estimate, read_focal_px, read_report
from smplify_blender.result.read_result import read_result
from smplify_blender.result.read_sequence import read_sequence
from smplify_blender.result.safe_npz import ArraySpec, NpzReader
from tests.blender.synthetic_result import (
    SyntheticBody,
    random_motion,
    random_person,
    write_motion,
    write_result,
    write_sequence,
)
from tests.fuzz import json_files, npz_files
from tests.fuzz.attempt import Reader, fuzz

_SUMMARY = {
    "status": "done",
    "image_size": [900, 1200],
    "focal_px": 1500.0,
    "focal_estimate": {"taken": True, "px": 1500.0, "likely_px": [1200.0, 1875.0], "guess_px": 1000.0},
    "people": [
        {
            "file": "person_00.npz",
            "quality": "good",
            "reasons": ["a reason"],
            "takes": ["person_00_take_1.npz"],
            "number_in_keypoint_file": 0,
            "size_px": 800.0,
        }
    ],
}
_SPECS = {
    "points": ArraySpec("f", ("V", 3)),
    "count": ArraySpec("i"),
    "names": ArraySpec("U", ("J",), max_itemsize=80),
    "more": ArraySpec("f", ("V",), optional=True, nan_allowed=True),
}


def _read_npz(path: Path) -> None:
    reader = NpzReader(read_bytes(path), path.name, {}, {"V": 10**9, "J": 10**9})
    for key, spec in _SPECS.items():
        array = reader.read(key, spec)
        if array is not None and spec.kind == "U":
            assert all(str(text).isprintable() is not None for text in array.ravel())


def _arrays(path: Path) -> dict[str, Any]:
    with np.load(path) as data:
        return dict(data)


def test_arrays(tmp_path: Path) -> None:
    arrays = {
        "points": np.zeros((4, 3), np.float32),
        "count": 7,
        "names": np.array(["a", "grüße"]),
        "more": np.zeros(4, ">f8"),
    }
    reader = Reader(_read_npz, ResultError, BUDGET_BYTES)
    fuzz(reader, tmp_path / "attack.npz", lambda chance: npz_files.mutated(arrays, chance), "add-on, arrays")


def _forgetting(read: Callable[[Path], object]) -> Callable[[Path], object]:
    """The reader of a folder, as in a new Blender: no body is remembered."""

    def forgetful(path: Path) -> object:
        read_body._kept.clear()
        return read(path.parent)

    return forgetful


@pytest.mark.parametrize("name", ["body.npz", "body_female.npz", "person_00.npz"])
def test_result_folder(name: str, tmp_path: Path) -> None:
    female = SyntheticBody.make(8, gender="female")
    folder = write_result(tmp_path / "fit", [random_person(1), random_person(2)], others={1: female})
    arrays = _arrays(folder / name)
    reader = Reader(_forgetting(read_result), ResultError, 2 * BUDGET_BYTES)
    fuzz(reader, folder / name, lambda chance: npz_files.mutated(arrays, chance), f"add-on, {name}")


def test_motion(tmp_path: Path) -> None:
    folder = write_motion(tmp_path / "motion", random_motion(3))
    arrays = _arrays(folder / "motion.npz")
    reader = Reader(_forgetting(read_motion), ResultError, 2 * BUDGET_BYTES)
    fuzz(
        reader, folder / "motion.npz", lambda chance: npz_files.mutated(arrays, chance), "add-on, motion.npz"
    )


def test_sequence(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "clip", [random_motion(3)])
    name = "person_00_motion.npz"
    arrays = _arrays(folder / name)
    reader = Reader(_forgetting(read_sequence), ResultError, 2 * BUDGET_BYTES)
    fuzz(reader, folder / name, lambda chance: npz_files.mutated(arrays, chance), f"add-on, {name}")


def test_fitted_keypoints(tmp_path: Path) -> None:
    arrays = {"keypoints": np.zeros((137, 3))}
    reader = Reader(read_fitted_keypoints, ResultError, BUDGET_BYTES)
    fuzz(
        reader,
        tmp_path / "person_00.npz",
        lambda chance: npz_files.mutated(arrays, chance),
        "add-on, keypoints",
    )


def _read_reports(path: Path) -> None:
    """All three readers of a summary, each of which has to hold alone."""
    refusals = []
    for read in (
        lambda: read_report(path.parent, "person_00.npz", np.full(137, 5.0)),
        lambda: read_focal_estimate(path.parent),
        lambda: read_focal_px(path.parent),
    ):
        try:
            read()
        except ResultError as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]


def test_report(tmp_path: Path) -> None:
    reader = Reader(_read_reports, ResultError, BUDGET_BYTES)
    fuzz(
        reader,
        tmp_path / "summary.json",
        lambda chance: json_files.mutated(_SUMMARY, chance),
        "add-on, summary",
    )


def test_the_generators_repeat_themselves() -> None:
    first, second = (npz_files.mutated({"a": np.zeros(3)}, random.Random("seed")) for _ in range(2))
    assert first[-30:-22] == second[-30:-22] and len(first) == len(second)
    assert json_files.mutated(_SUMMARY, random.Random("seed")) == json_files.mutated(
        _SUMMARY, random.Random("seed")
    )
