"""The same tests under the newest Blender, whose bpy wheel needs a Debian root with Python 3.13: `make test-latest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.other_blenders import check_blender_tests, check_fit_from_the_zip

NEWEST = "5.3"

pytestmark = pytest.mark.slow


def test_blender_tests(tmp_path: Path) -> None:
    check_blender_tests(NEWEST, tmp_path)


def test_fit_from_the_installed_zip(tmp_path: Path) -> None:
    check_fit_from_the_zip(NEWEST, tmp_path)
