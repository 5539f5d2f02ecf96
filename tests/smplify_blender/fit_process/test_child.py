"""The resident child: its command line, its messages, and every way it can end. The children here are small real Pythons."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smplify_blender.fit_process import command
from smplify_blender.fit_process.command import FitProcessError
from smplify_blender.fit_process.environment import default_environment
from smplify_blender.fit_process.messages import (
    Answer,
    AnswerReader,
    Done,
    Failed,
    Progress,
    Status,
    Warned,
    parse_answer,
)
from smplify_blender.fit_process.pipes import KEPT_ERROR_BYTES
from smplify_blender.fit_process.resident import ResidentProcess, stop_residents
from smplify_blender.session import fit_session
from smplify_blender.session.fit_session import CRASHED, FitSession

PATIENCE_S = 60

MESSAGES = {
    "status": (b'{"type": "STATUS", "text": "gr\xc3\xbc\xc3\x9fe"}', Status("grüße")),
    "progress": (
        b'{"type": "PROGRESS", "fraction": 0.5, "stage": "body", "loss": 3}',
        Progress(0.5, "body", 3.0),
    ),
    "progress too far": (b'{"type": "PROGRESS", "fraction": 7, "stage": "body"}', Progress(1.0, "body")),
    "warning": (b'{"type": "WARNING", "text": "dark"}', Warned("dark")),
    "error": (b'{"type": "ERROR", "code": "bad-photo", "text": "no"}', Failed("bad-photo", "no")),
    "done": (b'{"type": "DONE", "folder": "a", "files": ["b"], "people": 2}', Done("a", ("b",), 2)),
    "unknown": (b'{"type": "NEWS", "text": "?"}', None),
    "no type": (b'{"text": "?"}', None),
    "a list": (b"[1]", None),
    "no JSON": (b"Traceback (most recent call last):", None),
    "bad bytes": (b"\xff\xfe", None),
    "bad number": (b'{"type": "PROGRESS", "fraction": "x"}', None),
}


@pytest.mark.parametrize(("line", "message"), MESSAGES.values(), ids=MESSAGES)
def test_messages(line: bytes, message: object) -> None:
    assert parse_answer(line) == (None if message is None else ("", message))


def test_an_answer_names_its_request() -> None:
    assert parse_answer(b'{"type": "STATUS", "id": "12", "text": "a"}') == ("12", Status("a"))


def test_lines_come_in_pieces() -> None:
    reader, told = AnswerReader(), []
    for byte in b'{"type": "STATUS", "text": "a"}\r\nnoise\n{"type": "STATUS", "text": "b"}\n{"type"':
        told += reader.feed(bytes([byte]))
    assert told == [("", Status("a")), ("", Status("b"))]


def test_a_line_without_end_is_dropped() -> None:
    reader = AnswerReader()
    for _ in range(40):
        assert reader.feed(b"x" * 2**16) == []
    assert reader.feed(b'\n{"type": "STATUS", "text": "a"}\n') == [("", Status("a"))]


def answers_of(code: str) -> list[Answer]:
    """All that a small child says until it has ended."""
    child, told = start(code), list[Answer]()
    end = time.monotonic() + PATIENCE_S
    while child.exit_code is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    told += child.poll()
    child.stop()
    return told


def start(code: str) -> ResidentProcess:
    return ResidentProcess([sys.executable, "-I", "-u", "-c", code], default_environment())


NOISY = r"""
import sys
print('Warning: deprecated')
print('{"type": 3}')
print('[' * 100000)
sys.stdout.flush()
sys.stdout.buffer.write(b'\xff\xfe\x00\n')
sys.stdout.buffer.flush()
print('{"type": "STATUS", "id": "7", "text": "a"}')
sys.stdout.write('{"type": "STA')
"""


def test_what_is_no_message_does_no_harm() -> None:
    """Prints of libraries, other bytes, half a message at the end: the message between them is there."""
    assert answers_of(NOISY) == [("7", Status("a"))]


def test_many_messages_are_all_there() -> None:
    code = 'for i in range(5000): print(\'{"type": "STATUS", "text": "%d"}\' % i)'
    assert answers_of(code) == [("", Status(str(number))) for number in range(5000)]


TALKATIVE = r"""
import sys
for _ in range(3000):
    sys.stderr.write('x' * 99 + '\n')
