"""A child between three pipes, and the end of its stderr, kept for the report of its death."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping, Sequence

CHUNK_BYTES = 4096  # read at once
KEPT_ERROR_BYTES = 8192  # of stderr, for the report of a child that dies without a word


def start_child(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program whose stdin, stdout and stderr are pipes. Raises `OSError` where it cannot be started."""
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
    )


def keep_tail(stream: io.BufferedReader, kept: list[bytes]) -> None:
    """Read `stream` to its end into `kept[0]`, of which only the last bytes stay; for a thread."""
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            kept[0] = (kept[0] + data)[-KEPT_ERROR_BYTES:]
