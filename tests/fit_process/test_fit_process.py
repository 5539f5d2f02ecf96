"""The child process: its command line, its messages, and every way it can end. The children here are small real Pythons."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from smplify_blender.fit_process import command
from smplify_blender.fit_process.command import FitProcessError, FitSettings
from smplify_blender.fit_process.messages import (
    Done,
    Failed,
    MessageReader,
    Progress,
    Status,
    Warned,
    parse_message,
)
from smplify_blender.fit_process.process import FitProcess, stop_all

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
    assert parse_message(line) == message


def test_lines_come_in_pieces() -> None:
    reader, told = MessageReader(), []
    for byte in b'{"type": "STATUS", "text": "a"}\r\nnoise\n{"type": "STATUS", "text": "b"}\n{"type"':
        told += reader.feed(bytes([byte]))
    assert told == [Status("a"), Status("b")]


def test_a_line_without_end_is_dropped() -> None:
    reader = MessageReader()
    for _ in range(40):
        assert reader.feed(b"x" * 2**16) == []
    assert reader.feed(b'\n{"type": "STATUS", "text": "a"}\n') == [Status("a")]


def start(code: str) -> FitProcess:
    return FitProcess([sys.executable, "-I", "-u", "-c", code], command.default_environment())


def test_a_run_that_works() -> None:
    told = list(start('print(\'{"type": "DONE", "folder": "a", "files": [], "people": 1}\')').wait())
    assert told == [Done("a", (), 1)]


def test_many_messages_are_all_there() -> None:
    code = 'for i in range(5000): print(\'{"type": "STATUS", "text": "%d"}\' % i)'
    assert list(start(code).wait()) == [Status(str(number)) for number in range(5000)]


def test_a_child_that_dies_leaves_its_last_words() -> None:
    (failed,) = start("raise SystemExit('no such thing')").wait()
    assert isinstance(failed, Failed) and failed.code == "died"
    assert "code 1" in failed.text and "no such thing" in failed.text


def test_an_error_is_told_once() -> None:
    code = 'print(\'{"type": "ERROR", "code": "bad-photo", "text": "no"}\'); raise SystemExit(3)'
    process = start(code)
    assert list(process.wait()) == [Failed("bad-photo", "no")]
    assert process.exit_code == 3 and process.poll() == []


def test_poll_does_not_wait() -> None:
    process = start("import time; time.sleep(60)")
    began = time.monotonic()
    assert process.poll() == [] and process.exit_code is None
    assert time.monotonic() - began < 0.5
    process.kill()
    assert process.exit_code is not None or process.cancelled


POLITE = "import time\ntry:\n  print(1)\n  time.sleep(60)\nexcept KeyboardInterrupt:\n  raise SystemExit(130)"
DEAF = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1)\ntime.sleep(60)"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite request")
@pytest.mark.parametrize(("code", "seconds"), [(POLITE, 3.0), (DEAF, 8.0)], ids=["polite", "deaf"])
def test_cancel(code: str, seconds: float) -> None:
    process = start(code)
    time.sleep(0.5)  # until the child can hear
    began = time.monotonic()
    process.cancel()
    told = list(process.wait())
    assert time.monotonic() - began < seconds
    assert process.cancelled and told == [Failed("died", "Cancelled.")]


def test_stop_all() -> None:
    processes = [start("import time; time.sleep(60)") for _ in range(2)]
    stop_all()
    began = time.monotonic()
    assert all(list(process.wait()) == [Failed("died", "Cancelled.")] for process in processes)
    assert time.monotonic() - began < 2


def test_program_that_is_not_there() -> None:
    with pytest.raises(OSError):
        FitProcess(["/nowhere/python"], {})


def test_arguments() -> None:
    settings = FitSettings(Path("-photo.jpg"), Path("keys.json"), Path("out"), person="all", focal_px=1234.5)
    arguments = command.fit_arguments(settings)
    assert arguments[0] == "fit" and Path(arguments[1]).is_absolute() and Path(arguments[2]).is_absolute()
    assert arguments[arguments.index("--person") + 1] == "all"
    assert arguments[arguments.index("--focal-px") + 1] == "1234.5"
    assert "--model" not in arguments and arguments[arguments.index("--messages") + 1] == "json"


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
    settings = FitSettings(tmp_path / "no photo.jpg", tmp_path / "no.json", tmp_path / "out")
    process = FitProcess(
        command.child_command(command.fit_arguments(settings)), command.default_environment()
    )
    told = list(process.wait())
    assert isinstance(told[-1], Failed) and "no photo.jpg" in told[-1].text
    assert process.exit_code == 3
