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
    BAD_ANSWER,
    MAX_LINE_BYTES,
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
from smplify_blender.result.errors import MOST_MESSAGE
from smplify_blender.session import fit_session, heartbeat
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


HEADS: dict[str, tuple[bytes, str | None]] = {
    "noise": (b"x", None),
    "an error": (b'{"type": "ERROR", "id": "3", "code": "bad-photo", "text": "', "3"),
    "anything of a request": (b'{"type": "PERSON", "id": "12", "keypoints": [', "12"),
    "of no request": (b'{"type": "ERROR", "code": "bad-request", "text": "', ""),
    "another object": (b'{"text": "', None),
}


@pytest.mark.parametrize(("head", "request_id"), HEADS.values(), ids=HEADS)
def test_a_line_that_is_too_long(head: bytes, request_id: str | None) -> None:
    """It fails its request at once, also if its end never comes; a library's print is passed over. The next line is read."""
    reader = AnswerReader()
    told = [answer for piece in (head, *[b"x" * 2**16] * 40) for answer in reader.feed(piece)]
    assert [asked for asked, _ in told] == ([] if request_id is None else [request_id])
    assert all(isinstance(message, Failed) and "longer" in message.text for _, message in told)
    assert reader.feed(b'\n{"type": "STATUS", "text": "a"}\n') == [("", Status("a"))]


def test_the_longest_line_and_many_at_once() -> None:
    line = b'{"type": "STATUS", "id": "1", "text": "%s"}'
    whole = line % (b"x" * (MAX_LINE_BYTES - len(line) + 2))
    reader = AnswerReader()
    told = reader.feed(whole + b"\n" + whole + b"x\n" + whole + b"\n")
    assert [type(message) for _, message in told] == [Status, Failed, Status]


DAMAGED = {
    "done": b'{"type": "DONE", "id": "4", "folder": "a"}',
    "a count beyond all": b'{"type": "DONE", "id": "4", "folder": "a", "files": [], "people": 1e999}',
    "a count of many digits": b'{"type": "DONE", "id": "4", "folder": "a", "files": [], "people": %s}'
    % (b"9" * 5000),
    "inspected": b'{"type": "INSPECTED", "id": "4"}',
    "cut": b'{"type": "ERROR", "id": "4", "code": "ba',
    "no UTF-8": b'{"type": "ERROR", "id": "4", "code": "\xff"}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_last_answer_that_is_damaged_is_a_failure(line: bytes) -> None:
    found = parse_answer(line)
    assert found is not None and found[0] == "4"
    assert isinstance(found[1], Failed) and found[1].code == BAD_ANSWER


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


HANGS = "import sys, time\nasked = sys.stdin.readline()\n"
SILENCES = {
    "a megabyte in an error": (
        HANGS
        + """print('{"type": "ERROR", "id": "1", "code": "x", "text": "' + 'x' * 2**21 + '"}'); time.sleep(99)""",
        "longer than",
    ),
    "an error of no request": (
        HANGS + """print('{"type": "ERROR", "code": "bad-request", "text": "too long"}'); time.sleep(99)""",
        "too long",
    ),
    "a damaged end": (
        HANGS + """print('{"type": "DONE", "id": "1", "people": "x"}'); time.sleep(99)""",
        "damaged",
    ),
    "stdout closed": (HANGS + "import os; os.close(1); os.close(2); time.sleep(99)", "closed its output"),
    "output held open by another": (
        HANGS
        + "import subprocess; subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(9)'])\n"
        "import os; os._exit(5)",
        "code 5",
    ),
    "never a word": (HANGS + "time.sleep(99)", "said nothing"),
    "deaf from the start": ("import time; time.sleep(99)", "said nothing"),
}


@pytest.mark.parametrize(("code", "words"), SILENCES.values(), ids=SILENCES)
def test_every_wait_has_an_end(code: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a core does instead of answering, its job ends with the reason, and the child is not left behind."""
    monkeypatch.setattr(heartbeat, "GIVE_UP_SECONDS", 4.0)
    session = session_with(code, monkeypatch)
    job, second = session.request("fit", ()), session.request("fit", ())
    until(lambda: bool(session.poll()) and not job.running)
    assert job.failed is not None and words in job.failed.text
    assert len(job.failed.text) <= MOST_MESSAGE
    session.stop()
    assert not second.running and session.process_id is None


LIVES = r"""
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked['command'] == 'ping':
        print(json.dumps({'type': 'READY', 'id': asked['id'], 'version': '1'}), flush=True)
"""


def test_a_core_that_works_long_without_a_word_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "GIVE_UP_SECONDS", 1.0)
    monkeypatch.setattr(heartbeat, "ASK_SECONDS", 0.05)
    session = session_with(LIVES, monkeypatch)
    job = session.request("fit", ())
    heard: list[bool] = []
    until(lambda: heard.append(session.poll()) or sum(heard) >= 40)
    assert job.running
    session.stop()


def test_a_child_that_reads_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds is handed over at once, and the child is ended all the same."""
    session = session_with("import time; time.sleep(99)", monkeypatch)
    jobs = [session.request("fit", ["x" * 500_000]) for _ in range(4)]
    session.stop()
    assert all(job.failed is not None for job in jobs) and session.process_id is None


def test_a_request_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_with("input()", monkeypatch)
    job = session.request("fit", {"photo": "x" * 2**20})
    assert job.failed is not None and "bytes" in job.failed.text and not session.is_busy
    session.stop()


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
