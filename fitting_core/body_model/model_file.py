"""Loads a body model: the open body that ships, or a user's SMPL-X, SMPL-H or SMPL file."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, shown

from ..files.border import reader_border
from ..files.budget import BODY_MODEL_BUDGET_BYTES, Budget
from ..files.regular_file import open_regular
from . import landmarks
from .body_model import BodyModel, FaceLandmarks, SurfaceExtras
from .joints import SKELETONS, ModelKind, Skeleton
from .model_entries import WHAT, ModelEntries, read_entries
from .model_paths import GENDERS as GENDERS
from .model_paths import OPEN_BODY as OPEN_BODY
from .model_paths import model_path

BETA_COUNT = 10
EXPRESSION_COUNT = 10
_SMALL_FILE_BETAS = 10
_LARGE_FILE_BETAS = 300
_LARGE_FILE_COMPONENTS = 400
_NEEDED = ("v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table")
_FACE = ("lmk_faces_idx", "lmk_bary_coords", "dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords")
_TEXTURE = ("vt", "ft")
# A file may say how many of its components are betas and how many the expression, or name them, as body.npz of a result does.
_COMPONENTS = ("shape_count", "expression_count", "shape_names", "expression_names")
_OPEN_ONLY = (
    "pose_correctives", "quads", "uv", "uv_quads", "action_names", "action_directions", "licence_notice", "model_name",
)  # fmt: skip
_SMPLX_NOTICE = (
    "Made with a body model file of the user's own. Its licence governs the shape space: an SMPL-X body without shape "
    "keys may be shared under CC BY 4.0, with them it may not."
)
_OTHER_NOTICE = (
    "Made with a body model file of the user's own. Its licence governs what may be shared of the body and its shape "
    "space: read it before passing the figure on."
)


def load_body_model(
    model: str = OPEN_BODY,
    gender: str = "neutral",
    beta_count: int = BETA_COUNT,
    expression_count: int = EXPRESSION_COUNT,
    at_most: bool = False,
) -> BodyModel:
    """Load the body model named by `model`: "open", an .npz or .pkl file, or a folder with smplx, smplh or smpl inside.

    Its contents tell the kind. `beta_count` shape coefficients are taken, at most as many as the file has, and
    `expression_count` of the expression (none where the kind has no face). The same file is read once. Raises
    BodyModelError naming the file, what is wrong with it and the next step. With `at_most` a file that has fewer
    coefficients than asked for is taken with those that it has.
    """
    path = str(model_path(model, gender))
    return _load(path, model == OPEN_BODY, gender, _Counts(beta_count, expression_count, at_most))


class _Counts(NamedTuple):
    """Coefficients asked for; `at_most` is true if fewer will do."""

    betas: int
    expression: int
    at_most: bool


@lru_cache(maxsize=4)
def _load(path: str, is_open: bool, gender: str, counts: _Counts) -> BodyModel:
    file = Path(path)
    wanted = (*_NEEDED, *_FACE, *_TEXTURE, *_COMPONENTS, *(_OPEN_ONLY if is_open else ("posedirs",)))
    budget = Budget(BODY_MODEL_BUDGET_BYTES)
    entries = ModelEntries(file, read_entries(file, wanted, budget), budget)
    entries.check_present((*_NEEDED, *_FACE) if is_open else _NEEDED)
    if is_open and "pose_correctives" not in entries.values:
        entries.values.update(read_entries(file, ("posedirs",), budget))
    return _build(entries, _skeleton(entries), is_open, gender, counts)


def _skeleton(entries: ModelEntries) -> Skeleton:
    """Return the kind of model, from its tree of joints; the root's parent may be any number."""
    tree = entries.values["kintree_table"]
    for skeleton in SKELETONS.values():
        if tree.shape == (2, len(skeleton.parents)):
            if tuple(tree[0, 1:].tolist()) != skeleton.parents[1:]:
                break
            return skeleton
    raise BodyModelError(
        f"{entries.path}: 'kintree_table' of shape {shown(tree.shape)} is not the joint tree of SMPL-X (55 joints), SMPL-H (52) "
        f"or SMPL (24). Choose the file of a whole body."
    )


