"""Processes beside the one that fits: they read photos ahead, write results and fit clips, so that no core and no card waits.

A process that the system ends (for want of memory, say) costs nothing but the photo that ended it: what it and its fellows had in
hand is done again, one after another.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic

from fitting_core.batch.tasks import Arguments, Found
from fitting_core.errors import FittingError

# Fewer photos than this are done before further processes have started.
_WORTHWHILE_PHOTOS = 8
_LOOK_EVERY_SECONDS = 0.2


class SideProcesses:
    """Up to `count` processes; with 1 there are none, and every task is done at once where it is given.

    Their tasks may tell how far they are in one of `slots` (see `tell_progress`). If the block that uses the processes is left by
    an error, such as Ctrl-C, they end at once: whatever they write is written whole or not at all.
    """

    def __init__(self, count: int, slots: int = 0) -> None:
        self.count = count
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context("spawn")
        # Memory without a lock: a process that is killed while it writes keeps no other from writing.
        self._stop = self._context.RawValue(ctypes.c_bool, False)
        self._fractions = self._context.RawArray(ctypes.c_double, max(1, slots))

    def __enter__(self) -> SideProcesses:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop.value = kind is not None
        self.close()

    def fraction(self, slot: int) -> float:
        """Return how far the task is that tells its progress in this slot, 0 to 1."""
        return self._fractions[slot]

    def start(
        self, function: Callable[Arguments, Found], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Task[Found]:
        """Give a task to the next free process. Function, arguments and result travel: they must be picklable."""
        return Task(self, lambda: self._submit(function, *arguments, **named))

    def _submit(self, function: Callable[..., Found], *arguments: Any, **named: Any) -> Future[Found]:
        if self.count == 1:
            done: Future[Found] = Future()
            try:
                done.set_result(function(*arguments, **named))
            except Exception as problem:  # noqa: BLE001 — raised where the result is asked for, as from a process
                done.set_exception(problem)
            return done
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count,
                mp_context=self._context,
                initializer=_begin,
                initargs=(self._stop, self._fractions),
            )
        return self._pool.submit(function, *arguments, **named)

    def renew(self) -> None:
        """Let the next task start new processes: those that there are have ended."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the processes; tasks that have not begun are dropped."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


class Task(Generic[Found]):
    """A task in one of the processes."""

    def __init__(self, side: SideProcesses, submit: Callable[[], Future[Found]]) -> None:
        self._side, self._submit = side, submit
        self._future = self._submitted()

    @property
    def is_done(self) -> bool:
        """True if the result is there."""
        return self._future.done()

    def result(self) -> Found:
        """Wait for the result. Raises what the task raised, and FittingError if it ends every process that it is given to."""
        try:
            return self._future.result()
        except BrokenProcessPool:
            self._side.renew()
        try:
            return self._submitted().result()  # alone: if the process ends again, this task is the reason
        except BrokenProcessPool as problem:
            self._side.renew()
            raise FittingError(
                "the process that worked on this was ended by the system, as when memory runs out. Give a smaller copy of it, "
                "or --workers 1."
            ) from problem

    def _submitted(self) -> Future[Found]:
        try:
            return self._submit()
        except BrokenProcessPool:
            self._side.renew()
            return self._submit()


def process_count(wanted: int | None, tasks: int, worthwhile: int = _WORTHWHILE_PHOTOS) -> int:
    """Return how many side processes a batch takes: those wanted, else one a core if there are tasks enough."""
    if wanted is not None:
        return max(1, wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if tasks >= worthwhile else 1


_progress_slots: Any = None  # in a side process: the fractions that its parent reads


def tell_progress(slot: int, fraction: float) -> None:
    """Tell the process that has given the current task how far it is."""
    if _progress_slots is not None:
        _progress_slots[slot] = fraction


def _begin(stop: Any, fractions: Any) -> None:
    """Let a new process leave Ctrl-C to its parent, and end with it, however that ends, or when `stop` says so."""
    global _progress_slots
    _progress_slots = fractions
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "only side processes begin so"

    def end_with_parent() -> None:
        while parent.is_alive() and not stop.value:
            parent.join(_LOOK_EVERY_SECONDS)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
