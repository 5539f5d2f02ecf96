"""The packages keep to what the newest NumPy still has."""

from __future__ import annotations

from pathlib import Path

import pytest

import fitting_core
import smplify_blender

FOLDERS = [Path(package.__path__[0]) for package in (fitting_core, smplify_blender)]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_shape_is_written_on_an_alias_of_numpys(folder: Path) -> None:
    """From NumPy 2.5 on, `NDArray[…]` is an alias that jaxtyping cannot write a shape on: importing such a module fails."""
    guilty = [
        path.name for path in folder.rglob("*.py") if "NDArray" in path.read_text().replace("own NDArray", "")
    ]
    assert guilty == []
