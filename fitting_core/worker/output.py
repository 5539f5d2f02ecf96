"""The stdout of a process that stays: whole lines from several threads, and a word when nobody reads them any more."""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import TextIO


class AnswerStream(io.TextIOBase):
    """Writes one whole line at a time, whichever thread it comes from, at once. Raises BrokenPipeError when nobody reads."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, text: str, /) -> int:
        """Write and flush one line."""
        with self._lock:
            count = self._stream.write(text)
            self._stream.flush()
        return count

    def flush(self) -> None:
        """Do nothing: every line has gone out already."""

    def watch(self, when_closed: Callable[[], None]) -> None:
        """Call `when_closed` from a thread once the reader has closed the pipe, which an idle process would never notice.

        Windows cannot tell; there the next line that is written does.
        """
        if not hasattr(select, "poll"):
            return
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):  # a stream in memory
            return
        threading.Thread(target=_wait_for_end, args=(descriptor, when_closed), daemon=True).start()

    def silence(self) -> None:
        """Lead stdout to nowhere, so that Python does not fail once more when it flushes it at its end."""
        if self._stream is sys.stdout:
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())


def _wait_for_end(descriptor: int, when_closed: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # errors and hang-ups are told without being asked for
    if poll.poll():
        when_closed()
