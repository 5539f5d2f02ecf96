"""A map that turns, scales and moves points, found again from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smplify_blender.result.rotations import matrix_from_rotation_vector
from smplify_blender.result.similarity import Similarity, similarity_between

POINTS = np.random.default_rng(3).normal(0.0, 0.5, (40, 3))
MAPS = {
    "nothing": Similarity(),
    "moved": Similarity(shift=np.array([3.0, -2.0, 0.5])),
    "turned": Similarity(rotation=matrix_from_rotation_vector([0.3, -1.0, 2.0])),
    "all": Similarity(2.5, matrix_from_rotation_vector([0.0, 0.0, 3.0]), np.array([1.0, 2.0, 3.0])),
}


@pytest.mark.parametrize("made", MAPS.values(), ids=MAPS)
def test_found_again_past_points_that_somebody_has_moved(made: Similarity) -> None:
    moved = made.points(POINTS)
    moved[:6] += (0.0, 0.2, -0.1)
    found = similarity_between(POINTS, moved, 1e-3)
    assert found is not None
    np.testing.assert_allclose(found.points(POINTS), made.points(POINTS), atol=1e-9)
    np.testing.assert_allclose(found.inverse().points(found.points(POINTS)), POINTS, atol=1e-9)
    np.testing.assert_allclose(found.directions(POINTS), made.directions(POINTS), atol=1e-9)


NONE: dict[str, Any] = {
    "another scale by axis": POINTS * (1.0, 1.0, 2.0),
    "mirrored": POINTS * (-1.0, 1.0, 1.0),
    "at random": np.random.default_rng(4).normal(0.0, 0.5, (40, 3)),
    "all at one point": np.zeros((40, 3)),
}


@pytest.mark.parametrize("moved", NONE.values(), ids=NONE)
def test_there_is_none(moved: Any) -> None:
    assert similarity_between(POINTS, moved, 1e-3) is None
