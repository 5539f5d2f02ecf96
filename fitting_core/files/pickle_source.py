"""The bytes of a pickle, read with limits: instructions' arguments and the values that stand in the file."""

from __future__ import annotations

import codecs
import struct
import sys
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from .border import RefusedError
from .budget import Budget

# Names, keys and numbers of honest files are short; arrays come as byte strings, which only the budget limits.
LONGEST_NAME = 500
LONGEST_NUMBER_BYTES = 64
_SMALL_TEXT_BYTES = 2**12  # whose characters nobody counts
_BLOCK_BYTES = 2**20


class PickleSource:
    """A pickle of `size` bytes at the beginning of a file, and how far it has been read.

    Every value that it makes is taken off the budget before it is made.
    """

    def __init__(self, file: BinaryIO, size: int, budget: Budget) -> None:
        self._file = file
        self._size = size
        self.offset = file.tell()
        self.budget = budget

    def take(self, count: int) -> bytes:
        """Read exactly `count` bytes."""
        if count < 0 or count > self._size - self.offset:
            raise RefusedError(f"the file ends before its contents do (byte {self.offset})")
        taken = self._file.read(count)
        if len(taken) != count:
            raise RefusedError(f"the file ends before its contents do (byte {self.offset})")
        self.offset += count
        return taken

    def line(self, longest: int = LONGEST_NAME) -> bytes:
        """Read up to the next line break, which is left out."""
        taken = self._file.readline(longest + 1)
        if not taken.endswith(b"\n"):
            raise RefusedError(f"a line has no end (byte {self.offset})")
        self.offset += len(taken)
        return taken[:-1]

    def _long_line(self) -> bytes:
        """Read up to the next line break and with it, as far as memory reaches; reading takes twice the line's length."""
        longest = self.budget.left // 2
        taken = self._file.readline(longest + 1)
        self.budget.check(2 * len(taken))
        if not taken.endswith(b"\n"):
            raise RefusedError(f"a line has no end (byte {self.offset})")
        self.offset += len(taken)
        return taken

    def number(self, form: str) -> int:
        """Read a little-endian integer in the form of `struct`."""
        return int(struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0])

    def counted(self, form: str) -> bytes:
        """Read bytes after their number."""
        count = self.number(form)
        self.budget.spend(sys.getsizeof(b"") + max(count, 0))
        return self.take(count)

    def counted_text(self, form: str) -> str:
        """Read UTF-8 after its number of bytes."""
        count = self.number(form)
        with self.budget.lend(max(count, 0)):
            raw = self.take(count)
            self.budget.spend(_text_size(raw))
            return raw.decode("utf-8", "surrogatepass")

    def text_line(self) -> str:
        """Read a line of raw Unicode escapes."""
        raw = self._long_line()[:-1]
        width = 4 if rb"\U" in raw else 2 if rb"\u" in raw else 1
        with self.budget.lend(len(raw)):
            self.budget.spend(sys.getsizeof("") + width * len(raw))
            return raw.decode("raw-unicode-escape")

    def quoted(self) -> bytes:
        """Read a line that is a Python 2 string literal."""
        raw = self._long_line()
        end = len(raw) - (2 if raw.endswith(b"\r\n") else 1)
        with self.budget.lend(len(raw)):
            self.budget.spend(sys.getsizeof(b"") + len(raw))
            if end < 2 or raw[:1] not in b"'\"" or raw[end - 1 : end] != raw[:1]:
                raise RefusedError("a string is not quoted")
            body = memoryview(raw)[1 : end - 1]
            value = _unescaped(body) if b"\\" in raw else bytes(body)
        self.budget.left += len(raw) - len(value)
        return value


def _unescaped(body: memoryview) -> bytes:
    decode: Any = getattr(codecs, "escape_decode")  # noqa: B009 — what pickle itself uses; it has no public type
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of escapes that no honest file has
        return decode(body)[0]


def _text_size(raw: bytes) -> int:
    """Return the bytes that UTF-8 takes as Python text, one, two or four a character."""
    if len(raw) <= _SMALL_TEXT_BYTES:
        return sys.getsizeof("") + 4 * len(raw)
    count = highest = 0
    for start in range(0, len(raw), _BLOCK_BYTES):
        block = np.frombuffer(raw, np.uint8, min(_BLOCK_BYTES, len(raw) - start), start)
        count += int(np.count_nonzero(block & 0xC0 != 0x80))  # bytes that do not continue a character
        highest = max(highest, int(block.max()))
    return sys.getsizeof("") + count * (4 if highest >= 0xF0 else 2 if highest >= 0xC4 else 1)


def _long(source: PickleSource, form: str) -> int:
    count = source.number(form)
    if count > LONGEST_NUMBER_BYTES:
        raise RefusedError(f"a number of {count} bytes is stored")
    return int.from_bytes(source.take(count), "little", signed=True)


def _text_integer(source: PickleSource) -> object:
    text = source.line(LONGEST_NUMBER_BYTES)
    return text == b"01" if text in (b"00", b"01") else int(text.rstrip(b"L"))


# Instructions that push a value which stands in the file itself.
VALUES: dict[bytes, Callable[[PickleSource], object]] = {
    b"N": lambda source: None,
    b"\x88": lambda source: True,
    b"\x89": lambda source: False,
    b"I": _text_integer,
    b"L": _text_integer,
    b"J": lambda source: source.number("i"),
    b"K": lambda source: source.number("B"),
    b"M": lambda source: source.number("H"),
    b"\x8a": lambda source: _long(source, "B"),
    b"\x8b": lambda source: _long(source, "i"),
    b"F": lambda source: float(source.line(LONGEST_NUMBER_BYTES)),
    b"G": lambda source: struct.unpack(">d", source.take(8))[0],
    b"S": PickleSource.quoted,
    b"T": lambda source: source.counted("i"),
    b"U": lambda source: source.counted("B"),
    b"B": lambda source: source.counted("I"),
    b"C": lambda source: source.counted("B"),
    b"\x8e": lambda source: source.counted("Q"),
    b"\x96": lambda source: source.counted("Q"),
    b"V": PickleSource.text_line,
    b"X": lambda source: source.counted_text("I"),
    b"\x8c": lambda source: source.counted_text("B"),
    b"\x8d": lambda source: source.counted_text("Q"),
    b")": lambda source: (),
    b"]": lambda source: [],
    b"}": lambda source: {},
    b"\x8f": lambda source: [],
}
