"""Environments with other Blender versions for the tests: .bpy/4.2, .bpy/5.0, .bpy/5.3, each with Blender's own NumPy.

    python tools/setup_bpy.py VERSION [--starter blender-gui]

Does nothing if the environment is already there and whole. The wheels up to 5.0 need Python 3.11. Blender 5.3's needs 3.13:
it is downloaded here and installed by the Python of the Debian root in which the starter runs its commands.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".bpy"
READY_MARK = ".ready"


@dataclass(frozen=True)
class Environment:
    """Packages of an environment and the Python (major, minor) that their wheels are for; `suite` is the root that has it."""

    packages: tuple[str, ...]
    python: tuple[int, int] = (3, 11)
    suite: str = ""


# Blender version and its bpy wheel, with the NumPy that this Blender ships with (VFX Platform: 2.3 from Blender 5.1 on).
ENVIRONMENTS = {
    "4.2": Environment(("bpy==4.2.23", "numpy==1.24.3", "pytest==9.2.0")),
    "4.5": Environment(("bpy==4.5.15", "numpy==1.26.4", "pytest==9.2.0")),
    "5.0": Environment(("bpy==5.0.1", "numpy==1.26.4", "pytest==9.2.0")),
    "5.3": Environment(("bpy==5.3.0", "numpy==2.3.5", "pytest==9.2.0"), (3, 13), "trixie"),
}
# Those of the wheels for Linux on the processors of PCs.
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def main() -> int:
    """Make the environment if need be; return the exit code."""
    parser = argparse.ArgumentParser(description="Make an environment with another Blender version.")
    parser.add_argument("version", choices=sorted(ENVIRONMENTS))
    parser.add_argument("--starter", type=Path, help="runs a command in a Debian root, for Blender 5.3")
    arguments = parser.parse_args()
    environment = ENVIRONMENTS[arguments.version]
    folder = FOLDER / arguments.version
    mark = folder / READY_MARK
    if mark.is_file() and mark.read_text(encoding="utf-8").split() == list(environment.packages):
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    if environment.suite:
        if arguments.starter is None:
            raise SystemExit(f"Blender {arguments.version} needs --starter: `make test-blenders` gives it.")
        make_in_root(folder, environment, arguments.starter)
    else:
        make_here(folder, environment)
    mark.write_text("\n".join(environment.packages) + "\n", encoding="utf-8")
    return 0


def make_here(folder: Path, environment: Environment) -> None:
    """Make a virtual environment of this Python. Ends the program if it is another than the wheels'."""
    if sys.version_info[:2] != environment.python:
        needed = ".".join(map(str, environment.python))
        raise SystemExit(f"These bpy wheels need Python {needed}, this is {sys.version}")
    venv.create(folder, symlinks=sys.platform != "win32")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # This Python's pip installs into the other, which needs none, and compiles nothing that may never be imported.
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", *environment.packages], check=True)


def make_in_root(folder: Path, environment: Environment, starter: Path) -> None:
    """Make a virtual environment of the root's Python, with wheels that this Python's pip downloads beforehand.

    The root has no ensurepip, so that pip comes as a wheel too, which runs without being unpacked.
    """
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    version = ".".join(map(str, environment.python))
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    download += ["--dest", str(wheels), "--only-binary", ":all:", "--python-version", version]
    download += [word for platform in PLATFORMS for word in ("--platform", platform)]
    subprocess.run([*download, "pip", *environment.packages], check=True)
    # Links are not followed inside the root: it sees the folder under its real path.
    inside = [
        "bash",
        str(starter),
        "--suite",
        environment.suite,
        "--project",
        str(ROOT),
        "--offline",
        "--exec",
        "--",
    ]
    subprocess.run([*inside, "python3", "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), str(next(wheels.glob("pip-*.whl")) / "pip"), "install", "--quiet"]
    subprocess.run(
        [*inside, *pip, "--no-index", "--find-links", str(wheels), *environment.packages], check=True
    )
    shutil.rmtree(wheels)


if __name__ == "__main__":
    sys.exit(main())
