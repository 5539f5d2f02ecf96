"""A result of a camera whose place in a scene is known: figures and camera stand there, whichever axis the scene had up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_person, rotation_matrix, write_result
from tests.blender.test_import_matches_fit import pinhole, project_by_view

# World points of the file → Blender's, by the axis that is up there.
TURNS = {"z": (1, 2, 3), "y": (1, -3, 2), "-y": (1, 3, -2), "-z": (1, -2, -3)}


def turned(points: np.ndarray, up: str) -> np.ndarray:
    return np.column_stack([np.sign(axis) * points[:, abs(axis) - 1] for axis in TURNS[up]])


def known_world() -> np.ndarray:
    world = np.eye(4)
    world[:3, :3] = rotation_matrix(np.array([-1.4, 0.3, 0.2]))
    world[:3, 3] = (4.0, -2.0, 1.7)
    return world


@pytest.mark.parametrize("units", [1.0, 100.0])
@pytest.mark.parametrize("up", TURNS)
def test_figures_and_camera_stand_in_it(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, up: str, units: float
) -> None:
    from smplify_blender.scene.figure.build import evaluated_vertices

    bpy.context.scene.unit_settings.scale_length = 1.0 / units
    world = known_world()
    people = [random_person(1), random_person(2, depth=4.5, sideways=0.9)]
    folder = write_result(
        tmp_path / "fit",
        [{**person, "world_from_camera": world, "world_up": np.str_(up)} for person in people],
    )
    built = build(folder)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    np.testing.assert_allclose(
        np.array(built.camera.matrix_world.translation), units * turned(world[None, :3, 3], up)[0], rtol=1e-5
    )
    for figure in built.figures:
        fitted = figure.person.vertices.astype(np.float64)
        wanted = units * turned(fitted @ world[:3, :3].T + world[:3, 3], up)
        shown = evaluated_vertices(figure, depsgraph)
        assert np.abs(shown - wanted).max() < 1e-4 * units
        assert (
            np.abs(project_by_view(bpy.context.scene, built.camera, shown) - pinhole(built, fitted)).max()
            < 0.1
        )
        assert figure.armature.location.z == pytest.approx(shown[:, 2].min(), abs=1e-4 * units)


def test_imported_twice_both_stand_there_before_one_kind_of_camera(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path
) -> None:
    folder = write_result(tmp_path / "fit", [{**random_person(1), "world_from_camera": known_world()}])
    first, second = build(folder), build(folder)
    bpy.context.view_layer.update()
    assert first.camera.matrix_world == second.camera.matrix_world and len(bpy.data.cameras) == 1
    assert first.figures[0].armature.location == second.figures[0].armature.location


def test_pictures_show_them_there(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> None:
    """The tiles of the side picture lie under the feet, not at z = 0."""
    from smplify_blender.scene.pictures.render import write_side_picture

    def picture(folder: str, person: dict[str, Any]) -> np.ndarray:
        built = build(write_result(tmp_path / folder, [person]))
        write_side_picture(built, tmp_path / f"{folder}.png")
        image = bpy.data.images.load(str(tmp_path / f"{folder}.png"))
        return np.array(image.pixels).reshape(-1, 4)[:, :3]

    world = known_world()
    world[2, 3] = 30.0
    high = picture("high", {**random_person(1), "world_from_camera": world})
    plain = picture("plain", random_person(1))
    assert abs(high.mean() - plain.mean()) < 0.05 and abs(high.std() - plain.std()) < 0.05
