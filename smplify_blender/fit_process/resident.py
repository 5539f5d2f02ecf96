"""The resident core: one child that stays, is asked by id and answers by id (docs/resident-process.md)."""

from __future__ import annotations

import atexit
import io
import queue
import subprocess
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import cast

from .messages import Answer, AnswerReader
from .pipes import CHUNK_BYTES, keep_tail, start_child
from .request_fields import Content, request_line

# From the closed pipe to the end by force, where Blender itself is about to end.
END_GRACE_SECONDS = 0.5
# From the end of the child to that of its output or the other way round; more, and somebody else holds the pipe.
HALF_ENDED_SECONDS = 2.0

_running: weakref.WeakSet[ResidentProcess] = weakref.WeakSet()


class ResidentProcess:
    """One child that runs `serve`. No method waits, except `stop` for a second at most.

    The child ends when its stdin does: also when Blender is killed, as the system closes the pipe then. The threads hold the
    streams and the queues only, never an object of Blender's or this one.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the child. Raises `OSError` where the program cannot be started."""
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._errors: list[bytes] = [b""]
        self._half_ended: float | None = None
        self._child = start_child(command, environment)
        stdin = cast("io.BufferedWriter", self._child.stdin)
        stdout = cast("io.BufferedReader", self._child.stdout)
        stderr = cast("io.BufferedReader", self._child.stderr)
        self._readers = (
            threading.Thread(target=_read_answers, args=(stdout, self._answers), daemon=True),
            threading.Thread(target=keep_tail, args=(stderr, self._errors), daemon=True),
        )
        # a thread, since a child that reads nothing would hold up whoever writes into a full pipe
        self._writer = threading.Thread(target=_write_lines, args=(stdin, self._lines), daemon=True)
        for thread in (*self._readers, self._writer):
            thread.start()
        _running.add(self)

    @property
    def process_id(self) -> int:
        """The system's number of the child."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while the child runs or has output that was not yet read.

        Output that a grandchild holds open is waited for no longer than HALF_ENDED_SECONDS.
        """
        code = self._child.poll()
        if code is None or (any(reader.is_alive() for reader in self._readers) and not self._is_half_ended()):
            return None
        return code

    @property
    def is_mute(self) -> bool:
        """True if the child has closed its stdout and goes on running: it will never answer."""
        return self._child.poll() is None and not self._readers[0].is_alive() and self._is_half_ended()

    def _is_half_ended(self) -> bool:
        """Return True from HALF_ENDED_SECONDS after the first call on; called once the child or its output has ended."""
        if self._half_ended is None:
            self._half_ended = monotonic()
        return monotonic() - self._half_ended >= HALF_ENDED_SECONDS

    def send(self, request_id: str, command: str, content: Content = ()) -> None:
        """Have one request written to the child; where the child has gone, `exit_code` will say so.

        Raises `FitProcessError` for a request that is too long.
        """
        self._lines.put(request_line(request_id, command, content))

    def poll(self) -> list[Answer]:
        """Return the new answers with the ids of their requests, oldest first."""
        answers: list[Answer] = []
        while not self._answers.empty():
            answers.append(self._answers.get_nowait())
        return answers

    def last_words(self) -> str:
        """Return the end of the child's stderr."""
        return self._errors[0].decode(errors="replace").strip()

    def stop(self) -> None:
        """End the child: by closing its stdin, then by force."""
        self._lines.put(None)
        try:
            self._child.wait(END_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            with suppress(
                subprocess.TimeoutExpired
            ):  # a process that waits for a dead disk cannot even be killed
                self._child.wait(END_GRACE_SECONDS)
        self._writer.join(END_GRACE_SECONDS)
        _running.discard(self)


def stop_residents() -> None:
    """End every resident child: when the add-on is disabled and when Blender ends."""
    for process in list(_running):
        process.stop()


atexit.register(stop_residents)


def _write_lines(stream: io.BufferedWriter, lines: queue.SimpleQueue[bytes | None]) -> None:
    """Write lines until None comes or the child has gone, then close its stdin."""
    try:
        while (line := lines.get()) is not None:
            stream.write(line)
            stream.flush()
    except (OSError, ValueError):  # a broken or closed pipe
        pass
    finally:
        with suppress(OSError):  # the rest of the buffer cannot be written to a child that has gone
            stream.close()


def _read_answers(stream: io.BufferedReader, answers: queue.SimpleQueue[Answer]) -> None:
    reader = AnswerReader()
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            for answer in reader.feed(data):
                answers.put(answer)
