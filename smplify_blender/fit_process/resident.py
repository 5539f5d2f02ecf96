"""The resident core: one child that stays, is asked by id and answers by id (docs/resident-process.md). Free of bpy."""

from __future__ import annotations

import atexit
import io
import json
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import cast

from .messages import Answer, AnswerReader
from .pipes import CHUNK_BYTES, keep_tail

# From the closed pipe to the end by force, where Blender itself is about to end.
END_GRACE_SECONDS = 0.5

_running: weakref.WeakSet[ResidentProcess] = weakref.WeakSet()


class ResidentProcess:
    """One child that runs `serve`. No method waits, except `stop` for half a second at most.

    The child ends when its stdin does: also when Blender is killed, as the system closes the pipe then. The reader
    threads hold the streams and the queue only, never an object of Blender's or this one.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the child. Raises `OSError` where the program cannot be started."""
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._errors: list[bytes] = [b""]
        self._child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )
        self._stdin = cast("io.BufferedWriter", self._child.stdin)
        stdout = cast("io.BufferedReader", self._child.stdout)
        stderr = cast("io.BufferedReader", self._child.stderr)
        self._readers = (
            threading.Thread(target=_read_answers, args=(stdout, self._answers), daemon=True),
            threading.Thread(target=keep_tail, args=(stderr, self._errors), daemon=True),
        )
        for reader in self._readers:
            reader.start()
        _running.add(self)

    @property
    def process_id(self) -> int:
        """The system's number of the child."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while the child runs or has output that was not yet read."""
        code = self._child.poll()
        return None if code is None or any(reader.is_alive() for reader in self._readers) else code

    def send(self, request_id: str, command: str, arguments: Sequence[str] = ()) -> None:
        """Put one request into the child's pipe; where the child has gone, `exit_code` will say so."""
        line = json.dumps({"id": request_id, "command": command, "arguments": list(arguments)})
        try:
            self._stdin.write(line.encode() + b"\n")
            self._stdin.flush()
        except (OSError, ValueError):  # a broken or closed pipe
            return

    def poll(self) -> list[Answer]:
        """New answers with the ids of their requests, oldest first."""
        answers: list[Answer] = []
        while not self._answers.empty():
            answers.append(self._answers.get_nowait())
        return answers

    def last_words(self) -> str:
        """The end of what the child has said on stderr."""
        return self._errors[0].decode(errors="replace").strip()

    def stop(self) -> None:
        """End the child: by closing its stdin, then by force."""
        _close(self._stdin)
        if self._child.poll() is None:
            try:
                self._child.wait(END_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        _running.discard(self)


def stop_residents() -> None:
    """End every resident child: when the add-on is disabled and when Blender ends."""
    for process in list(_running):
        process.stop()


atexit.register(stop_residents)


def _close(stream: io.BufferedWriter) -> None:
    try:
        stream.close()
    except OSError:  # what was left in the buffer cannot be written to a child that has gone
        return


def _read_answers(stream: io.BufferedReader, answers: queue.SimpleQueue[Answer]) -> None:
    reader = AnswerReader()
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            for answer in reader.feed(data):
                answers.put(answer)
