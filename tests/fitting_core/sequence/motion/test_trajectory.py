"""The costs of a trajectory: derivatives against finite differences, what is held, and PyTorch against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker, numpy_double, to_numpy
from fitting_core.engine import choose_engine
from fitting_core.fitting.stages import STAGES
from fitting_core.fitting.subject import Subject
from fitting_core.optimisers.banded_least_squares import BandedProblem, minimise_banded
from fitting_core.pipeline.setups import fit_setup
from fitting_core.sequence.motion.fine_trajectory import fine_trajectory
from fitting_core.sequence.motion.fit_person import standing_points
from fitting_core.sequence.motion.floor import Floor
from fitting_core.sequence.motion.moving_points import CONTACT_POINTS
from fitting_core.sequence.motion.trajectory import MotionFacts, Trajectory, trajectory
from tests.photos import synthetic_case

COUNT = 5
RATE = 30.0
BODY = next(stage for stage in STAGES if stage.name == "body")
WHOLE = STAGES[-1]
CONTACTS = np.tile([True, False, True, True], (COUNT, 1))


def subjects() -> list[Subject]:
    return [synthetic_case(0).subject] * COUNT


def wiggled(seed: int = 0) -> np.ndarray:
    """Parameters near the truth of the case, other in each frame."""
    case, layout = synthetic_case(0), fit_setup().layout
    row = np.concatenate([case.truth.translation, case.truth.rotations.reshape(-1), case.truth.shape])
    x = np.tile(row, (COUNT, 1))
    x[:, : layout.first_shape] += np.random.default_rng(seed).normal(0, 0.02, (COUNT, layout.first_shape))
    return x


def body_trajectory(x: np.ndarray, make: ArrayMaker, held: int = 0, smoothness: float = 1.0) -> Trajectory:
    return trajectory(fit_setup(), subjects(), BODY, x, make, MotionFacts(RATE, CONTACTS, held, smoothness))


def on_floor(x: np.ndarray, make: ArrayMaker) -> Trajectory:
    """The same feet in contact, bound to a floor ten centimetres below them that leans a little."""
    facts = MotionFacts(RATE, CONTACTS, floor=leaning_floor(x), bound=0.9 * CONTACTS)
    return trajectory(fit_setup(), subjects(), BODY, x, make, facts)


def leaning_floor(x: np.ndarray) -> Floor:
    up = np.array([0.1, -1.0, 0.05])
    up /= np.linalg.norm(up)
    feet = standing_points(fit_setup(), x).feet
    return Floor(up, float((feet[:, CONTACTS[0]] @ up).mean()) - 0.1)


def fine(x: np.ndarray, make: ArrayMaker, held: int = 0) -> BandedProblem:
    stage = replace(WHOLE, terms=replace(WHOLE.terms, interpenetration=0.0, widths=0.0))
    return fine_trajectory(fit_setup(), subjects(), stage, x, make, MotionFacts(RATE, CONTACTS, held))


@pytest.mark.parametrize(
    "build", [body_trajectory, on_floor, fine], ids=["body", "on the floor", "hands and face"]
)
def test_gradient_against_finite_differences(build: Callable[..., BandedProblem]) -> None:
    x = wiggled()
    problem = build(x, numpy_double())
    gradient = to_numpy(problem.quadratic(x).gradient)
    random = np.random.default_rng(1)
    for _ in range(5):
        direction = random.normal(size=gradient.shape) * (gradient != 0)  # not along what is held
        step = 1e-6 * direction
        ahead, behind = (problem.quadratic(problem.retract(x, sign * step)).cost for sign in (1.0, -1.0))
        assert (ahead - behind) / 2.0 == pytest.approx(float((gradient * step).sum()), rel=1e-4)


def test_hessian_against_the_motion_of_one_coordinate() -> None:
    """The motion's own curvature along the translation, which is the same for all points, is that of the formula."""
    x = np.repeat(wiggled()[:1], COUNT, axis=0)
    problem = body_trajectory(x, numpy_double())
    alone = replace(problem, slides=0.0 * problem.slides)
    still = replace(alone, per_second2=0.0 * alone.per_second2)
    weight = float((to_numpy(alone.per_second2) ** 2).sum())
    change = [
        getattr(alone.quadratic(x).hessian, part) - getattr(still.quadratic(x).hessian, part)
        for part in ("diagonal", "following", "next_but_one")
    ]
    np.testing.assert_allclose(change[0][:, 1, 1] / weight, [1, 5, 6, 5, 1], atol=1e-9)
    np.testing.assert_allclose(change[1][:, 1, 1] / weight, [-2, -4, -4, -2], atol=1e-9)
    np.testing.assert_allclose(change[2][:, 1, 1] / weight, [1, 1, 1], atol=1e-9)


