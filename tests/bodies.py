"""Body models for tests, loaded as a pytest plugin (see pyproject.toml)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import synthetic_body


@pytest.fixture(scope="session")
def synthetic_bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Synthetic SMPL-X-format files: with and without pose correctives."""
    folder = tmp_path_factory.mktemp("bodies")
    return {
        "correctives": synthetic_body.write(folder / "correctives.npz", correctives=True),
        "plain": synthetic_body.write(folder / "plain.npz", correctives=False),
    }
