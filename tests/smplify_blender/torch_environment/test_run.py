"""Every way in which making and removing the environment with PyTorch can end; the steps are small real Pythons."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from smplify_blender.torch_environment import commands as environment
from smplify_blender.torch_environment import maker
from smplify_blender.torch_environment.commands import (
    PARTIAL,
    WHOLE,
    present_names,
    removal_order,
)
from smplify_blender.torch_environment.run import EnvironmentRun
from tests.smplify_blender.torch_environment.runs import order_of, to_the_end, until

ROOT = Path(__file__).parents[3]

WRITE = "open('library', 'w').write('x')"
SLEEP = f"import os, time; {WRITE}; print(os.getpid()); time.sleep(600)"


def test_steps_that_work(tmp_path: Path) -> None:
    code = f"{WRITE}; import os; print(os.environ['TMPDIR']); open(os.environ['TMPDIR'] + '/download', 'w')"
    run = to_the_end(EnvironmentRun(order_of(tmp_path, code, "print('ünïcode')")))
    assert run.succeeded and not run.failed and (run.step, run.steps) == (2, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [WHOLE]
    assert [path.name for path in (tmp_path / WHOLE).iterdir()] == ["library"]
    assert str(tmp_path / PARTIAL) in run.log[1] and run.log[-1] == "ünïcode"


FAILURES = {
    "a step fails": (
        [WRITE, "raise SystemExit('no such wheel')"],
        {},
        "Step 2 failed (code 1): no such wheel",
    ),
    "a silent step": (["import os; os._exit(3)"], {}, "Step 1 failed (code 3): it said nothing"),
    "no room": ([WRITE], {"needed_bytes": 10**18}, "Make room"),
}


@pytest.mark.parametrize(("codes", "options", "words"), FAILURES.values(), ids=FAILURES)
def test_a_failure_leaves_nothing(tmp_path: Path, codes: list[str], options: Any, words: str) -> None:
    run = to_the_end(EnvironmentRun(order_of(tmp_path, *codes, **options)))
    assert not run.succeeded and words in run.failed
    assert list(tmp_path.iterdir()) == []


def test_what_a_step_says_stands_on_lines_of_a_bounded_length(tmp_path: Path) -> None:
    code = "print('\\x1b[2J' + 'x' * 10**6); raise SystemExit(1)"
    run = to_the_end(EnvironmentRun(order_of(tmp_path, code)))
    assert "\\x1b[2Jxxx" in run.failed
    assert all(text.isprintable() and len(text) < 1100 for text in (run.failed, *run.log))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    order = order_of(tmp_path, WRITE)
    order["steps"][0]["command"] = [str(tmp_path / "nowhere")]
    assert "cannot be started" in to_the_end(EnvironmentRun(order)).failed
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / WHOLE).mkdir()
    (tmp_path / WHOLE / "mine").touch()
    run = to_the_end(EnvironmentRun(order_of(tmp_path, WRITE)))
    assert "Remove that environment first" in run.failed
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [WHOLE, f"{WHOLE}/mine"]


def test_leftovers_of_a_killed_run_go_first(tmp_path: Path) -> None:
    (tmp_path / PARTIAL / "lib").mkdir(parents=True)
    (tmp_path / PARTIAL / "lib" / "old").touch()
    assert present_names(tmp_path) == (PARTIAL,)
    assert to_the_end(EnvironmentRun(order_of(tmp_path, WRITE))).succeeded
    assert [path.name for path in (tmp_path / WHOLE).rglob("*")] == ["library"]


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def step_process(run: EnvironmentRun) -> int:
    until(lambda: run.poll() and any(line.isdigit() for line in run.log))
    return next(int(line) for line in run.log if line.isdigit())


def test_cancel(tmp_path: Path) -> None:
    run = EnvironmentRun(order_of(tmp_path, SLEEP, WRITE))
    process_id = step_process(run)
    assert (tmp_path / PARTIAL / "library").is_file()
    run.cancel()
    to_the_end(run)
    assert run.cancelled and not run.failed and not run.succeeded
    assert list(tmp_path.iterdir()) == []
    assert not is_alive(process_id)


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks for processes in /proc")
def test_blender_killed_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """A process that stands for Blender starts the run and is killed without a chance to say anything."""
    code = (
        "import json, sys, time\n"
        "from smplify_blender.torch_environment.run import EnvironmentRun\n"
        "run = EnvironmentRun(json.loads(sys.argv[1]))\n"
        "while True:\n"
        "    run.poll(); time.sleep(.02)\n"
        "    if run.log and run.log[-1].isdigit(): print(run.log[-1], flush=True); time.sleep(600)\n"
    )
    order = json.dumps(order_of(tmp_path, SLEEP))
    with subprocess.Popen([sys.executable, "-c", code, order], stdout=subprocess.PIPE, cwd=ROOT) as blender:
        assert blender.stdout is not None
        process_id = int(blender.stdout.readline())
        blender.kill()
    until(lambda: not is_alive(process_id) and list(tmp_path.iterdir()) == [])


def test_a_maker_that_dies_is_a_failure(tmp_path: Path) -> None:
    run = to_the_end(EnvironmentRun({"action": "make", "folder": str(tmp_path)}))
    assert run.ended and "ended with code 1" in run.failed and "KeyError" in run.failed


def test_downloads_are_told_as_numbers(tmp_path: Path) -> None:
    lines = "Downloading torch", "Progress 500 of 2000", "Progress 2000 of 0"
    run = to_the_end(EnvironmentRun(order_of(tmp_path, f"print({lines[0]!r})")))
    for line, loaded in zip(lines, (None, (500, 2000), None), strict=True):
        run._take_line(line)
        assert run.loaded == loaded
    assert not any("Progress" in line for line in run.log)


# ------------------------------------------------------------------ removal


def test_only_its_own_is_removed(tmp_path: Path) -> None:
    theirs = tmp_path / "elsewhere"
    theirs.mkdir()
    (theirs / "kept").touch()
    folder = tmp_path / "environment"
    for name in (WHOLE, PARTIAL, "pytorch-mine", "notes"):
        (folder / name).mkdir(parents=True)
    (folder / WHOLE / "link").symlink_to(theirs, target_is_directory=True)
    (folder / WHOLE / "file").touch()
    assert to_the_end(EnvironmentRun(removal_order(folder))).succeeded
    assert sorted(path.name for path in folder.iterdir()) == ["notes", "pytorch-mine"]
    assert (theirs / "kept").is_file() and present_names(folder) == ()


def test_a_link_is_not_followed_nor_removed(tmp_path: Path) -> None:
    theirs, folder = tmp_path / "their venv", tmp_path / "environment"
    theirs.mkdir()
    folder.mkdir()
    (folder / WHOLE).symlink_to(theirs, target_is_directory=True)
    assert "is a link" in to_the_end(EnvironmentRun(removal_order(folder))).failed
    assert theirs.is_dir() and (folder / WHOLE).is_symlink()


@pytest.mark.parametrize("name", [PARTIAL, environment.DOOMED])
@pytest.mark.parametrize("action", ["make", "remove"])
def test_a_planted_link_is_not_followed(tmp_path: Path, name: str, action: str) -> None:
    """Under the names that a run uses for itself; refused before anything is written or deleted."""
    theirs, folder = tmp_path / "theirs", tmp_path / "environment"
    (theirs / "kept").mkdir(parents=True)
    folder.mkdir()
    (folder / name).symlink_to(theirs, target_is_directory=True)
    if action == "remove":
        (folder / WHOLE).mkdir()
    run = to_the_end(EnvironmentRun(order_of(folder, WRITE) if action == "make" else removal_order(folder)))
    assert run.failed == f"{folder / name} is a link, which this add-on has not made. Remove it yourself."
    assert [path.name for path in theirs.rglob("*")] == ["kept"] and (folder / name).is_symlink()
    assert (folder / WHOLE).is_dir() == (action == "remove")


@pytest.mark.parametrize("is_there", [True, False], ids=["to a folder", "to nothing"])
def test_a_link_planted_in_between_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """After the leftovers are gone and before the partial folder is made."""
    theirs, folder = tmp_path / "theirs", tmp_path / "environment"
    folder.mkdir()
    if is_there:
        theirs.mkdir()

    def plant(*_: object) -> None:
        (folder / PARTIAL).symlink_to(theirs, target_is_directory=True)

    monkeypatch.setattr(maker, "need_space", plant)
    with pytest.raises(FileExistsError):
        maker.make(order_of(folder, WRITE), maker.Watcher())
    assert theirs.exists() == is_there and (not is_there or not list(theirs.iterdir()))


def test_an_interrupted_removal_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / environment.DOOMED / "half").mkdir(parents=True)
    assert to_the_end(EnvironmentRun(removal_order(tmp_path))).succeeded
    assert list(tmp_path.iterdir()) == []
