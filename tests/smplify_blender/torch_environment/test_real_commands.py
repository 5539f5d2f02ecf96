"""The real commands of the environment with PyTorch, on an index of tiny wheels in a folder: never the network."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from smplify_blender.torch_environment import commands as environment
from smplify_blender.torch_environment.commands import (
    PARTIAL,
    TORCH,
    WHOLE,
    Wheels,
    environment_plan,
    environment_python,
    removal_order,
)
from smplify_blender.torch_environment.run import EnvironmentRun
from tests.smplify_blender.torch_environment.runs import LINUX, to_the_end


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


OTHERS = ("numpy==2.4.6", "array_api_compat==1.16.0")


def stand_ins(folder: Path, torch_code: str = "") -> tuple[str, Wheels]:
    """The URL of an index with nothing but stand-ins for the pinned packages, and their hashes."""
    lines: list[str] = []
    for requirement in (*OTHERS, TORCH):
        page = folder / requirement.partition("==")[0].replace("_", "-")
        page.mkdir(parents=True)
        write_wheel(page, requirement, torch_code if requirement == TORCH else "")
        (wheel,) = page.iterdir()
        (page / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>', encoding="utf-8")
        lines.append(f"{requirement} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    wheels = Wheels(folder / "torch.txt", folder / "others.txt")
    wheels.torch.write_text(lines.pop(), encoding="utf-8")
    wheels.others.write_text("".join(lines), encoding="utf-8")
    return folder.as_uri(), wheels


def made_from_stand_ins(folder: Path, index: str, wheels: Wheels, given: dict[str, str]) -> EnvironmentRun:
    """A run of the real commands to its end."""
    order = environment_plan(folder, "GPU", index, LINUX, wheels).order() | {"needed_bytes": 0}
    return to_the_end(EnvironmentRun(order, given))


def hostile_settings(folder: Path) -> dict[str, str]:
    """The variables of a user whose every way to lead pip and Python elsewhere leads to a torch that is not ours."""
    foreign = folder / "foreign"
    (foreign / "pip").mkdir(parents=True)
    write_wheel(foreign, TORCH, "raise ImportError('foreign')")
    (foreign / "torch.py").write_text("raise ImportError('foreign')", encoding="utf-8")
    settings = f"[global]\nno-index = true\nfind-links = {foreign}\ntarget = {foreign}\n"
    for name in ("pip/pip.conf", "pip.conf"):
        (foreign / name).write_text(settings, encoding="utf-8")
    return os.environ | {
        "PIP_CONFIG_FILE": str(foreign / "pip.conf"),
        "XDG_CONFIG_HOME": str(foreign),
        "PIP_FIND_LINKS": str(foreign),
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(foreign),
        "PYTHONPATH": str(foreign),
        "LD_PRELOAD": str(foreign / "nothing.so"),  # the loader says so on every start
    }


@pytest.mark.slow
def test_the_real_commands_make_an_environment_that_is_used_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "with ünïcode and blanks"
    index, wheels = stand_ins(tmp_path / "index")
    run = made_from_stand_ins(folder, index, wheels, hostile_settings(tmp_path))
    assert run.succeeded, run.log
    assert run.log[-1] == "2.13.0 2.4.6" and not any("foreign" in line for line in run.log)
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
def test_a_wheel_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    index, wheels = stand_ins(tmp_path / "index")
    write_wheel(tmp_path / "index" / "numpy", OTHERS[0], "raise SystemExit('changed on the way')")
    run = made_from_stand_ins(tmp_path / "made", index, wheels, dict(os.environ))
    assert run.failed.startswith("Installing NumPy and the core's requirements failed")
    assert any("DO NOT MATCH THE HASHES" in line for line in run.log)
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.slow
def test_a_pytorch_that_cannot_be_loaded_is_no_environment(tmp_path: Path) -> None:
    index, wheels = stand_ins(tmp_path / "index", "raise ImportError('libcudart.so.13 is missing')")
    run = made_from_stand_ins(tmp_path / "made", index, wheels, dict(os.environ))
    assert run.failed == "Trying it out failed (code 1): ImportError: libcudart.so.13 is missing"
    assert list((tmp_path / "made").iterdir()) == []
