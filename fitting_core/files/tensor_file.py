"""Untrusted files of torch.save → NumPy arrays, without PyTorch and without running anything. Free of bpy.

Both forms are read: the zip archives that PyTorch writes since 1.6 (`data.pkl` beside `data/0`, `data/1` …), and the
older sequence of pickles followed by the numbers, in which VPoser v1 comes. `TENSOR_NAMES` is all that they may name.
"""

from __future__ import annotations

import math
import mmap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import PriorFileError
from fitting_core.files.npz_reader import LARGEST_ARRAY_BYTES
from fitting_core.files.pickle_machine import read_pickle
from fitting_core.files.pickle_names import Admitted, StandIn
from fitting_core.files.pickle_source import PickleRefusedError
from fitting_core.files.pickled_numbers import ARRAY_NAMES, whole_number
from fitting_core.files.restricted_pickle import with_file

_ZIP_MAGIC = b"PK\x03\x04"
_OLD_MAGIC = (
    0x1950A86A20F9469CFC6C  # what torch.save before 1.6 begins with, and the protocol that follows it
)
_OLD_PROTOCOL = 1001
# A VPoser checkpoint's pickle has some hundred KiB at most: the numbers lie outside it.
_LARGEST_PICKLE_BYTES = 64 * 1024**2
# What a damaged archive makes `zipfile` raise, besides its own error.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, KeyError, ValueError,
)  # fmt: skip
# All tensors of a checkpoint together; VPoser's have a few MiB.
_MOST_BYTES = 2 * 1024**3
_MOST_DIMENSIONS = 8
_STORAGE_TYPES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "b1",
}  # fmt: skip
# PyTorch Lightning writes these beside the weights. They are read over: nothing looks at them.
_READ_OVER = (
    ("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
    ("pytorch_lightning.callbacks.early_stopping", "EarlyStopping"),
)
_READ_OVER_TABLES = (("pytorch_lightning.utilities.parsing", "AttributeDict"), ("dotmap", "DotMap"))


class Storage(StandIn):
    """A run of numbers that lies outside the pickle: its key there, kind and count."""

    def __init__(self, key: str, kind: str, count: int) -> None:
        super().__init__("torch storage")
        self.key = key
        self.dtype = np.dtype(kind)
        self.count = count
        if not 0 <= count * self.dtype.itemsize <= LARGEST_ARRAY_BYTES:
            raise PickleRefusedError(f"a tensor claims {count} numbers")

    @property
    def size(self) -> int:
        """Bytes."""
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
            raise PickleRefusedError("the shape of a tensor is damaged")
        last = self._offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
        count = math.prod(sizes)
        if count and (last >= self.storage.count or count > self.storage.count):
            raise PickleRefusedError("a tensor reaches past its numbers")

    def array(self, raw: bytes) -> NumpyArray:
        """The tensor from the bytes of its storage, as an array of its own."""
        flat = np.frombuffer(raw, dtype=self.storage.dtype)
        if math.prod(self._sizes) == 0:
            return np.zeros(self._sizes, dtype=flat.dtype)
        step = flat.itemsize
        strides = tuple(stride * step for stride in self._strides)
        return np.lib.stride_tricks.as_strided(flat[self._offset :], self._sizes, strides).copy()


class _Over(StandIn):
    """Something that is read over: any state will do."""

    def set_state(self, state: object) -> None:
        pass


def _rebuilt(arguments: tuple[Any, ...]) -> Tensor:
    """torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)."""
    storage, offset, sizes, strides = arguments[:4]
    if not isinstance(storage, Storage):
        raise PickleRefusedError("a tensor has no numbers")
    return Tensor(storage, whole_number(offset), _whole_numbers(sizes), _whole_numbers(strides))


def _whole_numbers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple):
        raise PickleRefusedError("the shape of a tensor is damaged")
    return tuple(whole_number(value) for value in cast("tuple[object, ...]", values))


def _table(arguments: tuple[Any, ...]) -> dict[object, object]:
    """collections.OrderedDict(), in Python 2 with its items."""
    pairs: Any = arguments[0] if arguments else ()
    table: dict[object, object] = {}
    for key, value in pairs:
        if not isinstance(key, str | int):
            raise PickleRefusedError("a key of a table is neither text nor a number")
        table[key] = value
    return table


def _tensor_names() -> dict[tuple[str, str], Admitted]:
    names = dict(ARRAY_NAMES)
    names["torch._utils", "_rebuild_tensor_v2"] = Admitted("_rebuild_tensor_v2", _rebuilt)
    names["torch._utils", "_rebuild_tensor"] = Admitted("_rebuild_tensor", _rebuilt)
    names["torch._utils", "_rebuild_parameter"] = Admitted(
        "_rebuild_parameter", lambda arguments: arguments[0]
    )
    names["torch", "Size"] = Admitted("torch.Size", lambda arguments: tuple(arguments[0]))
    names["collections", "OrderedDict"] = Admitted("OrderedDict", _table)
    for name in _STORAGE_TYPES:
        names["torch", name] = Admitted(name, lambda arguments: StandIn("torch storage type"))
    for module, name in _READ_OVER:
        names[module, name] = Admitted(name, lambda arguments: _Over("Lightning object"))
    for module, name in _READ_OVER_TABLES:
        names[module, name] = Admitted(name, lambda arguments: {})
    return names


