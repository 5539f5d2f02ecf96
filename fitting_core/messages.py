"""The messages of a running fit: a progress bar for people on stderr, or JSON lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from io import TextIOBase
from typing import Any, Protocol, TextIO, cast, runtime_checkable

from fitting_core.errors import MOST_MESSAGE, printable

Preview = Sequence[Sequence[float]]  # x, y of the 25 body points in px of the photo
MOST_FILES = 1000  # names in one DONE message; the others are counted
MOST_LINES = 200  # of an explanation

Facts = Mapping[str, object]  # content of a message, by key, ready for JSON


@runtime_checkable
class Messenger(Protocol):
    """The receiver of a run's messages."""

    def status(self, text: str) -> None:
        """Say in words which step of the run begins."""
        ...

    def progress(self, fraction: float, stage: str, loss: float, preview: Preview | None = None) -> None:
        """Report the done fraction of the fit, 0 … 1, and, if asked for, the body points in the picture (25 pairs of px)."""
        ...

    def warning(self, text: str) -> None:
        """Something the user should know, in words."""
        ...

    def error(self, code: str, text: str) -> None:
        """The run failed; the last message."""
        ...

    def done(self, folder: str, files: list[str], people: int) -> None:
        """The run worked; the last message."""
        ...

    def first(self, folder: str, files: list[str], people: int) -> None:
        """The result with the best takes alone is there; the run goes on to the others, and its progress begins anew."""
        ...

    def person(self, facts: Facts) -> None:
        """One person that an inspection has found."""
        ...

    def track(self, facts: Facts) -> None:
        """One person who is followed through a clip."""
        ...

    def inspected(self, facts: Facts) -> None:
        """The photo of an inspection; the last message."""
        ...

    def explained(self, lines: Sequence[str]) -> None:
        """What a file that is no photo holds, in sentences; the last message."""
        ...

    def engines(self, facts: Facts) -> None:
        """Report the engines and devices that this Python can compute with; the last message."""
        ...


class JsonMessenger:
    """One JSON object a line, as docs/result-files.md describes; no line is longer than the add-on reads."""

    def __init__(self, stream: TextIO | TextIOBase | None = None) -> None:
        self._stream: TextIO | TextIOBase | None = stream or sys.stdout

    def _send(self, kind: str, **content: Any) -> None:
        bounded = {key: _bounded(value) for key, value in content.items()}
        write_text(self._stream, json.dumps({"type": kind, **bounded}, ensure_ascii=True) + "\n")

    def status(self, text: str) -> None:
        """See `Messenger`."""
        self._send("STATUS", text=text)

    def progress(self, fraction: float, stage: str, loss: float, preview: Preview | None = None) -> None:
        """See `Messenger`."""
        extra = {} if preview is None else {"points": preview}
        self._send("PROGRESS", fraction=round(fraction, 4), stage=stage, loss=round(loss, 4), **extra)

    def warning(self, text: str) -> None:
        """See `Messenger`."""
        self._send("WARNING", text=text)

    def error(self, code: str, text: str) -> None:
        """See `Messenger`."""
        self._send("ERROR", code=code, text=text)

    def done(self, folder: str, files: list[str], people: int) -> None:
        """See `Messenger`."""
        self._send("DONE", folder=folder, files=files[:MOST_FILES], people=people)

    def first(self, folder: str, files: list[str], people: int) -> None:
        """See `Messenger`."""
        self._send("FIRST", folder=folder, files=files[:MOST_FILES], people=people)

    def person(self, facts: Facts) -> None:
        """See `Messenger`."""
        self._send("PERSON", **facts)

    def track(self, facts: Facts) -> None:
        """See `Messenger`."""
        self._send("TRACK", **facts)

    def inspected(self, facts: Facts) -> None:
        """See `Messenger`."""
        self._send("INSPECTED", **facts)

    def explained(self, lines: Sequence[str]) -> None:
        """See `Messenger`."""
        self._send("EXPLAINED", lines=[str(_bounded(line)) for line in lines[:MOST_LINES]])

    def engines(self, facts: Facts) -> None:
        """See `Messenger`."""
        self._send("ENGINES", **facts)


def write_text(stream: TextIO | TextIOBase | None, text: str) -> None:
    """Write and flush; characters that the stream's encoding lacks are escaped. A stream that was closed takes nothing."""
    if stream is None:  # started with the descriptor closed
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _bounded(value: Any) -> Any:
    """Return a text as one printable line of at most 2000 characters; anything else as it is."""
    if not isinstance(value, str):
        return value
    line = printable(value[: MOST_MESSAGE + 1])
    return line if len(line) <= MOST_MESSAGE else f"{line[: MOST_MESSAGE - 1]}…"


_BAR_WIDTH = 30


class TextMessenger:
    """A progress bar and plain sentences on stderr; the bar only where stderr is a terminal."""

    def __init__(self, stream: TextIO | TextIOBase | None = None) -> None:
        self._stream: TextIO | TextIOBase | None = stream or sys.stderr
        self._bar = self._stream is not None and self._stream.isatty()
        self._open_line = False

    def _line(self, text: str) -> None:
        start = "\n" if self._open_line else ""
        self._open_line = False
        write_text(self._stream, f"{start}{_bounded(text)}\n")

    def status(self, text: str) -> None:
        """See `Messenger`."""
        self._line(text)

    def progress(self, fraction: float, stage: str, loss: float, preview: Preview | None = None) -> None:
        """See `Messenger`."""
        if not self._bar:
            return
        filled = round(fraction * _BAR_WIDTH)
        bar = "█" * filled + "·" * (_BAR_WIDTH - filled)
        write_text(self._stream, f"\r{bar} {100 * fraction:3.0f} %  {stage:<12} loss {loss:9.2f} ")
        self._open_line = True

    def warning(self, text: str) -> None:
        """See `Messenger`."""
        self._line(f"Warning: {text}")

    def error(self, code: str, text: str) -> None:
        """See `Messenger`."""
        self._line(f"Error ({code}): {text}")

    def done(self, folder: str, files: list[str], people: int) -> None:
        """See `Messenger`."""
        self._line(f"Done: {people} {'person' if people == 1 else 'people'} in {folder}: {', '.join(files)}")

    def first(self, folder: str, files: list[str], people: int) -> None:
        """See `Messenger`."""
        self._line(f"The best takes are in {folder}: {', '.join(files)}")

    def person(self, facts: Facts) -> None:
        """See `Messenger`."""
        note = "" if facts["is_usable"] else " · too little to fit"
        self._line(
            f"Person {facts['number']}: {facts['description']} · confidence {facts['confidence']}{note}"
        )

    def track(self, facts: Facts) -> None:
        """See `Messenger`."""
        span = f"frames {facts['first_frame']} to {facts['last_frame']}, seen in {facts['frames_seen']}"
        self._line(f"Person {facts['number']}: {span}, best in frame {facts['best_frame']}")

    def inspected(self, facts: Facts) -> None:
        """See `Messenger`."""
        width, height = cast("list[int]", facts["image_size"])
        self._line(f"Photo: {width} × {height}, EXIF orientation {facts['photo_orientation']}")
        self._line(f"Focal length {facts['focal_px']:.0f} px ({facts['focal_source']})")
        if facts["dialect"]:
            self._line(f"Keypoints: {facts['dialect']}, {facts['description']}")

    def explained(self, lines: Sequence[str]) -> None:
        """See `Messenger`."""
        for line in lines[:MOST_LINES]:
            self._line(line)

    def engines(self, facts: Facts) -> None:
        """See `Messenger`."""
        for name, value in facts.items():
            self._line(f"{name}: {value}")
