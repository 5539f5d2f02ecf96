"""Blender shows what was fitted: the posed mesh to 0.1 mm, its picture through Blender's own camera to 0.1 px."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import SyntheticBody, photo_pixels, random_person, write_result

MAX_MM, MAX_PX = 0.1, 0.1


def turned(vector: tuple[float, float, float]) -> dict[str, np.ndarray]:
    """Somebody whose whole body is turned by `vector` in the camera frame."""
    return {**random_person(4), "global_orient": np.array(vector)}


CASES: dict[str, dict[str, Any]] = {
    "portrait": {},
    "pose correctives": {"body": SyntheticBody.make(with_posedirs=True)},
    "two people": {"people": [random_person(1), random_person(2, depth=4.5, sideways=0.9)]},
    "landscape, centre far off": {"image_size": (1920, 1080), "principal_point": (700.0, 900.0), "focal_px": 1500.0},
    "portrait, centre far off": {"principal_point": (-50.0, 1000.0)},
    "square, long lens": {"image_size": (500, 500), "principal_point": (250.0, 250.0), "focal_px": 9000.0,
                          "people": [random_person(3, depth=40.0)]},
    "upside down": {"people": [turned((0.01, 0.0, 0.0))]},
    "lying": {"people": [turned((2.2, 2.2, 0.1))]},
    "half turn exactly": {"people": [turned((np.pi, 0.0, 0.0))]},
    "no rotation at all": {"people": [{key: np.zeros_like(value) if "pose" in key or "orient" in key else value
                                      for key, value in random_person(5).items()}]},
    "shape beyond the sliders": {"people": [{**random_person(6), "betas": np.linspace(-9, 9, 10)}]},
    **{f"EXIF {orientation}": {"orientation": orientation} for orientation in range(2, 9)},
}  # fmt: skip


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_mesh_and_picture(
    bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, options: dict[str, Any]
) -> None:
    built = build(write_result(tmp_path / "fit", **options))
    measured = measure(bpy, built)
    print(f"\n{measured}")
    assert measured["mm"] < MAX_MM
    assert measured["px"] < MAX_PX
    assert measured["matrix px"] < MAX_PX
    assert abs(measured["lowest mm"]) < MAX_MM


def measure(bpy: ModuleType, built: Any) -> dict[str, float]:
    """Worst distance mesh to fit, worst distance in the picture (two ways of Blender's to project), height of the floor."""
    from smplify_blender.scene.figure.build import evaluated_vertices

    scene = bpy.context.scene
    depsgraph = bpy.context.evaluated_depsgraph_get()
    rows: dict[str, list[float]] = {"mm": [], "px": [], "matrix px": [], "lowest mm": []}
    for figure in built.figures:
        shown = evaluated_vertices(figure, depsgraph)
        fitted = figure.person.vertices.astype(np.float64)
        frame = built.world_from_camera
        rows["mm"].append(
            1000 * np.linalg.norm(shown - (fitted @ frame[:3, :3].T + frame[:3, 3]), axis=1).max()
        )
        rows["lowest mm"].append(1000 * shown[:, 2].min())
        wanted = pinhole(built, fitted)
        rows["px"].append(np.abs(project_by_view(scene, built.camera, shown) - wanted).max())
        rows["matrix px"].append(
            np.abs(project_by_matrix(scene, built.camera, depsgraph, shown) - wanted).max()
        )
    worst = {name: float(max(values)) for name, values in rows.items()}
    return {**worst, "lowest mm": float(min(rows["lowest mm"]))}


def pinhole(built: Any, points: np.ndarray) -> np.ndarray:
    """docs/result-files.md: u = focal_px · x / z + principal_point."""
    camera = built.photo_camera
    return camera.focal_px * points[:, :2] / points[:, 2:] + np.array(camera.principal_point)


def project_by_view(scene: Any, camera: Any, points: np.ndarray) -> np.ndarray:
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    width, height = scene.render.resolution_x, scene.render.resolution_y
    shares = np.array([world_to_camera_view(scene, camera, Vector(point))[:2] for point in points.tolist()])
    return np.column_stack([shares[:, 0] * width, (1 - shares[:, 1]) * height])


def project_by_matrix(scene: Any, camera: Any, depsgraph: Any, points: np.ndarray) -> np.ndarray:
    width, height = scene.render.resolution_x, scene.render.resolution_y
    projection = np.array(camera.calc_matrix_camera(depsgraph, x=width, y=height), dtype=np.float64)
    view = np.linalg.inv(np.array(camera.evaluated_get(depsgraph).matrix_world, dtype=np.float64))
    clip = np.column_stack([points, np.ones(len(points))]) @ (projection @ view).T
    shares = clip[:, :2] / clip[:, 3:] / 2 + 0.5
    return np.column_stack([shares[:, 0] * width, (1 - shares[:, 1]) * height])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_plate_is_the_upright_photo(build: Callable[..., Any], tmp_path: Path, orientation: int) -> None:
    plate = build(write_result(tmp_path / "fit", orientation=orientation)).plate
    width, height = plate.size
    shown = np.empty(width * height * 4, dtype=np.float32)
    plate.pixels.foreach_get(shown)
    shown = shown.reshape(height, width, 4)[::-1, :, :3]
    assert (width, height) == (600, 800)
    # JPEG rings at the corner's edge; anything turned the wrong way is off by far more
    assert np.abs(shown - photo_pixels((600, 800)) / 255).mean() < 0.01
    assert plate.packed_file is not None
    assert not plate.filepath and not plate.packed_files[0].filepath


def test_result_without_photo(build: Callable[..., Any], tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit")
    (folder / "photo.png").unlink()
    built = build(folder)
    assert built.plate is None
    assert not built.camera.data.show_background_images