def _build(
    entries: ModelEntries, skeleton: Skeleton, is_open: bool, gender: str, counts: _Counts
) -> BodyModel:
    values = entries.values
    template = entries.floats("v_template", (None, 3))
    vertex_count, joint_count = len(template), len(skeleton.parents)
    _check_vertex_ids(entries.path, skeleton.kind, vertex_count)
    directions, beta_count = _shape_directions(entries, skeleton.kind, vertex_count, counts)
    regressor = entries.floats("J_regressor", (joint_count, vertex_count))
    triangles = entries.indices("f", (None, 3), vertex_count)
    own_notice = _SMPLX_NOTICE if skeleton.kind == "smplx" else _OTHER_NOTICE
    return BodyModel(
        name=str(values["model_name"])
        if "model_name" in values
        else _name(entries.path, skeleton.kind, gender),
        kind=skeleton.kind,
        gender=gender,
        sha256=_sha256(entries.path),
        licence_notice=str(values.get("licence_notice", own_notice)),
        shareable_shape=is_open,
        joint_names=skeleton.joint_names,
        parents=skeleton.parents,
        v_template=template,
        triangles=triangles,
        shape_directions=directions,
        beta_count=beta_count,
        joints_template=regressor @ template,
        joint_directions=np.tensordot(regressor, directions, axes=(1, 0)),
        weights=entries.floats("weights", (vertex_count, joint_count)),
        pose_directions=_pose_directions(entries, vertex_count, joint_count),
        face=_face(entries, triangles) if skeleton.kind == "smplx" else None,
        extras=_open_extras(entries, vertex_count) if is_open else _user_extras(entries, len(triangles)),
    )


def _check_vertex_ids(path: Path, kind: ModelKind, vertex_count: int) -> None:
    needed = max(landmarks.point_ids(kind).vertices)
    if vertex_count <= needed:
        raise BodyModelError(
            f"{path}: has {vertex_count} vertices, and the points of this kind of body go up to vertex {needed}. "
            f"Choose an official file or one in its vertex order."
        )


def _name(path: Path, kind: ModelKind, gender: str) -> str:
    """Return the file's own name, unless it is the `model.npz` that every gender folder has."""
    return f"{kind.upper()}_{gender.upper()}" if path.stem.lower() == "model" else path.stem


def _sha256(path: Path) -> str:
    with reader_border(path, BodyModelError, WHAT, "Check the file."), open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shape_directions(
    entries: ModelEntries, kind: ModelKind, vertex_count: int, counts: _Counts
) -> tuple[NumpyArray, int]:
    """Betas then expression (V, 3, S), and the number of betas."""
    stored = entries.values["shapedirs"]
    components = stored.shape[2] if stored.ndim == 3 else 0
    betas, expressions = _component_counts(entries, kind, components)
    beta_count, expression_count, at_most = counts
    if at_most:
        beta_count, expression_count = min(beta_count, betas), min(expression_count, expressions)
    if expressions == 0 and kind != "smplx":
        expression_count = 0
    if not (1 <= beta_count <= betas and 0 <= expression_count <= expressions):
        raise BodyModelError(
            f"{entries.path}: 'shapedirs' of shape {shown(stored.shape)} holds {betas} betas and {expressions} expressions, and "
            f"{beta_count} and {expression_count} were asked for. Ask for fewer or choose a file with more."
        )
    taken = [*range(beta_count), *range(betas, betas + expression_count)]
    entries.values["shapedirs"] = stored[:, :, taken]
    return entries.floats("shapedirs", (vertex_count, 3, len(taken))), beta_count


