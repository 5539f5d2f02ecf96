"""NumPy arrays, SciPy sparse matrices and chumpy arrays out of pickles, without SciPy or chumpy.

Every size is checked against the bytes that are there, and taken off the budget, before an array is made.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import shown

from .border import RefusedError, part_border
from .budget import Budget
from .pickle_names import PYTHON_NAMES, Admitted, Names, StandIn, encoded, stand_ins
from .pickle_source import LONGEST_NAME

_NUMBER_TYPES = frozenset(("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))
_BYTE_ORDERS = frozenset("<>|=")
_WORDS = re.compile(r"[US][1-9]\d{0,3}")
_MOST_WORD_BYTES = 4096  # of one array; what is read of it is a word or two
_MOST_DIMENSIONS = 8
_LARGEST_SIDE = 2**31 - 1  # of an array, so that no product with the size of a value leaves 64 bits unseen
_PLACE_BYTES = 8  # of a row or column number
# chumpy's reordering objects may stand on each other; model files have one or two.
_DEEPEST_CHUMPY = 8


class PickledType(StandIn):
    """A NumPy dtype: numbers of one kind, or something else (`numbers` is None then): objects, words of some length."""

    def __init__(self, arguments: tuple[Any, ...], budget: Budget) -> None:
        super().__init__("numpy.dtype")
        name = _text(arguments[0]) if arguments else ""
        self._kind = name if name in _NUMBER_TYPES else None
        self.numbers = None if self._kind is None else np.dtype(self._kind)
        self.is_object = name in ("O", "O4", "O8")
        self._words = name
        self.words = np.dtype(name) if _WORDS.fullmatch(name) else None

    def set_state(self, state: object, budget: Budget) -> None:
        """Take (version, byte order, subtype, names, fields, …); structured types become 'something else'."""
        values = cast("tuple[Any, ...]", state)
        if not isinstance(state, tuple) or len(values) < 5:
            raise RefusedError("the type of an array is damaged")
        order = _text(values[1])
        if any(value is not None for value in values[2:5]) or order not in _BYTE_ORDERS:
            self.numbers = self.words = None
            self.is_object = False
        elif self.words is not None and order in "<>":
            self.words = np.dtype(f"{order}{self._words}")
        elif self._kind is not None:
            self.numbers = np.dtype(f"{order}{self._kind}")


class PickledArray(StandIn):
    """A NumPy array; `value` is None where it holds no numbers: `objects` are its other values, `sides` its shape."""

    def __init__(self, value: NumpyArray | None = None, objects: list[Any] | None = None) -> None:
        super().__init__("numpy.ndarray")
        self.value = value
        self.objects = objects
        self.sides: tuple[int, ...] = ()

    def plain_key(self) -> str:
        """Return a single number as the text that a table holds as a key; RefusedError for anything else."""
        return str(whole_number(self))

    def set_state(self, state: object, budget: Budget) -> None:
        """Take (version, shape, type, in Fortran order, bytes)."""
        values = cast("tuple[Any, ...]", state)
        if not isinstance(state, tuple) or len(values) != 5:
            raise RefusedError("an array is damaged")
        self.value = _array(values[1], values[2], bool(values[3]), values[4], budget)
        if self.value is None:
            self.objects = _others(values[1], values[2], values[4], budget)
            self.sides = checked_sides(values[1])


def _text(value: object) -> str:
    if not isinstance(value, bytes | str) or len(value) > LONGEST_NAME:
        raise RefusedError("a word is expected and something else is there")
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _array(shape: Any, kind: Any, in_fortran_order: bool, raw: Any, budget: Budget) -> NumpyArray | None:
    """Return an array on the bytes of the file; None if it does not hold numbers."""
    if not isinstance(kind, PickledType):
        raise RefusedError("an array has no type")
    if kind.numbers is None:
        return None
    sizes = checked_sides(shape)
    data = encoded(raw, budget) if isinstance(raw, str) else raw
    if not isinstance(data, bytes):
        raise RefusedError("an array of numbers holds objects")
    needed = math.prod(sizes) * kind.numbers.itemsize
    if needed != len(data):
        raise RefusedError(f"an array of shape {sizes} has {len(data)} bytes where {needed} are needed")
    return array_of_bytes(sizes, kind.numbers, in_fortran_order, data)


def array_of_bytes(
    sides: tuple[int, ...], kind: np.dtype[Any], in_fortran_order: bool, data: bytes
) -> NumpyArray:
    """Return the array of numbers that lie in these bytes, which are as many as it needs."""
    return np.frombuffer(data, dtype=kind).reshape(sides, order="F" if in_fortran_order else "C")


def _others(shape: Any, kind: Any, raw: Any, budget: Budget) -> list[Any] | None:
    """Return the objects or the words of an array that holds no numbers; None for what nobody needs."""
    count = math.prod(checked_sides(shape))
    if kind.is_object:
        return (
            cast("list[Any]", raw) if isinstance(raw, list) and len(cast("list[Any]", raw)) == count else None
        )
    if (
        kind.words is None
        or kind.words.itemsize == 0
        or not 0 < count * kind.words.itemsize <= _MOST_WORD_BYTES
    ):
        return None
    data = encoded(raw, budget) if isinstance(raw, str) else raw
    if not isinstance(data, bytes) or len(data) != count * kind.words.itemsize:
        raise RefusedError("an array of text is damaged")
    if kind.words.kind == "S":
        return [word.decode("latin-1") for word in np.frombuffer(data, dtype=kind.words).tolist()]
    coding = "utf-32-be" if kind.words.str[0] == ">" else "utf-32-le"
    size = kind.words.itemsize
    return [data[at : at + size].decode(coding, "replace").rstrip("\0") for at in range(0, len(data), size)]


def checked_sides(shape: Any) -> tuple[int, ...]:
    """Return the shape of an array; RefusedError for one that no array has."""
    values = cast("tuple[Any, ...]", shape)
    if not isinstance(shape, tuple) or len(values) > _MOST_DIMENSIONS:
        raise RefusedError("the shape of an array is damaged")
    sizes = tuple(whole_number(value) for value in values)
    for size in sizes:
        if not 0 <= size <= _LARGEST_SIDE:
            raise RefusedError(f"an array claims a side of {shown(size)}")
    return sizes


def whole_number(value: object) -> int:
    """Return an int, or a NumPy scalar of a pickle, as an int; RefusedError for anything else."""
    if isinstance(value, PickledArray) and value.value is not None and value.value.ndim == 0:
        value = value.value.item()
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedError("a whole number is expected and something else is there")
    return value


def _from_buffer(arguments: tuple[Any, ...], budget: Budget) -> PickledArray:
    """Call of numpy.core.numeric._frombuffer(bytes, type, shape, order), an array in protocol 5."""
    raw, kind, shape, order = arguments
    return PickledArray(_array(shape, kind, _text(order) == "F", raw, budget))


def _scalar(arguments: tuple[Any, ...], budget: Budget) -> PickledArray:
    """Call of numpy.core.multiarray.scalar(type, bytes)."""
    kind, raw = arguments
    if not isinstance(kind, PickledType) or kind.numbers is not None:
        return PickledArray(_array((), kind, False, raw, budget))
    return PickledArray(None, [raw] if kind.is_object else _others((), kind, raw, budget))


def _array_names() -> dict[tuple[str, str], Admitted]:
    names: dict[tuple[str, str], Admitted] = {
        ("numpy", "ndarray"): Admitted("numpy.ndarray", lambda arguments, budget: PickledArray()),
        ("numpy", "matrix"): Admitted("numpy.matrix", lambda arguments, budget: PickledArray()),
        ("numpy.matrixlib.defmatrix", "matrix"): Admitted(
            "numpy.matrix", lambda arguments, budget: PickledArray()
        ),
        ("numpy", "dtype"): Admitted("numpy.dtype", PickledType),
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = Admitted(
            "_reconstruct", lambda arguments, budget: PickledArray()
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


def numbers(value: object, budget: Budget, name: str) -> NumpyArray:
    """Return the dense array that a value of a pickle stands for; RefusedError with its name if it is none."""
    with part_border(f"entry '{shown(name)}'"):
        return _dense(value, budget)


def _dense(value: object, budget: Budget) -> NumpyArray:
    if isinstance(value, PickledArray):
        if value.value is None:
            raise RefusedError("it holds objects or text instead of numbers")
        return value.value
    if isinstance(value, StandIn) and value.name.startswith("chumpy"):
        return _chumpy(value, budget)
    if isinstance(value, StandIn) and value.name.startswith("scipy"):
        return _written_out(value, budget)
    if isinstance(value, bool | int | float):
        return np.array(value)
    raise RefusedError(f"it holds {_described(value)} instead of numbers")


def _described(value: object) -> str:
    return f"a {value.name}" if isinstance(value, StandIn) else f"a {type(value).__name__}"


def _field(value: StandIn, *names: str) -> object:
    for name in names:
        if name in value.state:
            return value.state[name]
    raise RefusedError(f"a {value.name} lacks its {names[0]}")


def _chumpy(value: StandIn, budget: Budget) -> NumpyArray:
    """x of a plain one; Select takes idxs of the flattened a, Reshape its newshape."""
    reorderings: list[StandIn] = []
    inner: object = value
    while isinstance(inner, StandIn) and inner.name.startswith("chumpy.reordering"):
        reorderings.append(inner)
        if len(reorderings) > _DEEPEST_CHUMPY:
            raise RefusedError("chumpy objects are nested too deeply")
        inner = _field(inner, "a")
    if isinstance(inner, StandIn) and inner.name.startswith("chumpy"):
        inner = _field(inner, "x")
    if isinstance(inner, StandIn) and inner.name.startswith("chumpy"):
        raise RefusedError("a chumpy array holds another one")
    array = _dense(inner, budget)
    for reordering in reversed(reorderings):
        array = _reordered(array, reordering, budget)
    return array


def _reordered(array: NumpyArray, reordering: StandIn, budget: Budget) -> NumpyArray:
    budget.spend(array.nbytes)  # an array in Fortran order is copied when it is flattened
    flat = array.reshape(-1)
    if reordering.name.endswith("Reshape"):
        return flat.reshape(_shape(_field(reordering, "newshape")))
    chosen = _indices(_field(reordering, "idxs"), len(flat), budget)
    budget.spend(chosen.size * array.itemsize)
    selected = flat[chosen]
    wanted = reordering.state.get("preferred_shape")
    return selected if wanted is None else selected.reshape(_shape(wanted))


def _shape(value: object) -> tuple[int, ...]:
    """Return a shape as tuple, list, array or single number; −1 is allowed once, as NumPy does."""
    if isinstance(value, PickledArray):
        array = value.value
        if array is None or array.size > _MOST_DIMENSIONS:
            raise RefusedError("the shape of an array is damaged")
        value = tuple(array.reshape(-1).tolist())
    sides = cast("list[object]", value) if isinstance(value, tuple | list) else [value]
    if len(sides) > _MOST_DIMENSIONS:
        raise RefusedError("the shape of an array is damaged")
    return tuple(whole_number(side) for side in sides)


def _indices(value: object, limit: int, budget: Budget) -> NumpyArray:
    """Whole numbers in 0 … limit − 1."""
    array = _dense(value, budget)
    if array.dtype.kind not in "iu" or (array.size and (array.min() < 0 or array.max() >= limit)):
        raise RefusedError("indices point outside their array")
    budget.spend(_PLACE_BYTES * array.size)
    return array.astype(np.int64)


def _written_out(value: StandIn, budget: Budget) -> NumpyArray:
    """Return a csc, csr or coo matrix with its zeros."""
    sides = _shape(_field(value, "_shape", "shape"))
    if len(sides) != 2 or not 0 <= min(sides) <= max(sides) <= _LARGEST_SIDE:
        raise RefusedError(f"a sparse matrix claims the shape {shown(sides)}")
    budget.spend(sides[0] * sides[1] * np.float64().itemsize)
    data = _dense(_field(value, "data"), budget).reshape(-1)
    rows, columns = _coordinates(value, (sides[0], sides[1]), budget)
    if not len(rows) == len(columns) == len(data):
        raise RefusedError("a sparse matrix has more places than values")
    dense = np.zeros(sides)
    budget.spend(data.size * dense.itemsize)
    np.add.at(dense, (rows, columns), data.astype(np.float64))
    return dense


def _coordinates(value: StandIn, sides: tuple[int, int], budget: Budget) -> tuple[NumpyArray, NumpyArray]:
    """Row and column of every value."""
    if value.name.endswith("coo_matrix"):
        places = value.state.get("coords")
        pair = cast("tuple[object, ...]", places) if isinstance(places, tuple) else ()
        row, column = pair if len(pair) == 2 else (_field(value, "row"), _field(value, "col"))
        return _indices(row, sides[0], budget).reshape(-1), _indices(column, sides[1], budget).reshape(-1)
    by_column = value.name.endswith("csc_matrix")
    major, minor = (sides[1], sides[0]) if by_column else sides
    inner = _indices(_field(value, "indices"), minor, budget).reshape(-1)
    starts = _indices(_field(value, "indptr"), len(inner) + 1, budget).reshape(-1)
    counts = np.diff(starts)
    if len(starts) != major + 1 or counts.min(initial=0) < 0 or int(counts.sum()) != len(inner):
        raise RefusedError("a sparse matrix is damaged")
    budget.spend(_PLACE_BYTES * (major + len(inner)))
    outer = np.repeat(np.arange(major), counts)
    return (inner, outer) if by_column else (outer, inner)
