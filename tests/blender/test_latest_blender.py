"""The same tests under Blender 5.0 and the newest, whose wheel needs a Debian root with Python 3.13: `make test-latest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.other_blenders import check_blender_tests, check_fit_from_the_zip

NEWEST = "5.3"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("version", ["5.0", NEWEST])
def test_blender_tests(version: str, tmp_path: Path) -> None:
    check_blender_tests(version, tmp_path)


def test_fit_from_the_installed_zip(tmp_path: Path) -> None:
    check_fit_from_the_zip(NEWEST, tmp_path)
