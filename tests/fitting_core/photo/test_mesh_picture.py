"""The rasteriser: where a mesh lands, what hides what, how it is lit, and that nothing near or mad breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.photo.mesh_picture import NEAREST_DEPTH_M, PinholeCamera, draw_mesh, paint_mesh
from tests.fitting_core.photo.shapes import ball, square

_SIZE = (200, 160)
_CAMERA = PinholeCamera(100.0, np.array([100.0, 80.0]))
_TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])


def test_projection_is_that_of_the_result_files() -> None:
    pixels = _CAMERA.project(np.array([[0.5, -0.25, 2.0], [0.0, 0.0, 0.01]]))
    assert pixels[0].tolist() == [125.0, 67.5]
    assert np.isnan(pixels[1]).all()


def test_a_square_covers_exactly_its_pixels() -> None:
    vertices, triangles = square(left=0.2, right=0.6, top=0.1, bottom=0.3, depth=1.0)
    picture = draw_mesh(vertices, triangles, _CAMERA, _SIZE)
    expected = np.zeros((160, 200), dtype=bool)
    expected[90:110, 120:160] = True  # x to the right, y down
    np.testing.assert_array_equal(np.isfinite(picture.depth), expected)
    np.testing.assert_allclose(picture.depth[expected], 1.0, rtol=1e-6)
    assert picture.rgb[expected].min() > 0
    assert picture.rgb[~expected].max() == 0


def test_depth_is_perspective() -> None:
    """A wall that runs from 1 m to 3 m: at its middle pixel 1/z is the mean, so z is 1.5 m and not 2."""
    vertices = np.array([[-0.5, -0.5, 1.0], [1.5, -1.5, 3.0], [1.5, 1.5, 3.0], [-0.5, 0.5, 1.0]])
    picture = draw_mesh(vertices, _TRIANGLES, _CAMERA, _SIZE)
    assert picture.depth[80, 100] == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("swap", [False, True], ids=["near first", "near last"])
def test_the_nearer_surface_hides_the_farther(swap: bool) -> None:
    near, triangles = square(-0.2, 0.2, -0.2, 0.2, 1.0)
    far, _ = square(-1.0, 1.0, -1.0, 1.0, 2.0)
    vertices = np.concatenate([far, near] if swap else [near, far])
    picture = draw_mesh(vertices, np.concatenate([triangles, triangles + 4]), _CAMERA, _SIZE)
    assert picture.depth[80, 100] == pytest.approx(1.0)
    assert picture.depth[80, 60] == pytest.approx(2.0)


def test_crossing_surfaces_hide_each_other_where_they_are_nearer() -> None:
    tilted = np.array([[-1.0, -0.5, 1.0], [1.0, -0.5, 2.0], [1.0, 0.5, 2.0], [-1.0, 0.5, 1.0]])
    flat, triangles = square(-1.0, 1.0, -0.5, 0.5, 1.5)
    picture = draw_mesh(
        np.concatenate([tilted, flat]), np.concatenate([triangles, triangles + 4]), _CAMERA, _SIZE
    )
    assert picture.depth[80, 60] < 1.5
    assert picture.depth[80, 140] == pytest.approx(1.5)


def test_light_comes_from_the_upper_left_and_shading_is_smooth() -> None:
    vertices, triangles = ball(3)
    camera = PinholeCamera(300.0, np.array([100.0, 80.0]))
    picture = draw_mesh(vertices * 0.2 + [0, 0, 1.0], triangles, camera, _SIZE)
    red = picture.rgb[..., 0].astype(int)
    assert red[60, 80] > red[100, 120] + 50
    row = red[80, 60:140]
    assert np.abs(np.diff(row)).max() <= 8


def test_vertices_colours_are_mixed_in_space_and_unshaded() -> None:
    """Half-way between a near and a far corner lies nearer to the far one in the picture."""
    near, far = 1.0, 3.0
    vertices = np.array([[-1.0, -1.0, near], [-1.0, 1.0, near], [1.0, -1.0, far], [1.0, 1.0, far]])
    triangles = np.array([[0, 1, 2], [2, 1, 3]])
    colours = np.array([[0.0, 10.0, 0.0], [0.0, 10.0, 0.0], [200.0, 10.0, 0.0], [200.0, 10.0, 0.0]])
    camera = PinholeCamera(30.0, np.array([40.0, 40.0]))
    painted = paint_mesh(vertices, triangles, colours, camera, (80, 80))
    np.testing.assert_array_equal(painted.depth, draw_mesh(vertices, triangles, camera, (80, 80)).depth)
    row = painted.rgb[40]
    there = np.isfinite(painted.depth[40])
    depth = painted.depth[40][there]
    np.testing.assert_allclose(row[there, 0], 200.0 * (depth - near) / (far - near), atol=1.5)
    assert np.all(row[there, 1] == 10) and not row[~there].any()


def test_the_back_of_a_triangle_is_lit_like_its_front() -> None:
    vertices, triangles = square(-0.5, 0.5, -0.5, 0.5, 1.0)
    front = draw_mesh(vertices, triangles, _CAMERA, _SIZE)
    back = draw_mesh(vertices, triangles[:, ::-1], _CAMERA, _SIZE)
    np.testing.assert_array_equal(front.rgb, back.rgb)


def test_no_holes_between_triangles() -> None:
    vertices, triangles = ball(4)
    camera = PinholeCamera(300.0, np.array([100.0, 80.0]))
    drawn = np.isfinite(draw_mesh(vertices * 0.2 + [0.003, 0.001, 1.0], triangles, camera, _SIZE).depth)
    for row in drawn[drawn.any(axis=1)]:
        columns = np.flatnonzero(row)
        assert len(columns) == columns[-1] - columns[0] + 1
    radius = 300.0 * 0.2 / np.sqrt(1 - 0.2**2)
    assert drawn.sum() == pytest.approx(np.pi * radius**2, rel=0.02)


def test_large_meshes_are_drawn_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    vertices, triangles = ball(3)
    vertices = vertices * 0.4 + [0.1, 0.1, 1.0]
    whole = draw_mesh(vertices, triangles, _CAMERA, _SIZE)
    monkeypatch.setattr("fitting_core.photo.mesh_picture._FRAGMENTS_AT_ONCE", 500)
    parts = draw_mesh(vertices, triangles, _CAMERA, _SIZE)
    np.testing.assert_array_equal(whole.depth, parts.depth)


_BALL, _FACES = ball(1)


@pytest.mark.parametrize(
    "vertices",
    [
        _BALL - [0, 0, 3.0],
        _BALL * [1.0, 1.0, NEAREST_DEPTH_M / 2],
        _BALL * np.nan,
        np.where(np.arange(len(_BALL))[:, None] % 5 == 0, np.inf, _BALL + np.array([0, 0, 3.0])),
        _BALL * 1e9 + [0, 0, 2e9],
        _BALL * 0.0 + [0, 0, 1.0],
        _BALL + np.array([500.0, 0, 3.0]),
        _BALL,
    ],
    ids=[
        "behind",
        "too near",
        "NaN",
        "some infinite",
        "enormous",
        "one point",
        "beside",
        "around the camera",
    ],
)
def test_meshes_that_cannot_be_seen_or_trusted(vertices: np.ndarray) -> None:
    picture = draw_mesh(vertices.astype(np.float32), _FACES, _CAMERA, _SIZE)
    assert picture.rgb.shape == (160, 200, 3)
    assert (picture.depth > 0).all()


def test_no_triangles_is_an_empty_picture() -> None:
    picture = draw_mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=int), _CAMERA, _SIZE)
    assert not picture.rgb.any()