sys.stderr.write('the end')
print('{"type": "STATUS", "text": "a"}')
"""


def test_a_child_that_complains_at_length_goes_on() -> None:
    """More on stderr than a pipe holds: it is read all the time, and its end is kept."""
    child = start(TALKATIVE)
    until(lambda: child.exit_code is not None)
    assert child.poll() == [("", Status("a"))]
    assert child.last_words().endswith("the end") and len(child.last_words()) <= KEPT_ERROR_BYTES
    child.stop()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_poll_does_not_wait() -> None:
    child = start("import time; time.sleep(60)")
    began = time.monotonic()
    assert child.poll() == [] and child.exit_code is None
    assert time.monotonic() - began < 0.5
    child.stop()
    until(lambda: child.exit_code is not None)


DEAF = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1)\ntime.sleep(60)"


def test_a_child_that_does_not_listen_is_ended() -> None:
    """It reads no stdin, so that the closed pipe tells it nothing."""
    child = start(DEAF)
    began = time.monotonic()
    child.send("1", "fit")
    child.stop()
    assert time.monotonic() - began < 5
    until(lambda: child.exit_code is not None)
    child.send("2", "fit")  # into a closed pipe: no error
    child.stop()


def test_stop_residents() -> None:
    children = [start("import time; time.sleep(60)") for _ in range(2)]
    stop_residents()
    until(lambda: all(child.exit_code is not None for child in children))


def test_program_that_is_not_there() -> None:
    with pytest.raises(OSError):
        ResidentProcess(["/nowhere/python"], {})


def session_with(code: str, monkeypatch: pytest.MonkeyPatch) -> FitSession:
    monkeypatch.setattr(
        fit_session, "serve_command", lambda _python: [sys.executable, "-I", "-u", "-c", code]
    )
    return FitSession()


ENDS = {
    "last words": ("raise SystemExit('no such thing')", ("code 1", "no such thing")),
    "after nonsense": ("print('nonsense'); raise SystemExit(4)", ("code 4",)),
    "without a word": ("pass", ("code 0",)),
    "exhausted": ("raise MemoryError('out of memory')", ("code 1", "out of memory")),
}


@pytest.mark.parametrize(("code", "words"), ENDS.values(), ids=ENDS)
def test_a_child_that_ends_is_told(
    code: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(code, monkeypatch)
    job = session.request("fit", ())
    until(lambda: session.poll() and not job.running)
    assert job.failed is not None and job.failed.code == CRASHED
    assert all(word in job.failed.text for word in words) and session.process_id is None


REFUSES = r"""
import json, sys
asked = json.loads(sys.stdin.readline())
print(json.dumps({"type": "ERROR", "id": asked["id"], "code": "bad-photo", "text": "no"}))
raise SystemExit(3)
"""


def test_an_error_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_with(REFUSES, monkeypatch)
    job = session.request("fit", ())
    until(lambda: session.poll() and session.process_id is None)
    assert job.failed == Failed("bad-photo", "no")


def test_python_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for executable in ("", "/usr/bin/blender-that-is-not-there", None):
        monkeypatch.setattr(sys, "executable", executable)
        with pytest.raises(FitProcessError, match="names no Python"):
            command.own_python()


def test_missing_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CORE_REQUIREMENTS", ("array_api_compat", "module_that_is_not_there"))
    with pytest.raises(FitProcessError, match="module_that_is_not_there is missing"):
        command.requirement_folders()


def test_the_core_answers_through_the_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty folder, in isolation, with a photo that is not there: the core's own error comes back."""
    monkeypatch.chdir(tmp_path)
    session = FitSession()
    files = {"photo": "no photo.jpg", "keypoints": "no.json", "folder": "out"}
    job = session.request("fit", {field: str(tmp_path / name) for field, name in files.items()})
    until(lambda: session.poll() and not job.running)
    assert job.failed is not None and "no photo.jpg" in job.failed.text and not (tmp_path / "out").exists()
    session.stop()
