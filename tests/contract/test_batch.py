"""A folder of photos through the real command line: found, fitted together, listed, and never stopped by one bad photo."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fitting_core.arguments.photo_folder import keypoints_of_photo, output_names, photos_in
from fitting_core.batch.item import PhotoItem
from fitting_core.batch.side_processes import SideProcesses
from fitting_core.batch.work import chunks
from fitting_core.cli import main
from fitting_core.errors import RequestError
from smplify_blender.headless.photo_listing import output_names as addon_output_names
from tests.photos import synthetic_case, write_photo

PLACES = {
    "beside": "shot.jpg shot_keypoints.json",
    "plain name": "shot.jpg shot.json",
    "subfolder": "shot.jpg keypoints/shot_keypoints.json",
    "plain name in the subfolder": "shot.jpg keypoints/shot.json",
    "upper case": "SHOT.JPG SHOT_keypoints.JSON",
    "spaces and unicode": "mein\u00a0Foto\u00fc\u4e2d.jpeg mein\u00a0Foto\u00fc\u4e2d_keypoints.json",
    "dots": "a.b.c.png a.b.c_keypoints.json",
}


def touch(folder: Path, names: str) -> list[Path]:
    paths = [folder / name for name in names.split(" ")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return paths


@pytest.mark.parametrize("names", PLACES.values(), ids=PLACES)
def test_keypoints_are_found(tmp_path: Path, names: str) -> None:
    photo, keypoints = touch(tmp_path, names)
    assert photos_in(tmp_path) == (photo,)
    assert keypoints_of_photo(photo) == keypoints
    assert keypoints_of_photo(photo, keypoints.parent) == keypoints


def test_nearest_and_fullest_name_wins(tmp_path: Path) -> None:
    photo, *found = touch(
        tmp_path, "a.jpg a_keypoints.json a.json keypoints/a_keypoints.json keypoints/a.json"
    )
    for expected in found:
        assert keypoints_of_photo(photo) == expected
        expected.unlink()
    assert keypoints_of_photo(photo) is None and keypoints_of_photo(tmp_path / "none.jpg") is None


def test_only_photos_of_the_folder_itself(tmp_path: Path) -> None:
    touch(tmp_path, "b.PNG a.jpg .hidden.jpg a_keypoints.json notes.txt deeper/c.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert [path.name for path in photos_in(tmp_path)] == ["a.jpg", "b.PNG"]
    for folder in (tmp_path / "nowhere", tmp_path / "notes.txt", tmp_path / "folder.jpg"):
        with pytest.raises(RequestError, match=folder.name):
            photos_in(folder)


def test_names_of_results_are_distinct() -> None:
    photos = [Path(name) for name in ("a.jpg", "A.png", "b.jpg")]
    assert output_names(photos) == ("a.jpg", "A.png", "b")


COLLISIONS = {
    "one stem": (["a.jpg", "a.png"], ("a.jpg", "a.png")),
    "a name that is another's stem": (["a.jpg", "a.jpg.jpg", "a.png"], ("a.jpg", "a.jpg.jpg", "a.png")),
    "case": (["A.JPG", "a.jpg"], ("A.JPG", "a.jpg-2")),
    "composition": (["\u00e4.jpg", "a\u0308.jpg"], ("\u00e4.jpg", "a\u0308.jpg-2")),
    "blank at the end": (["a .jpg", "a.jpg"], ("a .jpg", "a.jpg")),
    "the table": (["summary.csv.jpg", "SUMMARY.JSON.png"], ("summary.csv.jpg", "SUMMARY.JSON.png")),
    "too long": (["x" * 251 + ".jpg", "x" * 251 + ".png"], ("x" * 240, "x" * 238 + "-2")),
    "no UTF-8": (["\udcff.jpg", "\udcfe.jpg"], ("_.jpg", "_.jpg-2")),
    "nothing shared": (["a b.jpg", "-c.png"], ("a b", "-c")),
}


@pytest.mark.parametrize("listing", [output_names, addon_output_names], ids=["core", "add-on"])
@pytest.mark.parametrize(("photos", "names"), COLLISIONS.values(), ids=COLLISIONS)
def test_no_result_takes_the_place_of_another(
    listing: Callable[[list[Path]], tuple[str, ...]], photos: list[str], names: tuple[str, ...]
) -> None:
    assert listing([Path(name) for name in photos]) == names
    assert len({name.casefold() for name in names}) == len(photos)


def test_failing_photos_are_counted_once_each(tmp_path: Path) -> None:
    """Twice as many photos without people cost twice the steps, not four times."""

    def steps(count: int) -> int:
        items = [PhotoItem(Path(f"{number}.jpg"), f"{number}.jpg", str(number)) for number in range(count)]
        calls = 0

        def counted(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(counted)
        try:
            list(chunks(items, 16, SideProcesses(1)))
        finally:
            sys.setprofile(None)
        return calls

    steps(1)  # what the first call of all sets up is not counted
    assert steps(400) < 2.2 * steps(200)


def test_names_of_any_length_and_bytes_fail_alone_or_work(shots: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    names = ["=cmd", "x" * 240, "line\nbreak", os.fsdecode(b"\xff")]
    for name in names:
        shutil.copy(shots / "a.png", folder / f"{name}.png")
        shutil.copy(shots / "a_keypoints.json", folder / f"{name}.json")
    shutil.copy(shots / "a.png", folder / f"{'y' * 251}.png")  # its keypoints cannot have a name
    line = [sys.executable, "-m", "fitting_core", "batch", str(folder), "--out", str(tmp_path / "out")]
    run = subprocess.run([*line, "--no-overlay"], capture_output=True, check=False)
    assert run.returncode == 1, run.stderr
    assert b"4 of 5 photos done" in run.stdout
    rows = rows_of(tmp_path / "out")
    assert {name for name, row in rows.items() if row["status"] == "done"} == {
        "'=cmd.png", f"{'x' * 240}.png", "line\\nbreak.png", "\\udcff.png",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["fit", "batch"])
def test_a_reader_that_has_gone_ends_the_run_quietly(shots: Path, tmp_path: Path, command: str) -> None:
    photo = shots / "a.png" if command == "fit" else shots
    line = [sys.executable, "-m", "fitting_core", command, str(photo), "--out", str(tmp_path / "out")]
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [*line, "--no-overlay", "--messages", "json"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (8, b"")


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three good photos, one of them with two people, and four bad ones."""
    folder = tmp_path_factory.mktemp("shots with ünïcode")
    people = [synthetic_case(number).subject.keypoints for number in range(4)]
    write_photo(folder, people[:1], "a")
    write_photo(folder, people[1:3], "b")
    photo, keypoints = write_photo(folder, people[3:], "c")
    (folder / "keypoints").mkdir()
    photo.rename(folder / "c.PNG")
    keypoints.rename(folder / "keypoints" / "c.json")
    shutil.copy(folder / "a.png", folder / "no keypoints.png")
    shutil.copy(folder / "a.png", folder / "empty.png")
    (folder / "empty_keypoints.json").write_text('{"people": []}')
    shutil.copy(folder / "a.png", folder / "broken.png")
    (folder / "broken_keypoints.json").write_text("{")
    (folder / "no picture.jpg").write_bytes(b"no picture")
    shutil.copy(folder / "a_keypoints.json", folder / "no picture_keypoints.json")
    return folder


