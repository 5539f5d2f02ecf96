"""Both sides of docs/resident-process.md: a real child, real pipes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from fitting_core.worker.request_line import MOST_WORDS
from tests.photos import openpose_person, synthetic_case, write_photo

_PATIENCE_S = 600
_DEMO = Path(__file__).resolve().parents[2] / "docs" / "demo" / "demo_photo_keypoints.json"
_WIDTH, _HEIGHT = 900, 1200
_FRAMES = 4


class Client:
    """The other side of the pipes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fitting_core", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        with suppress(ValueError):  # closed by a test
            for line in stdout:
                self._lines.put(line)

    def send(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def send_bytes(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.flush()
        self.process.stdin.buffer.write(line)
        self.process.stdin.buffer.flush()

    def request(self, request_id: str, command: str, *arguments: str) -> None:
        self.send(json.dumps({"id": request_id, "command": command, "arguments": list(arguments)}))

    def ask(self, request_id: str, command: str, **fields: object) -> None:
        self.send(json.dumps({"id": request_id, "command": command, "fields": fields}))

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
    with suppress(OSError):
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


def test_a_fit_and_a_look_asked_by_fields(client: Client, tmp_path: Path) -> None:
    photo, file = write_photo(tmp_path, [synthetic_case(0).subject.keypoints] * 2)
    client.ask("1", "inspect", photo=str(photo), keypoints=str(file), focal={"px": 900})
    looked = client.until("INSPECTED", "ERROR")
    assert looked[-1]["focal_px"] == 900 and len(looked) >= 3
    files = {"photo": str(photo), "keypoints": str(file), "folder": str(tmp_path / "a")}
    client.ask(
        "2", "fit", **files, person=1, write_overlay=False, emphasis={"pinned": ["nose"]}, preview=True
    )
    done = client.until("DONE", "ERROR")
    assert done[-1]["type"] == "DONE" and done[-1]["people"] == 1
    assert any("points" in answer for answer in done)
    client.ask("3", "fit", **files, takes="many")
    refused = client.next()
    assert (refused["id"], refused["code"]) == ("3", "bad-request") and "fields.takes" in refused["text"]
    client.ask("4", "convert", file=str(photo), folder=str(tmp_path / "b"))
    assert client.until("DONE", "ERROR")[-1]["code"] == "bad-import"


def test_a_line_that_is_too_long_is_one_error(client: Client) -> None:
    """Its rest is no request of its own, though it holds lines that would be one if they began there."""
    client.send("x" * (3 * 2**20) + ' {"id": "7", "command": "ping"}')
    told = client.next()
    assert told["code"] == "bad-request" and "longer than" in told["text"] and told["id"] == ""
    client.send("{" + " " * (2**20 - 40) + '"id": "8", "command": "ping"}')
    assert client.next()["id"] == "8"


def test_bytes_that_are_no_text_are_an_error(client: Client) -> None:
    for line in (b"\xff\xfe\n", b'{"id": "1", "command": "fit", "arguments": ["\xe4"]}\n'):
        client.send_bytes(line)
        told = client.next()
        assert told["code"] == "bad-request" and "not UTF-8" in told["text"]
    client.request("2", "ping")
    assert client.next()["id"] == "2"


def test_an_error_names_the_request_where_it_can(client: Client) -> None:
    client.send('{"id": "5", "command": "fit", "arguments": "all"}')
    assert client.next()["id"] == "5"


def test_a_cancel_counts_for_requests_that_are_there(client: Client, tmp_path: Path) -> None:
    """One that came too late, or for nobody, does not end a later request of the same id; a look that waits can be given up."""
    photo, file = write_photo(tmp_path, [synthetic_case(0).subject.keypoints] * 6)
    client.request("9", "cancel")
    client.request("9", "engines")
    assert client.until("ENGINES", "ERROR")[-1]["type"] == "ENGINES"
    client.request("1", "fit", str(photo), str(file), "--out", str(tmp_path / "o"), "--person", "all")
    client.request("2", "inspect", str(photo), str(file))
    client.request("2", "cancel")
    client.until("PROGRESS")
    client.request("1", "cancel")
    ends = [client.until("DONE", "INSPECTED", "ERROR")[-1] for _ in range(2)]
    assert [(end["id"], end.get("code")) for end in ends] == [("1", "cancelled"), ("2", "cancelled")]


def test_a_cancel_is_heard_while_a_request_is_understood(client: Client, tmp_path: Path) -> None:
    """The many words of the first keep argparse busy; what comes meanwhile is heard before the first has its answer."""
    words = ["a.jpg", "--out", str(tmp_path), *["--pin=nose"] * (MOST_WORDS - 3)]
    requests = (
        {"id": "1", "command": "fit", "arguments": words},
        {"id": "2", "command": "engines"},
        {"id": "2", "command": "cancel"},
        {"id": "3", "command": "ping"},
    )
    client.send("\n".join(map(json.dumps, requests)))
    told = [client.next() for _ in range(3)]
    assert [(answer["id"], answer.get("code")) for answer in told] == [
        ("3", None),
        ("1", "bad-photo"),
        ("2", "cancelled"),
    ]


@pytest.fixture
def bare() -> Iterator[subprocess.Popen[bytes]]:
    """A child whose stdout no thread reads, so that closing it closes the pipe."""
    child = subprocess.Popen(
        [sys.executable, "-m", "fitting_core", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    assert b"READY" in child.stdout.readline()
    yield child
    child.kill()
    child.wait()
    with suppress(OSError):
        child.stdin.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nobody that a pipe's reader has gone")
def test_it_ends_when_nobody_reads_stdout(bare: subprocess.Popen[bytes]) -> None:
    assert bare.stdout is not None
    bare.stdout.close()
    assert bare.wait(timeout=_PATIENCE_S) == 0


def test_it_ends_when_nobody_reads_an_answer(bare: subprocess.Popen[bytes], tmp_path: Path) -> None:
    photo, file = write_photo(tmp_path, [synthetic_case(0).subject.keypoints] * 6)
    words = [str(photo), str(file), "--out", str(tmp_path / "o"), "--person", "all"]
    assert bare.stdin is not None and bare.stdout is not None
    bare.stdin.write(json.dumps({"id": "1", "command": "fit", "arguments": words}).encode() + b"\n")
    bare.stdin.flush()
    while b"PROGRESS" not in bare.stdout.readline():
        pass
    bare.stdout.close()
    with suppress(OSError):
        bare.stdin.write(b'{"id": "2", "command": "ping"}\n')
        bare.stdin.flush()
    assert bare.wait(timeout=_PATIENCE_S) == 0
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


def pixmap(width: int, height: int, has_pixels: bool = True) -> bytes:
    return b"P6 %d %d 255\n" % (width, height) + bytes(3 * width * height if has_pixels else 0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Pixmaps of which only the first two hold pixels, and keypoint files with names of their own."""
    folder = tmp_path / "dance.mp4"
    folder.mkdir()
    for number in range(_FRAMES):
        (folder / f"{number:06d}.ppm").write_bytes(pixmap(_WIDTH, _HEIGHT, number < 2))
    (tmp_path / "points").mkdir()
    document = json.loads(_DEMO.read_text())
    for number in range(_FRAMES):
        name = f"cam_{number:012d}_keypoints.json"
        (tmp_path / "points" / name).write_text(json.dumps(document))
    return folder


def asked(clip: Path, out: Path, *more: str) -> list[str]:
    points = clip.with_name("points")
    return [str(clip), "--fps", "30000/1001", "--keypoints", str(points), "--out", str(out), *more]


def test_a_clip(client: Client, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    client.request("1", "sequence", *asked(clip, out))
    *before, done = client.until("DONE", "ERROR")
    assert done["type"] == "DONE" and done["people"] == 1, done
    assert "PROGRESS" in {message["type"] for message in before}
    motion = np.load(out / "person_00_motion.npz")
    assert motion["frame_rate"].tolist() == [30000, 1001] and motion["clip_frames"].tolist() == [0, 1, 2, 3]
    assert json.loads((out / "summary.json").read_text())["source"] == "dance.mp4"


def test_given_up_it_goes_on(client: Client, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    client.request("1", "sequence", *asked(clip, out))
    client.until("PROGRESS")
    client.send(json.dumps({"id": "1", "command": "cancel"}))
    (*_, ended) = client.until("DONE", "ERROR")
    assert ended["code"] == "cancelled" and [path.name for path in out.iterdir()] == [".sequence-steps"]
    client.request("2", "sequence", *asked(clip, out))
    (*_, done) = client.until("DONE", "ERROR")
    assert done["type"] == "DONE"
    assert sorted(path.name for path in out.iterdir()) == ["body.npz", "person_00_motion.npz", "summary.json"]


BAD_SEQUENCES = {
    "no fields": ({"fields": {"clip": "a"}}, "takes no fields"),
    "nonsense": ({"arguments": ["a", "--out", "b", "--nonsense"]}, "--nonsense"),
    "no clip": ({"arguments": ["/nowhere", "--out", "b"]}, "/nowhere"),
}


@pytest.mark.parametrize(("content", "words"), BAD_SEQUENCES.values(), ids=BAD_SEQUENCES)
def test_a_sequence_is_refused(client: Client, content: dict[str, object], words: str) -> None:
    client.send(json.dumps({"id": "1", "command": "sequence", **content}))
    (*_, ended) = client.until("DONE", "ERROR")
    assert ended["type"] == "ERROR" and words in ended["text"]


def test_a_frame_without_pixels_is_refused_when_it_is_looked_at(
    client: Client, clip: Path, tmp_path: Path
) -> None:
    for number in range(_FRAMES):  # small ones, which the eyes are done with sooner
        (clip / f"{number:06d}.ppm").write_bytes(pixmap(90, 120, number < 2))
    client.request("1", "sequence", str(clip), "--detect", "--out", str(tmp_path / "out"))
    (*_, ended) = client.until("DONE", "ERROR")
    assert ended["code"] == "bad-photo" and "000002.ppm" in ended["text"]


def test_pictures_of_two_sizes(client: Client, clip: Path, tmp_path: Path) -> None:
    (clip / "000000.ppm").write_bytes(pixmap(90, 120))
    client.request("1", "sequence", str(clip), "--detect", "--out", str(tmp_path / "out"))
    (*_, ended) = client.until("DONE", "ERROR")
    assert ended["code"] == "bad-clip" and "one size" in ended["text"]
