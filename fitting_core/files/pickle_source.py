"""The bytes of a pickle, read with limits: instructions' arguments and the values that stand in the file. Free of bpy."""

from __future__ import annotations

import codecs
import struct
import warnings
from collections.abc import Callable
from mmap import mmap
from typing import Any

# Names, keys and numbers of honest files are short; arrays come as byte strings, which only the file's size limits.
LONGEST_NAME = 500
LONGEST_NUMBER_BYTES = 64


class PickleRefusedError(ValueError):
    """Why a pickle was not read. Whoever knows the file turns it into a FittingError."""


class PickleSource:
    """The bytes of a pickle and how far they have been read."""

    def __init__(self, data: bytes | mmap, place: int) -> None:
        self._data = data
        self._size = len(data)
        self.place = place

    @property
    def size(self) -> int:
        return self._size

    def take(self, count: int) -> bytes:
        if count < 0 or count > self._size - self.place:
            raise PickleRefusedError(f"the file ends before its contents do (byte {self.place})")
        taken = self._data[self.place : self.place + count]
        self.place += count
        return taken

    def line(self, longest: int | None = LONGEST_NAME) -> bytes:
        end = self._data.find(b"\n", self.place)
        if end < 0 or (longest is not None and end - self.place > longest):
            raise PickleRefusedError(f"a line has no end (byte {self.place})")
        taken = self._data[self.place : end]
        self.place = end + 1
        return taken

    def number(self, form: str) -> int:
        """A little-endian integer in the form of `struct`."""
        return int(struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0])

    def counted(self, form: str) -> bytes:
        """Bytes after their number."""
        return self.take(self.number(form))


def _long(source: PickleSource, form: str) -> int:
    count = source.number(form)
    if count > LONGEST_NUMBER_BYTES:
        raise PickleRefusedError(f"a number of {count} bytes is stored")
    return int.from_bytes(source.take(count), "little", signed=True)


def _text_integer(source: PickleSource) -> object:
    text = source.line(LONGEST_NUMBER_BYTES)
    return text == b"01" if text in (b"00", b"01") else int(text.rstrip(b"L"))


def _quoted(source: PickleSource) -> bytes:
    """A Python 2 string literal."""
    text = source.line(None).strip()
    if len(text) < 2 or text[:1] not in b"'\"" or text[-1:] != text[:1]:
        raise PickleRefusedError("a string is not quoted")
    body = text[1:-1]
    if b"\\" not in body:
        return body
    decode: Any = getattr(codecs, "escape_decode")  # noqa: B009 — what pickle itself uses; it has no public type
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of escapes that no honest file has
        return decode(body)[0]


def _utf8(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


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
    b"S": _quoted,
    b"T": lambda source: source.counted("i"),
    b"U": lambda source: source.counted("B"),
    b"B": lambda source: source.counted("I"),
    b"C": lambda source: source.counted("B"),
    b"\x8e": lambda source: source.counted("Q"),
    b"\x96": lambda source: source.counted("Q"),
    b"V": lambda source: source.line(None).decode("raw-unicode-escape"),
    b"X": lambda source: _utf8(source.counted("I")),
    b"\x8c": lambda source: _utf8(source.counted("B")),
    b"\x8d": lambda source: _utf8(source.counted("Q")),
    b")": lambda source: (),
    b"]": lambda source: [],
    b"}": lambda source: {},
    b"\x8f": lambda source: [],
}
