"""NumPy arrays, SciPy sparse matrices and chumpy arrays out of pickles, without SciPy or chumpy. Free of bpy.

Every size is checked against the bytes that are there before an array is made.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray

from .npz_reader import LARGEST_ARRAY_BYTES
from .pickle_names import PYTHON_NAMES, Admitted, Names, StandIn, stand_ins
from .pickle_source import PickleRefusedError

_NUMBER_TYPES = frozenset(("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))
_BYTE_ORDERS = frozenset("<>|=")
_MOST_DIMENSIONS = 8
# chumpy's reordering objects may stand on each other; model files have one or two.
_DEEPEST_CHUMPY = 8


class PickledType(StandIn):
    """A NumPy dtype: numbers of one kind, or something else that no file of ours needs (`numbers` is None then)."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        super().__init__("numpy.dtype")
        name = _text(arguments[0]) if arguments else ""
        self._kind = name if name in _NUMBER_TYPES else None
        self.numbers = None if self._kind is None else np.dtype(self._kind)

    def set_state(self, state: object) -> None:
        """(version, byte order, subtype, names, fields, …); structured types become 'something else'."""
        values = cast("tuple[Any, ...]", state)
        if not isinstance(state, tuple) or len(values) < 5:
            raise PickleRefusedError("the type of an array is damaged")
        order = _text(values[1])
        if any(value is not None for value in values[2:5]) or order not in _BYTE_ORDERS:
            self.numbers = None
        elif self._kind is not None:
            self.numbers = np.dtype(f"{order}{self._kind}")


class PickledArray(StandIn):
    """A NumPy array; `value` is None where it holds objects or text instead of numbers, which are not looked at."""

    def __init__(self, value: NumpyArray | None = None) -> None:
        super().__init__("numpy.ndarray")
        self.value = value

    def set_state(self, state: object) -> None:
        """(version, shape, type, in Fortran order, bytes)."""
        values = cast("tuple[Any, ...]", state)
        if not isinstance(state, tuple) or len(values) != 5:
            raise PickleRefusedError("an array is damaged")
        self.value = _array(values[1], values[2], bool(values[3]), values[4])


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    raise PickleRefusedError("text is expected and something else is there")


def _array(shape: Any, kind: Any, in_fortran_order: bool, raw: Any) -> NumpyArray | None:
    """An array on the bytes of the file; None if it does not hold numbers."""
    if not isinstance(kind, PickledType):
        raise PickleRefusedError("an array has no type")
    if kind.numbers is None:
        return None
    sizes = _sizes(shape)
    data = raw.encode("latin-1") if isinstance(raw, str) else raw
    if not isinstance(data, bytes):
        raise PickleRefusedError("an array of numbers holds objects")
    needed = math.prod(sizes) * kind.numbers.itemsize
    if needed != len(data) or needed > LARGEST_ARRAY_BYTES:
        raise PickleRefusedError(
            f"an array of shape {sizes} has {len(data)} bytes where {needed} are needed and {LARGEST_ARRAY_BYTES} allowed"
        )
    return np.frombuffer(data, dtype=kind.numbers).reshape(sizes, order="F" if in_fortran_order else "C")


def _sizes(shape: Any) -> tuple[int, ...]:
    values = cast("tuple[Any, ...]", shape)
    if not isinstance(shape, tuple) or len(values) > _MOST_DIMENSIONS:
        raise PickleRefusedError("the shape of an array is damaged")
    sizes: list[int] = []
    for value in values:
        size = whole_number(value)
        if not 0 <= size <= LARGEST_ARRAY_BYTES:
            raise PickleRefusedError(f"an array claims a side of {size}")
        sizes.append(size)
    return tuple(sizes)


def whole_number(value: object) -> int:
    """An int, or a NumPy scalar of a pickle that is one; PickleRefusedError for anything else."""
    if isinstance(value, PickledArray) and value.value is not None and value.value.ndim == 0:
        value = value.value.item()
    if isinstance(value, bool) or not isinstance(value, int):
        raise PickleRefusedError("a whole number is expected and something else is there")
    return value


def _from_buffer(arguments: tuple[Any, ...]) -> PickledArray:
    """numpy.core.numeric._frombuffer(bytes, type, shape, order): arrays in protocol 5."""
    raw, kind, shape, order = arguments
    return PickledArray(_array(shape, kind, _text(order) == "F", raw))


def _scalar(arguments: tuple[Any, ...]) -> PickledArray:
    """numpy.core.multiarray.scalar(type, bytes)."""
    kind, raw = arguments
    return PickledArray(_array((), kind, False, raw))


