"""The resident process: requests as JSON lines on stdin, answers on stdout, one fit after another. Free of bpy.

The contract is docs/resident-process.md. A thread reads stdin, so that a cancel is heard while a fit runs; the fit itself
notices it at its next report, a few milliseconds later. The end of stdin ends the process.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO, cast

from fitting_core import __version__
from fitting_core.arguments.convert_parser import convert_request
from fitting_core.arguments.parser import fit_request, inspect_request
from fitting_core.errors import CancelledError, FittingError, RequestError
from fitting_core.messages import JsonMessenger, Messenger, Preview

MAX_LINE_CHARACTERS = 2**20  # a line without an end must not fill the memory


@dataclass(frozen=True)
class _Request:
    """One line of stdin, understood."""

    id: str
    command: str
    arguments: tuple[str, ...] = ()


class _CancellableMessenger(JsonMessenger):
    """Adds the request's id to every message, and raises CancelledError at the next report once it is cancelled."""

    def __init__(self, stream: TextIO, request_id: str, is_cancelled: Callable[[str], bool]) -> None:
        super().__init__(stream)
        self._id = request_id
        self._is_cancelled = is_cancelled

    def _send(self, kind: str, **content: Any) -> None:
        super()._send(kind, id=self._id, **content)

    def status(self, text: str) -> None:
        """See `Messenger`."""
        self._check()
        super().status(text)

    def progress(self, fraction: float, stage: str, loss: float, preview: Preview | None = None) -> None:
        """See `Messenger`."""
        self._check()
        super().progress(fraction, stage, loss, preview)

    def _check(self) -> None:
        if self._is_cancelled(self._id):
            raise CancelledError("Cancelled; no file was left half-written.")


class _Reader(threading.Thread):
    """Reads stdin to its end: fits go into the queue, a cancel counts at once, whether its fit runs or waits."""

    def __init__(self, stream: TextIO, out: TextIO) -> None:
        super().__init__(daemon=True)
        self.requests: queue.Queue[_Request | None] = queue.Queue()
        self.cancelled: set[str] = set()
        self.ended = threading.Event()
        self._stream = stream
        self._out = out

    def run(self) -> None:
        """Until stdin ends; then the fit at work is cancelled too, since nobody waits for it."""
        while line := self._stream.readline(MAX_LINE_CHARACTERS):
            if not line.strip():
                continue
            try:
                request = _understood(line)
            except RequestError as problem:
                JsonMessenger(self._out).error(problem.code, str(problem))
                continue
            if request.command == "cancel":
                self.cancelled.add(request.id)
            elif request.command == "ping":
                _answer_ping(self._out, request)
            else:
                self.requests.put(request)
        self.ended.set()
        self.requests.put(None)

    def is_cancelled(self, request_id: str) -> bool:
        """Whether nobody waits for this request any more."""
        return self.ended.is_set() or request_id in self.cancelled


def serve(stdin: TextIO | None = None, stdout: TextIO | None = None) -> int:
    """Answer requests until stdin ends; returns the exit code 0."""
    out = stdout or sys.stdout
    reader = _Reader(stdin or sys.stdin, out)
    reader.start()
    from fitting_core.pipeline import prepare

    prepare()  # the open body and its priors, before anyone waits for them
    _answer_ping(out, _Request("", "ping"))
    while (request := reader.requests.get()) is not None:
        _run(request, reader, out)
    return 0


def _run(request: _Request, reader: _Reader, out: TextIO) -> None:
    tell = _CancellableMessenger(out, request.id, reader.is_cancelled)
    try:
        _WORK[request.command](request.arguments, tell)
    except FittingError as problem:
        tell.error(problem.code, str(problem))
    except Exception as problem:  # noqa: BLE001 — the process outlives any one request, and says what went wrong
        tell.error(
            "failed", f"An error in the program: {type(problem).__name__}: {problem}. Please report it."
        )


def _fit(arguments: Sequence[str], tell: Messenger) -> None:
    from fitting_core.pipeline import fit_photo

    fit_photo(fit_request(arguments), tell)


def _inspect(arguments: Sequence[str], tell: Messenger) -> None:
    from fitting_core.photo.inspection import inspect_photo

    inspect_photo(inspect_request(arguments), tell)


def _convert(arguments: Sequence[str], tell: Messenger) -> None:
    from fitting_core.conversion.convert import convert_file

    convert_file(convert_request(arguments), tell)


def _engines(arguments: Sequence[str], tell: Messenger) -> None:
    from fitting_core.engine import engine_facts

    if arguments:
        raise RequestError("'engines' takes no arguments.")
    tell.engines(engine_facts())


# What waits in line; cancel and ping are answered at once.
_WORK: dict[str, Callable[[Sequence[str], Messenger], None]] = {
    "fit": _fit,
    "inspect": _inspect,
    "convert": _convert,
    "engines": _engines,
}
_COMMANDS = (*_WORK, "cancel", "ping")


def _answer_ping(out: TextIO, request: _Request) -> None:
    out.write(json.dumps({"type": "READY", "id": request.id, "version": __version__}) + "\n")
    out.flush()


def _understood(line: str) -> _Request:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise RequestError("A line on stdin is not JSON. Send one JSON object a line.") from None
    if not isinstance(value, dict):
        raise RequestError("A line on stdin is not a JSON object. Send one JSON object a line.")
    fields = cast("dict[str, Any]", value)
    command, arguments = fields.get("command"), fields.get("arguments", [])
    if command not in _COMMANDS:
        raise RequestError(f"The command {command!r} is not known. Send one of {', '.join(_COMMANDS)}.")
    if not isinstance(arguments, list) or not all(
        isinstance(item, str) for item in cast("list[Any]", arguments)
    ):
        raise RequestError("'arguments' must be a list of strings, as on the command line.")
    request_id = fields.get("id")
    if not isinstance(request_id, str) or not request_id:
        raise RequestError("A request needs an 'id', a string that its answers will carry.")
    return _Request(request_id, command, tuple(cast("list[str]", arguments)))
