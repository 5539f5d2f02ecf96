"""The command lines of the core's child processes: which Python, and where it finds what it needs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

EXTENSION_ROOT = Path(__file__).resolve().parents[2]  # holds smplify_blender/ and fitting_core/ side by side
LAUNCHER = Path(__file__).with_name("core_launcher.py").resolve()

# The modules that fitting_core needs beyond NumPy and the standard library; bundled with the extension as wheels.
CORE_REQUIREMENTS = ("array_api_compat",)


class FitProcessError(Exception):
    """A fit cannot be started here; the text says why and names the next step."""


def serve_command(python: Path | None = None) -> list[str]:
    """Return the resident process's whole command line."""
    return core_command(["serve"], python)


def core_command(arguments: Sequence[str], python: Path | None = None) -> list[str]:
    """Return the whole command line of a child that does the user's work on the Python of the preferences, None for Blender's.

    Another Python than Blender's reads the core's requirements straight from the extension's own pure wheels: the folder
    into which Blender unpacks wheels may also hold compiled ones of other extensions, made for Blender's Python.
    """
    wheels = sorted((EXTENSION_ROOT / "wheels").glob("*.whl"))
    return child_command(arguments, python, wheels if python is not None and wheels else None)


def child_command(
    arguments: Sequence[str], python: Path | None = None, module_folders: Sequence[Path] | None = None
) -> list[str]:
    """Return the child's whole command line: this Python (or `python`), isolated, through the launcher.

    `module_folders` are where the core's requirements lie; by default where this process finds them. Another
    Python that has them itself needs none. Raises `FitProcessError` where either is missing.
    """
    interpreter = python if python is not None else own_python()
    folders = requirement_folders() if module_folders is None else module_folders
    paths = [str(folder) for folder in (EXTENSION_ROOT, *folders)]
    return [str(interpreter), "-I", "-u", "-X", "utf8", str(LAUNCHER), *paths, "--", *arguments]


def own_python() -> Path:
    """Return the Python that this process runs on. Raises `FitProcessError` where it cannot be started."""
    path = Path(sys.executable or "")
    if not path.is_file() or not path.name.lower().startswith("python"):
        raise FitProcessError(
            f"Blender names no Python to start ({sys.executable or 'nothing'}). "
            "Use the Blender from blender.org, or choose a Python in the add-on's preferences."
        )
    return path


def requirement_folders() -> tuple[Path, ...]:
    """Return the folders that hold the core's requirements, each once. Raises `FitProcessError` where one is missing."""
    folders: dict[Path, None] = {}
    for name in CORE_REQUIREMENTS:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FitProcessError(f"The extension's module {name} is missing. Install the extension again.")
        folders[Path(spec.origin).parents[1]] = None
    return tuple(folders)
