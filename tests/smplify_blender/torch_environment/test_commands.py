"""The commands that make the environment with PyTorch: indexes, hashes, and what of the user's settings counts."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from smplify_blender.fit_process.command import FitProcessError
from smplify_blender.torch_environment.commands import (
    CPU_INDEX,
    CUDA_INDEX,
    PARTIAL,
    TORCH,
    WHEELS,
    Machine,
    environment_plan,
    maker_environment,
    torch_source,
    variants,
    wrapped,
)
from tests.smplify_blender.torch_environment.runs import LINUX

ROOT = Path(__file__).parents[3]

SOURCES = {
    "Linux GPU": (LINUX, "GPU", ""),
    "Linux CPU": (LINUX, "CPU", CPU_INDEX),
    "Windows GPU": (Machine("windows", "amd64"), "GPU", CUDA_INDEX),
    "Windows CPU": (Machine("windows", "amd64"), "CPU", ""),
    "Linux on ARM": (Machine("linux", "aarch64"), "CPU", CPU_INDEX),
    "Mac": (Machine("darwin", "arm64"), "GPU", ""),
}


@pytest.mark.parametrize(("machine", "variant", "index"), SOURCES.values(), ids=SOURCES)
def test_index_of_a_machine(tmp_path: Path, machine: Machine, variant: Any, index: str) -> None:
    plan = environment_plan(tmp_path, variant, machine=machine)
    torch_command = plan.steps[1].command
    assert plan.source.reason and "--no-deps" in torch_command
    if index:
        assert torch_command[-3:] == ("--index-url", index, TORCH)
    else:
        assert torch_command[-3:] == ("--require-hashes", "-r", str(WHEELS.torch))
        assert "--index-url" not in torch_command
    assert plan.steps[2].command[-4:] == ("--no-deps", "--require-hashes", "-r", str(WHEELS.others))
    brings_less = (machine, variant) == (LINUX, "GPU")  # the CUDA packages that PyPI's wheel for Linux names
    assert (plan.steps[3].command[-1] == TORCH) == brings_less


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


def locked(file: Path) -> dict[str, list[str]]:
    """The requirements of a file with their hashes."""
    requirements: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split()
            requirements[requirement] = [word.removeprefix("--hash=sha256:") for word in hashes]
    return requirements


def test_everything_is_pinned_to_what_the_extension_ships() -> None:
    torch, others = locked(WHEELS.torch), locked(WHEELS.others)
    shipped = locked(ROOT / "tools" / "extension_wheels.txt")
    assert shipped.items() <= others.items() and list(torch) == [TORCH]
    assert TORCH in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    installed = {name.partition("==")[0].replace("_", "-") for name in others}
    assert {name.partition(">=")[0] for name in needed} <= installed


@pytest.mark.parametrize("file", [WHEELS.torch, WHEELS.others], ids=["PyTorch", "others"])
def test_every_wheel_has_its_own_hash(file: Path) -> None:
    """One for a pure wheel; for a compiled one those of three Pythons on four systems."""
    requirements = locked(file)
    every = [digest for hashes in requirements.values() for digest in hashes]
    assert len(set(every)) == len(every) and all(re.fullmatch("[0-9a-f]{64}", digest) for digest in every)
    assert {len(hashes) for hashes in requirements.values()} <= {1, 12}


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="asks the PyTorch that is installed")
def test_what_pytorch_needs_is_locked() -> None:
    """As its wheel says it, and what these need in turn; pip installs them without looking (`--no-deps`)."""
    names = {
        re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()
        for requirement in locked(WHEELS.others)
    }
    pending, seen = ["torch"], set[str]()
    while pending:
        for text in importlib.metadata.requires(pending.pop()) or ():
            name = re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", text)[0]).lower()
            if ";" not in text and name not in seen:
                seen.add(name)
                pending.append(name)
    assert {"sympy", "mpmath", "markupsafe"} <= seen <= names


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


@pytest.mark.parametrize(
    "name",
    ["PIP_TARGET", "PIP_INDEX_URL", "PIP_FIND_LINKS", "pip_no_index", "PYTHONPATH", "PythonHome", "VIRTUAL_ENV",
     "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES"],
)  # fmt: skip
def test_what_misleads_is_left_out(name: str) -> None:
    assert maker_environment({name: "x"}) == {"PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PATH", "HOME"])
def test_proxies_and_certificates_stay(name: str) -> None:
    assert maker_environment({name: "x"}) == {name: "x", "PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize("variant", ["GPU", "CPU"])
def test_the_command_is_shown_whole(tmp_path: Path, variant: Any) -> None:
    for step in environment_plan(tmp_path / "with blanks", variant, machine=LINUX).steps:
        lines = wrapped(step.shown, 40)
        assert max(map(len, lines)) <= 40
        assert "".join(lines).replace(" ", "") == step.shown.replace(" ", "")
        assert shlex.split(step.shown) == list(step.command)
