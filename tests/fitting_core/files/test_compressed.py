"""Compressed files: unpacked as far as the memory goes, and refused beyond it or where they are damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fitting_core.errors import ConversionError
from fitting_core.files.border import reader_border
from fitting_core.files.budget import Budget
from fitting_core.files.plain_file import read_plain_file

_MEMORY = 200_000_000
_METHODS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}
_VALUE = {"numbers": [1.0, 2.5], "word": "there"}


def _read(path: Path, data: bytes, memory: int = _MEMORY) -> object:
    path.write_bytes(data)
    with reader_border(path, ConversionError, "file", "Save it again."):
        return read_plain_file(path, Budget(memory)).value


@pytest.mark.parametrize("method", _METHODS)
def test_what_is_inside_is_read(method: str, tmp_path: Path) -> None:
    assert _read(tmp_path / "a.pkl", _METHODS[method](pickle.dumps(_VALUE))) == _VALUE


@pytest.mark.parametrize("method", _METHODS)
def test_more_than_the_memory_is_refused(method: str, tmp_path: Path) -> None:
    bomb = _METHODS[method](pickle.dumps(bytes(120_000_000)))
    with pytest.raises(ConversionError, match=r"unpacked it has more than \d+ MB"):
        _read(tmp_path / "a.pkl", bomb)


@pytest.mark.parametrize("method", _METHODS)
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_half_a_file_is_refused(method: str, kept: float, tmp_path: Path) -> None:
    whole = _METHODS[method](pickle.dumps({**_VALUE, "more": list(range(3000))}))
    with pytest.raises(ConversionError, match=r"a\.pkl"):
        _read(tmp_path / "a.pkl", whole[: int(kept * len(whole))])


def test_a_dictionary_beyond_the_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**28}]
    large = lzma.compress(pickle.dumps(_VALUE), filters=filters)
    with pytest.raises(ConversionError, match=r"a\.pkl.*[Mm]emory"):
        _read(tmp_path / "a.pkl", large)
    with pytest.raises(ConversionError, match="asks for more than 1 MB"):
        _read(tmp_path / "a.pkl", _METHODS["xz"](pickle.dumps(_VALUE)), memory=1_000_000)
