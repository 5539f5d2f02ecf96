"""Untrusted files of torch.save, read as NumPy arrays without PyTorch and without running anything.

Both forms are read: the zip archives that PyTorch writes since 1.6 (`data.pkl` beside `data/0`, `data/1` …), and the
older sequence of pickles followed by the numbers, in which VPoser v1 comes. `TENSOR_NAMES` is all that they may name.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import PriorFileError, shown
from fitting_core.files.border import RefusedError, part_border
from fitting_core.files.budget import Budget
from fitting_core.files.pickle_machine import read_pickle
from fitting_core.files.pickle_names import Admitted, Names, StandIn
from fitting_core.files.pickle_source import LONGEST_NAME
from fitting_core.files.pickled_numbers import ARRAY_NAMES, whole_number
from fitting_core.files.regular_file import open_regular
from fitting_core.files.restricted_pickle import checked_size, pickle_border
from fitting_core.files.zip_archive import ZIP_MAGIC, open_archive, open_entry, read_into

OLD_MAGIC = 0x1950A86A20F9469CFC6C  # what torch.save before 1.6 begins with, and the protocol that follows it
OLD_TORCH_START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the magic as a pickle of its own
_OLD_PROTOCOL = 1001
# A VPoser checkpoint's pickle has some hundred KiB at most: the numbers lie outside it.
_LARGEST_PICKLE_BYTES = 64 * 1024**2
_MOST_DIMENSIONS = 8
_STORAGE_TYPES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "b1", "BFloat16Storage": "<u2",
}  # fmt: skip
_UPPER_HALVES = "BFloat16Storage"  # each number is the upper half of a float32, which NumPy has no type for
# PyTorch Lightning writes these beside the weights. They are read over: nothing looks at them.
_READ_OVER = (
    ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
    ("pytorch_lightning.callbacks.early_stopping", "EarlyStopping"),
)
_READ_OVER_TABLES = (("pytorch_lightning.utilities.parsing", "AttributeDict"), ("dotmap", "DotMap"))


class Storage(StandIn):
    """A run of numbers that lies outside the pickle: its key there, kind (PyTorch's name) and count."""

    def __init__(self, key: str, kind: str, count: int) -> None:
        super().__init__("torch storage")
        self.key = key
        self.dtype = np.dtype(_STORAGE_TYPES[kind])
        self.has_upper_halves = kind == _UPPER_HALVES
        self.count = count
        self.raw: bytes | None = None  # the numbers, where the pickle itself holds them
        if (
            not 0 <= count < 2**60
        ):  # so that its size in bytes is a number of 64 bits; the budget has the last word
            raise RefusedError(f"a tensor claims {shown(count)} numbers")

    @property
    def size(self) -> int:
        """Size of all numbers in bytes."""
        return self.count * self.dtype.itemsize


class Tensor(StandIn):
    """A view of a storage."""

    def __init__(
        self, storage: Storage, offset: int, sizes: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        super().__init__("torch tensor")
        self.storage = storage
        self._offset = offset
        self._sizes = sizes
        self._strides = strides
        self._check()

    def _check(self) -> None:
        sizes, strides = self._sizes, self._strides
        if (
            len(sizes) != len(strides)
            or len(sizes) > _MOST_DIMENSIONS
            or min((0, *sizes, *strides, self._offset)) < 0
        ):
            raise RefusedError("the shape of a tensor is damaged")
        last = self._offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
        count = math.prod(sizes)
        if count and (last >= self.storage.count or count > self.storage.count):
            raise RefusedError("a tensor reaches past its numbers")

    def array(self, raw: bytes, budget: Budget) -> NumpyArray:
        """Make the tensor from the bytes of its storage, as an array of its own."""
        flat = np.frombuffer(raw, dtype=self.storage.dtype)
        count = math.prod(self._sizes)
        if count == 0:
            return np.zeros(self._sizes, dtype=np.float32 if self.storage.has_upper_halves else flat.dtype)
        budget.spend(count * flat.itemsize)
        # The step along a side of one is never taken, and may be any number in a file.
        strides = tuple(
            stride * flat.itemsize if size > 1 else 0
            for size, stride in zip(self._sizes, self._strides, strict=True)
        )
        values = np.lib.stride_tricks.as_strided(flat[self._offset :], self._sizes, strides)
        if not self.storage.has_upper_halves:
            return values.copy()
        budget.spend(count * np.dtype(np.float32).itemsize)
        whole = values.astype("<u4", order="C")
        np.left_shift(whole, np.uint32(16), out=whole)
        return whole.view("<f4")


class _Ignored(StandIn):
    """An object of which nothing is kept: any state will do."""

    def set_state(self, state: object, budget: Budget) -> None:
        pass


def _rebuilt(arguments: tuple[Any, ...], budget: Budget) -> Tensor:
    """Call of torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)."""
    storage, offset, sizes, strides = arguments[:4]
    if not isinstance(storage, Storage):
        raise RefusedError("a tensor has no numbers")
    return Tensor(storage, whole_number(offset), _whole_numbers(sizes), _whole_numbers(strides))


def _whole_numbers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple) or len(cast("tuple[object, ...]", values)) > _MOST_DIMENSIONS:
        raise RefusedError("the shape of a tensor is damaged")
    return tuple(whole_number(value) for value in cast("tuple[object, ...]", values))


def _size(arguments: tuple[Any, ...], budget: Budget) -> tuple[int, ...]:
    """Call of torch.Size(sides)."""
    return _whole_numbers(tuple(arguments[0][: _MOST_DIMENSIONS + 1]))


def _tensor_names() -> dict[tuple[str, str], Admitted]:
    names = dict(ARRAY_NAMES)
    names["torch._utils", "_rebuild_tensor_v2"] = Admitted("_rebuild_tensor_v2", _rebuilt)
    names["torch._utils", "_rebuild_tensor"] = Admitted("_rebuild_tensor", _rebuilt)
    names["torch._utils", "_rebuild_parameter"] = Admitted(
        "_rebuild_parameter", lambda arguments, budget: arguments[0]
    )
    names["torch", "Size"] = Admitted("torch.Size", _size)
    for name in _STORAGE_TYPES:
        names["torch", name] = Admitted(name, lambda arguments, budget: StandIn("torch storage type"))
    for module, name in _READ_OVER:
        names[module, name] = Admitted(name, lambda arguments, budget: _Ignored("Lightning object"))
    for module, name in _READ_OVER_TABLES:
        names[module, name] = Admitted(name, lambda arguments, budget: {})
    return names


TENSOR_NAMES = _tensor_names()


def _storage(identity: Any) -> Storage:
    """Parse ('storage', type, key, device, count), which torch.save writes in place of the numbers."""
    values = cast("tuple[Any, ...]", identity) if isinstance(identity, tuple) else ()
    if len(values) < 5 or values[0] != "storage":
        raise RefusedError("it refers to something that is no tensor")
    kind, key = values[1], values[2]
    if (
        not isinstance(kind, Admitted)
        or kind.name not in _STORAGE_TYPES
        or not isinstance(key, str)
        or len(key) > LONGEST_NAME
    ):
        raise RefusedError("a tensor has numbers of an unknown kind")
    return Storage(key, kind.name, whole_number(values[4]))


ReadStorage = Callable[[Storage], bytes]


def _from_bytes(arguments: tuple[Any, ...], budget: Budget) -> Storage:
    """Call of torch.storage._load_from_bytes(bytes), which a plain pickle of tensors has in place of their numbers."""
    (data,) = arguments
    if not isinstance(data, bytes):
        raise RefusedError("a tensor has no numbers")
    names = {name: made for name, made in TENSOR_NAMES.items() if name != _FROM_BYTES}  # one level only
    value, read = _read_sequence(io.BytesIO(data), len(data), budget, names)
    if not isinstance(value, Storage):
        raise RefusedError("a tensor has no numbers")
    value.raw = read(value)
    return value


_FROM_BYTES = ("torch.storage", "_load_from_bytes")
PICKLED_TENSOR_NAMES: Names = {**TENSOR_NAMES, _FROM_BYTES: Admitted("_load_from_bytes", _from_bytes)}


def read_tensors(path: Path) -> dict[str, NumpyArray]:
    """Read the tensors of a state dict by name, whether it is the file itself or its `state_dict`.

    Raises PriorFileError with the file, what was refused and the next step.
    """
    budget = Budget()
    with (
        pickle_border(path, PriorFileError, "file of tensors"),
        open_regular(path) as file,
        opened_tensors(file, budget) as (value, read),
    ):
        return _arrays(value, read, budget)


@contextmanager
def opened_tensors(file: BinaryIO, budget: Budget) -> Generator[tuple[object, ReadStorage]]:
    """Yield the value of a file of torch.save, and what reads the numbers of its tensors while the file is open."""
    size = checked_size(file)
    is_archive = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
    file.seek(0)
    if not is_archive:
        yield _read_sequence(file, size, budget, TENSOR_NAMES)
        return
    with open_archive(file) as archive:
        yield _read_archive(archive, budget)


def _read_archive(archive: zipfile.ZipFile, budget: Budget) -> tuple[object, ReadStorage]:
    pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise RefusedError("the archive holds no data.pkl, so it was not written by torch.save")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and _entry(archive, f"{folder}byteorder", 16) != b"little":
        raise RefusedError("its numbers are big-endian")
    size = archive.getinfo(pickles[0]).file_size
    with budget.lend(2 * min(size, _LARGEST_PICKLE_BYTES)):
        data = _entry(archive, pickles[0], _LARGEST_PICKLE_BYTES)
        value = read_pickle(io.BytesIO(data), len(data), PICKLED_TENSOR_NAMES, budget, _storage)
        del data
    return value, lambda storage: _entry(archive, f"{folder}data/{storage.key}", storage.size)


def _entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with part_border(f"entry '{shown(name)}' of the archive"):
        size = archive.getinfo(name).file_size
        if size > most:
            raise RefusedError(f"it has {size} bytes where {most} are expected")
        data = bytearray(size)
        with open_entry(archive, name) as stream:
            there = read_into(stream, memoryview(data))
            stream.read(1)  # at its end the archive compares the checksum
        return bytes(data[:there])


def _read_sequence(file: BinaryIO, size: int, budget: Budget, names: Names) -> tuple[object, ReadStorage]:
    """Read magic number, protocol, machine, value, keys of the storages, then per storage its count and numbers."""
    values: list[object] = []
    storages: dict[str, Storage] = {}

    def remember(identity: Any) -> Storage:
        storage = _storage(identity)
        return storages.setdefault(storage.key, storage)

    for _ in range(5):
        values.append(read_pickle(file, size, names, budget, remember))
        if values[0] != OLD_MAGIC or (len(values) > 1 and values[1] != _OLD_PROTOCOL):
            raise RefusedError("it was not written by torch.save, or by one of before 2017")
    raw = _numbers_behind(file, values[4], storages, budget)
    return values[3], lambda storage: raw.get(storage.key, b"")


def _numbers_behind(
    file: BinaryIO, keys: object, storages: dict[str, Storage], budget: Budget
) -> dict[str, bytes]:
    """Bytes of every storage by its key."""
    raw: dict[str, bytes] = {}
    for key in cast("list[object]", keys) if isinstance(keys, list) else []:
        storage = storages.get(key) if isinstance(key, str) else None
        count = int.from_bytes(file.read(8), "little")
        if storage is None or count != storage.count:
            raise RefusedError("the numbers of a tensor are damaged or missing")
        budget.spend(storage.size)
        raw[storage.key] = file.read(storage.size)
    return raw


def _arrays(value: object, read: ReadStorage, budget: Budget) -> dict[str, NumpyArray]:
    if not isinstance(value, dict):
        raise RefusedError("it holds no table of tensors")
    table = cast("dict[object, object]", value)
    inner = table.get("state_dict")
    tensors: dict[str, NumpyArray] = {}
    for key, tensor in (cast("dict[object, object]", inner) if isinstance(inner, dict) else table).items():
        if isinstance(key, str) and isinstance(tensor, Tensor):
            with part_border(f"tensor '{shown(key)}'"):
                tensors[key] = tensor_array(tensor, read, budget)
    return tensors


def tensor_array(tensor: Tensor, read: ReadStorage, budget: Budget) -> NumpyArray:
    """Return a tensor as an array of its own; RefusedError where its numbers are not there."""
    raw = tensor.storage.raw
    if raw is None:
        # lent twice, for the bytes are copied once when they are whole; spent anew for every tensor, which is the work of
        # taking them out of the archive
        budget.spend(2 * tensor.storage.size)
        raw = read(tensor.storage)
    if len(raw) != tensor.storage.size:
        raise RefusedError("its numbers are missing")
    return tensor.array(raw, budget)
