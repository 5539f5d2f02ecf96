"""One run of the environment's maker: started, asked without waiting, cancelled."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from ..fit_process.command import own_python
from ..result.errors import printable
from .commands import maker_environment

MAKER = Path(__file__).with_name("maker.py").resolve()
KEPT_LINES = 2000  # of the log; a whole installation writes about a hundred
MAX_LINE = 1000  # characters
MAX_DOWNLOAD = 10**12  # bytes; a number above it is none
PROGRESS = re.compile(r"Progress (\d{1,15}) of (\d{1,15})")  # pip's `--progress-bar raw`

_running: weakref.WeakSet[EnvironmentRun] = weakref.WeakSet()


class EnvironmentRun:
    """One child process that makes or removes the environment. No method waits.

    The reader thread holds the stream and the queue only, never an object of Blender's or this one.
    """

    def __init__(self, order: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> None:
        """Start the child. Raises `OSError` if the folder or the child cannot be made, `FitProcessError` without a Python."""
        self.action = str(order["action"])
        self.folder = Path(str(order["folder"]))
        self.steps = len(order.get("steps", ()))
        self.step = 0
        self.title = "Removing" if self.action == "remove" else "Starting"
        self.loaded: tuple[int, int] | None = None
        """Bytes of the file that is being downloaded, and of how many."""
        self.log: list[str] = []
        self.failed = ""
        self.ended = False
        self.cancelled = False
        self.cancel_asked = False
        self._done = False
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        windows_flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
        self._child = subprocess.Popen(
            [str(own_python()), "-I", "-u", "-X", "utf8", str(MAKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=maker_environment(os.environ if environment is None else environment),
            creationflags=windows_flags,
            start_new_session=sys.platform
            != "win32",  # a Ctrl-C meant for Blender does not kill what cleans up
        )
        self._stdin = cast("IO[bytes]", self._child.stdin)
        reader = threading.Thread(
            target=_read_lines, args=(cast("IO[bytes]", self._child.stdout), self._lines), daemon=True
        )
        reader.start()
        self._write(json.dumps(order).encode() + b"\n")
        _running.add(self)

    @property
    def running(self) -> bool:
        """True until the end has been taken in."""
        return not self.ended

    @property
    def succeeded(self) -> bool:
        """True if what was asked for is done."""
        return self.ended and not self.failed and not self.cancelled

    def poll(self) -> bool:
        """Take in what the child has said since; True if there was anything."""
        changed = False
        while not self._lines.empty():
            changed = True
            line = self._lines.get_nowait()
            if line is None:
                self._end()
            else:
                self._take(line)
        return changed

    def cancel(self) -> None:
        """Have the maker stop and delete what it has begun; `poll` tells when that is done. A removal is not cut short."""
        if self.running and self.action == "make":
            self.cancel_asked = True
            self.title = "Stopping"
            self._close()

    def let_go(self) -> None:
        """Leave the child to itself: it deletes what it was making and ends."""
        self._close()
        _running.discard(self)

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):  # a Python that dies prints its traceback
            self._note(line.decode(errors="replace").rstrip())
            return
        if kind == "LINE":
            self._take_line(str(message["text"]))
        elif kind == "STEP":
            self.step, self.title, self.loaded = int(message["number"]), str(message["title"]), None
        elif kind == "FAILED":
            self.failed = printable(str(message["text"])[:MAX_LINE])
            self._note(self.failed)
        elif kind == "CANCELLED":
            self.cancelled = True
            self._note("Cancelled; what was begun is deleted.")
        elif kind == "DONE":
            self._done = True

    def _take_line(self, text: str) -> None:
        progress = PROGRESS.fullmatch(text.strip())
        if progress is None:
            self.loaded = None
            self._note(text)
            return
        done, total = int(progress[1]), int(progress[2])
        self.loaded = (done, total) if 0 < total < MAX_DOWNLOAD else None

    def _end(self) -> None:
        self.ended, self.loaded = True, None
        code = self._child.wait()
        self._close()
        if not self._done and not self.failed and not self.cancelled:
            self.failed = f"The maker of the environment ended with code {code}. {self.log[-1] if self.log else ''}".strip()
        _running.discard(self)

    def _note(self, text: str) -> None:
        if text.strip():
            self.log = [*self.log, printable(text[:MAX_LINE])][-KEPT_LINES:]

    def _write(self, data: bytes) -> None:
        try:
            self._stdin.write(data)
            self._stdin.flush()
        except OSError:  # it has gone; `poll` says so
            return

    def _close(self) -> None:
        try:
            self._stdin.close()
        except OSError:
            return


def let_go_of_all() -> None:
    """Give up every run when the add-on is disabled; nothing half-made stays."""
    for run in list(_running):
        run.let_go()


def _read_lines(stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)
