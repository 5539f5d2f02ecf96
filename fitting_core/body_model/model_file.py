"""Body model files → `BodyModel`: the open body that ships, or a user's SMPL-X-format .npz. Free of bpy."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError

from . import landmarks
from .body_model import BodyModel, FaceLandmarks, SurfaceExtras
from .joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS
from .npz_reader import read_arrays

OPEN_BODY = "open"
GENDERS = ("neutral", "female", "male", "child")
BETA_COUNT = 10
EXPRESSION_COUNT = 10
_DATA = Path(__file__).parent.parent / "data" / "open_body"
_NEEDED = (
    "v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table",
    "lmk_faces_idx", "lmk_bary_coords", "dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords",
)  # fmt: skip
_OPTIONAL = (
    "pose_correctives", "quads", "uv", "uv_quads", "vt", "ft", "action_names", "action_directions",
    "licence_notice", "model_name",
)  # fmt: skip
_USER_NOTICE = (
    "Made with a body model file of the user's own. Its licence governs the shape space: an SMPL-X body without shape "
    "keys may be shared under CC BY 4.0, with them it may not."
)


class _Arrays(NamedTuple):
    path: Path
    values: dict[str, NumpyArray]


def load_body_model(model: str = OPEN_BODY, gender: str = "neutral") -> BodyModel:
    """The body model named by `model`: "open", an SMPL-X-format .npz file, or a folder with smplx/SMPLX_*.npz.

    Raises BodyModelError naming the file, what is wrong with it and the next step. The same file is read once.
    """
    return _load(str(_model_path(model, gender)), model == OPEN_BODY, gender)


def _model_path(model: str, gender: str) -> Path:
    if gender not in GENDERS:
        raise BodyModelError(f"Gender '{gender}' is not known. Choose one of {', '.join(GENDERS)}.")
    if model == OPEN_BODY:
        return _DATA / f"open_body_{gender}.npz"
    path = Path(model).expanduser()
    if path.is_dir():
        return _file_in_folder(path, gender)
    if not path.is_file():
        raise BodyModelError(
            f"{path}: there is no such body model. Give '{OPEN_BODY}', an .npz file or a folder with smplx/SMPLX_NEUTRAL.npz inside."
        )
    if path.suffix.lower() != ".npz":
        raise BodyModelError(
            f"{path}: body models are read from .npz files in the SMPL-X format. Convert the file or choose its .npz form."
        )
    return path


def _file_in_folder(folder: Path, gender: str) -> Path:
    names = [f"SMPLX_{gender.upper()}.npz", f"SMPLX_{gender.upper()}_2020.npz"]
    candidates = [base / name for base in (folder / "smplx", folder) for name in names]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BodyModelError(
        f"{folder}: neither smplx/{names[0]} nor {names[0]} is inside. Point to the folder that holds 'smplx', or to the file itself."
    )


@lru_cache(maxsize=4)
def _load(path: str, is_open: bool, gender: str) -> BodyModel:
    file = Path(path)
    arrays = _Arrays(file, read_arrays(file, (*_NEEDED, *_OPTIONAL), BodyModelError, "body model"))
    missing = [key for key in _NEEDED if key not in arrays.values]
    if missing:
        raise BodyModelError(
            f"{file}: the entries {', '.join(missing)} are missing, so this is not an SMPL-X-format file."
        )
    if "pose_correctives" not in arrays.values:
        arrays.values.update(read_arrays(file, ("posedirs",), BodyModelError, "body model"))
    model = _build(arrays, is_open, gender)
    _check_finite(model, file)
    return model


def _build(arrays: _Arrays, is_open: bool, gender: str) -> BodyModel:
    values = arrays.values
    template = _shaped(arrays, "v_template", (None, 3))
    vertex_count = len(template)
    directions = _shape_directions(arrays, vertex_count)
    weights = _shaped(arrays, "weights", (vertex_count, len(SMPLX_JOINT_NAMES)))
    regressor = _shaped(arrays, "J_regressor", (len(SMPLX_JOINT_NAMES), vertex_count))
    _check_tree(arrays)
    triangles = _indices(arrays, "f", 3, vertex_count)
    if vertex_count <= max(landmarks.VERTEX_POINT_IDS):
        raise BodyModelError(f"{arrays.path}: {vertex_count} vertices are too few for the SMPL-X vertex ids.")
    default_name = "open-body" if is_open else arrays.path.stem
    return BodyModel(
        name=str(values.get("model_name", default_name)),
        gender=gender,
        sha256=hashlib.sha256(arrays.path.read_bytes()).hexdigest(),
        licence_notice=str(values.get("licence_notice", _USER_NOTICE)) if is_open else _USER_NOTICE,
        shareable_shape=is_open,
        joint_names=SMPLX_JOINT_NAMES,
        parents=SMPLX_PARENTS,
        v_template=template,
        triangles=triangles,
        shape_directions=directions,
        beta_count=BETA_COUNT,
        joints_template=regressor @ template,
        joint_directions=np.tensordot(regressor, directions, axes=(1, 0)),
        weights=weights,
        pose_directions=_pose_directions(arrays, vertex_count),
        face=_face(arrays, triangles),
        extras=_extras(arrays, vertex_count) if is_open else _user_extras(arrays, len(triangles)),
    )


def _shaped(arrays: _Arrays, key: str, shape: tuple[int | None, ...]) -> NumpyArray:
    value = arrays.values[key]
    if value.ndim != len(shape) or any(
        want is not None and want != got for want, got in zip(shape, value.shape, strict=True)
    ):
        wanted = " × ".join("any" if size is None else str(size) for size in shape)
        raise BodyModelError(
            f"{arrays.path}: '{key}' has the shape {value.shape} where {wanted} was expected."
        )
    return value.astype(np.float64)


def _indices(arrays: _Arrays, key: str, width: int, limit: int) -> NumpyArray:
    value = _shaped(arrays, key, (None, width)).astype(np.int64)
    if value.size and (value.min() < 0 or value.max() >= limit):
        raise BodyModelError(
            f"{arrays.path}: '{key}' points at {value.max()}, past the {limit} entries there are."
        )
    return value


def _shape_directions(arrays: _Arrays, vertex_count: int) -> NumpyArray:
    """Betas then expression. With 400 components or more the expression starts at 300 (v1.1), else at 10."""
    stored = arrays.values["shapedirs"]
    if (
        stored.ndim != 3
        or stored.shape[:2] != (vertex_count, 3)
        or stored.shape[2] < BETA_COUNT + EXPRESSION_COUNT
    ):
        raise BodyModelError(
            f"{arrays.path}: 'shapedirs' has the shape {stored.shape} where ({vertex_count}, 3, 20 or 400) was expected."
        )
    first_expression = 300 if stored.shape[2] >= 400 else BETA_COUNT
    expression = stored[:, :, first_expression : first_expression + EXPRESSION_COUNT]
    return np.concatenate([stored[:, :, :BETA_COUNT], expression], axis=2).astype(np.float64)


def _pose_directions(arrays: _Arrays, vertex_count: int) -> NumpyArray | None:
    if "posedirs" not in arrays.values:
        return None
    width = 9 * (len(SMPLX_JOINT_NAMES) - 1)
    directions = _shaped(arrays, "posedirs", (vertex_count, 3, width))
    return directions if np.any(directions) else None


def _check_tree(arrays: _Arrays) -> None:
    tree = arrays.values["kintree_table"]
    if tree.shape != (2, len(SMPLX_PARENTS)) or tuple(int(p) for p in tree[0, 1:]) != SMPLX_PARENTS[1:]:
        raise BodyModelError(f"{arrays.path}: 'kintree_table' is not the SMPL-X joint tree of 55 joints.")


def _face(arrays: _Arrays, triangles: NumpyArray) -> FaceLandmarks:
    rows, count = landmarks.CONTOUR_ROW_COUNT, landmarks.CONTOUR_COUNT
    fixed = _face_corners(arrays, "lmk_faces_idx", (landmarks.LANDMARK_COUNT,), triangles)
    contour = _face_corners(arrays, "dynamic_lmk_faces_idx", (rows, count), triangles)
    return FaceLandmarks(
        triangles=fixed,
        weights=_shaped(arrays, "lmk_bary_coords", (landmarks.LANDMARK_COUNT, 3)),
        contour_triangles=contour,
        contour_weights=_shaped(arrays, "dynamic_lmk_bary_coords", (rows, count, 3)),
    )


def _face_corners(arrays: _Arrays, key: str, shape: tuple[int, ...], triangles: NumpyArray) -> NumpyArray:
    faces = _shaped(arrays, key, shape).astype(np.int64)
    if faces.min() < 0 or faces.max() >= len(triangles):
        raise BodyModelError(f"{arrays.path}: '{key}' points at face {faces.max()} of {len(triangles)}.")
    return triangles[faces]


def _extras(arrays: _Arrays, vertex_count: int) -> SurfaceExtras:
    values = arrays.values
    if not {"quads", "uv", "uv_quads", "action_names", "action_directions"} <= values.keys():
        return SurfaceExtras()
    names = tuple(str(name) for name in values["action_names"])
    return SurfaceExtras(
        quads=_indices(arrays, "quads", 4, vertex_count),
        uv=_shaped(arrays, "uv", (None, 2)),
        uv_quads=_indices(arrays, "uv_quads", 4, len(values["uv"])),
        action_names=names,
        action_directions=_shaped(arrays, "action_directions", (vertex_count, 3, len(names))),
    )


def _user_extras(arrays: _Arrays, triangle_count: int) -> SurfaceExtras:
    if not {"vt", "ft"} <= arrays.values.keys():
        return SurfaceExtras()
    uv = _shaped(arrays, "vt", (None, 2))
    corners = _indices(arrays, "ft", 3, len(uv))
    return SurfaceExtras(uv=uv, uv_triangles=corners) if len(corners) == triangle_count else SurfaceExtras()


def _check_finite(model: BodyModel, path: Path) -> None:
    for name in ("v_template", "shape_directions", "joints_template", "weights"):
        if not np.isfinite(getattr(model, name)).all():
            raise BodyModelError(
                f"{path}: '{name}' holds values that are not finite numbers. The file is damaged."
            )
