"""Cameras that a user gives: principal points, camera files sound and wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.arguments.request import CameraRequest, FocalRequest
from fitting_core.errors import CameraFileError, RequestError
from fitting_core.photo.camera import photo_camera
from fitting_core.photo.camera_file import read_camera_file
from fitting_core.photo.header import PhotoHeader

_SIZE = (800, 1000)
_GOOD: dict[str, Any] = {"fx": 1100, "fy": 1100.5, "cx": 410, "cy": 490.5, "width": 800, "height": 1000}
_K = {"K": [[1100, 0, 410], [0, 1100.5, 490.5], [0, 0, 1]], "width": 800, "height": 1000}
# A quarter turn about y, then 3 m away: the camera stands on the world's −x side.
_QUARTER = [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
_PLACED = _GOOD | {"R": _QUARTER, "t": [0.5, 0.25, 3.0]}


def _header() -> PhotoHeader:
    return PhotoHeader(_SIZE, _SIZE, 1, None, None, ".png")


def _written(folder: Path, value: object) -> Path:
    path = folder / "camera.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "values", [_GOOD, _K, _GOOD | {"note": "made by a person"}], ids=["numbers", "K", "more keys"]
)
def test_both_forms_say_the_same(values: dict[str, Any], tmp_path: Path) -> None:
    found = read_camera_file(_written(tmp_path, values), _SIZE)
    assert found.focal_px == pytest.approx(1100.25, abs=0.01)
    np.testing.assert_array_equal(found.principal_point, [410, 490.5])
    assert found.world_from_camera is None


def test_the_place_in_the_world_is_inverted(tmp_path: Path) -> None:
    found = read_camera_file(_written(tmp_path, _PLACED), _SIZE)
    assert found.world_from_camera is not None
    world = np.array([0.3, -0.2, 1.5])
    camera = np.array(_QUARTER) @ world + np.array([0.5, 0.25, 3.0])
    np.testing.assert_allclose((found.world_from_camera @ np.append(camera, 1.0))[:3], world, atol=1e-12)


def test_a_rounded_rotation_becomes_one(tmp_path: Path) -> None:
    c, s = np.cos(0.3).round(3), np.sin(0.3).round(3)
    values = _GOOD | {"R": [[c, -s, 0], [s, c, 0], [0, 0, 1]], "t": [0, 0, 0]}
    found = read_camera_file(_written(tmp_path, values), _SIZE).world_from_camera
    assert found is not None
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-12)


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in _GOOD.items() if name != key}


_WRONG: dict[str, tuple[object, str]] = {
    "no json": ("fx = 1100", "not valid JSON"),
    "a list": ([1, 2], "no JSON object"),
    "deep": ("[" * 100_000, "nested more than 64 deep"),
    "no fx": (_without("fx"), "'fx' is missing"),
    "no size": (_without("width"), "'width' is missing"),
    "text for a number": (_GOOD | {"fx": "1100"}, "'fx' is not a number"),
    "true for a number": (_GOOD | {"cx": True}, "'cx' is not a number"),
    "not finite": (_GOOD | {"cx": float("nan")}, "'cx' is not a number"),
    "a huge integer": (_GOOD | {"cx": 10**400}, "'cx' is not a number"),
    "negative": (_GOOD | {"fx": -1100, "fy": -1100}, "must be positive"),
    "long pixels": (_GOOD | {"fy": 1200}, "differ by more than 0.1 %"),
    "another size": (_GOOD | {"width": 1600, "height": 2000}, "1600 × 2000 px.*800 × 1000"),
    "on its side": (_GOOD | {"width": 1000, "height": 800}, "1000 × 800"),
    "both forms": (_GOOD | _K, "both K and fx"),
    "K of two rows": (_K | {"K": [[1, 0, 0], [0, 1, 0]]}, "'K' is not 3 × 3 numbers"),
    "ragged K": (_K | {"K": [[1, 0], [0, 1, 0], [0, 0, 1]]}, "'K' is not 3 × 3 numbers"),
    "skewed K": (_K | {"K": [[1100, 20, 410], [0, 1100, 490], [0, 0, 1]]}, "skewed"),
    "transposed K": (_K | {"K": [[1100, 0, 0], [0, 1100, 0], [410, 490, 1]]}, "K is not"),
    "R without t": (_GOOD | {"R": _QUARTER}, "'t' is missing"),
    "t without R": (_GOOD | {"t": [0, 0, 1]}, "'R' is missing"),
    "scaled R": (_PLACED | {"R": [[2, 0, 0], [0, 2, 0], [0, 0, 2]]}, "no rotation"),
    "mirroring R": (_PLACED | {"R": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, "it mirrors"),
    "t of two": (_PLACED | {"t": [0, 1]}, "'t' is not 3 numbers"),
    "too long": (" " * (2**20 + 1), "at most 1.05 MB"),
}


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_files_say_why(name: str, tmp_path: Path) -> None:
    value, words = _WRONG[name]
    with pytest.raises(CameraFileError, match=words) as caught:
        read_camera_file(_written(tmp_path, value), _SIZE)
    assert "camera.json" in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(CameraFileError, match=r"there is no such camera file|it is a folder"):
            read_camera_file(path, _SIZE)


def test_the_middle_unless_told_otherwise() -> None:
    assert photo_camera(_header(), FocalRequest(), CameraRequest()).principal_point.tolist() == [400, 500]
    found = photo_camera(_header(), FocalRequest(px=900.0), CameraRequest(principal_point=(300.0, 520.5)))
    assert found.principal_point.tolist() == [300, 520.5]
    assert found.focal.px == 900


def test_a_camera_file_says_it_all(tmp_path: Path) -> None:
    path = _written(tmp_path, _PLACED)
    found = photo_camera(_header(), FocalRequest(), CameraRequest(file=path))
    assert found.focal.px == pytest.approx(1100.25, abs=0.01)
    assert "camera.json" in found.focal.source
    assert found.world_from_camera is not None


@pytest.mark.parametrize("up", [None, "z", "y", "-y", "-z"])
def test_which_way_is_up_in_the_scene(tmp_path: Path, up: str | None) -> None:
    path = _written(tmp_path, _PLACED if up is None else {**_PLACED, "up": up})
    assert photo_camera(_header(), FocalRequest(), CameraRequest(file=path)).world_up == (up or "z")


@pytest.mark.parametrize("up", ["x", "Z", "", 2, ["z"], None])
def test_no_such_way_up(tmp_path: Path, up: object) -> None:
    with pytest.raises(CameraFileError, match="axis that points up: z, y, -y, -z"):
        read_camera_file(_written(tmp_path, {**_PLACED, "up": up}), _SIZE)


_IMPOSSIBLE = {
    "far left": CameraRequest(principal_point=(-5000.0, 500.0)),
    "far below": CameraRequest(principal_point=(400.0, 2500.0)),
}


@pytest.mark.parametrize("name", _IMPOSSIBLE)
def test_impossible_principal_points(name: str) -> None:
    with pytest.raises(RequestError, match=r"--principal-point.*outside the photo of 800 × 1000"):
        photo_camera(_header(), FocalRequest(), _IMPOSSIBLE[name])


def test_impossible_values_of_a_camera_file(tmp_path: Path) -> None:
    for change, words in (({"cx": 9e9}, "principal point"), ({"fx": 1e9, "fy": 1e9}, "not one of a lens")):
        path = _written(tmp_path, _GOOD | change)
        with pytest.raises(RequestError, match=words):
            photo_camera(_header(), FocalRequest(), CameraRequest(file=path))
