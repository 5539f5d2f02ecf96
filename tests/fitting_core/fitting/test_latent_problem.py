"""The fit in VPoser's latent space: derivatives against differences, engines, embedding of poses, what stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker, to_numpy
from fitting_core.body_model.landmarks import POINT_COUNT
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.fitting.latent_problem import EmbeddingProblem, LatentPoses, LatentProblem, append_latent
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.parameters import FreeParameters, ParameterLayout
from fitting_core.fitting.priors.distributions import DiagonalPrior, Prior
from fitting_core.fitting.priors.user_files import read_vposer
from fitting_core.fitting.priors.vposer import VPoserDecoder
from fitting_core.fitting.terms.keypoints import KeypointTerm, Observations
from fitting_core.fitting.terms.priors import PriorTerm
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.optimisers.levenberg_marquardt import StoppingRule
from tests.fitting_core.fitting.priors.vposer_files import write_vposer

pytest.importorskip("torch")
_LAYOUT = ParameterLayout(55, 10, 10)
_BODY = slice(6, 69)
_DOUBLE = ArrayMaker(xp, np.float64)
_BATCH = 2
_MOVING = {"body": np.arange(55) < 22, "body and hands": (np.arange(55) < 22) | (np.arange(55) > 24)}


@pytest.fixture(scope="module", params=[1, 2], ids=["version 1", "version 2"])
def decoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VPoserDecoder:
    folder = tmp_path_factory.mktemp("vposer")
    return read_vposer(write_vposer(folder / "snapshot.pt", request.param))


def _inner(path: Path, moving: np.ndarray, make: ArrayMaker = _DOUBLE) -> FitProblem:
    random = np.random.default_rng(7)
    points = point_model(load_body_model(str(path)))
    seen = Observations(
        targets=make.floats(random.normal(500, 100, (_BATCH, POINT_COUNT, 2))),
        weights=make.floats(random.uniform(0, 1, (_BATCH, POINT_COUNT))),
        permille_px=make.floats(np.array([0.7, 1.3])),
        focal_px=make.floats(np.array([1500.0, 900.0])),
        principal_point=make.floats(np.array([[400.0, 500.0], [300.0, 200.0]])),
        robust_widths=make.floats(np.full((_BATCH, POINT_COUNT), 80.0)),
    )
    body = reduced_body(points, np.arange(POINT_COUNT), np.array([3, 50]), make, moving)
    priors: list[Prior] = [
        DiagonalPrior(np.zeros(63), np.full(63, 0.3), np.arange(_BODY.start, _BODY.stop), make),
        DiagonalPrior(np.zeros(10), np.ones(10), _LAYOUT.betas(), make),
    ]
    free = FreeParameters(_LAYOUT, moving, slice(0, 12))
    return FitProblem(
        body, free, (KeypointTerm(seen), *(PriorTerm("prior", prior, free) for prior in priors))
    )


def _start(decoder: VPoserDecoder) -> np.ndarray:
    random = np.random.default_rng(11)
    x = random.normal(0, 0.3, (_BATCH, _LAYOUT.size))
    x[:, 2] += 5
    z = random.normal(0, 1, (_BATCH, 32))
    return append_latent(x, decoder.pose(z), z, _BODY)


@pytest.mark.parametrize("moving", _MOVING)
def test_gradient_is_the_derivative_of_the_cost(
    moving: str, decoder: VPoserDecoder, synthetic_bodies: dict[str, Path]
) -> None:
    inner = _inner(synthetic_bodies["plain"], _MOVING[moving])
    problem = LatentProblem(inner, decoder, _BODY, 1.7)
    y = _start(decoder)
    gradient = problem.quadratic(y).gradient
    size = len(inner.free.columns) - 31
    assert gradient.shape == (_BATCH, size)
    step = 1e-6
    for column in range(size):
        move = np.zeros((_BATCH, size))
        move[:, column] = step
        ahead = problem.quadratic(problem.retract(y, move)).cost
        behind = problem.quadratic(problem.retract(y, -move)).cost
        np.testing.assert_allclose(gradient[:, column], (ahead - behind) / (2 * step), rtol=1e-5, atol=2e-3)


def test_hessian_is_the_inner_one_through_the_steps(
    decoder: VPoserDecoder, synthetic_bodies: dict[str, Path]
) -> None:
    inner = _inner(synthetic_bodies["plain"], _MOVING["body"])
    problem = LatentProblem(inner, decoder, _BODY, 1.7)
    y = _start(decoder)
    x = y[:, :-32]
    there = inner.quadratic(x)
    found = problem.quadratic(y)
    size, latent = found.hessian.shape[1], slice(6, 38)
    through = np.zeros((_BATCH, len(inner.free.columns), size))  # ∂(inner step)/∂(step), by differences
    through[:, :6, :6] = np.eye(6)
    through[:, 69:, 38:] = np.eye(size - 38)
    for column in range(32):
        move = np.zeros((_BATCH, size))
        move[:, 6 + column] = 1e-6
        ahead, behind = problem.retract(y, move), problem.retract(y, -move)
        through[:, 6:69, 6 + column] = (ahead - behind)[:, _BODY] / 2e-6
    expected = np.swapaxes(through, 1, 2) @ there.hessian @ through
    expected[:, latent, latent] += 1.7 * np.eye(32)
    np.testing.assert_allclose(found.hessian, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_engines_and_precisions_agree(decoder: VPoserDecoder, synthetic_bodies: dict[str, Path]) -> None:
    torch: Any = pytest.importorskip("torch")
    import array_api_compat.torch as torch_namespace

    y = _start(decoder)
    path, moving = synthetic_bodies["plain"], _MOVING["body"]
    expected = LatentProblem(_inner(path, moving), decoder, _BODY, 1.0).quadratic(y)
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-3)):
        make = ArrayMaker(torch_namespace, dtype, torch.device("cpu"))
        problem = LatentProblem(_inner(path, moving, make), decoder.on(make), _BODY, 1.0)
        values = make.floats(y)
        found = problem.quadratic(values)
        for name in ("cost", "gradient", "hessian"):
            here, there = to_numpy(getattr(found, name)), getattr(expected, name)
            np.testing.assert_allclose(here, there, rtol=tolerance, atol=tolerance * np.abs(there).max())
        move = make.floats(np.full(expected.gradient.shape, 0.01))
        assert problem.subset(torch.tensor([1])).retract(values[1:], move[1:]).shape == (1, y.shape[1])


def test_other_joints_stay_as_they_are(decoder: VPoserDecoder, synthetic_bodies: dict[str, Path]) -> None:
    problem = LatentProblem(_inner(synthetic_bodies["plain"], _MOVING["body"]), decoder, _BODY, 1.0)
    y = _start(decoder)
    move = np.zeros((_BATCH, len(problem.inner.free.columns) - 31))
    move[:, 6:38] = 0.1
    there = problem.retract(y, move)
    np.testing.assert_allclose(there[:, :6], y[:, :6], atol=1e-12)
    np.testing.assert_array_equal(there[:, 69:-32], y[:, 69:-32])
    np.testing.assert_allclose(there[:, -32:], y[:, -32:] + 0.1)
    np.testing.assert_allclose(there[:, _BODY], decoder.pose(there[:, -32:]))


def test_embedding_gradient(decoder: VPoserDecoder) -> None:
    random = np.random.default_rng(3)
    wanted = matrix_from_vector(random.normal(0, 0.4, (_BATCH, 21, 3)))
    problem = EmbeddingProblem(decoder, wanted)
    z = random.normal(0, 1, (_BATCH, 32))
    found = problem.quadratic(z)
    for column in range(32):
        move = np.zeros((_BATCH, 32))
        move[:, column] = 1e-6
        ahead, behind = problem.quadratic(z + move).cost, problem.quadratic(z - move).cost
        np.testing.assert_allclose(found.gradient[:, column], (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-4)


def test_poses_of_the_decoder_are_found_again(decoder: VPoserDecoder) -> None:
    poses = LatentPoses(decoder, _BODY, _DOUBLE)
    z = np.random.default_rng(1).normal(0, 1, (5, 32))
    wanted = decoder.pose(z)
    x = np.zeros((5, _LAYOUT.size))
    x[:, _BODY] = wanted
    x[:, 70:] = 0.25
    entered = poses.entered(x)
    apart = matrix_from_vector(entered[:, _BODY].reshape(-1, 21, 3)) - decoder.decode(z)
    assert np.abs(apart).max() < 0.03
    np.testing.assert_array_equal(entered[:, 70:-32], 0.25)


def test_a_pose_out_of_reach_comes_as_near_as_it_can(decoder: VPoserDecoder) -> None:
    """Heads turned half around: nobody in the decoder's world does it, and z stays where poses are."""
    wanted = np.zeros((1, 63))
    wanted[0, 43] = 3.0
    z = LatentPoses(decoder, _BODY, _DOUBLE).latent(wanted)
    assert np.isfinite(z).all() and np.abs(z).max() < 15

    def distance(latent: np.ndarray) -> float:
        return float(np.linalg.norm(decoder.decode(latent) - matrix_from_vector(wanted.reshape(1, 21, 3))))

    assert distance(z) < distance(np.zeros((1, 32)))


def test_a_fit_lowers_the_cost_and_its_poses_are_remembered(
    decoder: VPoserDecoder, synthetic_bodies: dict[str, Path]
) -> None:
    poses = LatentPoses(decoder, _BODY, _DOUBLE)
    inner = _inner(synthetic_bodies["plain"], _MOVING["body"])
    x = _start(decoder)[:, :-32]
    seen: list[int] = []
    before = LatentProblem(inner, decoder, _BODY, 1.0).quadratic(poses.entered(x)).cost
    rule = StoppingRule(iterations=15)
    solution = poses.minimise(inner, x, 1.0, rule, lambda _, __, row: seen.append(row.shape[1]))
    assert (to_numpy(solution.cost) < before).all()
    assert solution.x.shape == x.shape and set(seen) == {x.shape[1]}
    z = poses.latent(solution.x[:, _BODY])
    np.testing.assert_array_equal(decoder.pose(z), solution.x[:, _BODY])
    again = LatentProblem(inner, decoder, _BODY, 1.0).quadratic(poses.entered(solution.x)).cost
    np.testing.assert_allclose(again, solution.cost, rtol=1e-12)