TENSOR_NAMES = _tensor_names()


def _storage(identity: Any) -> Storage:
    """('storage', type, key, device, count): what torch.save writes in place of the numbers."""
    values = cast("tuple[Any, ...]", identity) if isinstance(identity, tuple) else ()
    if len(values) < 5 or values[0] != "storage":
        raise PickleRefusedError("it refers to something that is no tensor")
    kind, key = values[1], values[2]
    if not isinstance(kind, Admitted) or kind.name not in _STORAGE_TYPES or not isinstance(key, str):
        raise PickleRefusedError("a tensor has numbers of an unknown kind")
    return Storage(key, _STORAGE_TYPES[kind.name], whole_number(values[4]))


def read_tensors(path: Path) -> dict[str, NumpyArray]:
    """The tensors of a state dict by name, whether it is the file itself or its `state_dict`.

    Raises PriorFileError with the file, what was refused and the next step.
    """
    found = with_file(path, PriorFileError, "file of tensors", lambda data: _read(path, data))
    return cast("dict[str, NumpyArray]", found)


def _read(path: Path, data: mmap.mmap) -> dict[str, NumpyArray]:
    if data[: len(_ZIP_MAGIC)] != _ZIP_MAGIC:
        return _read_sequence(data)
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive)
    except PickleRefusedError:
        raise
    except _DAMAGE as problem:
        raise PickleRefusedError(f"the archive is damaged ({problem})") from problem


def _read_archive(archive: zipfile.ZipFile) -> dict[str, NumpyArray]:
    pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise PickleRefusedError("the archive holds no data.pkl, so it was not written by torch.save")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and _entry(archive, f"{folder}byteorder", 16) != b"little":
        raise PickleRefusedError("its numbers are big-endian")
    value, _ = read_pickle(_entry(archive, pickles[0], _LARGEST_PICKLE_BYTES), TENSOR_NAMES, _storage)
    return _arrays(value, lambda storage: _entry(archive, f"{folder}data/{storage.key}", storage.size))


def _entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > most or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PickleRefusedError(
            f"entry '{name}' of the archive has {info.file_size} bytes where {most} are expected"
        )
    with archive.open(info) as stream:
        return stream.read(most)


def _read_sequence(data: mmap.mmap) -> dict[str, NumpyArray]:
    """Magic number, protocol, machine, value, keys of the storages, then per storage its count and numbers."""
    values: list[object] = []
    storages: dict[str, Storage] = {}

    def remember(identity: Any) -> Storage:
        storage = _storage(identity)
        return storages.setdefault(storage.key, storage)

    place = 0
    for _ in range(5):
        value, place = read_pickle(data, TENSOR_NAMES, remember, place)
        values.append(value)
        if values[0] != _OLD_MAGIC or (len(values) > 1 and values[1] != _OLD_PROTOCOL):
            raise PickleRefusedError("it was not written by torch.save, or by one of before 2017")
    return _arrays(values[3], _numbers_behind(data, place, values[4], storages))


def _numbers_behind(
    data: mmap.mmap, place: int, keys: object, storages: dict[str, Storage]
) -> Callable[[Storage], bytes]:
    raw: dict[str, bytes] = {}
    for key in cast("list[object]", keys) if isinstance(keys, list) else []:
        storage = storages.get(key) if isinstance(key, str) else None
        count = int.from_bytes(data[place : place + 8], "little")
        if storage is None or count != storage.count or place + 8 + storage.size > len(data):
            raise PickleRefusedError("the numbers of a tensor are damaged or missing")
        raw[storage.key] = data[place + 8 : place + 8 + storage.size]
        place += 8 + storage.size
    return lambda storage: raw.get(storage.key, b"")


def _arrays(value: object, read: Callable[[Storage], bytes]) -> dict[str, NumpyArray]:
    if not isinstance(value, dict):
        raise PickleRefusedError("it holds no table of tensors")
    table = cast("dict[object, object]", value)
    inner = table.get("state_dict")
    found: dict[str, NumpyArray] = {}
    bytes_left = _MOST_BYTES
    for key, tensor in (cast("dict[object, object]", inner) if isinstance(inner, dict) else table).items():
        if isinstance(key, str) and isinstance(tensor, Tensor):
            bytes_left -= tensor.storage.size
            if bytes_left < 0:
                raise PickleRefusedError("its tensors are larger than any pose prior's")
            raw = read(tensor.storage)
            if len(raw) != tensor.storage.size:
                raise PickleRefusedError(f"the numbers of '{key}' are missing")
            found[key] = tensor.array(raw)
    return found
