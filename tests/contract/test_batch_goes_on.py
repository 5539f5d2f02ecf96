"""A batch that was stopped, or whose photos or options change: nothing is done twice, nothing is lost, no two runs fight."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fitting_core.batch import folder as batch_folder
from fitting_core.batch import work as batch_work
from fitting_core.batch.manifest import Manifest
from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.side_processes import SideProcesses
from fitting_core.cli import main
from fitting_core.errors import FittingError
from fitting_core.files.unfinished import held
from tests.photos import synthetic_case, write_photo

_NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shots` of four photos, and `out` with the results of an unbroken run."""
    place = tmp_path_factory.mktemp("batch")
    (place / "shots").mkdir()
    for number, name in enumerate(_NAMES):
        write_photo(place / "shots", [synthetic_case(number).subject.keypoints], name)
    assert main(_line(place)) == 0
    return place


def _line(place: Path, *more: str) -> list[str]:
    return ["batch", str(place / "shots"), "--out", str(place / "out"), "--at-once", "1", *more]


@pytest.fixture
def place(fitted: Path, tmp_path: Path) -> Path:
    """A copy of the photos and their results, to be changed."""
    return shutil.copytree(fitted, tmp_path / "copy")


def _people(out: Path) -> dict[str, dict[str, object]]:
    lines = (out / "people.jsonl").read_text(encoding="utf-8").splitlines()
    return {person["photo"]: person for person in map(json.loads, lines)}


def _times(out: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("*/summary.json")}


def _keep(place: Path) -> None:
    pass


