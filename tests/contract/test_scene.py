"""A scene on the real command line: what the files say of contact, both ways of asking, a refit, and everybody on one floor."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.arguments.request import FitRequest
from fitting_core.arguments.request_fields import decoded
from fitting_core.cli import main
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.fit_photo import fit_photo
from smplify_blender.result.read_result import read_result
from tests.photos import synthetic_case, write_photo
from tests.scenes import floor, write_scene


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Photo, keypoints and a scene whose floor is 10 % lower than the fit thinks."""
    folder = tmp_path_factory.mktemp("scene")
    photo, keypoints = write_photo(folder, [synthetic_case(0).subject.keypoints])
    assert main(["fit", str(photo), str(keypoints), "--out", str(folder / "alone"), "--no-overlay"]) == 0
    lowest = float(_entries(folder / "alone")["vertices"][:, 1].max())
    return photo, keypoints, write_scene(folder / "room.npz", floor(1.1 * lowest))


def _entries(out: Path, name: str = "person_00.npz") -> dict[str, np.ndarray]:
    with np.load(out / name, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def _person(out: Path) -> dict[str, Any]:
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))["people"][0]


def test_a_named_contact_is_met_and_told(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    photo, keypoints, scene = files
    out = tmp_path / "out"
    words = ["--no-overlay", "--scene", str(scene), "--contact", "stand=floor", "--no-contact", "found"]
    assert main(["fit", str(photo), str(keypoints), "--out", str(out), *words]) == 0
    met = _person(out)["scene"]
    (contact,) = met["contacts"]
    assert (contact["part"], contact["thing"], contact["named"]) == ("stand", "floor", True)
    assert abs(contact["gap_mm"]) < 15 and met["depth_mm"] < 20
    assert (
        read_result(out).people[0].vertices[:, 2].mean()
        > 1.05 * _entries(photo.parent / "alone")["vertices"][:, 2].mean()
    )

    again = tmp_path / "again"
    fields = {
        "photo": str(photo), "keypoints": str(keypoints), "folder": str(again), "start": str(out / "person_00.npz"),
        "write_overlay": False, "scene": {"file": str(scene), "contacts": ["stand=floor"]},
    }  # fmt: skip
    fit_photo(decoded(FitRequest, fields), JsonMessenger(io.StringIO()))
    found = _entries(again)["vertices"] - _entries(out)["vertices"]
    assert np.abs(found).mean() < 0.02  # a refit stays where the fit was


def test_everybody_meets_one_scene(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, _, scene = files
    people = [synthetic_case(number).subject.keypoints for number in (0, 1)]
    photo, keypoints = write_photo(tmp_path, people)
    out = tmp_path / "out"
    words = ["--person", "all", "--no-overlay", "--scene", str(scene), "--contact", "stand=floor"]
    assert main(["fit", str(photo), str(keypoints), "--out", str(out), *words]) == 0
    people_found = json.loads((out / "summary.json").read_text(encoding="utf-8"))["people"]
    assert len(people_found) == 2
    for person in people_found:
        assert "stand" in {contact["part"] for contact in person["scene"]["contacts"]}


def test_a_damaged_scene_leaves_nothing_behind(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    photo, keypoints, _ = files
    scene = tmp_path / "room.npz"
    scene.write_bytes(b"PK\x03\x04 no archive")
    assert (
        main(["fit", str(photo), str(keypoints), "--out", str(tmp_path / "out"), "--scene", str(scene)]) == 14
    )
    assert not (tmp_path / "out").exists()
