"""The cells that triangles cover, against a look at every cell."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.scene.texture import raster
from smplify_blender.scene.texture.raster import cells_covered

WIDTH, HEIGHT = 23, 17


def brute_force(corners: np.ndarray) -> set[tuple[int, int]]:
    """Cells and triangles, by the signs of three areas."""
    return {
        (row * WIDTH + column, number)
        for number, triangle in enumerate(corners)
        for row in range(HEIGHT)
        for column in range(WIDTH)
        if is_inside(triangle, np.array([column + 0.5, row + 0.5]))
    }


def is_inside(triangle: np.ndarray, point: np.ndarray) -> bool:
    first, second = np.roll(triangle, -1, axis=0) - triangle, point - triangle
    areas = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return bool((areas >= 0).all() or (areas <= 0).all())


@pytest.mark.parametrize("at_once", [1, 50, 2_000_000])
def test_every_covered_cell_is_found(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "CELLS_AT_ONCE", at_once)
    corners = np.random.default_rng(3).uniform(-6.0, 28.0, size=(30, 3, 2))
    found = cells_covered(corners, WIDTH, HEIGHT)
    assert set(zip(found.cells.tolist(), found.triangles.tolist(), strict=True)) == brute_force(corners)
    middles = np.column_stack([found.cells % WIDTH, found.cells // WIDTH]) + 0.5
    places = np.einsum("nc,ncx->nx", found.weights, corners[found.triangles])
    np.testing.assert_allclose(places, middles, atol=1e-5)


@pytest.mark.parametrize(
    "corners",
    [np.zeros((0, 3, 2)), np.full((1, 3, 2), 4.5), np.full((1, 3, 2), 900.0)],
    ids=["no triangle", "no area", "far outside"],
)
def test_nothing_is_covered(corners: np.ndarray) -> None:
    assert not len(cells_covered(corners, WIDTH, HEIGHT).cells)
