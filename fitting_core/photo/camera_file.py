"""Reads a camera file (JSON): a pinhole camera in the photo's pixels, and its pose in a scene.

{"fx", "fy", "cx", "cy", "width", "height"}, or "K" (3 × 3) instead of the first four; "R" (3 × 3) and "t" (3) if the scene is
known: X_camera = R X_world + t in metres, with OpenCV's axes (x right, y down, z forward); "up" names the world's axis that
points up, "z" unless it is said. A file of several cameras is an object of such objects, by the names of the photos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import CameraFileError, shown
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.json_document import SMALL_FILE_BYTES, JsonValue, read_json_document

if TYPE_CHECKING:
    from jaxtyping import Float64

# Pixels and metres: products of larger numbers leave the range of float64.
_LARGEST_NUMBER = 1e12
# The fit has one focal length: pixels are square to this share. Calibrations of real cameras stay well below.
_LARGEST_DIFFERENCE = 1e-3
# A rotation written with three decimals passes.
_ROTATION_TOLERANCE = 2e-3
_SHOWN_NAMES = 5
WORLD_UPS = ("z", "y", "-y", "-z")
Matrix: TypeAlias = NumpyArray
_FORM = '{"fx": 1100, "fy": 1100, "cx": 400, "cy": 500, "width": 800, "height": 1000}'


@dataclass(frozen=True, eq=False)
class KnownCamera:
    """The content of a camera file. Pixels of the upright photo; `world_from_camera` None where it says nothing of a scene, whose
    axis `world_up` points up.
    """

    focal_px: float
    principal_point: Float64[NumpyArray, "2"]
    world_from_camera: Float64[NumpyArray, "4 4"] | None
    world_up: str = "z"


def read_camera_file(path: Path, image_size: tuple[int, int], entry: str = "") -> KnownCamera:
    """Read a camera file for an upright photo of `image_size` (width, height).

    `entry` is the photo's name in a file of several cameras. Raises CameraFileError naming the file and what is wrong with it.
    """
    with reader_border(path, CameraFileError, "camera file", f"Write an object such as {_FORM}."):
        try:
            found = _object(path)
            return _camera(_entry(found, entry) if entry else found, image_size)
        except _WrongError as problem:
            where = f", camera of {shown(entry)}" if entry else ""
            raise CameraFileError(f"{path}{where}: {problem}") from None


class _WrongError(RefusedError):
    """A fault of a camera file, in words that name the next step but not the file."""


def _object(path: Path) -> Mapping[str, JsonValue]:
    value = read_json_document(path, SMALL_FILE_BYTES)
    if not isinstance(value, dict):
        raise _WrongError(f"it holds no JSON object. Write one such as {_FORM}.")
    return cast("dict[str, JsonValue]", value)


def _entry(values: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """Return the camera of a photo in a file of several."""
    found = values.get(name)
    if isinstance(found, dict):
        return cast("dict[str, JsonValue]", found)
    if name in values:
        raise _WrongError(f"it is no JSON object. Write one such as {_FORM}.")
    others = ", ".join(shown(key) for key in list(values)[:_SHOWN_NAMES]) or "nobody's"
    raise _WrongError(
        f"it is not there; the file has those of {others}. Name cameras by their photos' file names."
    )


def _camera(values: Mapping[str, Any], image_size: tuple[int, int]) -> KnownCamera:
    intrinsics = _from_matrix(values) if "K" in values else _from_numbers(values)
    fx, fy, cx, cy = intrinsics
    if min(fx, fy) <= 0:
        raise _WrongError(
            f"the focal lengths fx = {fx:g} and fy = {fy:g} must be positive numbers of pixels."
        )
    if abs(fx - fy) > _LARGEST_DIFFERENCE * fx:
        raise _WrongError(
            f"fx = {fx:g} and fy = {fy:g} differ by more than {100 * _LARGEST_DIFFERENCE:g} %, and the fit needs square pixels. "
            f"Scale the photo, its keypoints and the camera so that they agree."
        )
    size = tuple(float(_numbers(values, key, ())) for key in ("width", "height"))
    if size != (float(image_size[0]), float(image_size[1])):
        raise _WrongError(
            f"it is for pictures of {size[0]:g} × {size[1]:g} px, and the upright photo has {image_size[0]} × {image_size[1]}. "
            f"Scale fx, fy, cx, cy, width and height to the photo, or use the photo that the camera was calibrated for."
        )
    return KnownCamera(float(np.sqrt(fx * fy)), np.array([cx, cy]), _world_from_camera(values), _up(values))


def _from_numbers(values: Mapping[str, Any]) -> tuple[float, float, float, float]:
    fx, fy, cx, cy = (float(_numbers(values, key, ())) for key in ("fx", "fy", "cx", "cy"))
    return fx, fy, cx, cy


def _from_matrix(values: Mapping[str, Any]) -> tuple[float, float, float, float]:
    if {"fx", "fy", "cx", "cy"} & set(values):
        raise _WrongError("it has both K and fx, fy, cx, cy. Keep one of them.")
    k = _numbers(values, "K", (3, 3))
    below = np.array([k[1, 0], k[2, 0], k[2, 1], k[2, 2] - 1.0])
    if np.any(np.abs(below) > 1e-9) or abs(k[0, 1]) > _LARGEST_DIFFERENCE * abs(k[0, 0]):
        raise _WrongError("K is not [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]: skewed pixels cannot be fitted.")
    return float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2])


def _world_from_camera(values: Mapping[str, Any]) -> Float64[NumpyArray, "4 4"] | None:
    if "R" not in values and "t" not in values:
        return None
    rotation, shift = _numbers(values, "R", (3, 3)), _numbers(values, "t", (3,))
    off = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if off > _ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
        what = "mirrors" if off <= _ROTATION_TOLERANCE else f"differs from one by {off:.2g}"
        raise _WrongError(
            f"R is no rotation (it {what}). Give the 3 × 3 rotation from the world's axes to the camera's: x right, y down, z "
            f"forward."
        )
    u, _, vt = cast("tuple[Matrix, Matrix, Matrix]", np.linalg.svd(rotation))
    nearest: NumpyArray = np.matmul(u, vt)
    world = np.eye(4)
    world[:3, :3] = nearest.T
    world[:3, 3] = -nearest.T @ shift
    return world


def _up(values: Mapping[str, Any]) -> str:
    up = values.get("up", "z")
    if up not in WORLD_UPS:
        raise _WrongError(
            f"'up' is {shown(up)}. Name the world's axis that points up: {', '.join(WORLD_UPS)}."
        )
    return cast("str", up)


def _numbers(values: Mapping[str, Any], key: str, shape: tuple[int, ...]) -> Float64[NumpyArray, "..."]:
    what = "a number" if not shape else " × ".join(map(str, shape)) + " numbers"
    if key not in values:
        raise _WrongError(f"'{key}' is missing. A camera file looks like {_FORM}.")
    if not _is_numeric(values[key]):
        raise _WrongError(f"'{key}' is not {what}.")
    try:
        numbers = np.array(values[key], dtype=np.float64)
    except (ValueError, OverflowError):
        raise _WrongError(f"'{key}' is not {what}.") from None
    if numbers.shape != shape or not (np.abs(numbers) <= _LARGEST_NUMBER).all():  # false for NaN
        raise _WrongError(f"'{key}' is not {what}.")
    return numbers


def _is_numeric(value: Any) -> bool:
    """True if a JSON value holds numbers only: text such as "1100" would count as one otherwise."""
    if isinstance(value, list):
        return all(_is_numeric(item) for item in cast("list[Any]", value))
    return isinstance(value, int | float) and not isinstance(value, bool)
