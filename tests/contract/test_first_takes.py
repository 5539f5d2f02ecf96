"""The best takes of a fit, told before the others: the same numbers as in the whole result, in a folder that can be read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.read_report import read_report
from smplify_blender.result.read_result import read_result
from smplify_blender.session.fit_session import FitSession, Job
from tests.photos import synthetic_case, write_photo

PATIENCE_S = 300
DEMO = Path(__file__).resolve().parents[2] / "docs" / "demo"


@pytest.fixture(scope="module")
def core() -> Iterator[FitSession]:
    session = FitSession()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Photos with their keypoints by name: one person, and two of whom one is the other's double."""
    folder = tmp_path_factory.mktemp("shots")
    found = {"demo": (DEMO / "demo_photo.jpg", DEMO / "demo_photo_keypoints.json")}
    keypoints = [synthetic_case(number).subject.keypoints for number in range(2)]
    for name, people in {"one": keypoints[:1], "two": keypoints}.items():
        (folder / name).mkdir()
        found[name] = write_photo(folder / name, people)
    return {name: {"photo": str(photo), "keypoints": str(file)} for name, (photo, file) in found.items()}


def until_ready(session: FitSession, job: Job) -> Job:
    """Wait for the best takes, or the end."""
    began = time.monotonic()
    while not job.is_ready:
        session.poll()
        time.sleep(0.002)
        assert time.monotonic() - began < PATIENCE_S
    return job


def until_ended(session: FitSession, job: Job) -> Job:
    began = time.monotonic()
    while job.running:
        session.poll()
        time.sleep(0.002)
        assert time.monotonic() - began < PATIENCE_S
    return job


def numbers(file: Path) -> dict[str, Any]:
    with np.load(file) as data:
        return {name: data[name] for name in data.files}


FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "the gender left to the fit": ("demo", {"takes": 3}),
    "one body for all": ("one", {"takes": 4, "gender": "female"}),
    "everybody": ("two", {"takes": 2, "person": "all"}),
    "as in the paper": ("one", {"takes": 2, "objective": {"preset": "smplify"}, "gender": "neutral"}),
}


@pytest.mark.parametrize(("shot", "choices"), FITS.values(), ids=FITS)
def test_the_best_takes_come_first_and_stay_what_they_are(
    core: FitSession, shots: dict[str, Any], tmp_path: Path, shot: str, choices: dict[str, Any]
) -> None:
    fields = {**shots[shot], "write_overlay": False, "preview": True, **choices}
    whole, first, alone = (tmp_path / name for name in ("whole", "first", "alone"))
    job = until_ready(core, core.request("fit", {**fields, "folder": str(whole), "first_folder": str(first)}))
    assert job.running and job.first is not None and not whole.exists(), job.failed
    assert job.first.folder == "first" and sorted(job.first.files) == sorted(
        path.name for path in first.iterdir()
    )
    early = read_result(first)
    assert len(early.people) == job.first.people
    for person in early.people:
        report = read_report(first, person.file_name, person.keypoint_residual_px)
        assert report is not None and report.takes == (person.file_name,)
    until_ended(core, job)
    assert job.failed is None
    for person in early.people:
        told, kept = numbers(first / person.file_name), numbers(whole / person.file_name)
        assert told.keys() == kept.keys()
        for name, values in told.items():
            np.testing.assert_array_equal(values, kept[name], err_msg=name)
    until_ended(core, core.request("fit", {**fields, "folder": str(alone)}))
    names = sorted(path.name for path in whole.iterdir())
    assert names == sorted(path.name for path in alone.iterdir())
    assert shot == "one" or "person_00_take_1.npz" in names, "these have other takes"
    for name in names:
        if name.endswith(".npz"):
            assert (whole / name).read_bytes() == (alone / name).read_bytes(), name
    reports = [json.loads((folder / "summary.json").read_text("utf-8")) for folder in (whole, alone)]
    assert reports[0]["people"] == reports[1]["people"]


def test_given_up_among_the_others_the_best_takes_are_there(
    core: FitSession, shots: dict[str, Any], tmp_path: Path
) -> None:
    whole, first = tmp_path / "whole", tmp_path / "first"
    fields = {**shots["one"], "takes": 16, "write_overlay": False}
    job = until_ready(core, core.request("fit", {**fields, "folder": str(whole), "first_folder": str(first)}))
    assert job.first is not None and job.running
    core.cancel(job)
    until_ended(core, job)
    assert job.cancelled and not job.has_result and not whole.exists()
    assert len(read_result(first).people) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first"], "something is left half-written"


ALONE: dict[str, dict[str, Any]] = {
    "one take": {"takes": 1},
    "a camera that is corrected after the fit": {"takes": 2, "camera": {"estimate_focal": True}},
}


@pytest.mark.parametrize("choices", ALONE.values(), ids=ALONE)
def test_where_nothing_can_be_told_before_the_end_nothing_is(
    core: FitSession, shots: dict[str, Any], tmp_path: Path, choices: dict[str, Any]
) -> None:
    fields = {**shots["one"], "write_overlay": False, "folder": str(tmp_path / "whole"), **choices}
    job = until_ended(core, core.request("fit", {**fields, "first_folder": str(tmp_path / "first")}))
    assert job.done is not None and job.first is None
    assert not (tmp_path / "first").exists()


FOLDERS = {"the same": "out", "inside": "out/first", "around": "."}


@pytest.mark.parametrize("first", FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_meets_the_other_is_refused(
    core: FitSession, shots: dict[str, Any], tmp_path: Path, first: str
) -> None:
    fields = {**shots["one"], "folder": str(tmp_path / "out"), "first_folder": str(tmp_path / first)}
    job = until_ended(core, core.request("fit", fields))
    assert job.failed is not None and job.failed.code == "bad-request" and "first_folder" in job.failed.text
    assert not (tmp_path / "out").exists()


def test_a_photo_that_was_looked_at_is_not_looked_at_again(tmp_path: Path) -> None:
    """The fit of an inspected photo finds its person's look in memory: the networks do not run a second time."""
    import subprocess
    import sys

    program = (
        "import json, sys\n"
        "from fitting_core.eyes import body\n"
        "import fitting_core.photo.seen_people as seen\n"
        "looks, see = [], seen.see_body\n"
        "seen.see_body = lambda *given: (looks.append(1), see(*given))[1]\n"
        "from fitting_core.arguments.request import FitRequest, InspectRequest\n"
        "from fitting_core.arguments.request_fields import decoded\n"
        "from fitting_core.messages import TextMessenger\n"
        "from fitting_core.photo.inspection import inspect_photo, look_ahead\n"
        "from fitting_core.pipeline.photo_input import read_input\n"
        "files = json.loads(sys.argv[1])\n"
        "request = decoded(InspectRequest, files)\n"
        "inspect_photo(request, TextMessenger())\n"
        "look_ahead(request)\n"
        "before = len(looks)\n"
        "photo = read_input(decoded(FitRequest, {**files, 'folder': 'x'}), TextMessenger())\n"
        "assert photo.subjects[0].cues.body_depths is not None\n"
        "print(before, len(looks))\n"
    )
    from PIL import Image

    with Image.open(DEMO / "demo_photo.jpg") as picture:
        picture.convert("RGB").save(tmp_path / "copy.ppm")
    files = {
        "photo": str(DEMO / "demo_photo.jpg"),
        "keypoints": str(DEMO / "demo_photo_keypoints.json"),
        "pixels": str(tmp_path / "copy.ppm"),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(files)], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert before >= 1 and after == before
