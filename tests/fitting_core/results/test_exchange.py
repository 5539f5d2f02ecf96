"""A result folder has the whole earlier result or the whole new one, whenever the run is killed, and the user's own files."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fitting_core.errors import OutputError, RequestError
from fitting_core.results.exchange import check_result_folder, check_users_files, repair, replaced_result

NAMES = ("body.npz", "person_00.npz", "person_01.npz", "photo.png")

# Writes a result into argv[1] and dies by SIGKILL at the operation on the disk whose number is argv[2].
_KILLED = """
import os, pathlib, signal, sys
from fitting_core.results import exchange
from tests.fitting_core.results.test_exchange import write
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "shutil.rmtree"}:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
write(pathlib.Path(sys.argv[1]), "new", ("body.npz", "person_00.npz", "photo.png"))
"""
_ROOT = Path(__file__).parents[3]


def write(folder: Path, word: str, names: tuple[str, ...] = NAMES) -> None:
    with replaced_result(folder, ()) as files:
        for name in names:
            files.write(name, word.encode())
        files.write("summary.json", word.encode())


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


EARLIER = dict.fromkeys((*NAMES, "summary.json"), "old")
NEW = dict.fromkeys(("body.npz", "person_00.npz", "photo.png", "summary.json"), "new")


@pytest.mark.slow
@pytest.mark.parametrize("with_own", [False, True], ids=["a result alone", "with files of the user's"])
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_at_every_operation_on_the_disk(tmp_path: Path, with_own: bool) -> None:
    code = -signal.SIGKILL
    killed = 0
    while code == -signal.SIGKILL:
        killed += 1
        place = tmp_path / str(killed)
        folder = place / "out"
        write(folder, "old")
        own = {"notes.txt": "mine"} if with_own else {}
        for name, text in own.items():
            (folder / name).write_text(text)
        line = [sys.executable, "-c", _KILLED, str(folder), str(killed)]
        code = subprocess.run(line, cwd=_ROOT, check=False).returncode
        if with_own:  # nothing is ever missing, even before the next run
            assert own.items() <= contents(folder).items()
            assert {*NEW} <= {*contents(folder)}
        repair(folder)
        assert contents(folder) in ({**EARLIER, **own}, {**NEW, **own})
        check_result_folder(folder)
        write(folder, "new")
        assert contents(folder) == {**dict.fromkeys(EARLIER, "new"), **own}
        assert [path.name for path in place.iterdir()] == ["out"]
    assert code == 0 and killed >= 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_rerun_killed_at_20_moments_leaves_no_less_than_it_found(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    program = (
        "import pathlib, sys; from tests.fitting_core.results.test_exchange import write\n"
        "print(flush=True)\nwhile True: write(pathlib.Path(sys.argv[1]), 'new', ('body.npz',))"
    )
    moments = random.Random(1)
    for _ in range(20):
        write(folder, "old")
        run = subprocess.Popen(
            [sys.executable, "-c", program, str(folder)], cwd=_ROOT, stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(moments.uniform(0.0, 0.02))
        run.kill()
        run.wait()
        run.stdout.close()
        check_result_folder(folder)
        assert contents(folder) in (EARLIER, {"body.npz": "new", "summary.json": "new"})
        assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_earlier_result(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder, "old")
    with pytest.raises(OutputError, match="No space"), replaced_result(folder, ()) as files:
        files.write("person_00.npz", b"new")
        raise OSError(28, "No space left on device")
    assert contents(folder) == EARLIER
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_users_own_files_and_folders_stay(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder, "old")
    (folder / "notes.txt").write_text("mine")
    (folder / "sketches").mkdir()
    (folder / "sketches" / "a.txt").write_text("mine")
    write(folder, "new", ("body.npz",))
    assert contents(folder) == {"body.npz": "new", "summary.json": "new", "notes.txt": "mine"}
    assert contents(folder / "sketches") == {"a.txt": "mine"}


def test_a_link_stays_a_link_and_its_folder_gets_the_result(tmp_path: Path) -> None:
    write(tmp_path / "disk" / "out", "old")
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "out")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert set(contents(tmp_path / "disk" / "out").values()) == {"new"}


def test_the_folder_of_the_terminal_stays_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    write(folder, "old")
    monkeypatch.chdir(folder)
    before = folder.stat().st_ino
    write(Path("."), "new")
    assert folder.stat().st_ino == before
    assert contents(folder) == dict.fromkeys(EARLIER, "new")


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there: such files go after a day")
def test_what_a_kill_left_is_swept_and_what_lives_is_not(tmp_path: Path) -> None:
    from fitting_core.files.unfinished import sweep, unfinished_file, unfinished_folder

    (tmp_path / ".unfinished-0123456789abcdef").mkdir()
    (tmp_path / ".unfinished-0123456789abcdef" / "person_00.npz").touch()
    (tmp_path / ".unfinished-01234567.npz").touch()
    (tmp_path / ".unfinished-notes").touch()
    with unfinished_file(tmp_path, ".csv") as file, unfinished_folder(tmp_path) as folder:
        sweep(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {".unfinished-notes", file.name, folder.name}


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fitting_core.files import unfinished

    names = iter(["0" * 16, "1" * 16])
    (tmp_path / "precious").write_text("kept")
    (tmp_path / f".unfinished-{'0' * 16}.csv").symlink_to(tmp_path / "precious")
    monkeypatch.setattr(unfinished.secrets, "token_hex", lambda _: next(names))
    with pytest.raises(FileExistsError), unfinished.unfinished_file(tmp_path, ".csv"):
        pass
    assert (tmp_path / "precious").read_text() == "kept"


REFUSED = {
    "NUL": ("a\0b", RequestError, "NUL"),
    "a file": ("file", OutputError, "file"),
    "in a file": ("file/deeper", OutputError, "file"),
    "too long": ("x" * 300, OutputError, "too long"),
    "too long, deeper": (f"missing/{'x' * 300}", OutputError, "too long"),
    "a result's name is taken by a folder": ("taken", OutputError, "body.npz"),
}


@pytest.mark.parametrize(("name", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, name: str, error: type[Exception], words: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "taken" / "body.npz").mkdir(parents=True)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(error, match=words):
        check_result_folder(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == before


RESULT_NAMES = (
    "photo.jpg",
    "photo.png",
    "person_00.npz",
    "person_00.obj",
    "overlay.png",
    "body.npz",
    "body_female.npz",
    "motion.npz",
)


@pytest.mark.parametrize("name", RESULT_NAMES)
def test_a_file_that_no_fit_has_written_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=rf"{name}.*Choose another --out, or rename the file"):
        check_users_files(tmp_path, ())
    with pytest.raises(OutputError, match=name):
        write(tmp_path, "new")
    assert contents(tmp_path) == {name: "mine"}


def test_the_photo_itself_may_lie_there_and_is_not_touched(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_text("new")
    before = photo.stat().st_ino
    with replaced_result(tmp_path, [photo]) as files:
        files.write("photo.jpg", b"new")
        files.write("summary.json", b"new")
    assert photo.stat().st_ino == before and contents(tmp_path) == {"photo.jpg": "new", "summary.json": "new"}