def _array_names() -> dict[tuple[str, str], Admitted]:
    names: dict[tuple[str, str], Admitted] = {
        ("numpy", "ndarray"): Admitted("numpy.ndarray", lambda arguments: PickledArray()),
        ("numpy", "matrix"): Admitted("numpy.matrix", lambda arguments: PickledArray()),
        ("numpy.matrixlib.defmatrix", "matrix"): Admitted("numpy.matrix", lambda arguments: PickledArray()),
        ("numpy", "dtype"): Admitted("numpy.dtype", PickledType),
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = Admitted(
            "_reconstruct", lambda arguments: PickledArray()
        )
        names[f"{core}.multiarray", "scalar"] = Admitted("scalar", _scalar)
        names[f"{core}.numeric", "_frombuffer"] = Admitted("_frombuffer", _from_buffer)
    return names


SPARSE_NAMES: tuple[tuple[str, str], ...] = tuple(
    (f"scipy.sparse.{private}{form}", f"{form}_matrix")
    for private in ("", "_")
    for form in ("csc", "csr", "coo")
)
CHUMPY_NAMES: tuple[tuple[str, str], ...] = (
    ("chumpy.ch", "Ch"),
    ("chumpy", "Ch"),
    ("chumpy.reordering", "Select"),
    ("chumpy.reordering", "Reshape"),
)
ARRAY_NAMES: Names = {**PYTHON_NAMES, **_array_names()}
MODEL_NAMES: Names = {**ARRAY_NAMES, **stand_ins(*SPARSE_NAMES), **stand_ins(*CHUMPY_NAMES)}


def numbers(value: object) -> NumpyArray:
    """The dense array that a value of a pickle stands for; PickleRefusedError if it is none."""
    if isinstance(value, PickledArray):
        if value.value is None:
            raise PickleRefusedError("it holds objects or text instead of numbers")
        return value.value
    if isinstance(value, StandIn) and value.name.startswith("chumpy"):
        return _chumpy(value)
    if isinstance(value, StandIn) and value.name.startswith("scipy"):
        return _dense(value)
    if isinstance(value, bool | int | float):
        return np.array(value)
    raise PickleRefusedError(f"it holds {_described(value)} instead of numbers")


def _described(value: object) -> str:
    return f"a {value.name}" if isinstance(value, StandIn) else f"a {type(value).__name__}"


def _field(value: StandIn, *names: str) -> object:
    for name in names:
        if name in value.state:
            return value.state[name]
    raise PickleRefusedError(f"a {value.name} lacks its {names[0]}")


def _chumpy(value: StandIn) -> NumpyArray:
    """x of a plain one; Select takes idxs of the flattened a, Reshape its newshape."""
    reorderings: list[StandIn] = []
    inner: object = value
    while isinstance(inner, StandIn) and inner.name.startswith("chumpy.reordering"):
        reorderings.append(inner)
        if len(reorderings) > _DEEPEST_CHUMPY:
            raise PickleRefusedError("chumpy objects are nested too deeply")
        inner = _field(inner, "a")
    if isinstance(inner, StandIn) and inner.name.startswith("chumpy"):
        inner = _field(inner, "x")
    if isinstance(inner, StandIn) and inner.name.startswith("chumpy"):
        raise PickleRefusedError("a chumpy array holds another one")
    array = numbers(inner)
    for reordering in reversed(reorderings):
        array = _reordered(array, reordering)
    return array


def _reordered(array: NumpyArray, reordering: StandIn) -> NumpyArray:
    flat = array.reshape(-1)
    if reordering.name.endswith("Reshape"):
        return flat.reshape(_shape(_field(reordering, "newshape")))
    chosen = _indices(_field(reordering, "idxs"), len(flat))
    if chosen.size * array.itemsize > LARGEST_ARRAY_BYTES:
        raise PickleRefusedError("a chumpy selection is too large")
    selected = flat[chosen]
    wanted = reordering.state.get("preferred_shape")
    return selected if wanted is None else selected.reshape(_shape(wanted))


def _shape(value: object) -> tuple[int, ...]:
    """A shape as tuple, list, array or single number; −1 is allowed once, as NumPy does."""
    if isinstance(value, PickledArray):
        value = tuple(np.atleast_1d(numbers(value)).tolist())
    if isinstance(value, tuple | list):
        return tuple(whole_number(size) for size in cast("list[object]", value))
    return (whole_number(value),)


def _indices(value: object, limit: int) -> NumpyArray:
    """Whole numbers in 0 … limit − 1."""
    array = numbers(value)
    if array.dtype.kind not in "iu" or (array.size and (array.min() < 0 or array.max() >= limit)):
        raise PickleRefusedError("indices point outside their array")
    return array.astype(np.int64)


def _dense(value: StandIn) -> NumpyArray:
    """A csc, csr or coo matrix written out."""
    sides = _shape(_field(value, "_shape", "shape"))
    if len(sides) != 2 or min(sides) < 0 or sides[0] * sides[1] * np.float64().itemsize > LARGEST_ARRAY_BYTES:
        raise PickleRefusedError(f"a sparse matrix claims the shape {sides}")
    data = numbers(_field(value, "data")).reshape(-1)
    rows, columns = _coordinates(value, sides)
    if not len(rows) == len(columns) == len(data):
        raise PickleRefusedError("a sparse matrix has more places than values")
    dense = np.zeros(sides)
    np.add.at(dense, (rows, columns), data.astype(np.float64))
    return dense


def _coordinates(value: StandIn, sides: tuple[int, ...]) -> tuple[NumpyArray, NumpyArray]:
    if value.name.endswith("coo_matrix"):
        places = value.state.get("coords")
        pair = cast("tuple[object, ...]", places) if isinstance(places, tuple) else ()
        row, column = pair if len(pair) == 2 else (_field(value, "row"), _field(value, "col"))
        return _indices(row, sides[0]).reshape(-1), _indices(column, sides[1]).reshape(-1)
    by_column = value.name.endswith("csc_matrix")
    major, minor = (sides[1], sides[0]) if by_column else sides
    inner = _indices(_field(value, "indices"), minor).reshape(-1)
    starts = _indices(_field(value, "indptr"), len(inner) + 1).reshape(-1)
    counts = np.diff(starts)
    if len(starts) != major + 1 or counts.min(initial=0) < 0 or int(counts.sum()) != len(inner):
        raise PickleRefusedError("a sparse matrix is damaged")
    outer = np.repeat(np.arange(major), counts)
    return (inner, outer) if by_column else (outer, inner)
