"""Loads a body model: the open body that ships, or a user's SMPL-X, SMPL-H or SMPL file."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, shown
from fitting_core.files.computed_once import computed_once

from ..files.border import reader_border
from ..files.budget import BODY_MODEL_BUDGET_BYTES, Budget
from ..files.regular_file import open_regular
from . import landmarks
from .body_model import BodyModel, FaceLandmarks, SurfaceExtras
from .joints import SKELETONS, ModelKind, Skeleton
from .model_components import COMPONENT_ENTRIES, USUAL_COUNT, Components, read_components
from .model_entries import WHAT, ModelEntries, read_entries
from .model_paths import GENDERS as GENDERS
from .model_paths import OPEN_BODY as OPEN_BODY
from .model_paths import model_path

EXPRESSION_COUNT = USUAL_COUNT
_NEEDED = ("v_template", "f", "shapedirs", "J_regressor", "weights", "kintree_table")
_FACE = ("lmk_faces_idx", "lmk_bary_coords", "dynamic_lmk_faces_idx", "dynamic_lmk_bary_coords")
_TEXTURE = ("vt", "ft")
_OPEN_EXTRAS = ("quads", "uv", "uv_quads", "action_names", "action_directions")
_OPEN_ONLY = ("pose_correctives", "licence_notice", "model_name")
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
    beta_count: int | None = None,
    expression_count: int = EXPRESSION_COUNT,
    at_most: bool = False,
) -> BodyModel:
    """Load the body model named by `model`: "open", an .npz or .pkl file, or a folder with smplx, smplh or smpl inside.

    Its contents tell the kind. `beta_count` shape coefficients are taken, at most as many as the file has (None: all of a
    file that says which they are, as the open body's does, and ten of others), and `expression_count` of the expression
    (none where the kind has no face). The same file is read once. Raises BodyModelError naming the file, what is wrong with
    it and the next step. With `at_most` a file that has fewer coefficients than asked for is taken with those that it has.
    """
    path = str(model_path(model, gender))
    return _load(path, model == OPEN_BODY, gender, _Counts(beta_count, expression_count, at_most))


class _Counts(NamedTuple):
    """Coefficients asked for; `at_most` is true if fewer will do."""

    betas: int | None
    expression: int
    at_most: bool


@computed_once(most=4)
def _load(path: str, is_open: bool, gender: str, counts: _Counts) -> BodyModel:
    file = Path(path)
    wanted = (*_NEEDED, *_FACE, *_TEXTURE, *COMPONENT_ENTRIES, *(_OPEN_ONLY if is_open else ("posedirs",)))
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
    components = _chosen_components(entries, skeleton.kind, counts)
    directions = _shape_directions(entries, components, vertex_count)
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
        beta_count=len(components.shape),
        joints_template=regressor @ template,
        joint_directions=np.tensordot(regressor, directions, axes=(1, 0)),
        weights=entries.floats("weights", (vertex_count, joint_count)),
        pose_directions=_pose_directions(entries, vertex_count, joint_count),
        face=_face(entries, triangles) if skeleton.kind == "smplx" else None,
        read_extras=partial(_open_extras, entries.path, vertex_count)
        if is_open
        else partial(_as_read, _user_extras(entries, len(triangles))),
        shape_names=components.shape_names,
        expression_names=components.expression_names,
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


def _chosen_components(entries: ModelEntries, kind: ModelKind, counts: _Counts) -> Components:
    """Return the components asked for; BodyModelError if the file has fewer."""
    held = read_components(entries, kind)
    betas, expressions = len(held.shape), len(held.expression)
    beta_count = held.usual_betas if counts.betas is None else counts.betas
    expression_count = counts.expression
    if counts.at_most:
        beta_count, expression_count = min(beta_count, betas), min(expression_count, expressions)
    if expressions == 0 and kind != "smplx":
        expression_count = 0
    if not (1 <= beta_count <= betas and 0 <= expression_count <= expressions):
        raise BodyModelError(
            f"{entries.path}: 'shapedirs' of shape {shown(entries.values['shapedirs'].shape)} holds {betas} betas and "
            f"{expressions} expressions, and {beta_count} and {expression_count} were asked for. Ask for fewer or choose a file "
            "with more."
        )
    return Components(
        held.shape[:beta_count],
        held.expression[:expression_count],
        held.shape_names[:beta_count],
        held.expression_names[:expression_count],
        held.usual_betas,
    )


def _shape_directions(entries: ModelEntries, components: Components, vertex_count: int) -> NumpyArray:
    """Betas then expression (V, 3, S)."""
    taken = np.concatenate([components.shape, components.expression])
    entries.values["shapedirs"] = entries.values["shapedirs"][:, :, taken]
    return entries.floats("shapedirs", (vertex_count, 3, len(taken)))


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


def _open_extras(path: Path, vertex_count: int) -> SurfaceExtras:
    budget = Budget(BODY_MODEL_BUDGET_BYTES)
    entries = ModelEntries(path, read_entries(path, _OPEN_EXTRAS, budget), budget)
    entries.check_present(_OPEN_EXTRAS)
    uv = entries.floats("uv", (None, 2))
    names = tuple(str(name) for name in entries.values["action_names"])
    return SurfaceExtras(
        quads=entries.indices("quads", (None, 4), vertex_count),
        uv=uv,
        uv_quads=entries.indices("uv_quads", (None, 4), len(uv)),
        action_names=names,
        action_directions=entries.values["action_directions"],
    )


def _as_read(extras: SurfaceExtras) -> SurfaceExtras:
    return extras


def _user_extras(entries: ModelEntries, triangle_count: int) -> SurfaceExtras:
    if not entries.has(_TEXTURE):
        return SurfaceExtras()
    uv = entries.floats("vt", (None, 2))
    corners = entries.indices("ft", (None, 3), len(uv))
    return SurfaceExtras(uv=uv, uv_triangles=corners) if len(corners) == triangle_count else SurfaceExtras()
