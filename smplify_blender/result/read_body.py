"""The reader of body.npz and of further bodies: a `Body` with every size, index and sum checked."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bounded_file import BUDGET_BYTES, Budget, damage_border
from .bounded_file import NEXT_STEP as NEXT_STEP
from .bounded_file import read_bytes as read_bytes
from .errors import ResultError, shown
from .result_folder import Array, Body, Faces
from .safe_npz import ArraySpec, NpzReader

SCHEMA_VERSION = 1

# Ten times the largest body models known, so that nothing real is refused and nothing absurd is allocated.
SIZE_LIMITS = {
    "V": 200_000,
    "J": 256,
    "B": 400,
    "E": 200,
    "F": 400_000,
    "Q": 400_000,
    "T": 400_000,
    "A": 256,
    "UF": 400_000,
}
TEXT_BYTES = 4 * 200
NOTICE_BYTES = 4 * 20_000
NAME_BYTES = 4 * 63  # Blender's longest name
WEIGHT_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class _KeptBody:
    """A body that is remembered, and the bytes of memory that it has taken."""

    body: Body
    size: int


_kept: dict[str, _KeptBody] = {}  # by hash

TEXT = ArraySpec("U", (), max_itemsize=TEXT_BYTES)
BODY_SPECS = {
    "model": TEXT,
    "gender": TEXT,
    "model_sha256": TEXT,
    "licence_notice": ArraySpec("U", (), max_itemsize=NOTICE_BYTES),
    "shareable_shape": ArraySpec("i"),
    "joint_names": ArraySpec("U", ("J",), max_itemsize=NAME_BYTES),
    "parents": ArraySpec("i", ("J",)),
    "v_template": ArraySpec("f", ("V", 3)),
    "joints_template": ArraySpec("f", ("J", 3)),
    "shape_directions": ArraySpec("f", ("V", 3, "B")),
    "expression_directions": ArraySpec("f", ("V", 3, "E")),
    "joint_shape_directions": ArraySpec("f", ("J", 3, "B")),
    "joint_expression_directions": ArraySpec("f", ("J", 3, "E")),
    # The counts and names of components came later: older files have none.
    "shape_count": ArraySpec("i", optional=True),
    "expression_count": ArraySpec("i", optional=True),
    "shape_names": ArraySpec("U", ("B",), optional=True, max_itemsize=NAME_BYTES),
    "expression_names": ArraySpec("U", ("E",), optional=True, max_itemsize=NAME_BYTES),
    "weights": ArraySpec("f", ("V", "J")),
    "triangles": ArraySpec("i", ("F", 3)),
    "quads": ArraySpec("i", ("Q", 4), optional=True),
    "uv": ArraySpec("f", ("T", 2), optional=True),
    "uv_quads": ArraySpec("i", ("Q", 4), optional=True),
    "uv_triangles": ArraySpec("i", ("F", 3), optional=True),
    "action_names": ArraySpec("U", ("A",), optional=True, max_itemsize=NAME_BYTES),
    "action_directions": ArraySpec("f", ("V", 3, "A"), optional=True),
}


def check_schema(reader: NpzReader) -> None:
    """Refuse a file of another format version."""
    version = reader.read("schema_version", ArraySpec("i"))
    number = None if version is None else int(version)
    if number != SCHEMA_VERSION:
        raise ResultError(
            f"{reader.label} has schema_version {shown(number)}, this add-on reads {SCHEMA_VERSION}. "
            "Use the fit and the add-on of the same release."
        )


def read_body(path: Path, budget: Budget | None = None, beside: Collection[str] = ()) -> Body:
    """Read and check a body's file. Those of the last result are remembered: they come with every fit of a session.

    `beside` are the hashes of the other bodies of the same result, and `budget` is what the memory of all of them is taken off.
    Raises `ResultError` naming the file, the key and the next step.
    """
    budget = Budget() if budget is None else budget
    content = read_bytes(path, BUDGET_BYTES)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 in _kept:
        budget.spend(_kept[sha256].size, path.name)
        return _kept[sha256].body
    for other in set(_kept) - set(beside):
        del _kept[other]  # so that there are never those of two results in memory
    before = budget.left
    with damage_border(f"{path.name} is damaged"):
        body = _body(content, path.name, sha256, budget)
    budget.give_back(len(content))
    _kept[sha256] = _KeptBody(body, before - budget.left)
    return body


def _body(content: bytes, file_name: str, sha256: str, budget: Budget) -> Body:
    reader = NpzReader(content, file_name, {}, SIZE_LIMITS, budget)
    check_schema(reader)
    values = {key: reader.read(key, spec) for key, spec in BODY_SPECS.items()}
    arrays: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
    for array in arrays.values():
        array.flags.writeable = False  # every figure of this body looks at them
    joint_names = _texts(arrays["joint_names"])
    _check_names(file_name, "joint_names", joint_names)
    _check_parents(file_name, arrays["parents"])
    _check_weights(file_name, arrays["weights"])
    faces = _faces(file_name, arrays)
    action_names = _texts(arrays["action_names"]) if "action_directions" in arrays else ()
    _check_names(file_name, "action_names", action_names)
    shape_names = _component_names(file_name, arrays, "shape", "Shape")
    expression_names = _component_names(file_name, arrays, "expression", "Expression")
    _check_names(file_name, "shape_names and expression_names", (*shape_names, *expression_names))
    return Body(
        model=str(arrays["model"]),
        gender=str(arrays["gender"]),
        model_sha256=str(arrays["model_sha256"]),
        body_sha256=sha256,
        licence_notice=str(arrays["licence_notice"]),
        shareable_shape=bool(arrays["shareable_shape"]),
        joint_names=joint_names,
        parents=tuple(int(parent) for parent in arrays["parents"]),
        v_template=arrays["v_template"],
        joints_template=arrays["joints_template"],
        shape_directions=arrays["shape_directions"],
        expression_directions=arrays["expression_directions"],
        joint_shape_directions=arrays["joint_shape_directions"],
        joint_expression_directions=arrays["joint_expression_directions"],
        weights=arrays["weights"],
        faces=faces,
        uv=arrays["uv"] if faces.uv_corners is not None else None,
        action_names=action_names,
        action_directions=arrays.get("action_directions"),
        shape_names=shape_names,
        expression_names=expression_names,
    )


def _component_names(file_name: str, arrays: dict[str, Any], kind: str, prefix: str) -> tuple[str, ...]:
    """Return the file's names of the components of a kind, or numbered ones for a file that has none.

    Raises `ResultError` if the file counts other components than it holds.
    """
    held = arrays[f"{kind}_directions"].shape[2]
    counted = int(arrays.get(f"{kind}_count", held))
    if counted != held:
        raise ResultError(
            f"{file_name} has {held} components in “{kind}_directions”, and “{kind}_count” is {counted}. {NEXT_STEP}"
        )
    if f"{kind}_names" in arrays:
        return _texts(arrays[f"{kind}_names"])
    return tuple(f"{prefix}{index:03d}" for index in range(held))


def _texts(array: Array) -> tuple[str, ...]:
    return tuple(str(text) for text in array)


def _check_names(file_name: str, key: str, names: tuple[str, ...]) -> None:
    for name in names:
        if not name or not name.isprintable() or len(name.encode()) > NAME_BYTES // 4:
            raise ResultError(f"{file_name} has the unusable name '{shown(name)}' in “{key}”. {NEXT_STEP}")
    if len(set(names)) != len(names):
        raise ResultError(f"{file_name} has the same name twice in “{key}”. {NEXT_STEP}")


def _check_parents(file_name: str, parents: Array) -> None:
    """Refuse a tree in which joint 0 is not the only root, or a joint stands before its parent."""
    earlier = all(0 <= parent < joint for joint, parent in enumerate(parents) if joint > 0)
    if len(parents) == 0 or parents[0] != -1 or not earlier:
        raise ResultError(f"{file_name} has “parents” that are not a tree with joint 0 as root. {NEXT_STEP}")


def _check_weights(file_name: str, weights: Array) -> None:
    worst = float(np.abs(weights.sum(axis=1) - 1).max(initial=0.0))
    if worst > WEIGHT_SUM_TOLERANCE or float(weights.min(initial=0.0)) < -WEIGHT_SUM_TOLERANCE:
        raise ResultError(
            f"{file_name} has “weights” whose rows are not shares of 1 (off by {worst:.3g}). {NEXT_STEP}"
        )


def _faces(file_name: str, arrays: dict[str, Any]) -> Faces:
    """Faces and, where the file has them, their UV corners; quads are preferred, degenerate faces are left
    out.
    """
    key = "quads" if "quads" in arrays else "triangles"
    uv_key = f"uv_{key}"
    rows: Array = arrays[key]
    _check_indices(file_name, key, rows, len(arrays["v_template"]))
    has_uv = "uv" in arrays and uv_key in arrays
    if has_uv:
        _check_indices(file_name, uv_key, arrays[uv_key], len(arrays["uv"]))
    width = rows.shape[1]
    sizes: Array = np.where(rows[:, -1] == rows[:, -2], 3, width)
    is_corner: Array = np.arange(width) < sizes[:, np.newaxis]
    sound: Array = np.ones(len(rows), dtype=bool)
    for a, b in itertools.combinations(range(width), 2):
        sound &= (rows[:, a] != rows[:, b]) | ~is_corner[:, b]
    is_corner &= sound[:, np.newaxis]
    return Faces(
        corners=rows[is_corner].astype(np.int32),
        sizes=sizes[sound].astype(np.int32),
        uv_corners=arrays[uv_key][is_corner].astype(np.int32) if has_uv else None,
    )


def _check_indices(file_name: str, key: str, indices: Array, count: int) -> None:
    if indices.size and (int(indices.min()) < 0 or int(indices.max()) >= count):
        raise ResultError(f"{file_name} has an index outside 0…{count - 1} in “{key}”. {NEXT_STEP}")
