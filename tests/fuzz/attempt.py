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
# Of a long run every so many-th case is measured to the byte: what is allocated and never touched is not resident.
MEASURED_EVERY = 8
_LARGEST_SIZE = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class TooManyStepsError(BaseException):
    """An attempt that goes on and on. No border of a reader catches it."""


@dataclass(frozen=True)
class Reader:
    """A reader under attack: `read` gets the file, `error` is what it may raise, `budget` the bytes that it may take."""

    read: Callable[[Path], object]
    error: type[Exception]
    budget: int


def attempt(reader: Reader, path: Path, data: bytes, every_byte: bool = True) -> bool:
    """Write `data` to `path` and read it; True if it was read, AssertionError with the data's place if it broke a rule.

    `every_byte` asks Python for each allocation, which takes three times as long as the reader. Otherwise the process's
    resident memory is watched, and an attempt that takes too much is made again and measured. Too many steps count if they are
    taken twice: the first call of a function includes what the tests' type checker makes for it.
    """
    path.write_bytes(data)
    allowed = reader.budget + SPARE_BYTES + len(data)
    watch = _traced if every_byte or not _LARGEST_SIZE.exists() else _resident
    try:
        was_read, peak = watch(reader, path, data)
    except TooManyStepsError:
        was_read, peak = watch(reader, path, data)
    if peak > allowed and watch is _resident:
        was_read, peak = _traced(reader, path, data)
    assert peak <= allowed, f"{peak / 1e6:.0f} MB for {len(data)} bytes"
    return was_read


def _traced(reader: Reader, path: Path, data: bytes) -> tuple[bool, int]:
    """Read the file; True if it was read, and the largest number of bytes that were allocated at a time."""
    tracemalloc.start()
    try:
        return _counted(reader, path, data), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _resident(reader: Reader, path: Path, data: bytes) -> tuple[bool, int]:
    """Read the file; True if it was read, and by how many bytes the process's resident memory rose meanwhile."""
    _LARGEST_SIZE.write_bytes(b"5")  # Linux: forget the largest resident size until now
    before = _largest_resident_bytes()
    was_read = _counted(reader, path, data)
    return was_read, _largest_resident_bytes() - before


def _largest_resident_bytes() -> int:
    line = next(line for line in _STATUS.read_bytes().splitlines() if line.startswith(b"VmHWM:"))
    return 1024 * int(line.split()[1])


def _counted(reader: Reader, path: Path, data: bytes) -> bool:
    """Read the file in a bounded number of calls; False if it is refused."""
    calls = _CallCounter(MOST_CALLS + CALLS_PER_BYTE * len(data))
    try:
        sys.setprofile(calls)
        try:
            reader.read(path)
        finally:
            sys.setprofile(None)
    except reader.error as refusal:
        _check_refusal(refusal)
        return False
    return True


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
            read += attempt(reader, path, data, every_byte=number % MEASURED_EVERY == 0)
        except BaseException as fault:
            raise AssertionError(
                f"case {number} of '{seed}' ({len(data)} bytes, kept as {path}): {fault!r}"
            ) from fault
    print(f"{seed}: {count} files, {read} of them read")
