"""One attempt at a reader: it returns or raises its own error, within its budget of memory and a number of steps."""

from __future__ import annotations

import os
import random
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

# `make fuzz CASES=100000 FIRST=40` sets them; the short run is part of the test suite. Every number is another file.
CASES = int(os.environ.get("FUZZ_CASES", "12"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
# Python and built-in calls of one attempt: a small file costs some hundred, and every byte of it at most a few.
MOST_CALLS = 300_000
CALLS_PER_BYTE = 40
# What a reader may have besides the budget of its file: tables of the libraries, the harness itself.
SPARE_BYTES = 40_000_000


class TooManyStepsError(BaseException):
    """An attempt that goes on and on. No border of a reader catches it."""


@dataclass(frozen=True)
class Reader:
    """A reader under attack: `read` gets the file, `error` is what it may raise, `budget` the bytes that it may take."""

    read: Callable[[Path], object]
    error: type[Exception]
    budget: int


def attempt(reader: Reader, path: Path, data: bytes) -> bool:
    """Write `data` to `path` and read it; True if it was read, AssertionError with the data's place if it broke a rule.

    Too many steps count if they are taken twice: the first call of a function includes what the tests' type checker makes for it.
    """
    path.write_bytes(data)
    try:
        return _watched(reader, path, data)
    except TooManyStepsError:
        return _watched(reader, path, data)


def _watched(reader: Reader, path: Path, data: bytes) -> bool:
    tracemalloc.start()
    calls = _CallCounter(MOST_CALLS + CALLS_PER_BYTE * len(data))
    try:
        sys.setprofile(calls)
        try:
            reader.read(path)
        finally:
            sys.setprofile(None)
        was_read = True
    except reader.error as refusal:
        _check_refusal(refusal)
        was_read = False
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= reader.budget + SPARE_BYTES + len(data), f"{peak / 1e6:.0f} MB for {len(data)} bytes"
    return was_read


class _CallCounter:
    """Profiler that ends an attempt after so many calls."""

    def __init__(self, most: int) -> None:
        self._left = most

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        self._left -= 1
        if self._left < 0:
            sys.setprofile(None)
            raise TooManyStepsError


def _check_refusal(refusal: Exception) -> None:
    """A refusal says something, in one printable line of bounded length, and hides no fault of our own code."""
    text = str(refusal)
    assert text and text.isprintable() and len(text) <= 2000
    cause: BaseException | None = refusal
    while cause is not None:
        assert not isinstance(cause, AssertionError | NameError), repr(cause)
        assert not type(cause).__module__.startswith("beartype"), repr(cause)
        cause = cause.__cause__


def fuzz(
    reader: Reader, path: Path, mutate: Callable[[random.Random], bytes], seed: str, cases: int | None = None
) -> None:
    """Attack a reader with `cases` files; what breaks a rule is kept as `path` and named with its number."""
    count = CASES if cases is None else cases
    read = 0
    for number in range(FIRST, FIRST + count):
        data = mutate(random.Random(f"{seed} {number}"))
        try:
            read += attempt(reader, path, data)
        except BaseException as fault:
            raise AssertionError(
                f"case {number} of '{seed}' ({len(data)} bytes, kept as {path}): {fault!r}"
            ) from fault
    print(f"{seed}: {count} files, {read} of them read")
