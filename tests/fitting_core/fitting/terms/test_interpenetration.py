"""Capsules and the cost of passing through oneself: derivatives, engines, known configurations, and that it helps."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from benchmarks.penetration import fitted, penetrating_cases
from fitting_core.arguments.parser import fit_request
from fitting_core.arrays import ArrayMaker, to_numpy
from fitting_core.body_model.body_model import BodyModel, Pose, rest_joints, vertices
from fitting_core.body_model.capsules.fit_capsules import body_capsules
from fitting_core.body_model.capsules.penetration import greatest_depth, penetration
from fitting_core.body_model.capsules.posed_capsules import BodyCapsules
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.point_model import point_model, reduced_body
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.parameters import FreeParameters, ParameterLayout
from fitting_core.fitting.terms.interpenetration import InterpenetrationTerm
from fitting_core.fitting.terms.keypoints import KeypointTerm, Observations
from fitting_core.pipeline.setups import fit_setup
from tests import cut_bodies

_LAYOUT = ParameterLayout(55, 20, 10)
_DOUBLE = ArrayMaker(xp, xp.float64)


@pytest.fixture(scope="module")
def model() -> BodyModel:
    return load_body_model()


@pytest.fixture(scope="module")
def capsules(model: BodyModel) -> BodyCapsules:
    return body_capsules(model)


def _problem(capsules: BodyCapsules, make: ArrayMaker, shapes: np.ndarray) -> FitProblem:
    """A problem in which nothing counts but the capsules of some shapes: every joint and coefficient is free."""
    count = len(shapes)
    free = FreeParameters(_LAYOUT, np.ones(55, dtype=bool), slice(0, 30))
    body = reduced_body(
        point_model(capsules.model),
        np.array([0]),
        np.zeros(1, dtype=np.int64),
        make,
        free.moving_joints,
        True,
    )
    seen = Observations(
        targets=make.zeros((count, 1, 2)),
        weights=make.zeros((count, 1)),
        permille_px=make.floats(np.ones(count)),
        focal_px=make.floats(np.ones(count)),
        principal_point=make.zeros((count, 2)),
        robust_widths=make.floats(np.ones((count, 1))),
    )
    return FitProblem(
        body, free, (KeypointTerm(seen), InterpenetrationTerm(capsules, free, 1.0, shapes, make))
    )


def _poses(count: int) -> np.ndarray:
    """Poses random enough to pass through themselves."""
    x = np.random.default_rng(0).normal(0, 0.35, (count, _LAYOUT.size))
    x[:, 2] += 5
    return x


def test_gradient_is_the_derivative_of_the_cost(capsules: BodyCapsules) -> None:
    x = _poses(3)
    problem = _problem(capsules, _DOUBLE, _LAYOUT.shape_coefficients(x))
    found = problem.quadratic(x)
    assert (found.cost > 0.1).all() and found.hessian.shape == (3, 198, 198)
    step = 1e-6
    for column in range(x.shape[1]):
        change = np.zeros(x.shape[1])
        change[column] = step
        slope = (problem.quadratic(x + change).cost - problem.quadratic(x - change).cost) / (2 * step)
        np.testing.assert_allclose(found.gradient[:, column], slope, rtol=1e-5, atol=1e-4)


def test_engines_and_precisions_agree(capsules: BodyCapsules) -> None:
    torch = pytest.importorskip("torch")
    namespace = pytest.importorskip("array_api_compat.torch")
    x = _poses(3)
    shapes = _LAYOUT.shape_coefficients(x)
    expected = _problem(capsules, _DOUBLE, shapes).quadratic(x)
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 2e-3)):
        make = ArrayMaker(namespace, dtype)
        found = _problem(capsules, make, shapes).quadratic(make.floats(x))
        for part in ("cost", "gradient", "hessian"):
            here, there = getattr(found, part), getattr(expected, part)
            size = np.abs(there).max()
            np.testing.assert_allclose(to_numpy(here), there, rtol=tolerance, atol=tolerance * size)


def test_no_body_grows_thin_to_be_out_of_its_own_way(capsules: BodyCapsules) -> None:
    """The capsules are those of the shape that a stage starts with: neither cost nor slope knows the shape of a step."""
    x = _poses(3)
    shape = slice(_LAYOUT.first_shape, _LAYOUT.size)
    problem = _problem(capsules, _DOUBLE, x[:, shape])
    found, thin = problem.quadratic(x), x.copy()
    thin[:, shape] -= 2.0
    np.testing.assert_array_equal(problem.quadratic(thin).cost, found.cost)
    assert not found.gradient[:, shape].any() and not found.hessian[:, shape].any()
    other = _problem(capsules, _DOUBLE, thin[:, shape]).quadratic(x)
    assert (np.abs(other.cost - found.cost) > 0.01).all()


def test_nobody_at_rest_pays(capsules: BodyCapsules) -> None:
    found = _problem(capsules, _DOUBLE, np.zeros((2, 30))).quadratic(np.zeros((2, _LAYOUT.size)))
    assert found.cost.max() < 1e-6 and np.isfinite(found.gradient).all()


def test_coincident_axes_stay_finite(capsules: BodyCapsules) -> None:
    same = replace(
        capsules,
        joint=np.array([4, 5]),
        ends=np.zeros((2, 2, 3)),
        end_directions=np.zeros((2, 2, 3, 30)),
        radius=np.full(2, 0.5),
        radius_directions=np.zeros((2, 30)),
        pairs=np.array([[0, 1]]),
        allowance=np.zeros(1),
        allowance_directions=np.zeros((1, 30)),
    )
    make = ArrayMaker(xp, xp.float32)
    found = _problem(same, make, np.zeros((1, 30))).quadratic(make.zeros((1, _LAYOUT.size)))
    assert found.cost > 0 and np.isfinite(found.gradient).all() and np.isfinite(found.hessian).all()


def test_capsules_lie_in_the_skin_for_every_shape(model: BodyModel, capsules: BodyCapsules) -> None:
    """The radius at the thigh follows the mesh over two deviations of the first beta either way, within 12 mm."""
    number = capsules.names.index("left_hip_1")
    for beta in (-2.0, 2.0):
        shape = np.zeros(30)
        shape[0] = beta
        joint = rest_joints(model, shape)[capsules.joint[number]]
        ends = joint + capsules.ends[number] + capsules.end_directions[number] @ shape
        radius = capsules.radius[number] + capsules.radius_directions[number] @ shape
        mesh = vertices(model, Pose(np.zeros((55, 3)), shape, np.zeros(3)))
        thigh = mesh[model.weights.argmax(axis=1) == model.joint_names.index("left_hip")]
        axis = ends[1] - ends[0]
        t = (thigh - ends[0]) @ axis / (axis @ axis)
        level = (t > 0) & (t < 1)
        apart = np.linalg.norm(thigh[level] - ends[0] - t[level, None] * axis, axis=1)
        assert abs(np.median(apart) - radius) < 0.012


@pytest.mark.parametrize("kind", ["smplh", "smpl"])
def test_every_kind_of_body_has_capsules(kind, tmp_path) -> None:  # type: ignore[no-untyped-def]
    body = load_body_model(str(cut_bodies.write(tmp_path / f"{kind}.npz", kind)))
    found = body_capsules(body)
    assert {"pelvis_upper", "left_hip_0", "right_elbow_1", "head"} <= set(found.names)
    assert (found.radius > 0.003).all() and (found.radius < 0.2).all()


def test_a_sound_body_does_not_lie_in_itself(model: BodyModel) -> None:
    mesh = vertices(model, Pose(np.zeros((55, 3)), np.zeros(30), np.zeros(3)))
    found = penetration(model, mesh)
    assert (found.share, found.depth_m, found.between) == (0.0, 0.0, None)


def test_known_depth_is_found(model: BodyModel) -> None:
    """A leg moved bodily into the other by a known way: the depth follows it within 4 mm."""
    mesh = vertices(model, Pose(np.zeros((55, 3)), np.zeros(30), np.zeros(3)))
    owner = np.array(model.joint_names)[model.weights.argmax(axis=1)]
    left, right = (np.isin(owner, [f"{side}_knee"]) for side in ("left", "right"))
    gap = mesh[left, 0].min() - mesh[right, 0].max()
    depths = []
    for way in (0.0, 0.01, 0.02):
        moved = mesh.copy()
        moved[left, 0] -= gap + way
        depths.append(penetration(model, moved).depth_m)
        assert greatest_depth(model, moved, left | right) == depths[-1]
        assert greatest_depth(model, moved, ~(left | right)) == 0.0
    assert depths[0] < 0.001
    np.testing.assert_allclose(depths[1:], [0.01, 0.02], atol=0.004)


def test_it_can_be_left_out() -> None:
    arguments = ["photo.jpg", "photo.json", "--out", "out"]
    assert fit_request(arguments).interpenetration
    assert not fit_request([*arguments, "--no-interpenetration"]).interpenetration
    assert fit_setup(interpenetration=False).capsules is None and fit_setup().capsules is not None


@pytest.mark.slow
def test_most_of_the_depth_goes_and_the_keypoints_stay(model: BodyModel) -> None:
    setup = fit_setup()
    cases = [case for number, case in enumerate(penetrating_cases(model)) if number % 3 == 0]
    subjects = [case.subject for case in cases]
    before, after = fitted(replace(setup, capsules=None), subjects), fitted(setup, subjects)
    depth = [
        sum(penetration(model, person.vertices).depth_m for person in people) for people in (before, after)
    ]
    assert depth[0] > 0.2 and depth[1] < 0.15 * depth[0]
    for person in after:
        assert np.nanmean(person.residual_px[:25]) < 3.0  # of figures 650 px tall
