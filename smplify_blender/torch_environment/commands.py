"""Commands that make an environment with PyTorch for people who have none, and the names in its folder.

Everything lies in one folder of the extension's own: `pytorch` is the whole environment, `pytorch.part` the one that is being
made, `pytorch.removed` the one that is being deleted. Nothing else in the folder is ever touched.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..fit_process.command import FitProcessError, own_python

Variant = Literal["GPU", "CPU"]

WHOLE = "pytorch"
PARTIAL = "pytorch.part"
DOOMED = "pytorch.removed"
OWN_NAMES = (WHOLE, PARTIAL, DOOMED)
TEMPORARY = (
    "temporary"  # in the partial folder: pip's downloads, deleted before the environment gets its name
)

# The newest release with wheels for Blender's Pythons (3.11, 3.13, 3.14), and the one that the core is tested with.
TORCH = "torch==2.13.0"
MODULES = ("torch", "numpy", "array_api_compat")

# PyTorch's own indexes: https://pytorch.org/get-started/locally. PyPI has CUDA 13.0 for Linux, the processor alone for Windows.
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# `--progress-bar raw` came with pip 24.1 (its changelog); an older one would refuse the option.
PIP_WITH_RAW_PROGRESS = (24, 1)
# What would lead pip or Python elsewhere, or load a library into every program that is started (LD_PRELOAD and its kin).
MISLEADING_VARIABLES = ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
MISLEADING_PREFIXES = ("PYTHON", "PIP_", "LD_", "DYLD_")
# `--isolated` leaves out the user's pip.conf and PIP_* variables; only this leaves out the whole machine's, too.
NO_PIP_CONFIGURATION = ("PIP_CONFIG_FILE", os.devnull)


@dataclass(frozen=True)
class Wheels:
    """Requirement files with the SHA-256 of every wheel: PyTorch as PyPI has it, and all else that an environment needs."""

    torch: Path
    others: Path


WHEELS = Wheels(Path(__file__).with_name("torch_wheels.txt"), Path(__file__).with_name("other_wheels.txt"))


@dataclass(frozen=True)
class Machine:
    """System and processor of a computer, which decide the PyTorch that fits it.

    Names are those of `platform.system()` and `platform.machine()`, in lower case.
    """

    system: str
    processor: str

    @classmethod
    def this(cls) -> Machine:
        """Describe the computer that this process runs on."""
        return cls(platform.system().lower(), platform.machine().lower())


@dataclass(frozen=True)
class Source:
    """Origin of PyTorch for a machine. `index` is the URL of a package index; empty is PyPI.

    With `more`, PyTorch's wheel names further packages for the graphics card, which are installed without hashes.
    """

    index: str
    reason: str
    download_gb: float
    disk_gb: float
    more: bool = False


_GPU, _CPU = "GPU", "CPU"
# Sizes in GB, rounded up. Linux: the files' own sizes on PyPI and on disk; the others estimated from their wheels.
SOURCES: Mapping[tuple[str, str, str], Source] = {
    ("linux", "x86_64", _GPU): Source(
        "", "PyPI's PyTorch for Linux brings CUDA 13.0 (NVIDIA)", 2.8, 6.5, True
    ),
    ("linux", "x86_64", _CPU): Source(CPU_INDEX, "PyTorch's index for the processor alone", 0.3, 1.2),
    ("linux", "aarch64", _CPU): Source(CPU_INDEX, "PyTorch's index for the processor alone", 0.3, 1.2),
    ("windows", "amd64", _GPU): Source(CUDA_INDEX, "PyTorch's index for CUDA 13.0 (NVIDIA)", 2.0, 5.0),
    ("windows", "amd64", _CPU): Source("", "PyPI's PyTorch for Windows computes on the processor", 0.3, 1.2),
    ("darwin", "arm64", _GPU): Source("", "PyPI's PyTorch for macOS brings Metal", 0.2, 0.8),
    ("darwin", "arm64", _CPU): Source("", "PyPI's PyTorch for macOS", 0.2, 0.8),
}


@dataclass(frozen=True)
class Step:
    """One command with a title; `shown` is the line that a user would type in a terminal."""

    title: str
    command: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Quote the command for the system's own shell."""
        return subprocess.list2cmdline(self.command) if os.name == "nt" else shlex.join(self.command)


@dataclass(frozen=True)
class EnvironmentPlan:
    """All commands that make an environment, shown before they are run."""

    folder: Path
    source: Source
    steps: tuple[Step, ...]

    def order(self) -> dict[str, Any]:
        """Write the order for `maker.py`."""
        return {
            "action": "make",
            "folder": str(self.folder),
            "partial": PARTIAL,
            "whole": WHOLE,
            "temporary": TEMPORARY,
            "leftovers": [PARTIAL, DOOMED],
            "needed_bytes": round((self.source.download_gb + self.source.disk_gb) * 1e9),
            "steps": [
                {"title": step.title, "command": list(step.command), "shown": step.shown}
                for step in self.steps
            ],
        }


