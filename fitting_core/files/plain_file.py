"""Any file of numbers to plain values: its first bytes tell the format, never its name.

Read are NumPy's .npz and .npy (objects in them, too), pickles, joblib's dumps (also compressed), PyTorch's .pt and JSON.
Nothing of a file is run: pickles go through the machine of `pickle_machine`, with the names of `ANY_NAMES` alone.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fitting_core.errors import shown

from .border import RefusedError, part_border
from .budget import Budget
from .compressed import method_of, unpacked
from .joblib_arrays import JOBLIB_NAMES
from .json_document import MAXIMUM_BYTES, read_json_document
from .npy_entry import NPY_MAGIC, ArrayHeader, read_any_header, read_values
from .pickle_machine import read_pickle
from .pickle_names import Names
from .pickled_numbers import MODEL_NAMES
from .plain_values import PlainValue, Unread, plain_value
from .regular_file import open_regular, size_of
from .tensor_file import OLD_TORCH_START, PICKLED_TENSOR_NAMES, opened_tensors
from .zip_archive import PIECE_BYTES, ZIP_MAGIC, open_archive, open_entry

ANY_NAMES: Names = {**MODEL_NAMES, **PICKLED_TENSOR_NAMES, **JOBLIB_NAMES}
_MOST_ENTRIES = 10_000
_MOST_TEXT_BYTES = 4096  # of one entry; what is read of it is a word or two
_PICKLE_START = re.compile(rb"\x80[\x02-\x05]|[(\]}][.dlpq]|\(lp\d|\(dp\d|c[\w.]+\n|\}q|\]q")
_TEXT_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{\"]|\xff\xfe|\xfe\xff")
# Formats that are known by their first bytes and hold no keypoints or poses that are read here.
OTHER_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"RIFF", "a WebP picture, a video or a sound"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5, or MATLAB's .mat since 7.3): open it with h5py and save its arrays with np.savez"),
    (b"MATLAB 5.0", "a MATLAB file (.mat): open it with scipy.io.loadmat and save its arrays with np.savez"),
    (b"\x04\x22\x4d\x18", "compressed by lz4: decompress it first"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: decompress it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"Kaydara FBX", "an FBX scene: Blender imports it itself (File ▸ Import ▸ FBX)"),
    (b"glTF", "a glTF scene: Blender imports it itself (File ▸ Import ▸ glTF)"),
    (b"HIERARCHY", "a BVH motion: Blender imports it itself (File ▸ Import ▸ Motion Capture)"),
    (b"BLENDER", "a Blender file: open or append it in Blender"),
    (b"solid ", "an STL mesh: Blender imports it itself"),
    (b"ply\n", "a PLY mesh: Blender imports it itself"),
    (b"PathFileType", "a TRC table of markers, which is not read"),
    (b"%YAML", "an OpenCV YAML file (use --write_json, not --write_keypoint, in OpenPose)"),
    (b"<?xml", "an XML file (use --write_json, not --write_keypoint, in OpenPose)"),
    (b"%PDF", "a PDF document"),
    (b"<html", "a web page: the download has failed, load the file itself"),
    (b"<!DOCTYPE html", "a web page: the download has failed, load the file itself"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself: fetch it with git lfs pull"),
)  # fmt: skip

PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"II*\x00", b"MM\x00*", b"BM")

Wanted = Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class PlainFile:
    """The format in words ("a NumPy archive (.npz)") and everything that the file holds, as plain values."""

    format: str
    value: PlainValue


def read_plain_file(path: Path, budget: Budget, wanted: Wanted = lambda key: True) -> PlainFile:
    """Read a file of any of the formats; numbers of an .npz that are not `wanted` are named and left unread.

    Raises RefusedError in words that lack the file's name, and whatever damaged bytes make a library raise.
    """
    with open_regular(path) as file:
        start = file.read(64)
        file.seek(0)
        if not start.strip():
            raise RefusedError("it is empty; what should have written it may have stopped before")
        found = _binary(file, start, budget, wanted)
        if found is not None:
            return found
    if _TEXT_START.match(start):
        return PlainFile("JSON", plain_value(read_json_document(path, MAXIMUM_BYTES, budget), budget))
    raise RefusedError("its first bytes are those of no format that is known here")


def _binary(file: BinaryIO, start: bytes, budget: Budget, wanted: Wanted) -> PlainFile | None:
    """Read a file that begins like one of the binary formats; None if it begins like none. Raises RefusedError for others."""
    if start.startswith(ZIP_MAGIC):
        return _zip(file, budget, wanted)
    if start.startswith(OLD_TORCH_START):
        return _tensors(file, budget)
    if start.startswith(NPY_MAGIC):
        return PlainFile("a NumPy array (.npy)", _npy(file, size_of(file), budget))
    method = method_of(start)
    if method is not None:
        return _compressed(file, method, budget)
    other = format_of(start)
    if other is not None:
        raise RefusedError(f"it is {other}")
    return _pickle(file, size_of(file), budget) if _PICKLE_START.match(start) else None


def is_binary(start: bytes) -> bool:
    """Return True if a file that begins with these bytes is read here, and is no text."""
    known = (ZIP_MAGIC, OLD_TORCH_START, NPY_MAGIC)
    return start.startswith(known) or method_of(start) is not None or _PICKLE_START.match(start) is not None


def format_of(start: bytes) -> str | None:
    """Name the format whose files begin with these bytes, if it is one that is only named here."""
    return next((words for magic, words in OTHER_FORMATS if start.startswith(magic)), None)


def _zip(file: BinaryIO, budget: Budget, wanted: Wanted) -> PlainFile:
    with open_archive(file) as archive:
        names = archive.namelist()
        if any(name.endswith("data.pkl") for name in names):
            file.seek(0)
            return _tensors(file, budget)
        entries = {name.removesuffix(".npy"): name for name in names if name.endswith(".npy")}
        if not entries:
            kinds = ", ".join(shown(name) for name in names[:4]) or "nothing"
            raise RefusedError(f"it is a zip archive of {kinds}: unpack it and choose a file of it")
        if len(entries) > _MOST_ENTRIES:
            raise RefusedError(f"it has {len(entries)} entries")
        table = {key: _npz_entry(archive, name, budget, wanted(key)) for key, name in entries.items()}
    return PlainFile("a NumPy archive (.npz)", table)


def _npz_entry(archive: zipfile.ZipFile, name: str, budget: Budget, is_wanted: bool) -> PlainValue:
    """Return an entry; one that is damaged or too large is unread with the reason, and spoils no other."""
    try:
        with part_border(f"entry '{shown(name)}'"), open_entry(archive, name) as stream:
            return _npy(stream, archive.getinfo(name).file_size, budget, is_wanted)
    except RefusedError as problem:
        return Unread(str(problem))


def _npy(stream: Any, size: int, budget: Budget, is_wanted: bool = True) -> PlainValue:
    """Return the array of numbers, the texts or the objects behind a header; of what is not wanted, only objects."""
    header = read_any_header(stream)
    if header is None:
        return Unread("an array of records")
    if header.kind == "O":
        inner = _Rest(stream)
        value = read_pickle(inner, size, ANY_NAMES, budget)  # type: ignore[arg-type]
        return plain_value(value, budget)
    if not is_wanted:
        return Unread(f"an entry of the shape {shown(header.shape)} that nobody needs")
    if header.kind not in "biufUS":
        return Unread(f"an array of {shown(str(header.dtype))}")
    if header.kind in "US" and header.size > _MOST_TEXT_BYTES:
        return Unread("a long text")
    if header.value_count * header.dtype.itemsize > size:
        raise RefusedError(f"claims the shape {shown(header.shape)}, which is more than the file holds")
    return _values(read_values(stream, header, budget), header)


def _values(array: Any, header: ArrayHeader) -> PlainValue:
    if header.kind not in "US":
        return array
    words = [
        word.decode("latin-1") if isinstance(word, bytes) else word for word in array.reshape(-1).tolist()
    ]
    return words[0] if len(words) == 1 else words


class _Rest:
    """The rest of a stream that cannot be sought, as a file that begins where it stands."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._offset = 0

    def tell(self) -> int:
        return self._offset

    def read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            piece: bytes = self._stream.read(min(PIECE_BYTES, count - len(data)))
            if not piece:
                break
            data += piece
        self._offset += len(data)
        return bytes(data)

    def readline(self, count: int) -> bytes:
        data: bytes = self._stream.readline(count)
        self._offset += len(data)
        return data


def _tensors(file: BinaryIO, budget: Budget) -> PlainFile:
    with opened_tensors(file, budget) as (value, read):
        return PlainFile("a PyTorch file (.pt)", plain_value(value, budget, read))


def _pickle(file: BinaryIO, size: int, budget: Budget) -> PlainFile:
    value = read_pickle(file, size, ANY_NAMES, budget)
    return PlainFile("a pickle (.pkl)", plain_value(value, budget))


def _compressed(file: BinaryIO, method: str, budget: Budget) -> PlainFile:
    """Decompress within the memory that is left, and read what is inside."""
    data = unpacked(file, method, budget)
    if data.startswith(NPY_MAGIC):
        return PlainFile(f"a NumPy array, compressed by {method}", _npy(io.BytesIO(data), len(data), budget))
    if not _PICKLE_START.match(data[:64]):
        raise RefusedError(f"it is compressed by {method} and holds no pickle: decompress it first")
    inner = _pickle(io.BytesIO(data), len(data), budget)
    return PlainFile(f"{inner.format}, compressed by {method}", inner.value)


def is_array(value: PlainValue) -> bool:
    """Return True for an array of numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
