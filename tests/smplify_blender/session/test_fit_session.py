"""The resident core as the add-on uses it: real children, warm, cancelled, killed, replaced, and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smplify_blender.fit_process.command import serve_command
from smplify_blender.fit_process.messages import (
    Device,
    Done,
    Engines,
    Explained,
    Failed,
    FirstDone,
    FoundPerson,
    FoundTrack,
    Inspected,
    Progress,
    Ready,
    parse_answer,
)
from smplify_blender.fit_process.request_fields import Fields
from smplify_blender.session import fit_session
from smplify_blender.session.fit_session import CRASHED, FitSession, Job
from tests.photos import synthetic_case, write_photo

PATIENCE_S = 60
POINT = "[1, 2, 0.5]"
PERSON = (
    '{"type": "PERSON", "id": "3", "number": 1, "is_main": true, "is_usable": true, "box": [1, 2, 3, 4], '
    '"description": "body", "confidence": 0.5, "parts": {"body": true, "face": false}, "keypoints": ['
    + ", ".join([POINT] * 137)
    + "]}"
)
TRACK = (
    '{"type": "TRACK", "id": "3", "number": 1, "first_frame": 4, "last_frame": 60, "frames_seen": 50, "best_frame": 20, '
    '"box": [1, 2, 3, 4]}'
)
ANSWERS = {
    "ready": ('{"type": "READY", "id": "", "version": "0.1.0"}', ("", Ready("0.1.0"))),
    "preview": (
        '{"type": "PROGRESS", "id": "3", "fraction": 0.5, "stage": "body", "loss": 3, "points": [[1, 2.5]]}',
        ("3", Progress(0.5, "body", 3.0, ((1.0, 2.5),))),
    ),
    "preview that is none": ('{"type": "PROGRESS", "id": "3", "fraction": 0.5, "points": [[1]]}', None),
    "not a number": ('{"type": "PROGRESS", "id": "3", "fraction": NaN, "stage": ""}', None),
    "person": (
        PERSON,
        ("3", FoundPerson(1, True, True, (1, 2, 3, 4), "body", 0.5, ("body",), ((1, 2, 0.5),) * 137)),
    ),
    "person of too few points": (PERSON.replace(POINT, "[0, 0, 0], [1, 1, 1]", 1), None),
    "track": (TRACK, ("3", FoundTrack(1, 4, 60, 50, 20, (1.0, 2.0, 3.0, 4.0)))),
    "track whose best frame is outside": (TRACK.replace("20", "61"), None),
    "track without a box": (TRACK.replace("[1, 2, 3, 4]", "[]"), None),
    "inspected": (
        '{"type": "INSPECTED", "id": "3", "image_size": [4, 5], "photo_orientation": 6, "focal_px": 7, '
        '"focal_source": "EXIF", "focal_is_assumed": false, "dialect": "d", "description": "w", "people": 1}',
        ("3", Inspected((4, 5), 6, 7.0, "EXIF", False, "d", "w", 1)),
    ),
    "explained": (
        '{"type": "EXPLAINED", "id": "3", "lines": ["a.npz is a motion.", "40 frames."]}',
        ("3", Explained(("a.npz is a motion.", "40 frames."))),
    ),
    "best takes": (
        '{"type": "FIRST", "id": "3", "folder": "f", "files": ["body.npz"], "people": 2}',
        ("3", FirstDone("f", ("body.npz",), 2)),
    ),
    "best takes without a count": ('{"type": "FIRST", "id": "3", "folder": "f", "files": []}', None),
    "engines": (
        '{"type": "ENGINES", "id": "3", "version": "1", "python": "3", "numpy": "2", "torch": null, '
        '"torch_error": "none", "devices": [{"name": "cpu", "label": "x", "memory_gb": null}]}',
        ("3", Engines("1", "3", "2", None, "none", (Device("cpu", "x", None),))),
    ),
}


@pytest.mark.parametrize(("line", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answers(line: str, answer: object) -> None:
    assert parse_answer(line.encode()) == answer


def asked(files: tuple[Path, Path], folder: Path, **fields: object) -> Fields:
    """The fields of a fit."""
    named = dict(zip(("photo", "keypoints", "folder"), map(str, (*files, folder)), strict=True))
    return {**named, "write_overlay": False, **fields}


def looked_at(files: tuple[Path, Path]) -> Fields:
    return {"photo": str(files[0]), "keypoints": str(files[1])}


@pytest.fixture
def running() -> Iterator[FitSession]:
    found = FitSession()
    yield found
    found.stop()


def until(found: FitSession, happened: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end
        found.poll()
        time.sleep(0.01)


def ended(found: FitSession, job: Job) -> Job:
    until(found, lambda: not job.running)
    return job


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "mit Leerzeichen und ümlaut"
    folder.mkdir()
    return write_photo(folder, [synthetic_case(0).subject.keypoints] * 4)


def test_one_child_serves_inspection_fit_cancel_and_refit(
    running: FitSession, files: tuple[Path, Path], tmp_path: Path
) -> None:
    looked = ended(running, running.request("inspect", looked_at(files)))
    assert isinstance(looked.done, Inspected) and [person.number for person in looked.people] == [0, 1, 2, 3]
    child, out = running.process_id, tmp_path / "out"
    job = running.request("fit", asked(files, out, person="all", preview=True))
    until(running, lambda: job.fraction > 0)
    assert len(job.points) == 25 and job.loss is not None and job.stage
    running.cancel(job)
    assert ended(running, job).cancelled and not out.exists()
    one = ["--person", "1", "--out", str(out), "--no-overlay"]  # as for people
    assert isinstance(ended(running, running.request("fit", [*map(str, files), *one])).done, Done)
    again = asked(files, tmp_path / "refit", person=1, start=str(out / "person_00.npz"))
    assert isinstance(ended(running, running.request("fit", again)).done, Done)
    assert running.process_id == child and running.version


def test_bad_files_are_said_and_the_child_lives_on(running: FitSession, files: tuple[Path, Path]) -> None:
    files[1].write_text("nonsense", encoding="utf-8")
    job = ended(running, running.request("inspect", looked_at(files)))
    assert job.failed is not None and job.failed.code == "bad-keypoints" and not job.cancelled
    assert isinstance(ended(running, running.request("engines", ())).done, Engines)
    assert any("nonsense" in line or files[1].name in line for line in running.log)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_killed_child_is_told_and_replaced(running: FitSession, files: tuple[Path, Path]) -> None:
    job = running.request("fit", asked(files, files[0].parent / "o", person="all"))
    until(running, lambda: job.fraction > 0)
    child = running.process_id
    assert child is not None
    os.kill(child, 9)
    ended(running, job)
    assert job.failed is not None and job.failed.code == CRASHED and "code -9" in job.failed.text
    assert running.crash and running.process_id is None
    assert isinstance(ended(running, running.request("engines", ())).done, Engines)
    assert running.process_id != child and not running.crash


def test_a_python_that_is_none(running: FitSession, tmp_path: Path) -> None:
    job = running.request("engines", (), tmp_path / "no python")
    assert job.failed is not None and "no python" in job.failed.text and not job.running
    assert running.process_id is None


def test_another_python_replaces_the_child(running: FitSession) -> None:
    ended(running, running.request("engines", ()))
    first = running.process_id
    found = ended(running, running.request("engines", (), Path(sys.executable))).done
    assert isinstance(found, Engines) and running.process_id not in (None, first)
    wheels = [word for word in serve_command(Path(sys.executable)) if word.endswith(".whl")]
    assert len(wheels) in (0, 1)  # a checkout in which no extension was ever built has none


KILLED_PARENT = """
import sys, time
from smplify_blender.fit_process.command import serve_command
from smplify_blender.fit_process.environment import default_environment
from smplify_blender.fit_process.resident import ResidentProcess
child = ResidentProcess(serve_command(), default_environment())
print(child.process_id, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_child_does_not_outlive_a_killed_blender() -> None:
    parent = subprocess.Popen([sys.executable, "-c", KILLED_PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + PATIENCE_S
    while _lives(child):
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(process_id: int) -> bool:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_the_session_is_one() -> None:
    assert fit_session.session() is fit_session.session()


FIRST, DONE = FirstDone("f", (), 1), Done("f", (), 1)
GIVEN_UP, CRASH = Failed("cancelled", ""), Failed(CRASHED, "")
# what was answered, whether somebody has given it up before; is it ready, has it a result, does it run on
STATES = {
    "nothing yet": ((), False, (False, False, True)),
    "best takes": ((FIRST,), False, (True, True, True)),
    "best takes that nobody wants any more": ((FIRST,), True, (False, False, True)),
    "all takes": ((FIRST, DONE), False, (True, True, False)),
    "all at once": ((DONE,), False, (True, True, False)),
    "given up among the others": ((FIRST, GIVEN_UP), True, (True, False, False)),
    "given up by the core": ((FIRST, GIVEN_UP), False, (True, False, False)),
    "died among the others": ((FIRST, CRASH), False, (True, True, False)),
    "died": ((CRASH,), False, (True, False, False)),
}


@pytest.mark.parametrize(("answers", "is_given_up", "state"), STATES.values(), ids=STATES)
def test_what_there_is_to_show(
    answers: tuple[FirstDone | Done | Failed, ...], is_given_up: bool, state: tuple[bool, bool, bool]
) -> None:
    job = Job("1", "fit", cancel_asked=is_given_up)
    for answer in answers:
        job.apply(answer)
    assert (job.is_ready, job.has_result, job.running) == state
