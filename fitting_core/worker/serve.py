"""The resident process: requests as JSON lines on stdin, answers on stdout, one fit after another.

The contract is docs/resident-process.md. A thread reads stdin, so that a cancel is heard while a fit runs or another request is
understood; the work notices it at its next report, a few milliseconds later. The end of stdin ends the process, and so does a
stdout that nobody reads any more.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, TextIO, TypeVar, cast

from fitting_core import __version__
from fitting_core.arguments.convert_parser import convert_request
from fitting_core.arguments.looking_parser import inspect_request
from fitting_core.arguments.parser import fit_request
from fitting_core.arguments.refit_parser import refit_request
from fitting_core.arguments.request import ConvertRequest, FitRequest, InspectRequest
from fitting_core.arguments.request_fields import decoded
from fitting_core.arguments.sequence_parser import sequence_request
from fitting_core.errors import MOST_MESSAGE, CancelledError, FittingError, RequestError, printable
from fitting_core.messages import JsonMessenger, Messenger, Preview
from fitting_core.worker.output import AnswerStream
from fitting_core.worker.request_line import BadLineError, RequestLine, parse_request

MAX_LINE_BYTES = 2**20  # a line without an end must not fill the memory

Kind = TypeVar("Kind", FitRequest, InspectRequest, ConvertRequest)


class _AnswerMessenger(JsonMessenger):
    """Adds the request's id to every message, none of whose texts is longer than a reader takes."""

    def __init__(self, stream: TextIO, request_id: str) -> None:
        super().__init__(stream)
        self._id = request_id

    def _send(self, kind: str, **content: Any) -> None:
        bounded = {
            key: _bounded(value) if isinstance(value, str) else value for key, value in content.items()
        }
        super()._send(kind, id=self._id, **bounded)


class _CancellableMessenger(_AnswerMessenger):
    """Raises CancelledError at the next report once nobody waits for the request any more."""

    def __init__(self, stream: TextIO, request_id: str, is_cancelled: Callable[[], bool]) -> None:
        super().__init__(stream, request_id)
        self._is_cancelled = is_cancelled

    def status(self, text: str) -> None:
        """See `Messenger`."""
        self.check()
        super().status(text)

    def progress(self, fraction: float, stage: str, loss: float, preview: Preview | None = None) -> None:
        """See `Messenger`."""
        self.check()
        super().progress(fraction, stage, loss, preview)

    def check(self) -> None:
        """Raise CancelledError if the request was given up."""
        if self._is_cancelled():
            raise CancelledError("Cancelled; no file was left half-written.")


