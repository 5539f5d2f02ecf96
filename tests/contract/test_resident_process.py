"""Both sides of docs/resident-process.md: a real child, real pipes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from tests.photos import openpose_person, synthetic_case, write_photo

_PATIENCE_S = 60


class Client:
    """The other side of the pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fitting_core", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def send(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def request(self, request_id: str, command: str, *arguments: str) -> None:
        self.send(json.dumps({"id": request_id, "command": command, "arguments": list(arguments)}))

    def next(self) -> dict[str, Any]:
        return json.loads(self._lines.get(timeout=_PATIENCE_S))

    def until(self, *kinds: str) -> list[dict[str, Any]]:
        found = [self.next()]
        while found[-1]["type"] not in kinds:
            found.append(self.next())
        return found


@pytest.fixture
def client() -> Iterator[Client]:
    found = Client()
    assert found.next()["type"] == "READY"
    yield found
    found.process.kill()
    found.process.wait()
    assert found.process.stdin is not None
    assert found.process.stdout is not None
    found.process.stdin.close()
    found.process.stdout.close()


def test_fit_refit_and_errors_in_one_life(client: Client, tmp_path: Path) -> None:
    keypoints = synthetic_case(0).subject.keypoints
    photo, file = write_photo(tmp_path, [keypoints])
    client.request(
        "1", "fit", str(photo), str(file), "--out", str(tmp_path / "a"), "--no-overlay", "--preview"
    )
    answers = client.until("DONE", "ERROR")
    assert answers[-1]["type"] == "DONE"
    assert {answer["id"] for answer in answers} == {"1"}
    progress = [answer for answer in answers if answer["type"] == "PROGRESS"]
    assert np.array(progress[-1]["points"]).shape == (25, 2)
    seen = keypoints.body[:, 2] > 0.5
    near = np.abs(np.array(progress[-1]["points"]) - keypoints.body[:, :2])[seen]
    assert np.median(near) < 15

    client.send("this is no JSON")
    assert client.next()["code"] == "bad-request"
    client.request("2", "fit", "missing.jpg", str(file), "--out", str(tmp_path / "b"))
    failed = client.until("DONE", "ERROR")[-1]
    assert (failed["type"], failed["id"], failed["code"]) == ("ERROR", "2", "bad-photo")

    moved = keypoints.body.copy()
    moved[4, :2] += [30, -40]  # the right wrist, dragged
    person = openpose_person(
        type(keypoints)(moved, keypoints.left_hand * 0, keypoints.right_hand * 0, keypoints.face)
    )
    file.write_text(json.dumps({"version": 1.3, "people": [person]}), encoding="utf-8")
    start = str(tmp_path / "a" / "person_00.npz")
    refit = ("--start", start, "--pin", "right_wrist", "--no-overlay")
    client.request("3", "fit", str(photo), str(file), "--out", str(tmp_path / "c"), *refit)
    assert client.until("DONE", "ERROR")[-1]["type"] == "DONE"
    with np.load(tmp_path / "c" / "person_00.npz") as data:
        assert data["keypoint_residual_px"][4] < 8


def test_cancel_is_heard_while_a_fit_runs_and_while_it_waits(client: Client, tmp_path: Path) -> None:
    photo, file = write_photo(tmp_path, [synthetic_case(0).subject.keypoints] * 6)
    for number in ("1", "2"):
        client.request(
            number, "fit", str(photo), str(file), "--out", str(tmp_path / number), "--person", "all"
        )
    client.until("PROGRESS")
    client.request("2", "cancel")
    client.request("1", "cancel")
    sent = perf_counter()
    ended = [client.until("DONE", "ERROR")[-1] for _ in range(2)]
    assert [(answer["id"], answer["code"]) for answer in ended] == [("1", "cancelled"), ("2", "cancelled")]
    assert perf_counter() - sent < _PATIENCE_S
    assert not (tmp_path / "1").exists()
    client.request("3", "ping")
    assert client.next() == {"type": "READY", "id": "3", "version": client_version()}


def client_version() -> str:
    from fitting_core import __version__

    return __version__


def test_end_of_stdin_ends_it(client: Client, tmp_path: Path) -> None:
    photo, file = write_photo(tmp_path, [synthetic_case(0).subject.keypoints] * 6)
    client.request("1", "fit", str(photo), str(file), "--out", str(tmp_path / "o"), "--person", "all")
    client.until("PROGRESS")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(timeout=_PATIENCE_S) == 0
    assert not (tmp_path / "o").exists()


_BAD_LINES = {
    "not JSON": "{",
    "a list": "[1]",
    "unknown command": '{"id": "1", "command": "format"}',
    "no id": '{"command": "fit"}',
    "arguments are no strings": '{"id": "1", "command": "fit", "arguments": [1]}',
    "deep": "[" * 5000 + "]" * 5000,
}


def test_garbage_gets_an_error_line_and_the_process_lives_on(client: Client) -> None:
    for line in _BAD_LINES.values():
        client.send(line)
        assert client.next()["code"] == "bad-request"
    client.request("1", "fit", "--out")
    assert client.until("ERROR")[-1]["code"] == "bad-request"
    assert client.process.poll() is None
