"""The lease of a run on its output folder at an address: no second run works there while the first is alive.

A lease is an object .run/000001, which its run writes anew every few seconds. A lease that does not change for a while, or whose
process has ended on this machine, is abandoned; the next run takes the next number. As a number can be created once, one of
several takers gets it. A run that finds a higher number than its own stops: it was taken for dead.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from fitting_core.errors import OutputError

from .address import Address
from .store import StorageError, Store

_FOLDER = ".run"
BEAT_SECONDS = 10.0
PATIENCE_SECONDS = 45.0  # without a beat of another run's, on a clock of this machine
_LOOK_SECONDS = 2.0
_MOST_BYTES = 10_000


class Lease:
    """The lease of this run; a context that takes it at the beginning and gives it back at the end."""

    def __init__(self, store: Store, out: Address, tell: Callable[[str], None]) -> None:
        """`tell` hears of a wait. Nothing is asked before the context begins."""
        self._store, self._out, self._tell = store, out, tell
        self._number, self._beats = 0, 0
        self._begun = datetime.now(UTC).isoformat(timespec="seconds")
        self._owner = secrets.token_hex(8)
        self._ended = threading.Event()
        self._lost: OutputError | None = None
        self._renewed = 0.0
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Lease:
        """Take the lease. Raises OutputError where another run is alive."""
        self._take()
        self._renewed = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lease back."""
        del kind, error, trace
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._lost is None:
            with suppress(StorageError):  # it is found abandoned then
                self._store.remove(self._place(self._number))

    def check(self) -> None:
        """Raise OutputError if the lease was lost; asks the storage where that has not been heard of for long."""
        if time.monotonic() - self._renewed > PATIENCE_SECONDS / 2:
            self._renew()
        if self._lost is not None:
            raise self._lost

    def _place(self, number: int) -> Address:
        return self._out / _FOLDER / f"{number:06d}"

    def _numbers(self) -> list[int]:
        names = (entry.name for entry in self._store.entries(self._out / _FOLDER))
        return sorted(int(name) for name in names if name.isdecimal())

    def _take(self) -> None:
        while True:
            numbers = self._numbers()
            if numbers:
                self._wait_for(numbers[-1])
            self._number = numbers[-1] + 1 if numbers else 1
            if not self._store.create(self._place(self._number), self._content()):
                continue
            if set(self._numbers()) <= {*numbers, self._number}:
                break
            self._store.remove(self._place(self._number))
            raise self._taken("")
        for number in numbers:
            self._store.remove(self._place(number))

    def _wait_for(self, number: int) -> None:
        """Return once a lease is abandoned or gone. Raises OutputError if its run is alive."""
        first = self._read(number)
        facts = _facts(first)
        alive = _is_alive(facts)
        if first is None or alive is False:
            return
        if alive:
            raise self._taken(_words(facts))
        self._tell(
            f"{self._out}: the lease of another run lies there{_words(facts)}; looking whether it is alive"
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            now = self._read(number)
            if now is None:
                return
            if now != first:
                raise self._taken(_words(facts))

    def _taken(self, words: str) -> OutputError:
        return OutputError(
            f"{self._out}: another run is at work there{words}. Wait for its end, or choose another --out."
        )

    def _read(self, number: int) -> bytes | None:
        try:
            return self._store.read(self._place(number), _MOST_BYTES)
        except FileNotFoundError:
            return None

    def _content(self) -> bytes:
        self._beats += 1
        facts = {
            "owner": self._owner,
            "begun": self._begun,
            "beats": self._beats,
            "machine": platform.node(),
            "process": os.getpid(),
            "table": _process_table(),
            "started": _start_of(os.getpid()),
        }
        return json.dumps(facts).encode()

    def _keep(self) -> None:
        while not self._ended.wait(BEAT_SECONDS) and self._lost is None:
            self._renew()

    def _renew(self) -> None:
        """Write the lease anew, unless another run has a later one; storage that does not answer is asked again later."""
        try:
            if self._numbers()[-1:] != [self._number]:
                self._lost = OutputError(
                    f"{self._out}: another run has taken this one for dead and is at work there. What was done is whole."
                )
                return
            self._store.write(self._place(self._number), self._content())
            self._renewed = time.monotonic()
        except StorageError as problem:
            if time.monotonic() - self._renewed > PATIENCE_SECONDS:
                self._lost = OutputError(f"{self._out} does not answer any more: {problem}")


def _facts(content: bytes | None) -> dict[str, Any]:
    """Return what a lease says; nothing of one that is cut short."""
    with suppress(ValueError):
        found: object = json.loads(content or b"")
        if isinstance(found, dict):
            return cast("dict[str, Any]", found)
    return {}


def _words(facts: dict[str, Any]) -> str:
    return f" (of {facts['machine']}, since {facts['begun']})" if {"machine", "begun"} <= facts.keys() else ""


def _is_alive(facts: dict[str, Any]) -> bool | None:
    """Return whether the process of a lease runs; None where this machine cannot tell."""
    table, process = facts.get("table"), facts.get("process")
    if not table or table != _process_table() or not isinstance(process, int):
        return None
    return _start_of(process) == facts.get("started")


def _process_table() -> str:
    """Return the name of the table in which this system's process numbers count; empty where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _start_of(process: int) -> str:
    """Return when a process has started, in the system's own count; empty where none runs."""
    try:
        facts = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if facts[0] in ("Z", "X") else facts[19]  # killed, though nobody has asked how it ended
    except (OSError, IndexError):
        return ""
