"""Rotations, axes, camera, orientation of the photo, rest bones: known answers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from smplify_blender.result.axes import BLENDER_FROM_BODY, BLENDER_FROM_CAMERA, CAMERA_FROM_BLENDER_CAMERA
from smplify_blender.result.camera_match import match_camera
from smplify_blender.result.photo_orientation import upright_pixels
from smplify_blender.result.read_result import read_result
from smplify_blender.result.rest_bones import rest_bones
from smplify_blender.result.result_folder import PhotoCamera
from smplify_blender.result.rotations import matrix_from_rotation_vector, quaternion_from_matrix
from smplify_blender.result.shaped_body import posed_joints, shaped_body
from tests.blender.synthetic_result import JOINT_NAMES, random_person, rotation_matrix, write_result

VECTORS = {
    "none": (0, 0, 0),
    "tiny": (1e-9, -2e-9, 1e-9),
    "small": (0.1, -0.2, 0.3),
    "half turn": (np.pi, 0, 0),
    "nearly a half turn": (0, 3.1415, 0.001),
    "more than a turn": (5, 4, 3),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_rotations(vector: tuple[float, float, float]) -> None:
    expected = rotation_matrix(np.array(vector))
    matrix = matrix_from_rotation_vector(vector)
    np.testing.assert_allclose(matrix, expected, atol=1e-7)
    w, x, y, z = quaternion_from_matrix(matrix)
    again = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    assert w >= 0
    np.testing.assert_allclose(again, matrix, atol=1e-12)


@pytest.mark.parametrize("axes", [BLENDER_FROM_BODY, BLENDER_FROM_CAMERA, CAMERA_FROM_BLENDER_CAMERA])
def test_axes_are_rotations(axes: np.ndarray) -> None:
    np.testing.assert_array_equal(axes @ axes.T, np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1)


def test_axes() -> None:
    left_up_forward = np.array([1.0, 2.0, 3.0])
    assert (BLENDER_FROM_BODY @ left_up_forward).tolist() == [1, -3, 2]
    assert (BLENDER_FROM_CAMERA @ left_up_forward).tolist() == [1, 3, -2]


@pytest.mark.parametrize(
    ("size", "centre", "fit", "sensor", "shift"),
    [
        ((1000, 500), (500, 250), "HORIZONTAL", (36, 18), (0, 0)),
        ((500, 1000), (250, 500), "VERTICAL", (18, 36), (0, 0)),
        ((800, 800), (400, 400), "HORIZONTAL", (36, 36), (0, 0)),
        ((1000, 500), (400, 350), "HORIZONTAL", (36, 18), (0.1, 0.1)),
    ],
    ids=["landscape", "portrait", "square", "off centre"],
)
def test_camera(size: tuple, centre: tuple, fit: str, sensor: tuple, shift: tuple) -> None:
    lens = match_camera(PhotoCamera(1500.0, centre, size, 1))
    assert lens.lens_mm == pytest.approx(1500 * 36 / max(size))
    assert (lens.sensor_fit, lens.sensor_width_mm, lens.sensor_height_mm) == (fit, *sensor)
    assert (lens.shift_x, lens.shift_y) == pytest.approx(shift)
    assert lens.resolution == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photo_orientation_as_pillow_has_it(orientation: int) -> None:
    image = pytest.importorskip("PIL.Image")
    operations = pytest.importorskip("PIL.ImageOps")
    stored = np.random.default_rng(3).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    exif = image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    image.fromarray(stored).save(stream, "PNG", exif=exif)
    expected = np.asarray(operations.exif_transpose(image.open(stream)))
    np.testing.assert_array_equal(upright_pixels(stored, orientation), expected)


def test_posed_joints_follow_the_skin(tmp_path: Path) -> None:
    """A vertex that one joint alone moves keeps its distance from that joint."""
    result = read_result(write_result(tmp_path / "fit"))
    person = result.people[0]
    body = result.body_of(person)
    shaped = shaped_body(body, person)
    joints = posed_joints(body, person, shaped)
    for joint in range(len(JOINT_NAMES)):
        alone = np.flatnonzero(body.weights[:, joint] == 1)
        rest = np.linalg.norm(shaped.vertices[alone] - shaped.joints[joint], axis=1)
        posed = np.linalg.norm(person.vertices[alone] - joints[joint], axis=1)
        np.testing.assert_allclose(posed, rest, atol=1e-5)


def test_every_bone_has_a_length_and_axes(tmp_path: Path) -> None:
    person = {**random_person(1), "betas": np.zeros(10), "expression": np.zeros(10)}
    result = read_result(write_result(tmp_path / "fit", [person]))
    body = result.body_of(result.people[0])
    for bone in rest_bones(body, shaped_body(body, result.people[0])):
        along = bone.tail - bone.head
        assert np.linalg.norm(along) > 0.001
        assert abs(bone.z_axis @ along) < 1e-9
        assert np.linalg.norm(bone.z_axis) == pytest.approx(1)
