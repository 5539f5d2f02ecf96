"""Read the parameters that a refit starts from out of an earlier person_NN.npz."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.model_paths import GENDERS
from fitting_core.errors import RequestError
from fitting_core.files.npz_reader import read_arrays
from fitting_core.fitting.parameters import ParameterLayout

_SHAPE = ("betas", "expression", "transl", "model_sha256")


def read_start(path: Path, model: BodyModel, layout: ParameterLayout) -> NumpyArray:
    """Read one row of parameters (N,) from a result of the same body model.

    Raises RequestError if the file is no result, is damaged, or was fitted with another body.
    """
    groups = model.groups
    rotations = groups.by_parameter() | {"body_pose": groups.body}
    keys = (*rotations, *_SHAPE)
    entries = read_arrays(path, keys, RequestError, "earlier result")
    missing = [key for key in keys if key not in entries]
    if missing:
        raise RequestError(
            f"--start {path}: the entries {', '.join(missing)} are missing; it is no person_NN.npz."
        )
    if str(entries["model_sha256"]) != model.sha256:
        raise RequestError(
            f"--start {path} was fitted with another body than {model.name}. Use the same --model and --gender, or fit anew."
        )
    if entries["betas"].shape != (layout.beta_count,):
        raise RequestError(
            f"--start {path} has {entries['betas'].size} betas, and {layout.beta_count} are asked for. Use the same --betas."
        )
    row = np.zeros(layout.size)
    row[:3] = _numbers(entries, "transl", 3, path)
    for key, joints in rotations.items():
        columns = layout.joints(joints)
        row[columns] = _numbers(entries, key, len(columns), path)
    row[layout.betas()] = _numbers(entries, "betas", layout.beta_count, path)
    row[layout.expression()] = _numbers(entries, "expression", layout.expression_count, path)
    return row


def gender_of_start(path: Path) -> str:
    """Read the gender of the body that an earlier result was fitted with; neutral where it names none that there is.

    Raises RequestError if the file is damaged.
    """
    entries = read_arrays(path, ("gender",), RequestError, "earlier result")
    gender = str(entries["gender"]) if "gender" in entries else ""
    return gender if gender in GENDERS else "neutral"


def _numbers(entries: dict[str, NumpyArray], key: str, count: int, path: Path) -> NumpyArray:
    values = entries[key]
    if values.dtype.kind != "f" or values.shape != (count,) or not np.isfinite(values).all():
        raise RequestError(f"--start {path}: '{key}' is not {count} finite numbers. Choose another file.")
    return values.astype(np.float64)
