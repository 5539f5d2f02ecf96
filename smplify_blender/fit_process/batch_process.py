"""The core's batch as a child: its messages come one after another, and what it asks for is handed over in a folder.

The protocol is that of `fitting_core/batch/hand_over.py`. Free of bpy.
"""

from __future__ import annotations

import io
import json
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from .pipes import keep_tail, start_child

_LONGEST_LINE_BYTES = 2**20
_END_SECONDS = 5.0  # from the end of its stdin to that of the child, after which it is ended by force
REFUSED = ".refused"

BatchMessage = Mapping[str, object]


class BatchProcess:
    """One child that runs `batch`. It ends with its stdin: also when Blender is killed, as the system closes the pipe then."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], hand_over: Path) -> None:
        """Start the child. Raises `OSError` where the program cannot be started."""
        self._hand_over = hand_over
        self._messages: queue.SimpleQueue[BatchMessage | None] = queue.SimpleQueue()
        self._errors: list[bytes] = [b""]
        self._ended = False
        self._child = start_child(command, environment)
        stdout = cast("io.BufferedReader", self._child.stdout)
        stderr = cast("io.BufferedReader", self._child.stderr)
        self._threads = (
            threading.Thread(target=_read, args=(stdout, self._messages), daemon=True),
            threading.Thread(target=keep_tail, args=(stderr, self._errors), daemon=True),
        )
        for thread in self._threads:
            thread.start()

    def next_message(self, seconds: float) -> BatchMessage | None:
        """Return the next message, waiting so long at most; None where none has come. `ended` says whether more will."""
        if self._ended:
            return None
        try:
            message = self._messages.get(timeout=seconds) if seconds else self._messages.get_nowait()
        except queue.Empty:
            return None
        self._ended = message is None
        return message

    @property
    def ended(self) -> bool:
        """True if every message has been returned and no more will come."""
        return self._ended

    def hand(self, file: str, content: bytes = b"") -> None:
        """Hand a file over, whole. Raises OSError."""
        beside = self._hand_over / f".{file}"
        beside.write_bytes(content)
        os.replace(beside, self._hand_over / file)

    def refuse(self, file: str, reason: str) -> None:
        """Say why a file is not handed over. Raises OSError."""
        self.hand(f"{file}{REFUSED}", reason.encode("utf-8", "backslashreplace"))

    def last_words(self) -> str:
        """Return the exit code and the end of the child's stderr."""
        words = self._errors[0].decode(errors="replace").strip()
        return f"code {self._child.poll()}{f': {words}' if words else ''}"

    def stop(self) -> None:
        """End the child: by closing its stdin, then by force."""
        if self._child.stdin is not None:
            with suppress(OSError):
                self._child.stdin.close()
        try:
            self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_END_SECONDS)


def _read(stream: io.BufferedReader, messages: queue.SimpleQueue[BatchMessage | None]) -> None:
    with stream:
        while line := stream.readline(_LONGEST_LINE_BYTES):
            try:
                content: object = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(content, dict):
                messages.put(cast("BatchMessage", content))
    messages.put(None)