def environment_plan(
    folder: Path, variant: Variant, index: str = "", machine: Machine | None = None, wheels: Wheels = WHEELS
) -> EnvironmentPlan:
    """Plan an environment in `folder`; `index` (a URL) replaces the package index of all commands.

    Every wheel has to have the SHA-256 of `wheels`. PyTorch itself is checked only as PyPI has it: from another index it has
    the exact version alone. Raises `FitProcessError` if there is no PyTorch for this computer or Blender's Python cannot make
    environments.
    """
    source = torch_source(variant, machine or Machine.this())
    if index:
        source = replace(source, index=index, reason="the package index that you have named")
    maker = _able_python()
    inside = python_inside(folder / PARTIAL)
    install = _pip_install(inside)
    torch_index = ("--index-url", source.index) if source.index else ()
    other_index = ("--index-url", index) if index else ()
    torch_wheel = (TORCH,) if source.index else ("--require-hashes", "-r", str(wheels.torch))
    steps = [
        Step("Making a Python environment", (str(maker), "-I", "-m", "venv", str(folder / PARTIAL))),
        Step("Installing PyTorch", (*install, "--no-deps", *torch_index, *torch_wheel)),
        Step(
            "Installing NumPy and the core's requirements",
            (*install, "--no-deps", *other_index, "--require-hashes", "-r", str(wheels.others)),
        ),
    ]
    if source.more:
        steps.append(Step("Installing what the graphics card needs", (*install, *torch_index, TORCH)))
    steps.append(Step("Trying it out", (str(inside), "-I", "-c", _trial())))
    return EnvironmentPlan(folder, source, tuple(steps))


def _pip_install(python: Path) -> tuple[str, ...]:
    """The command line of an environment's pip that takes no configuration, keeps no cache and builds nothing."""
    return (
        str(python), "-I", "-m", "pip", "--isolated", "install", "--no-input", "--no-cache-dir",
        "--disable-pip-version-check", "--only-binary", ":all:",
        "--progress-bar", "raw" if pip_version() >= PIP_WITH_RAW_PROGRESS else "off",
    )  # fmt: skip


def removal_order(folder: Path) -> dict[str, Any]:
    """Write the order for `maker.py` that removes the environment and what an earlier one has left."""
    return {"action": "remove", "folder": str(folder), "names": list(OWN_NAMES), "doomed": DOOMED}


def torch_source(variant: Variant, machine: Machine) -> Source:
    """Choose the origin of PyTorch. Raises `FitProcessError` if this release has no wheels for the machine."""
    source = SOURCES.get((machine.system, machine.processor, variant))
    if source is None:
        raise FitProcessError(
            f"There is no PyTorch {TORCH.partition('==')[2]} for {machine.system} on {machine.processor} "
            f"({variant}) that this add-on could install. Use the built-in engine, or choose a Python of your own."
        )
    return source


def variants(machine: Machine | None = None) -> tuple[str, ...]:
    """List the variants for this computer, the better one first."""
    here = machine or Machine.this()
    return tuple(name for name in (_GPU, _CPU) if (here.system, here.processor, name) in SOURCES)


def python_inside(environment: Path) -> Path:
    """Name the Python program of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment_python(folder: Path) -> Path | None:
    """Find the Python of the whole environment; None if there is none, or if the Blender that made it has gone."""
    python = python_inside(folder / WHOLE)
    return python if python.exists() else None


def present_names(folder: Path) -> tuple[str, ...]:
    """List the add-on's own entries that are there: the environment, and what a run that was cut off has left."""
    return tuple(name for name in OWN_NAMES if os.path.lexists(folder / name))


def pip_version() -> tuple[int, int]:
    """Tell the version of the pip that a new environment gets; (0, 0) if that is unknown."""
    try:
        import ensurepip

        major, minor = ensurepip.version().split(".")[:2]
        return int(major), int(minor)
    except (ImportError, ValueError):
        return 0, 0


def maker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Copy `environment` (usually `os.environ`) without what would lead pip or Python elsewhere or load foreign libraries.

    Proxies and certificates (HTTPS_PROXY, SSL_CERT_FILE, REQUESTS_CA_BUNDLE) stay.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() not in MISLEADING_VARIABLES and not name.upper().startswith(MISLEADING_PREFIXES)
    }
    return {**kept, NO_PIP_CONFIGURATION[0]: NO_PIP_CONFIGURATION[1]}


def wrapped(text: str, width: int) -> list[str]:
    """Break `text` into lines of `width` characters, at blanks and inside words that are longer; nothing is left out."""
    return textwrap.wrap(text, width, subsequent_indent="    ", break_on_hyphens=False) or [""]


def _able_python() -> Path:
    python = own_python()
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if os.name == "nt" and not missing:
        launchers = Path(sys.base_prefix, "Lib", "venv", "scripts", "nt")
        missing = [] if any(launchers.glob("*.exe")) else ["venv's launcher"]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise FitProcessError(
            f"Blender's Python ({python}) lacks {' and '.join(missing)}. On Debian or Ubuntu install "
            f"python{version}-venv; elsewhere use the Blender from blender.org, or choose a Python of your own "
            "that has PyTorch."
        )
    return python


def _trial() -> str:
    return f"import {', '.join(MODULES)}; print(torch.__version__, numpy.__version__)"
