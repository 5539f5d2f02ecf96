"""Modules of the installed extension that scripts import by a name in quotes, which no type checker follows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_IMPORTERS = {"extension", "extension_module", "module"}  # functions of the scripts that take such a name
_SCRIPTS = [
    *sorted((_ROOT / "tests" / "gui").glob("*_in_window.py")),
    _ROOT / "tests" / "gui" / "fit_from_extension.py",
    _ROOT / "tests" / "gui" / "window_steps.py",
    _ROOT / "benchmarks" / "window.py",
]


def names_in_quotes(script: Path) -> set[str]:
    """The names that the script imports."""
    calls = [
        node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    return {
        node.args[0].value
        for node in calls
        if isinstance(node.func, ast.Name) and node.func.id in _IMPORTERS and len(node.args) == 1
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: path.stem)
def test_every_name_is_a_module(script: Path) -> None:
    files = {
        name: _ROOT / "smplify_blender" / (name.replace(".", "/") + ".py") for name in names_in_quotes(script)
    }
    assert [name for name, file in files.items() if not file.is_file()] == []


def test_names_are_found() -> None:
    assert sum(len(names_in_quotes(script)) for script in _SCRIPTS) > 15
