"""A few tests under Blender 4.2, the oldest that we know, and a fit from the installed zip under 4.2, 4.5 and 5.0.

Every test in every Blender is test_every_blender.py: `make test-blenders`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.other_blenders import FEW, check_fit_from_the_zip, check_tests

pytestmark = pytest.mark.slow


def test_a_few_in_the_oldest(tmp_path: Path) -> None:
    check_tests("4.2", FEW, tmp_path)


@pytest.mark.parametrize("version", ["4.2", "4.5", "5.0"])
def test_fit_from_the_installed_zip(version: str, tmp_path: Path) -> None:
    check_fit_from_the_zip(version, tmp_path)
