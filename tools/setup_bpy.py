"""Environments with other Blender versions for the tests: .bpy/4.2, .bpy/5.0, each with Blender's own NumPy.

    python tools/setup_bpy.py VERSION

Does nothing where the environment is already there and whole. Needs Python 3.11, as these bpy wheels do.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".bpy"
READY_MARK = ".ready"
WHEEL_PYTHON = (3, 11)

# Blender version → bpy wheel and the NumPy that this Blender ships with.
REQUIREMENTS = {
    "4.2": ("bpy==4.2.23", "numpy==1.24.3", "pytest==9.2.0"),
    "4.5": ("bpy==4.5.15", "numpy==1.26.4", "pytest==9.2.0"),
    "5.0": ("bpy==5.0.1", "numpy==1.26.4", "pytest==9.2.0"),
}


def main() -> int:
    """Make the environment if need be; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make an environment with another Blender version.")
    parser.add_argument("version", choices=sorted(REQUIREMENTS))
    version: str = parser.parse_args().version
    folder = FOLDER / version
    requirements = REQUIREMENTS[version]
    mark = folder / READY_MARK
    if mark.is_file() and mark.read_text(encoding="utf-8").split() == list(requirements):
        return 0
    if sys.version_info[:2] != WHEEL_PYTHON:
        raise SystemExit(
            f"bpy's wheels need Python {'.'.join(map(str, WHEEL_PYTHON))}, this is {sys.version}"
        )
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True, symlinks=sys.platform != "win32")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *requirements], check=True)
    mark.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