def _component_counts(entries: ModelEntries, kind: ModelKind, components: int) -> tuple[int, int]:
    """Return the numbers of betas and expressions among the components of a file: as it says, else as is usual for its kind."""
    usual_betas, usual_expressions = _usual_counts(kind, components)
    betas, expressions = _said_count(entries, "shape"), _said_count(entries, "expression")
    if betas is None and expressions is None:
        return usual_betas, usual_expressions
    betas = components - expressions if betas is None and expressions is not None else betas
    assert betas is not None
    expressions = components - betas if expressions is None else expressions
    if betas < 1 or expressions < 0 or betas + expressions > components:
        raise BodyModelError(
            f"{entries.path}: says that it has {shown(betas)} betas and {shown(expressions)} expressions, and 'shapedirs' holds "
            f"{components} components. The file is damaged."
        )
    return betas, expressions


def _usual_counts(kind: ModelKind, components: int) -> tuple[int, int]:
    """Return the numbers of betas and expressions in a file of so many components that says neither.

    SMPL-X v1.0 files hold 10 and 10, files from v1.1 on 300 and 100 (the format's documentation); the other kinds have no face.
    """
    if kind != "smplx":
        return components, 0
    betas = _LARGE_FILE_BETAS if components >= _LARGE_FILE_COMPONENTS else _SMALL_FILE_BETAS
    return min(betas, components), max(components - betas, 0)


def _said_count(entries: ModelEntries, part: Literal["shape", "expression"]) -> int | None:
    """Return how many components of a part the file says it has, by their count or their names; None if it says neither."""
    count, names = entries.values.get(f"{part}_count"), entries.values.get(f"{part}_names")
    if count is not None:
        if count.size != 1 or count.dtype.kind not in "iu":
            raise BodyModelError(
                f"{entries.path}: '{part}_count' is {shown(count.tolist())}, not a whole number. The file is damaged."
            )
        return int(count.reshape(-1)[0])
    return None if names is None else names.size


def _pose_directions(entries: ModelEntries, vertex_count: int, joint_count: int) -> NumpyArray | None:
    """Pose correctives (V, 3, 9 (J − 1)); None where the file has none or all are zero."""
    if "posedirs" not in entries.values or not np.any(entries.values["posedirs"]):
        return None
    return entries.floats("posedirs", (vertex_count, 3, 9 * (joint_count - 1)))


def _face(entries: ModelEntries, triangles: NumpyArray) -> FaceLandmarks | None:
    """Return the face's landmarks. Some SMPL-X files, made for other programs, come without; their face is not fitted."""
    if not entries.has(_FACE):
        return None
    rows, count = landmarks.CONTOUR_ROW_COUNT, landmarks.CONTOUR_COUNT
    fixed = entries.indices("lmk_faces_idx", (landmarks.LANDMARK_COUNT,), len(triangles))
    contour = entries.indices("dynamic_lmk_faces_idx", (rows, count), len(triangles))
    return FaceLandmarks(
        triangles=triangles[fixed],
        weights=entries.floats("lmk_bary_coords", (landmarks.LANDMARK_COUNT, 3)),
        contour_triangles=triangles[contour],
        contour_weights=entries.floats("dynamic_lmk_bary_coords", (rows, count, 3)),
    )


def _open_extras(entries: ModelEntries, vertex_count: int) -> SurfaceExtras:
    if not entries.has(("quads", "uv", "uv_quads", "action_names", "action_directions")):
        return SurfaceExtras()
    uv = entries.floats("uv", (None, 2))
    names = tuple(str(name) for name in entries.values["action_names"])
    return SurfaceExtras(
        quads=entries.indices("quads", (None, 4), vertex_count),
        uv=uv,
        uv_quads=entries.indices("uv_quads", (None, 4), len(uv)),
        action_names=names,
        action_directions=entries.floats("action_directions", (vertex_count, 3, len(names))),
    )


def _user_extras(entries: ModelEntries, triangle_count: int) -> SurfaceExtras:
    if not entries.has(_TEXTURE):
        return SurfaceExtras()
    uv = entries.floats("vt", (None, 2))
    corners = entries.indices("ft", (None, 3), len(uv))
    return SurfaceExtras(uv=uv, uv_triangles=corners) if len(corners) == triangle_count else SurfaceExtras()
