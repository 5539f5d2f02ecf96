"""Reads a scene file (.npz): the distance grids of the things before a camera; the format is in docs/scene.md.

`scene_version` 1; `names` (K,) of the things; `origins` (K, 3) and `spacings` (K, 3) in metres, `sizes` (K, 3) of their grids in
corners; `distances`, the corners of all grids one after another, x slowest; `camera_from_scene` (4, 4) if the scene's frame is
not that of the camera file; `people` (K,) bool if some of the things are people.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import SceneFileError, shown
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.budget import Budget
from fitting_core.files.npz_reader import read_arrays

from .distance_grid import DistanceGrid

if TYPE_CHECKING:
    from jaxtyping import Float

SCENE_VERSION = 1
MOST_THINGS = 64
MOST_NAME_CHARACTERS = 300
# Of all grids together: a room of 5 m at 2 cm. In float64 a tenth of a gigabyte.
MOST_CORNERS = 12_000_000
_BUDGET_BYTES = 120_000_000
_FARTHEST_M = 1e4
_LEAST_SPACING_M = 1e-4
# A rotation written with three decimals passes.
_ROTATION_TOLERANCE = 2e-3
_WHAT = "scene file"
_NEEDED = ("scene_version", "names", "origins", "spacings", "sizes", "distances")
_ENTRIES = (*_NEEDED, "camera_from_scene", "people")
_NEXT_STEP = "Write it as docs/scene.md says."


def read_scene_file(
    path: Path, camera_from_world: Float[NumpyArray, "4 4"] | None
) -> tuple[DistanceGrid, ...]:
    """Read the things of a scene; a file that does not place it before the camera needs `camera_from_world`, of the camera file.

    Raises SceneFileError naming the file, what is wrong with it and the next step.
    """
    entries = read_arrays(path, _ENTRIES, SceneFileError, _WHAT, Budget(_BUDGET_BYTES))
    with reader_border(path, SceneFileError, _WHAT, _NEXT_STEP):
        return _scene(entries, camera_from_world)


def _scene(entries: dict[str, NumpyArray], camera_from_world: NumpyArray | None) -> tuple[DistanceGrid, ...]:
    missing = [key for key in _NEEDED if key not in entries]
    if missing:
        raise RefusedError(f"the entries {', '.join(missing)} are missing")
    version = entries["scene_version"]
    if version.shape != () or version.dtype.kind not in "iu" or int(version) != SCENE_VERSION:
        raise RefusedError(f"'scene_version' is {shown(version.tolist())} and not {SCENE_VERSION}")
    names = _names(entries["names"])
    origins = _numbers(entries, "origins", (len(names), 3))
    spacings = _numbers(entries, "spacings", (len(names), 3))
    if (spacings < _LEAST_SPACING_M).any():
        raise RefusedError(
            f"'spacings' has {shown(float(spacings.min()))} m, and the least is {_LEAST_SPACING_M:g}"
        )
    sizes = _sizes(entries["sizes"], len(names))
    counts = [int(np.prod(size)) for size in sizes]
    distances = _numbers(entries, "distances", (sum(counts),))
    parts = np.split(distances, np.cumsum(counts)[:-1])
    placed, people = _placed(entries, camera_from_world), _people(entries, len(names))
    return tuple(
        DistanceGrid(name, origin, spacing, part.reshape(size), placed, is_person)
        for name, origin, spacing, size, part, is_person in zip(
            names, origins, spacings, sizes, parts, people, strict=True
        )
    )


def _names(values: NumpyArray) -> tuple[str, ...]:
    if values.dtype.kind != "U" or values.ndim != 1 or not 1 <= len(values) <= MOST_THINGS:
        raise RefusedError(f"'names' is no list of 1 to {MOST_THINGS} texts")
    names = tuple(str(value) for value in values)
    wrong = next((name for name in names if not 1 <= len(name) <= MOST_NAME_CHARACTERS), None)
    if wrong is not None:
        raise RefusedError(f"the name '{shown(wrong)}' is not 1 to {MOST_NAME_CHARACTERS} characters long")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RefusedError(f"two things are called '{shown(twice)}'")
    return names


def _sizes(values: NumpyArray, count: int) -> list[tuple[int, ...]]:
    if values.dtype.kind not in "iu" or values.shape != (count, 3):
        raise RefusedError(f"'sizes' is not {count} × 3 whole numbers")
    sizes = [tuple(int(side) for side in row) for row in values.tolist()]
    for size in sizes:
        if min(size) < 2 or max(size) > MOST_CORNERS:
            raise RefusedError(f"a grid of {shown(size)} corners has no cells, or too many")
    total = sum(x * y * z for x, y, z in sizes)
    if total > MOST_CORNERS:
        raise RefusedError(f"its grids have {shown(total)} corners, and {MOST_CORNERS} is the most")
    return sizes


def _people(entries: dict[str, NumpyArray], count: int) -> list[bool]:
    values = entries.get("people", np.zeros(count, dtype=bool))
    if values.dtype.kind != "b" or values.shape != (count,):
        raise RefusedError(
            f"'people' is {shown(values.shape)} of {values.dtype} and not {count} times true or false"
        )
    return values.tolist()


def _placed(entries: dict[str, NumpyArray], camera_from_world: NumpyArray | None) -> NumpyArray:
    if "camera_from_scene" not in entries:
        if camera_from_world is None:
            raise RefusedError(
                "it has no 'camera_from_scene', and no camera file says where the camera stands: give one with R and t, --camera"
            )
        return camera_from_world
    placed = _numbers(entries, "camera_from_scene", (4, 4))
    turn = placed[:3, :3]
    off = float(np.abs(turn @ turn.T - np.eye(3)).max())
    if off > _ROTATION_TOLERANCE or np.linalg.det(turn) < 0 or (placed[3] != (0.0, 0.0, 0.0, 1.0)).any():
        raise RefusedError("'camera_from_scene' is no rotation with a shift: give metres, without a scale")
    return placed


def _numbers(entries: dict[str, NumpyArray], key: str, shape: tuple[int, ...]) -> NumpyArray:
    values = entries[key]
    words = " × ".join(map(str, shape))
    if values.dtype.kind != "f" or values.shape != shape:
        raise RefusedError(f"'{key}' is {shown(values.shape)} of {values.dtype} and not {words} numbers")
    with np.errstate(invalid="ignore"):  # of a signalling NaN, which is refused below
        numbers = values.astype(np.float64)
    if not (np.abs(numbers) <= _FARTHEST_M).all():  # false for NaN
        raise RefusedError(f"'{key}' has numbers that are not finite, or over {_FARTHEST_M:g} m")
    return numbers
