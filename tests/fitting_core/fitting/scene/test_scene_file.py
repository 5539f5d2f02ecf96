"""Scene files: read as written, and refused with the file, the fault and the next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fitting_core.arguments.scene_request import SceneRequest
from fitting_core.errors import SceneFileError
from fitting_core.fitting.scene.in_scene import requested_scene
from fitting_core.fitting.scene.scene_file import MOST_CORNERS, read_scene_file
from tests.scenes import box, floor, scene_entries, write_scene

Entries = dict[str, np.ndarray]
_THINGS = (floor(1.5), replace(box("Chair", [-0.2] * 3, [0.2] * 3, 0.1), is_person=True))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = read_scene_file(write_scene(tmp_path / "scene.npz", *_THINGS), None)
    assert [thing.name for thing in found] == ["floor", "Chair"]
    assert [thing.is_person for thing in found] == [False, True]
    for thing, written in zip(found, _THINGS, strict=True):
        np.testing.assert_allclose(thing.distances, written.distances, atol=1e-5)
        np.testing.assert_array_equal(thing.origin, written.origin)


def test_the_camera_file_places_a_scene_that_does_not_say_where_the_camera_is(tmp_path: Path) -> None:
    entries = scene_entries(*_THINGS)
    del entries["camera_from_scene"]
    path = tmp_path / "scene.npz"
    np.savez(path, **entries)  # type: ignore[arg-type]
    placed = np.eye(4)
    placed[2, 3] = 3.0
    np.testing.assert_array_equal(read_scene_file(path, placed)[0].camera_from_grid, placed)
    with pytest.raises(SceneFileError, match="--camera"):
        read_scene_file(path, None)


def test_a_file_without_people_has_things_only(tmp_path: Path) -> None:
    entries = scene_entries(*_THINGS)
    del entries["people"]
    np.savez(tmp_path / "scene.npz", **entries)  # type: ignore[arg-type]
    assert not any(thing.is_person for thing in read_scene_file(tmp_path / "scene.npz", None))


def _without(key: str) -> Callable[[Entries], Entries]:
    return lambda entries: {name: value for name, value in entries.items() if name != key}


def _with(key: str, value: object) -> Callable[[Entries], Entries]:
    return lambda entries: {**entries, key: np.asarray(value)}


def _broken(entries: Entries) -> Entries:
    return {**entries, "distances": np.where(np.arange(len(entries["distances"])) == 5, np.nan, 1.0)}


_SCALED = np.diag([2.0, 2.0, 2.0, 1.0])
_FAULTS: dict[str, tuple[Callable[[Entries], Entries], str]] = {
    "an entry is missing": (_without("sizes"), "sizes are missing"),
    "another version": (_with("scene_version", 9), "'scene_version' is 9"),
    "no name": (_with("names", np.array(["", "b"])), "is not 1 to 300 characters"),
    "a name twice": (_with("names", np.array(["a", "a"])), "two things are called 'a'"),
    "too many things": (_with("names", np.array([f"n{i}" for i in range(65)])), "1 to 64 texts"),
    "objects for names": (_with("names", np.array([1, 2])), "1 to 64 texts"),
    "fewer distances than sizes say": (_with("distances", np.ones(9)), "'distances' is"),
    "distances that are not finite": (_broken, "not finite"),
    "no cells": (_with("sizes", np.array([[1, 2, 2], [2, 2, 2]])), "has no cells"),
    "a negative size": (_with("sizes", np.array([[-2, 2, 2], [2, 2, 2]])), "has no cells"),
    "more corners than are read": (_with("sizes", np.full((2, 3), 10_000)), str(MOST_CORNERS)),
    "spacing of nothing": (_with("spacings", np.zeros((2, 3))), "'spacings'"),
    "origins of one thing": (_with("origins", np.zeros((1, 3))), "'origins'"),
    "people who are numbers": (_with("people", np.array([0, 1])), "'people' is"),
    "a person too many": (_with("people", np.ones(3, dtype=bool)), "'people' is"),
    "a place with a scale": (_with("camera_from_scene", _SCALED), "no rotation with a shift"),
}  # fmt: skip


@pytest.mark.parametrize("fault", _FAULTS)
def test_faults_are_named_with_the_file(fault: str, tmp_path: Path) -> None:
    change, words = _FAULTS[fault]
    path = tmp_path / "scene.npz"
    np.savez(path, **change(scene_entries(*_THINGS)))  # type: ignore[arg-type]
    with pytest.raises(SceneFileError) as problem:
        read_scene_file(path, None)
    assert str(path) in str(problem.value) and words in str(problem.value)
    assert "docs/scene.md" in str(problem.value)


def test_a_thing_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "scene.npz", *_THINGS)
    with pytest.raises(SceneFileError, match=r"no 'Sofa' in the scene.*floor, Chair"):
        requested_scene(SceneRequest(path, ("sit=Sofa",)), None)
    assert requested_scene(SceneRequest(), None) is None
