"""The file body.npz: the body model as a rig builder needs it, without knowing any body model.

The entries are described in docs/result-files.md.
"""

from __future__ import annotations

import hashlib
import io
import zipfile

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.files.computed_once import computed_once

BODY_SCHEMA_VERSION = 1
BODY_FILE = "body.npz"
_COMPRESSION = 1  # a tenth larger than the usual 6, in a quarter of its time
_NO_DATE = (1980, 1, 1, 0, 0, 0)


@computed_once(most=4)
def body_file(model: BodyModel) -> tuple[bytes, str]:
    """Return the bytes of body.npz for a model, and their SHA-256 by which results name it. The same model, the same bytes."""
    data = npz_bytes(_entries(model))
    return data, hashlib.sha256(data).hexdigest()


def body_name(model: BodyModel, first: BodyModel) -> str:
    """Return the name of a body's file in a result: body.npz for the first person's, body_female.npz for another one."""
    return BODY_FILE if model is first else f"body_{model.gender}.npz"


def npz_bytes(entries: dict[str, NumpyArray]) -> bytes:
    """Return a compressed .npz in memory; equal entries make equal bytes. Quicker than NumPy's own, which knows no levels."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        for name, value in entries.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.asarray(value), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", _NO_DATE)
            archive.writestr(member, entry.getbuffer(), zipfile.ZIP_DEFLATED, _COMPRESSION)
    return buffer.getvalue()


def _entries(model: BodyModel) -> dict[str, NumpyArray]:
    betas = model.beta_count
    entries = {
        "schema_version": np.int64(BODY_SCHEMA_VERSION),
        "model": np.str_(model.name),
        "gender": np.str_(model.gender),
        "model_sha256": np.str_(model.sha256),
        "licence_notice": np.str_(model.licence_notice),
        "shareable_shape": np.bool_(model.shareable_shape),
        "joint_names": np.array(model.joint_names),
        "parents": np.array(model.parents, dtype=np.int64),
        "v_template": model.v_template.astype(np.float32),
        "joints_template": model.joints_template.astype(np.float32),
        "shape_count": np.int64(betas),
        "expression_count": np.int64(model.expression_count),
        "shape_names": np.array(component_names(model.shape_names, "Shape", betas), dtype=np.str_),
        "expression_names": np.array(
            component_names(model.expression_names, "Expression", model.expression_count), dtype=np.str_
        ),
        "shape_directions": model.shape_directions[:, :, :betas].astype(np.float32),
        "expression_directions": model.shape_directions[:, :, betas:].astype(np.float32),
        "joint_shape_directions": model.joint_directions[:, :, :betas].astype(np.float32),
        "joint_expression_directions": model.joint_directions[:, :, betas:].astype(np.float32),
        "weights": model.weights.astype(np.float32),
        "triangles": model.triangles.astype(np.int32),
    }
    return {key: np.asarray(value) for key, value in (entries | _extra_entries(model)).items()}


def component_names(names: tuple[str, ...], prefix: str, count: int) -> list[str]:
    """Return the body model file's names of its components, or `Shape000` and so on if it gives none."""
    return list(names) or [f"{prefix}{index:03d}" for index in range(count)]


def _extra_entries(model: BodyModel) -> dict[str, NumpyArray]:
    extras = model.extras
    candidates = {
        "quads": (extras.quads, np.int32),
        "uv": (extras.uv, np.float32),
        "uv_quads": (extras.uv_quads, np.int32),
        "uv_triangles": (extras.uv_triangles, np.int32),
        "action_directions": (extras.action_directions, np.float16),  # as the open body has them
    }
    entries = {key: value.astype(kind) for key, (value, kind) in candidates.items() if value is not None}
    if extras.action_names:
        entries["action_names"] = np.array(extras.action_names)
    return entries