def _other_pixels(place: Path) -> None:
    from PIL import Image

    with Image.open(place / "shots" / "b.png") as photo:
        photo.convert("RGB").point(lambda value: value // 2).save(place / "shots" / "b.png")


def _other_keypoints(place: Path) -> None:
    path = place / "shots" / "b_keypoints.json"
    document = json.loads(path.read_text())
    document["people"][0]["pose_keypoints_2d"][0] += 3.0
    path.write_text(json.dumps(document))


def _without_result(place: Path) -> None:
    shutil.rmtree(place / "out" / "b")


def _cut_short(place: Path) -> None:
    """The line of b, the second to be finished, ends in the middle, as a kill may leave it."""
    path = place / "out" / "batch.jsonl"
    head, first, second, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([head, first, *others, second[: len(second) // 2]]))


def _renamed(place: Path) -> None:
    for ending in (".png", "_keypoints.json"):
        (place / "shots" / f"b{ending}").rename(place / "shots" / f"e{ending}")


CHANGES: dict[str, tuple[Callable[[Path], None], list[str], set[str]]] = {
    "nothing": (_keep, [], set()),
    "where and how fast": (_keep, ["--engine", "numpy", "--messages", "json"], set()),
    "the photo": (_other_pixels, [], {"b"}),
    "the keypoints": (_other_keypoints, [], {"b"}),
    "the result is gone": (_without_result, [], {"b"}),
    "its line was cut short": (_cut_short, [], {"b"}),
    "the photo's name": (_renamed, [], {"e"}),
    "an option": (_keep, ["--no-interpenetration"], set(_NAMES)),
    "asked for": (_keep, ["--again"], set(_NAMES)),
}


@pytest.mark.parametrize(("change", "more", "anew"), CHANGES.values(), ids=CHANGES.keys())
def test_what_has_changed_is_fitted_anew_and_nothing_else(
    place: Path, change: Callable[[Path], None], more: list[str], anew: set[str]
) -> None:
    change(place)
    before = _times(place / "out")
    assert main(_line(place, *more)) == 0
    after = _times(place / "out")
    assert {name for name, time in after.items() if before.get(name) != time} == anew
    assert set(_people(place / "out")) == {path.name for path in (place / "shots").glob("*.png")}


def test_a_failed_photo_is_tried_again(place: Path) -> None:
    sound = (place / "shots" / "c.png").read_bytes()
    (place / "shots" / "c.png").write_bytes(b"no picture")
    assert main(_line(place)) == 1
    assert set(_people(place / "out")) == {"a.png", "b.png", "d.png"}
    (place / "shots" / "c.png").write_bytes(sound)
    before = _times(place / "out")
    assert main(_line(place)) == 0
    assert {name for name, time in _times(place / "out").items() if before[name] != time} == {"c"}


def test_killed_three_times_it_ends_as_an_unbroken_run(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    command = [sys.executable, "-m", "fitting_core", *_line(tmp_path, "--messages", "json")]
    finished: set[str] = set()
    for kill in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = next(message for message in map(json.loads, process.stdout) if message["type"] == "PHOTO")
            assert told["photo"] not in finished, "done twice"
            finished.add(told["photo"])
            os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert len(finished) == kill + 1
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    broken, whole = _people(tmp_path / "out"), _people(fitted / "out")
    assert list(broken) == list(whole)
    for name, person in whole.items():
        for column, value in person.items():
            expected = pytest.approx(value, rel=1e-3) if isinstance(value, float) else value
            assert column == "seconds" or broken[name][column] == expected, (name, column)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in (fitted / "out").iterdir()
    }


def _arrays(out: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for path in sorted(out.glob("*/person_00.npz")):
        with np.load(path) as data:
            found |= {f"{path.parent.name} {name}": data[name] for name in data.files}
    return found


def test_those_who_were_to_be_fitted_with_a_finished_photo_come_to_the_same(
    fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit, although a fit rounds otherwise among other people; what is finished is not written again."""
    for name in ("whole", "broken"):
        shutil.copytree(fitted / "shots", tmp_path / name / "shots")
    together = ("--at-once", "3", "--no-overlay", "--workers", "1")
    assert main(_line(tmp_path / "whole", *together)) == 0
    add = Manifest.add

    def stopping(manifest: Manifest, row: PhotoRow, fingerprint: str) -> None:
        if row.photo == "b.png":
            raise KeyboardInterrupt
        add(manifest, row, fingerprint)

    monkeypatch.setattr(Manifest, "add", stopping)
    assert main(_line(tmp_path / "broken", *together)) == 130
    before = _times(tmp_path / "broken" / "out")
    monkeypatch.setattr(Manifest, "add", add)
    together_with: list[int] = []
    fit_batch = batch_work.fit_batch

    def counted(setup, subjects, make, report):  # type: ignore[no-untyped-def]
        together_with.append(len(subjects))
        return fit_batch(setup, subjects, make, report)

    monkeypatch.setattr(batch_work, "fit_batch", counted)
    assert main(_line(tmp_path / "broken", *together)) == 0
    assert together_with == [3, 1]
    assert _times(tmp_path / "broken" / "out")["a"] == before["a"]
    whole, broken = _arrays(tmp_path / "whole" / "out"), _arrays(tmp_path / "broken" / "out")
    assert whole.keys() == broken.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(broken[name], values, err_msg=name)


def test_a_run_that_came_to_its_end_has_no_companions(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed photo among many costs the fit of one."""
    _other_keypoints(place)
    together_with: list[int] = []
    fit_batch = batch_work.fit_batch

    def counted(setup, subjects, make, report):  # type: ignore[no-untyped-def]
        together_with.append(len(subjects))
        return fit_batch(setup, subjects, make, report)

    monkeypatch.setattr(batch_work, "fit_batch", counted)
    assert main(_line(place, "--at-once", "16")) == 0
    assert together_with == [1]


def test_two_runs_do_not_fight(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (place / "out").iterdir() if path.is_file()}
    with held(place / "out"):
        assert main(_line(place, "--again")) == 2
    assert "another run is at work" in capsys.readouterr().err
    assert all(path.read_bytes() == data for path, data in before.items())


@pytest.mark.parametrize("name", ["batch.jsonl", "summary.csv"])
def test_files_of_the_users_own_are_not_replaced(place: Path, name: str) -> None:
    path = place / "out" / name
    path.write_text("my own\n")
    assert main(_line(place)) == 2
    assert path.read_text() == "my own\n"


def test_folders_inside(fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Photos of one name in two folders, hidden folders, and an output folder among the photos, in which photos are copied."""
    shots = tmp_path / "shots"
    for inside in ("monday", "tuesday/late", ".trash"):
        shutil.copytree(fitted / "shots", shots / inside, ignore=shutil.ignore_patterns("[cd]*"))
    line = ["batch", str(shots), "--out", str(shots / "out"), "--nested"]
    assert main(line) == 0
    names = {"monday/a.png", "monday/b.png", "tuesday/late/a.png", "tuesday/late/b.png"}
    assert set(_people(shots / "out")) == names
    for name in names:
        assert (shots / "out" / Path(name).with_suffix("") / "person_00.npz").is_file()
    capsys.readouterr()
    assert main(line) == 0
    assert "4 photos in shots, 4 of them done by an earlier run" in capsys.readouterr().err
    assert (
        main(["batch", str(tmp_path / "shots" / ".trash" / "none"), "--out", str(shots / "o"), "--nested"])
        == 2
    )


def test_photos_are_let_go_once_they_are_done(
    fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the folder, no more photos are held than are fitted at once."""
    items: list[batch_work.PhotoItem] = []
    held_at_once: list[int] = []
    read = batch_work.read_photo

    def counted(request):  # type: ignore[no-untyped-def]
        held_at_once.append(sum(item.input is not None for item in items))
        return read(request)

    def noted(*arguments):  # type: ignore[no-untyped-def]
        items.extend(arguments[1])
        batch_work.work(*arguments)

    monkeypatch.setattr(batch_work, "read_photo", counted)
    monkeypatch.setattr(batch_folder, "work", noted)
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    assert main(_line(tmp_path, "--no-overlay")) == 0
    assert held_at_once == [0, 0, 0, 0]


def test_views_show_the_figure_from_the_front_and_from_the_side(fitted: Path) -> None:
    from PIL import Image

    with Image.open(fitted / "out" / "a" / "views.jpg") as picture:
        pixels = np.asarray(picture).astype(int)
    side = pixels[:, -160:]
    figure = np.abs(side - side[0, 0]).max(axis=2) > 24
    assert 0.03 < figure.mean() < 0.6
    rows, columns = np.nonzero(figure)
    assert np.ptp(rows) > 180 or np.ptp(columns) > 120  # it fills the view
    assert rows.min() > 4 and rows.max() < 235 and columns.min() > 2 and columns.max() < 157


def _ended_by_the_system(path: Path) -> int:
    """Add a letter to the file, so that the tries are counted, and end this process as a system short of memory does."""
    with path.open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def _doubled(value: int) -> int:
    return 2 * value


def test_a_process_that_the_system_ends_costs_its_own_task_only(tmp_path: Path) -> None:
    side = SideProcesses(2)
    try:
        before = [side.start(_doubled, number) for number in range(4)]
        deadly = side.start(_ended_by_the_system, tmp_path / "tries")
        after = [side.start(_doubled, number) for number in range(4, 8)]
        assert [task.result() for task in before] == [0, 2, 4, 6]
        with pytest.raises(FittingError, match="ended by the system"):
            deadly.result()
        assert [task.result() for task in after] == [8, 10, 12, 14]
    finally:
        side.close()
    assert 2 <= len((tmp_path / "tries").read_text()) <= 3


def test_side_processes_end_with_a_killed_run(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    line = _line(tmp_path, "--workers", "2", "--messages", "json")
    with subprocess.Popen([sys.executable, "-m", "fitting_core", *line], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if b'"PHOTO"' in line)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) >= 2
        process.kill()
        process.stdout.read()  # ends when the last process that holds it has ended
    assert main(line) == 0
    assert set(_people(tmp_path / "out")) == {f"{name}.png" for name in _NAMES}


def test_with_processes_beside_it_the_result_is_the_same(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    (tmp_path / "shots" / "0 no picture.jpg").write_bytes(b"no picture")
    assert main(_line(tmp_path, "--workers", "2")) == 1
    expected, found = _people(fitted / "out"), _people(tmp_path / "out")
    assert list(found) == list(expected)
    for name, person in expected.items():
        assert found[name]["loss"] == pytest.approx(person["loss"], rel=1e-6)
        assert found[name]["reasons"] == person["reasons"]
