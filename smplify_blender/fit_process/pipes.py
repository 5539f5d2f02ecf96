"""The end of a child's stderr, kept for the report of its death."""

from __future__ import annotations

import io

CHUNK_BYTES = 4096  # read at once
KEPT_ERROR_BYTES = 8192  # of stderr, for the report of a child that dies without a word


def keep_tail(stream: io.BufferedReader, kept: list[bytes]) -> None:
    """Read `stream` to its end into `kept[0]`, of which only the last bytes stay; for a thread."""
    with stream:
        while data := stream.read1(CHUNK_BYTES):
            kept[0] = (kept[0] + data)[-KEPT_ERROR_BYTES:]
