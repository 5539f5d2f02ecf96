"""Columns of a body model file's shape directions: which are shape, which expression, and their names where the file has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import BodyModelError, shown

from .joints import ModelKind
from .model_entries import ModelEntries

USUAL_COUNT = 10  # betas, and expression coefficients, that are taken of a file which does not say more
# The open body's entries; no official file has them.
SHAPE_COLUMNS, EXPRESSION_COLUMNS = "shape_columns", "expression_columns"
SHAPE_NAMES, EXPRESSION_NAMES = "shape_names", "expression_names"
# A file may say how many of its components are betas and how many the expression, or name them, as body.npz of a result does.
SHAPE_COUNT, EXPRESSION_COUNT = "shape_count", "expression_count"
COMPONENT_ENTRIES = (
    SHAPE_COLUMNS, EXPRESSION_COLUMNS, SHAPE_NAMES, EXPRESSION_NAMES, SHAPE_COUNT, EXPRESSION_COUNT
)  # fmt: skip
# SMPL-X v1.0 files hold 10 betas and 10 expressions, files from v1.1 on 300 and 100 (the format's documentation).
_SMALL_FILE_BETAS = 10
_LARGE_FILE_BETAS = 300
_LARGE_FILE_COMPONENTS = 400


@dataclass(frozen=True, eq=False)
class Components:
    """Columns of `shapedirs` in the order of the coefficients; names are empty where the file gives none.

    `usual_betas` is the number of betas of a fit that asks for no number: all of a file that says which they are.
    """

    shape: NumpyArray
    expression: NumpyArray
    shape_names: tuple[str, ...]
    expression_names: tuple[str, ...]
    usual_betas: int


def read_components(entries: ModelEntries, kind: ModelKind) -> Components:
    """Return the columns that the file says, or those of SMPL-X's rule of 400; BodyModelError if it contradicts itself."""
    stored = entries.values["shapedirs"]
    count = stored.shape[2] if stored.ndim == 3 else 0
    if SHAPE_COLUMNS in entries.values or EXPRESSION_COLUMNS in entries.values:
        return _stated(entries, count)
    said = _said_counts(entries, count)
    betas, expressions = component_counts(kind, count) if said is None else said
    columns = np.arange(betas + expressions)
    return Components(
        columns[:betas],
        columns[betas:],
        _names(entries, SHAPE_NAMES, betas),
        _names(entries, EXPRESSION_NAMES, expressions),
        min(USUAL_COUNT, betas) if said is None else betas,
    )


def component_counts(kind: ModelKind, components: int) -> tuple[int, int]:
    """Return the numbers of betas and expressions among so many components of a file that does not say which are which."""
    if kind != "smplx":
        return components, 0
    betas = _LARGE_FILE_BETAS if components >= _LARGE_FILE_COMPONENTS else _SMALL_FILE_BETAS
    return min(betas, components), max(components - betas, 0)


def _said_counts(entries: ModelEntries, components: int) -> tuple[int, int] | None:
    """Return the numbers of betas and expressions that a file says by counts or names; None if it says neither."""
    betas = _said_count(entries, SHAPE_COUNT, SHAPE_NAMES)
    expressions = _said_count(entries, EXPRESSION_COUNT, EXPRESSION_NAMES)
    if betas is None:
        if expressions is None:
            return None
        betas = components - expressions
    expressions = components - betas if expressions is None else expressions
    if betas < 1 or expressions < 0 or betas + expressions > components:
        raise BodyModelError(
            f"{entries.path}: says that it has {shown(betas)} betas and {shown(expressions)} expressions, and 'shapedirs' holds "
            f"{components} components. The file is damaged."
        )
    return betas, expressions


def _said_count(entries: ModelEntries, count_key: str, names_key: str) -> int | None:
    count, names = entries.values.get(count_key), entries.values.get(names_key)
    if count is None:
        return None if names is None else names.size
    if count.size != 1 or count.dtype.kind not in "iu":
        raise BodyModelError(
            f"{entries.path}: '{count_key}' is {shown(count.tolist())}, not a whole number. The file is damaged."
        )
    return int(count.reshape(-1)[0])


def _stated(entries: ModelEntries, count: int) -> Components:
    entries.check_present((SHAPE_COLUMNS, EXPRESSION_COLUMNS))
    shape = entries.indices(SHAPE_COLUMNS, (None,), count)
    expression = entries.indices(EXPRESSION_COLUMNS, (None,), count)
    both = np.concatenate([shape, expression])
    if len(np.unique(both)) < len(both):
        raise BodyModelError(
            f"{entries.path}: '{SHAPE_COLUMNS}' and '{EXPRESSION_COLUMNS}' name a column of 'shapedirs' twice. "
            "The file is damaged."
        )
    return Components(
        shape,
        expression,
        _names(entries, SHAPE_NAMES, len(shape)),
        _names(entries, EXPRESSION_NAMES, len(expression)),
        len(shape),
    )


def _names(entries: ModelEntries, key: str, count: int) -> tuple[str, ...]:
    """Return a name for each of `count` columns, all different; none if the file has no names."""
    if key not in entries.values:
        return ()
    value = entries.values[key]
    names = tuple(str(name) for name in value.ravel().tolist()) if value.dtype.kind == "U" else ()
    usable = all(name.isprintable() and name for name in names)
    if len(names) != count or len(set(names)) < count or not usable:
        raise BodyModelError(
            f"{entries.path}: '{key}' holds {shown(list(names))} where {count} different names are expected. "
            "The file is damaged."
        )
    return names
