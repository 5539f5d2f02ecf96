"""A running fit: started, asked without waiting, cancelled, and never left behind. Free of bpy."""

from __future__ import annotations

import atexit
import io
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from .messages import Failed, Message, MessageReader

CANCEL_GRACE_SECONDS = 3.0  # from the polite request to the end by force
KEPT_ERROR_BYTES = 8192  # of stderr, for the report of a child that dies without a word
CHUNK_BYTES = 4096
POLL_SECONDS = 0.05

_running: weakref.WeakSet[FitProcess] = weakref.WeakSet()


class FitProcess:
    """One child process. All methods return at once, except `wait`.

    The reader threads hold the streams and the queue only, never an object of Blender's or this one.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the child. Raises `OSError` where the program cannot be started."""
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._errors: list[bytes] = [b""]
        self._reported = False
        self._kill_at: float | None = None
        self._cancelled = False
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )
        stdout = cast("io.BufferedReader", self._child.stdout)
        stderr = cast("io.BufferedReader", self._child.stderr)
        self._readers = (
            threading.Thread(target=_read_messages, args=(stdout, self._messages), daemon=True),
            threading.Thread(target=keep_tail, args=(stderr, self._errors), daemon=True),
        )
        for reader in self._readers:
            reader.start()
        _running.add(self)

    @property
    def exit_code(self) -> int | None:
        """None while the child runs or has output that was not yet read."""
        code = self._child.poll()
        return None if code is None or any(reader.is_alive() for reader in self._readers) else code

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def poll(self) -> list[Message]:
        """New messages, oldest first. A child that ended without `Failed` or `Done` gives one `Failed` of its
        own.
        """
        if self._kill_at is not None and time.monotonic() > self._kill_at:
            self.kill()
        exit_code = self.exit_code  # before the queue is emptied, so that nothing is missed
        messages: list[Message] = []
        while not self._messages.empty():
            messages.append(self._messages.get_nowait())
        self._reported = self._reported or any(isinstance(message, Failed) for message in messages)
        if exit_code not in (None, 0) and not self._reported:
            self._reported = True
            messages.append(Failed("died", self._last_words(exit_code)))
        return messages

    def _last_words(self, exit_code: int | None) -> str:
        if self._cancelled:
            return "Cancelled."
        tail = self._errors[0].decode(errors="replace").strip()
        return f"The fit ended with code {exit_code}. {tail}".strip()

    def wait(self) -> Iterator[Message]:
        """Messages until the child has ended; for background mode, where nothing else has to be drawn."""
        while self.exit_code is None:
            yield from self.poll()
            time.sleep(POLL_SECONDS)
        yield from self.poll()

    def cancel(self) -> None:
        """Ask the child to stop; `poll` ends it by force where it has not after a few seconds."""
        if self._child.poll() is not None or self._cancelled:
            return
        self._cancelled = True
        self._kill_at = time.monotonic() + CANCEL_GRACE_SECONDS
        if sys.platform == "win32":
            self._child.terminate()
        else:
            self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the child now and collect it."""
        if self._child.poll() is None:
            self._cancelled = True
            self._child.kill()
            self._child.wait()


def stop_all() -> None:
    """End every child that still runs: when the add-on is disabled and when Blender ends."""
    for process in list(_running):
        process.kill()


atexit.register(stop_all)


def _read_messages(stream: io.BufferedReader, messages: queue.SimpleQueue[Message]) -> None:
    reader = MessageReader()
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            for message in reader.feed(data):
                messages.put(message)


def keep_tail(stream: io.BufferedReader, kept: list[bytes]) -> None:
    """Read `stream` to its end into `kept[0]`, of which only the last bytes stay; for a thread."""
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            kept[0] = (kept[0] + data)[-KEPT_ERROR_BYTES:]
