"""Many subjects on the cores of one machine: chunks side by side in threads.

NumPy lets go of Python's lock inside its loops over arrays, so threads suffice. How many there are changes results by
no more than the rounding of the sums.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
Report = Callable[..., None]

# People fitted in one batch of arrays: 8 take a tenth longer, 32 as long and more memory.
CHUNK = 16


class _StoppedError(Exception):
    """A chunk beside this one has failed or was cancelled."""


def side_by_side(
    run: Callable[[Sequence[Item], Report | None], Found], items: Sequence[Item], report: Report | None
) -> list[Found]:
    """Call `run` on chunks of the items, in order. The first chunk reports for all; what its report raises ends all of them."""
    size = min(CHUNK, max(1, -(-len(items) // _core_count())))
    chunks = [items[first : first + size] for first in range(0, len(items), size)]
    if len(chunks) < 2:
        return [run(items, report)]
    stop = threading.Event()

    def quiet(*_: object) -> None:
        if stop.is_set():
            raise _StoppedError

    def one(index: int) -> Found:
        try:
            return run(chunks[index], quiet if index or report is None else report)
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(max_workers=_core_count()) as pool:
        waiting = [pool.submit(one, index) for index in range(len(chunks))]
    failures = [problem for task in waiting if (problem := task.exception()) is not None]
    for problem in failures:
        if not isinstance(problem, _StoppedError):
            raise problem
    return [task.result() for task in waiting]


def _core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
