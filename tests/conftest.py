"""The folder of real files, for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED_VARIABLE = "SMPLIFY_SHARED"


def shared_folder() -> Path | None:
    """The folder of real photos, videos and keypoint files, which is not part of the repository."""
    named = os.environ.get(_SHARED_VARIABLE)
    folder = Path(named) if named else Path(__file__).parents[2] / "shared"
    return folder if (folder / "keypoint_files").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """That folder; the test is skipped where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip(
            f"the folder of real files is not here; name it in {_SHARED_VARIABLE} or put it beside the checkout"
        )
    return folder
