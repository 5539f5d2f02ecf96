"""Bytes that gzip, zlib, bzip2, xz or lzma have compressed, unpacked within the memory that is left of a file's budget."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO

from .border import RefusedError
from .budget import Budget
from .regular_file import size_of

_METHODS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"), (b"x\x01", "zlib"), (b"x^", "zlib"), (b"x\x9c", "zlib"), (b"x\xda", "zlib"),
    (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"]\x00\x00", "lzma"),
)  # fmt: skip
# Beside the data: what bzip2 needs at its largest block, and xz at its highest level (64 MiB of dictionary).
_BZIP2_BYTES = 8_000_000
_LZMA_BYTES = 80_000_000


_Unpack = Callable[
    [bytes, Budget], tuple[bytes, bool]
]  # the data, and True if there is more than may be held


def method_of(start: bytes) -> str | None:
    """Name the method that has compressed a file, by its first bytes; None if none of these has."""
    return next((method for magic, method in _METHODS if start.startswith(magic)), None)


def unpacked(file: BinaryIO, method: str, budget: Budget) -> bytes:
    """Return what a compressed file holds. Raises RefusedError for more than the budget has, and whatever damaged bytes do."""
    size = size_of(file)
    with budget.lend(size):
        packed = file.read(size)
        unpack: _Unpack = {"bzip2": _from_bzip2, "xz": _from_lzma, "lzma": _from_lzma}.get(method, _from_zlib)
        data, is_more = unpack(packed, budget)
        del packed
    if is_more:
        raise RefusedError(f"unpacked it has more than {len(data) // 1_000_000} MB")
    budget.spend(len(data))
    return data


def _from_zlib(packed: bytes, budget: Budget) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # zlib and gzip alike
    data = unpacker.decompress(packed, _most(budget))
    return data, bool(unpacker.unconsumed_tail)


def _from_bzip2(packed: bytes, budget: Budget) -> tuple[bytes, bool]:
    try:
        from bz2 import BZ2Decompressor
    except ImportError as problem:
        raise _not_in_this_python("bzip2") from problem
    with budget.lend(_BZIP2_BYTES):
        unpacker = BZ2Decompressor()
        data = unpacker.decompress(packed, _most(budget))
        return data, not (unpacker.eof or unpacker.needs_input)


def _from_lzma(packed: bytes, budget: Budget) -> tuple[bytes, bool]:
    try:
        from lzma import LZMADecompressor
    except ImportError as problem:
        raise _not_in_this_python("lzma") from problem
    with budget.lend(_LZMA_BYTES):
        unpacker = LZMADecompressor(memlimit=_LZMA_BYTES)
        data = unpacker.decompress(packed, _most(budget))
        return data, not (unpacker.eof or unpacker.needs_input)


def _most(budget: Budget) -> int:
    """Return how many bytes may come out: they are copied once when they are whole."""
    return max(budget.left // 2, 1)


def _not_in_this_python(method: str) -> RefusedError:
    return RefusedError(f"it is compressed by {method}, which this Python cannot read: decompress it first")
