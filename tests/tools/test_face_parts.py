"""The shipped brows, lashes and teeth are those that the tool bakes."""

from __future__ import annotations

import numpy as np
import pytest

from tools.build_face_parts.__main__ import FILE, SKIN, main
from tools.build_face_parts.binding import by_affine_map, by_nearest

pytestmark = pytest.mark.slow


def test_rebuild() -> None:
    pytest.importorskip("anny", reason="needs the build packages: pip install -e .[build]")
    assert main(["--check"]) == 0


def test_shares_of_a_vertex_sum_to_one() -> None:
    with np.load(FILE) as file:
        np.testing.assert_allclose(file["shares"].sum(axis=1), 1.0, atol=1e-4)
        assert (file["shares"][file["carriers"] == SKIN] >= 0).all()


def test_an_affine_map_is_followed_exactly() -> None:
    random = np.random.default_rng(3)
    body, points = random.normal(size=(40, 3)), random.normal(size=(7, 3))
    binding = by_affine_map(points, body, np.arange(5, 29))
    turn, shift = random.normal(size=(3, 3)), random.normal(size=3)
    moved = body @ turn.T + shift
    np.testing.assert_allclose(binding.offsets, 0.0, atol=1e-12)
    np.testing.assert_allclose(
        np.einsum("nk,nkx->nx", binding.shares, moved[binding.anchors]), points @ turn.T + shift, atol=1e-10
    )


def test_the_skin_under_a_root_carries_it() -> None:
    body = np.random.default_rng(4).normal(size=(30, 3))
    binding = by_nearest(body[:3] + 0.01, body[:3], body, np.arange(30))
    assert (binding.anchors[:, 0] == np.arange(3)).all() and (binding.shares[:, 0] > 0.99).all()
