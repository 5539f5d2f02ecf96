"""Tests of this folder in Blender 4.2, 5.0 and the newest, whose wheel needs a root with Python 3.13: `make test-blenders`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.other_blenders import HALVES, check_fit_from_the_zip, check_half_of_the_tests

NEWEST = "5.3"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("version", ["4.2", "5.0", NEWEST])
@pytest.mark.parametrize("half", HALVES)
def test_blender_tests(version: str, half: str, tmp_path: Path) -> None:
    check_half_of_the_tests(version, half, tmp_path)


def test_fit_from_the_installed_zip(tmp_path: Path) -> None:
    check_fit_from_the_zip(NEWEST, tmp_path)
