"""The environment with PyTorch: its commands, and every way in which making and removing it can end.

Never the network: pip installs stand-ins from a folder of tiny wheels (PIP_NO_INDEX), or the steps are small real Pythons.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from smplify_blender.fit_process.command import FitProcessError
from smplify_blender.torch_environment import commands as environment
from smplify_blender.torch_environment.commands import (
    CPU_INDEX,
    CUDA_INDEX,
    NUMPY,
    PARTIAL,
    PURE_REQUIREMENTS,
    TORCH,
    WHOLE,
    Machine,
    environment_plan,
    environment_python,
    maker_environment,
    present_names,
    removal_order,
    torch_source,
    variants,
    wrapped,
)
from smplify_blender.torch_environment.run import EnvironmentRun

ROOT = Path(__file__).parents[3]
LINUX = Machine("linux", "x86_64")
PATIENCE_SECONDS = 120.0

SOURCES = {
    "Linux GPU": (LINUX, "GPU", ""),
    "Linux CPU": (LINUX, "CPU", CPU_INDEX),
    "Windows GPU": (Machine("windows", "amd64"), "GPU", CUDA_INDEX),
    "Windows CPU": (Machine("windows", "amd64"), "CPU", CPU_INDEX),
    "Mac": (Machine("darwin", "arm64"), "GPU", ""),
}


@pytest.mark.parametrize(("machine", "variant", "index"), SOURCES.values(), ids=SOURCES)
def test_index_of_a_machine(tmp_path: Path, machine: Machine, variant: Any, index: str) -> None:
    plan = environment_plan(tmp_path, variant, machine=machine)
    torch_command = plan.steps[1].command
    assert torch_command[-1] == TORCH and plan.source.reason
    assert (index in torch_command) if index else ("--index-url" not in torch_command)
    assert "--index-url" not in plan.steps[2].command


@pytest.mark.parametrize(
    ("machine", "variant"),
    [(Machine("darwin", "x86_64"), "CPU"), (Machine("linux", "riscv64"), "CPU"), (Machine("windows", "arm64"), "GPU")],
    ids=["Intel Mac", "other processor", "Windows on ARM"],
)  # fmt: skip
def test_a_machine_without_pytorch(machine: Machine, variant: Any) -> None:
    with pytest.raises(FitProcessError, match="built-in engine"):
        torch_source(variant, machine)
    assert variant not in variants(machine)


def test_a_mirror_replaces_every_index(tmp_path: Path) -> None:
    plan = environment_plan(tmp_path, "CPU", "https://mirror.example/simple", LINUX)
    for step in plan.steps[1:3]:
        assert step.command[step.command.index("--index-url") + 1] == "https://mirror.example/simple"


def test_everything_is_pinned_to_what_the_extension_ships() -> None:
    shipped = (ROOT / "tools" / "extension_wheels.txt").read_text(encoding="utf-8").split()
    assert set(PURE_REQUIREMENTS) <= set(shipped)
    assert TORCH in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert all("==" in name for name in (TORCH, NUMPY))
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    installed = {name.partition("==")[0].replace("_", "-") for name in (NUMPY, *PURE_REQUIREMENTS)}
    assert {name.partition(">=")[0] for name in needed} <= installed


def test_nothing_is_built_and_nothing_lies_outside(tmp_path: Path) -> None:
    plan = environment_plan(tmp_path, "GPU", machine=LINUX)
    made, *installs, trial = (step.command for step in plan.steps)
    assert made[-1] == str(tmp_path / PARTIAL)
    for command in (*installs, trial):
        assert Path(command[0]).is_relative_to(tmp_path / PARTIAL)
    for command in installs:
        assert "--no-cache-dir" in command and command[command.index("--only-binary") + 1] == ":all:"


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_that_cannot_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else there(name))
    with pytest.raises(FitProcessError, match=rf"lacks {missing}.*choose a Python of your own"):
        environment_plan(tmp_path, "GPU", machine=LINUX)


def test_what_misleads_is_left_out_and_mirrors_stay() -> None:
    given = dict.fromkeys(
        ("PIP_TARGET", "PYTHONPATH", "PythonHome", "HTTPS_PROXY", "PIP_INDEX_URL", "PATH"), "x"
    )
    assert set(maker_environment(given)) == {"HTTPS_PROXY", "PIP_INDEX_URL", "PATH"}


@pytest.mark.parametrize("variant", ["GPU", "CPU"])
def test_the_command_is_shown_whole(tmp_path: Path, variant: Any) -> None:
    for step in environment_plan(tmp_path / "with blanks", variant, machine=LINUX).steps:
        lines = wrapped(step.shown, 40)
        assert max(map(len, lines)) <= 40
        assert "".join(lines).replace(" ", "") == step.shown.replace(" ", "")
        assert shlex.split(step.shown) == list(step.command)


# ------------------------------------------------------------------ runs


def order_of(folder: Path, *codes: str, needed_bytes: int = 0) -> dict[str, Any]:
    """A whole order whose steps are small Pythons, run in the partial folder."""
    return environment_plan(folder, "GPU", machine=LINUX).order() | {
        "needed_bytes": needed_bytes,
        "steps": [
            {"title": f"Step {number}", "command": [sys.executable, "-I", "-u", "-c", code], "shown": code}
            for number, code in enumerate(codes, 1)
        ],
    }


def until(condition: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE_SECONDS
    while not condition():
        assert monotonic() < end, "it takes too long"
        sleep(0.02)


def to_the_end(run: EnvironmentRun) -> EnvironmentRun:
    until(lambda: run.poll() and run.ended)
    return run


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
    import json

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


def test_an_interrupted_removal_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / environment.DOOMED / "half").mkdir(parents=True)
    assert to_the_end(EnvironmentRun(removal_order(tmp_path))).succeeded
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ the real commands


def write_wheel(folder: Path, requirement: str, code: str = "") -> None:
    """A pure wheel with one module."""
    name, version = requirement.split("==")
    files = {
        f"{name}/__init__.py": code or f"__version__ = {version!r}\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{name}-{version}.dist-info/RECORD"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        rows: list[str] = []
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(text.encode())}")
            archive.writestr(path, text)
        archive.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")


def stand_ins(folder: Path, torch_code: str = "") -> dict[str, str]:
    """An environment in which pip sees nothing but stand-ins for the pinned packages."""
    folder.mkdir()
    for requirement in (NUMPY, *PURE_REQUIREMENTS):
        write_wheel(folder, requirement)
    write_wheel(folder, TORCH, torch_code)
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return quiet | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}


@pytest.mark.slow
def test_the_real_commands_make_an_environment_that_is_used_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "with ünïcode and blanks"
    given = stand_ins(tmp_path / "wheels")
    order = environment_plan(folder, "GPU", machine=LINUX).order() | {"needed_bytes": 0}
    run = to_the_end(EnvironmentRun(order, given))
    assert run.succeeded, run.log
    assert run.log[-1] == "2.13.0 2.4.6"
    python = environment_python(folder)
    assert python is not None and [path.name for path in folder.iterdir()] == [WHOLE]
    said = subprocess.run(
        [python, "-I", "-c", "import sys, torch; print(sys.prefix, torch.__file__)"], capture_output=True, check=True
    ).stdout.decode()  # fmt: skip
    assert said.count(str(folder / WHOLE)) == 2 and PARTIAL not in said
    assert not (folder / WHOLE / environment.TEMPORARY).exists()
    assert to_the_end(EnvironmentRun(removal_order(folder))).succeeded
    assert list(folder.iterdir()) == [] and environment_python(folder) is None


@pytest.mark.slow
def test_a_pytorch_that_cannot_be_loaded_is_no_environment(tmp_path: Path) -> None:
    given = stand_ins(tmp_path / "wheels", "raise ImportError('libcudart.so.13 is missing')")
    order = environment_plan(tmp_path / "made", "GPU", machine=LINUX).order() | {"needed_bytes": 0}
    run = to_the_end(EnvironmentRun(order, given))
    assert run.failed == "Trying it out failed (code 1): ImportError: libcudart.so.13 is missing"
    assert list((tmp_path / "made").iterdir()) == []