class _Reader(threading.Thread):
    """Reads stdin to its end: requests go into the queue, a cancel counts at once, whether its request runs or waits."""

    def __init__(self, stream: BinaryIO, out: TextIO) -> None:
        super().__init__(daemon=True)
        self.requests: queue.Queue[RequestLine | None] = queue.Queue()
        self._ended = threading.Event()
        self._open: list[RequestLine] = []
        self._lock = threading.Lock()
        self._stream = stream
        self._out = out

    def run(self) -> None:
        """Read until stdin ends or nobody reads the answers; the work that goes on then is cancelled, too."""
        try:
            while line := self._stream.readline(MAX_LINE_BYTES + 1):
                self._hear(line)
        except OSError:  # stdin cannot be read, or an answer not be written
            return
        finally:
            self.end()

    def end(self) -> None:
        """Give up everything that waits or runs: nobody is there any more to read an answer."""
        self._ended.set()
        self.requests.put(None)

    def is_cancelled(self, request: RequestLine) -> bool:
        """Return True if nobody waits for this request any more."""
        return self._ended.is_set() or request.cancelled.is_set()

    def close(self, request: RequestLine) -> None:
        """Forget a request that has its last answer, so that a late cancel meets no other one of the same id."""
        with self._lock:
            self._open.remove(request)

    def _hear(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            if len(line) > MAX_LINE_BYTES:
                self._skip_line(line)
                text = f"A line on stdin is longer than {MAX_LINE_BYTES} bytes. Send shorter requests."
                raise BadLineError(RequestError(text))
            request = parse_request(line)
        except BadLineError as bad:
            _AnswerMessenger(self._out, bad.request_id).error(bad.code, str(bad))
            return
        if request.command == "cancel":
            self._cancel(request.id)
        elif request.command == "ping":
            _answer_ping(self._out, request.id)
        else:
            with self._lock:
                self._open.append(request)
            self.requests.put(request)

    def _cancel(self, request_id: str) -> None:
        with self._lock:
            for request in self._open:
                if request.id == request_id:
                    request.cancelled.set()

    def _skip_line(self, start: bytes) -> None:
        """Read on to the end of a line that is too long, so that no part of it is taken for a request."""
        while start and not start.endswith(b"\n"):
            start = self._stream.readline(MAX_LINE_BYTES)


def serve(stdin: BinaryIO | None = None, stdout: TextIO | None = None) -> int:
    """Answer requests until stdin ends or nobody reads stdout; returns the exit code 0."""
    answers = AnswerStream(stdout or sys.stdout)
    out = cast("TextIO", answers)
    # a buffer of its own: Python cannot end while a thread waits in that of sys.stdin
    reader = _Reader(stdin or open(sys.stdin.fileno(), "rb", closefd=False), out)  # noqa: SIM115 - for as long as it lives
    reader.start()
    answers.watch(reader.end)
    from fitting_core.pipeline.setups import preload_default_fit, preload_open_body

    try:
        preload_open_body()  # the open body and its priors, before anyone waits for them
        _answer_ping(out, "")
        preload_default_fit()  # most requests are such fits: whoever asks already waits no longer than the fit would take for it
        while (request := reader.requests.get()) is not None:
            _run(request, reader, out)
            reader.close(request)
    except BrokenPipeError:
        answers.silence()
    return 0


def _run(request: RequestLine, reader: _Reader, out: TextIO) -> None:
    messenger = _CancellableMessenger(out, request.id, lambda: reader.is_cancelled(request))
    try:
        messenger.check()
        _WORK[request.command](request, messenger)
    except FittingError as problem:
        messenger.error(problem.code, str(problem))
    except BrokenPipeError:
        raise
    except Exception as problem:  # noqa: BLE001 — the process outlives any one request, and says what went wrong
        cause = _bounded(f"{type(problem).__name__}: {problem}", MOST_MESSAGE // 2)
        messenger.error("failed", f"An error in the program: {cause}. Please report it.")


def _fit(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.pipeline.fit_photo import fit_photo

    fit_photo(_wanted(request, FitRequest, fit_request), messenger)


def _inspect(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.conversion.doctor import inspect_anything
    from fitting_core.photo.inspection import look_ahead

    wanted = _wanted(request, InspectRequest, inspect_request)
    inspect_anything(wanted, messenger)
    look_ahead(wanted)


def _convert(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.conversion.convert import convert_file

    convert_file(_wanted(request, ConvertRequest, convert_request), messenger)


def _sequence(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.sequence.run import fit_or_list

    fit_or_list(sequence_request(request.arguments), messenger)


def _refit(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.sequence.refit import refit_motion

    refit_motion(refit_request(request.arguments), messenger)


def _engines(request: RequestLine, messenger: Messenger) -> None:
    from fitting_core.engine import engine_facts

    if request.arguments:
        raise RequestError("'engines' takes no arguments.")
    messenger.engines(engine_facts())


def _wanted(request: RequestLine, kind: type[Kind], parse: Callable[[Sequence[str]], Kind]) -> Kind:
    """Return the checked request, from its fields or from the words of its command line."""
    return parse(request.arguments) if request.fields is None else decoded(kind, request.fields)


# The commands that wait in line; cancel and ping are answered at once.
_WORK: dict[str, Callable[[RequestLine, Messenger], None]] = {
    "fit": _fit,
    "inspect": _inspect,
    "convert": _convert,
    "sequence": _sequence,
    "refit": _refit,
    "engines": _engines,
}


def _answer_ping(out: TextIO, request_id: str) -> None:
    out.write(json.dumps({"type": "READY", "id": request_id, "version": __version__}) + "\n")


def _bounded(text: str, most: int = MOST_MESSAGE) -> str:
    line = printable(text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"