BAD = {
    "no keypoints.png": "nobody was found in the photo",
    "empty.png": "no people",
    "broken.png": "JSON",
    "no picture.jpg": "no picture.jpg",
}


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def test_good_photos_are_done_and_bad_ones_listed(
    shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    line = ["batch", str(shots), "--out", str(out), "--person", "all", "--no-overlay", "--at-once", "3"]
    assert main([*line, "--messages", "json"]) == 1
    messages = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    told = [message for message in messages if message["type"] == "PHOTO"]
    assert [message["number"] for message in told] == list(range(1, 8))
    files = ["summary.csv", "people.jsonl", "index.html"]
    assert messages[-1] == {"type": "DONE", "folder": "out", "files": files, "people": 4}
    assert told[-1]["seconds_left"] == 0 and all(message["photos_per_second"] > 0 for message in told)
    fractions = [message["fraction"] for message in messages if message["type"] == "PROGRESS"]
    assert fractions == sorted(fractions) and fractions[0] > 0 and fractions[-1] <= 1

    rows = rows_of(out)
    assert {name for name, row in rows.items() if row["status"] == "failed"} == set(BAD)
    for name, words in BAD.items():
        assert words in rows[name]["reason"]
        assert rows[name]["code"]
    assert [rows[name]["people"] for name in ("a.png", "b.png", "c.PNG")] == ["1", "2", "1"]
    assert {path.name for path in out.iterdir()} == {"a", "b", "c", ".bodies", "batch.jsonl", *files}
    assert {path.name for path in (out / "b").iterdir()} == {
        "person_00.npz", "person_01.npz", "body.npz", "photo.png", "summary.json",
    }  # fmt: skip


def test_together_or_one_by_one_is_the_same(shots: Path, tmp_path: Path) -> None:
    """What a photo comes to does not depend on who is fitted with it, beyond rounding."""
    main(["batch", str(shots), "--out", str(tmp_path / "together"), "--no-overlay"])
    for name in ("a", "b"):
        alone = ["fit", str(shots / f"{name}.png"), "--out", str(tmp_path / name), "--no-overlay"]
        assert main(alone) == 0
        with (
            np.load(tmp_path / name / "person_00.npz") as one,
            np.load(tmp_path / "together" / name / "person_00.npz") as many,
        ):
            assert np.linalg.norm(one["vertices"] - many["vertices"], axis=1).max() < 0.01
            np.testing.assert_array_equal(one["keypoints"], many["keypoints"])


def test_one_that_breaks_the_batch_spoils_no_other(
    shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fitting_core.batch import work as batch

    whole = batch.fit_batch
    bad = synthetic_case(0).subject.keypoints.body[1]

    def breaking(setup, subjects, make, report):  # type: ignore[no-untyped-def]
        if any(np.allclose(subject.keypoints.body[1], bad, atol=0.01) for subject in subjects):
            raise np.linalg.LinAlgError("singular")
        return whole(setup, subjects, make, report)

    monkeypatch.setattr(batch, "fit_batch", breaking)
    assert main(["batch", str(shots), "--out", str(tmp_path / "out"), "--no-overlay"]) == 1
    rows = rows_of(tmp_path / "out")
    assert rows["a.png"]["status"] == "failed" and "singular" in rows["a.png"]["reason"]
    assert rows["b.png"]["status"] == rows["c.PNG"]["status"] == "done"


@pytest.mark.parametrize("step", ["read_input", "build_outcome"])
def test_an_error_of_the_program_in_one_photo_spoils_no_other(
    shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from fitting_core.batch import work as batch

    whole = getattr(batch, step)

    def breaking(request, *others):  # type: ignore[no-untyped-def]
        if request.photo.name == "a.png":
            raise ZeroDivisionError("by nobody's fault")
        return whole(request, *others)

    monkeypatch.setattr(batch, step, breaking)
    assert main(["batch", str(shots), "--out", str(tmp_path / "out"), "--no-overlay"]) == 1
    rows = rows_of(tmp_path / "out")
    assert rows["a.png"]["status"] == "failed" and "ZeroDivisionError" in rows["a.png"]["reason"]
    assert rows["b.png"]["status"] == rows["c.PNG"]["status"] == "done"


NOTHING = {
    "no such folder": (["{nowhere}"], "nowhere"),
    "no photos": (["{empty}"], "holds no photo"),
    "nonsense": (["{shots}", "--takes", "99"], "99"),
    "no such model": (["{shots}", "--model", "missing.npz"], "missing.npz"),
    "no such person": (["{shots}", "--person", "7"], "None of the 7 photos"),
    "out is a file": (["{shots}", "--out", "{shots}/a.png/out"], "cannot go there"),
}


@pytest.mark.parametrize(("arguments", "words"), NOTHING.values(), ids=NOTHING)
def test_nothing_done(
    shots: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"nowhere": tmp_path / "nowhere", "empty": tmp_path / "empty", "shots": shots}
    filled = [text.format(**places) for text in arguments]
    line = ["batch", "--out", str(tmp_path / "out"), *filled, "--messages", "json"]
    assert main(line) == 2
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "ERROR" and words in last["text"]


def test_table_for_people(shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", str(shots), "--out", str(tmp_path / "out"), "--no-overlay"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["photo", "status", "people", "quality", "seconds"]
    assert "3 of 7 photos done." in said
    assert any(line.startswith("failed: empty.png: ") for line in said)


def test_fit_finds_the_keypoints_itself(shots: Path, tmp_path: Path) -> None:
    assert main(["fit", str(shots / "c.PNG"), "--out", str(tmp_path / "out"), "--no-overlay"]) == 0
    assert main(["fit", str(shots / "no keypoints.png"), "--out", str(tmp_path / "out")]) == 5