@pytest.mark.parametrize("build", [body_trajectory, fine], ids=["body", "hands and face"])
def test_held_frames_stay(build: Callable[..., BandedProblem]) -> None:
    x = wiggled()
    solved = minimise_banded(build(x, numpy_double(), 2), x, 3)
    np.testing.assert_array_equal(solved[:2], x[:2])
    assert np.abs(solved[2:] - x[2:]).max() > 1e-3


def test_motion_becomes_smooth_and_feet_stand() -> None:
    """Frames that shake about one pose: the points' accelerations shrink by a multiple, those in contact hardly move."""
    x = wiggled()
    problem = body_trajectory(x, numpy_double())
    solved = minimise_banded(problem, x, 15)
    before, after = (problem.points.pose(rows, problem.frames.free).points for rows in (x, solved))
    shaken, calm = (
        float(np.linalg.norm(np.diff(points, 2, axis=0), axis=-1).mean()) for points in (before, after)
    )
    assert calm < 0.2 * shaken
    standing = [problem.points.names.index(CONTACT_POINTS[place]) for place in (0, 2, 3)]
    assert np.linalg.norm(np.diff(after[:, standing], axis=0), axis=-1).max() < 0.002


def test_feet_in_contact_come_to_the_floor() -> None:
    """Points of the feet stand ten centimetres too high: they come down towards the floor, against all of their keypoints."""
    x = np.repeat(wiggled()[:1], COUNT, axis=0)
    floor = leaning_floor(x)
    solved = minimise_banded(on_floor(x, numpy_double()), x, 20)
    before, after = (
        (standing_points(fit_setup(), rows).feet @ floor.up - floor.height)[:, CONTACTS[0]].mean()
        for rows in (x, solved)
    )
    assert before == pytest.approx(0.1) and 0.0 < after < 0.6 * before


def test_smoothness_is_a_factor_on_accelerations() -> None:
    x = wiggled()
    usual, smooth = (body_trajectory(x, numpy_double(), 0, factor) for factor in (1.0, 2.0))
    np.testing.assert_allclose(smooth.per_second2, 2.0 * usual.per_second2)


def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    make = ArrayMaker(choose_engine("torch", "cpu").make.namespace, torch.float64, torch.device("cpu"))
    x = wiggled()
    here, there = body_trajectory(x, numpy_double()), body_trajectory(x, make)
    mine, theirs = here.quadratic(x), there.quadratic(make.floats(x))
    assert theirs.cost == pytest.approx(mine.cost, rel=1e-9)
    np.testing.assert_allclose(to_numpy(theirs.gradient), mine.gradient, rtol=1e-6, atol=1e-6)
    solved = [
        to_numpy(minimise_banded(problem, maker.floats(x), 4))
        for problem, maker in ((here, numpy_double()), (there, make))
    ]
    np.testing.assert_allclose(solved[1], solved[0], atol=1e-5)


@pytest.mark.parametrize("frames", [1, 2])
def test_short_tracks(frames: int) -> None:
    x = wiggled()[:frames]
    problem = trajectory(
        fit_setup(), subjects()[:frames], BODY, x, numpy_double(), MotionFacts(RATE, CONTACTS[:frames])
    )
    assert np.isfinite(minimise_banded(problem, x, 2)).all()
