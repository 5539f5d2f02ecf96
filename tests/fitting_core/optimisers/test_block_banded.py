"""The block-banded solver against a dense one, in NumPy and PyTorch, and the optimiser on top of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from fitting_core.optimisers.banded_least_squares import BandedQuadratic, minimise_banded
from fitting_core.optimisers.block_banded import BlockBanded, solve_block_banded

SIZE = 3


def dense_matrix(frames: int, seed: int = 0) -> np.ndarray:
    """A positive definite matrix of blocks that meet at most two frames on."""
    random = np.random.default_rng(seed)
    factor = np.zeros((frames, SIZE, frames, SIZE))
    for late in range(frames):
        for early in range(max(0, late - 2), late + 1):
            factor[late, :, early] = random.normal(size=(SIZE, SIZE))
    lower = np.tril(factor.reshape(frames * SIZE, -1))
    return lower @ lower.T + np.eye(frames * SIZE)


def banded(matrix: np.ndarray) -> BlockBanded:
    frames = len(matrix) // SIZE
    blocks = matrix.reshape(frames, SIZE, frames, SIZE)

    def diagonal(apart: int) -> np.ndarray:
        found = [blocks[frame + apart, :, frame] for frame in range(frames - apart)]
        return np.array(found).reshape(-1, SIZE, SIZE)

    return BlockBanded(diagonal(0), diagonal(1), diagonal(2))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 8, 17])
def test_dense_solution(frames: int) -> None:
    matrix = dense_matrix(frames)
    right = np.random.default_rng(1).normal(size=(frames, SIZE))
    expected = np.linalg.solve(matrix, right.reshape(-1)).reshape(frames, SIZE)
    np.testing.assert_allclose(solve_block_banded(banded(matrix), right), expected, atol=1e-10)


def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    matrix, right = banded(dense_matrix(6)), np.random.default_rng(1).normal(size=(6, SIZE))
    there = BlockBanded(
        *(torch.tensor(part) for part in (matrix.diagonal, matrix.following, matrix.next_but_one))
    )
    found = solve_block_banded(there, torch.tensor(right)).numpy()
    np.testing.assert_allclose(found, solve_block_banded(matrix, right), atol=1e-12)


@dataclass(frozen=True, eq=False)
class _Valley:
    """½ Σ (x_t² − a_t)² + ½ w Σ (x_{t+1} − x_t)²: without the second part least at ±√a_t."""

    a: np.ndarray
    weight: float = 0.0
    cliff: float = np.inf

    def quadratic(self, x: np.ndarray) -> BandedQuadratic:
        residual, slope = x**2 - self.a[:, None], 2.0 * x
        step = np.diff(x, axis=0)
        gradient, diagonal = slope * residual, (slope * slope)[..., None]
        gradient[1:] += self.weight * step
        gradient[:-1] -= self.weight * step
        diagonal[1:] += self.weight
        diagonal[:-1] += self.weight
        cost = 0.5 * float((residual**2).sum() + self.weight * (step**2).sum())
        following = np.full((len(x) - 1, 1, 1), -self.weight)
        beyond = bool((np.abs(x) > self.cliff).any())
        return BandedQuadratic(
            float("nan") if beyond else cost,
            gradient,
            BlockBanded(diagonal, following, np.zeros((max(len(x) - 2, 0), 1, 1))),
        )

    def retract(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        return x + step


def test_known_minimum() -> None:
    wanted = np.array([1.0, 4.0, 9.0, 2.25])
    found = minimise_banded(_Valley(wanted), np.full((4, 1), 5.0), 50, 1e-12)
    np.testing.assert_allclose(found[:, 0], np.sqrt(wanted), atol=1e-5)


def test_strong_coupling_makes_all_frames_one() -> None:
    wanted = np.array([1.0, 4.0, 1.0, 4.0])
    found = minimise_banded(_Valley(wanted, weight=1e6), np.full((4, 1), 3.0), 100, 1e-12)
    np.testing.assert_allclose(found[:, 0], np.sqrt(2.5), atol=1e-3)


def test_nan_is_refused() -> None:
    """From a flat place the first steps go beyond the cliff, where the cost is NaN."""
    found = minimise_banded(_Valley(np.array([1.0]), cliff=3.0), np.full((1, 1), 0.02), 50, 1e-12)
    np.testing.assert_allclose(found, [[1.0]], atol=1e-4)


def test_reports_and_stops() -> None:
    heard: list[tuple[int, float]] = []
    minimise_banded(
        _Valley(np.array([4.0, 9.0]), weight=1.0),
        np.full((2, 1), 2.5),
        50,
        1e-3,
        lambda iteration, cost: heard.append((iteration, cost)),
    )
    assert [iteration for iteration, _ in heard] == list(range(1, len(heard) + 1))
    assert len(heard) < 10
    assert all(later <= earlier for (_, earlier), (_, later) in pairwise(heard))
