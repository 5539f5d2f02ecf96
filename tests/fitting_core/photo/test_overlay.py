"""The overlay: upright, scaled, in place, whole or not there."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.errors import PhotoError
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.mesh_picture import PinholeCamera
from fitting_core.photo.overlay import LONGEST_SIDE_PX, Figure, draw_overlay, overlay_png
from tests.fitting_core.photo.pictures import UPRIGHT_SIZE, stored_picture, upright_picture
from tests.fitting_core.photo.shapes import ball, square


def _overlay(photo: Path, *figures: Figure, focal_px: float = 100.0) -> np.ndarray:
    header = read_photo_header(photo)
    camera = PinholeCamera(focal_px, np.array(header.size) / 2.0)
    out = photo.with_name("overlay.png")
    out.write_bytes(overlay_png(photo, header, figures, camera))
    with Image.open(out) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path: Path, form: str, orientation: int) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(stored_picture(form, orientation))
    picture = _overlay(photo)
    expected = np.asarray(upright_picture()).astype(int)
    assert picture.shape == expected.shape
    for y, x in ((20, 30), (20, 90), (60, 30), (60, 90)):
        np.testing.assert_allclose(picture[y, x], expected[y, x], atol=25)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_kind_of_pixel(tmp_path: Path, mode: str) -> None:
    photo = tmp_path / "photo"
    if mode == "I;16":
        grey = np.full((80, 120), 200 << 8, dtype=np.uint16)
        grey[:40, :60] = 20 << 8
        Image.fromarray(grey).save(photo, format="PNG")
    else:
        picture = Image.new("L", UPRIGHT_SIZE, 200)
        picture.paste(20, (0, 0, 60, 40))
        picture.convert(mode).save(photo, format="TIFF" if mode == "CMYK" else "PNG")
    found = _overlay(photo)
    assert found[20, 30].max() < 60
    assert found[60, 90].min() > 150


@pytest.mark.parametrize("size", [(3200, 1000), (1000, 3201), (1601, 1601), (1600, 20)])
def test_large_photos_are_scaled_down(tmp_path: Path, size: tuple[int, int]) -> None:
    photo = tmp_path / "photo.jpg"
    upright_picture(size).save(photo)
    # A square from a tenth to two tenths of the longer side right of and below the middle.
    longer = max(size)
    vertices, triangles = square(0.1, 0.2, -0.05, 0.05, 1.0)
    picture = _overlay(photo, Figure(vertices, triangles), focal_px=float(longer))
    height, width = picture.shape[:2]
    assert max(width, height) <= LONGEST_SIDE_PX
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)
    plain = _overlay(photo)
    if size[0] >= longer:
        changed = np.abs(picture - plain).sum(axis=2) > 60
        assert np.flatnonzero(changed.any(axis=0))[[0, -1]] == pytest.approx(
            [0.6 * width, 0.7 * width], abs=2
        )


def test_the_nearer_of_two_people_is_in_front(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", UPRIGHT_SIZE).save(photo)
    vertices, triangles = ball(2)
    near, far = vertices * 0.2 + [0, 0, 1.0], vertices * 0.8 + [0, 0, 3.0]
    first = _overlay(photo, Figure(near, triangles), Figure(far, triangles))
    alone = _overlay(photo, Figure(near, triangles))
    np.testing.assert_array_equal(first[38:43, 55:65], alone[38:43, 55:65])


def _keypoints(points: dict[int, tuple[float, float]]) -> Keypoints2D:
    body = np.zeros((25, 3))
    for index, (x, y) in points.items():
        body[index] = x, y, 0.9
    return Keypoints2D(body, np.zeros((21, 3)), np.zeros((21, 3)), np.zeros((70, 3)))


def test_detected_points_fitted_points_and_residuals(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", UPRIGHT_SIZE).save(photo)
    vertices, triangles = square(0.0, 0.01, 0.0, 0.01, 1.0)
    fitted = np.full((137, 3), np.nan)
    fitted[4] = [-0.3, 0.3, 1.0]  # right wrist, fitted at pixel (30, 70)
    keypoints = _keypoints({3: (10, 10), 4: (30, 10), 7: (100, 10)})
    picture = _overlay(photo, Figure(vertices, triangles, keypoints, fitted))
    right, left = picture[10, 20], picture[10, 100]
    assert right[0] > right[2]  # the own right is orange, its limb too
    assert left[2] > left[0]  # left is blue
    assert picture[40, 30].tolist() == [255, 60, 200]  # the residual, half way
    assert picture[70, 30].tolist() == [120, 255, 120]  # the cross


def test_a_real_photo_with_a_figure(shared: Path, tmp_path: Path) -> None:
    photo = shared / "photos/signing_0.jpg"
    header = read_photo_header(photo)
    people = read_keypoint_file(shared / "photos/signing_0_keypoints.json", header.size).people
    vertices, triangles = ball(4)
    figure = Figure((vertices * 0.3 + [0, 0, 3.0]).astype(np.float32), triangles, people[0])
    out = tmp_path / "overlay.png"
    out.write_bytes(overlay_png(photo, header, [figure], PinholeCamera(1300.0, np.array([640.0, 360.0]))))
    with Image.open(out) as image:
        assert image.size == header.size


def test_a_photo_cut_short_is_refused_and_nothing_written(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(stored_picture("PNG")[:200])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        _overlay(photo)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_only_one_figure_is_drawn_at_a_time(tmp_path: Path) -> None:
    """What is allocated for many people is what one needs: a picture of each took 14 MB."""
    vertices, triangles = ball(2)
    photo = np.zeros((400, 600, 3), dtype=np.uint8)
    camera = PinholeCamera(300.0, np.array([300.0, 200.0]))

    def peak(people: int) -> int:
        tracemalloc.start()
        figure = Figure(vertices * 0.2 + [0, 0, 1.0], triangles)
        draw_overlay(photo, (600, 400), [figure] * people, camera)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    assert peak(20) < 1.2 * peak(2)


def test_importing_the_readers_brings_in_no_image_library() -> None:
    program = (
        "import sys; import fitting_core.keypoints.keypoint_files, fitting_core.keypoints.people, "
        "fitting_core.photo.header, fitting_core.photo.overlay; "
        "sys.exit(','.join({'PIL', 'scipy', 'bpy', 'torch'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
