"""Progress with the time that is left, not too often."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from fitting_core.messages import Messenger

_REPORT_SECONDS = 0.2  # between messages of progress, at least


class Pace:
    """Reports progress with the time that is left, not too often."""

    def __init__(self, messenger: Messenger) -> None:
        """Begin to count the time."""
        self._messenger = messenger
        self._started = perf_counter()
        self._last = 0.0
        self._first: float | None = None  # what a run before this one had done already

    def tell(self, fraction: float, words: str, cost: float) -> None:
        """Report the fraction that is done."""
        now = perf_counter()
        if self._first is None:
            self._first = fraction
        if fraction < 1.0 and now - self._last < _REPORT_SECONDS:
            return
        self._last = now
        done = fraction - self._first
        left = (now - self._started) * (1.0 - fraction) / done if done > 0 else None
        ending = "" if left is None else f", {left:.0f} s left"
        self._messenger.progress(fraction, f"{words}{ending}", cost)


def frames_report(count: int, words: str, messenger: Messenger) -> Callable[[int], None]:
    """Return a function that reports how many of `count` frames are done."""
    pace = Pace(messenger)

    def report(done: int) -> None:
        pace.tell(done / count, f"{words}: {done} of {count}", 0.0)

    return report
