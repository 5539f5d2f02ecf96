"""The scene's two terms: derivatives, engines, what touches, and that a figure comes to sit on its chair."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as xp
import numpy as np
import pytest

from benchmarks.cases import Case
from benchmarks.contact import Box
from fitting_core.arguments.scene_request import BODY_PARTS, NamedContact
from fitting_core.arrays import ArrayMaker, numpy_double, to_numpy
from fitting_core.body_model.skin_points import skin_points
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import BatchFit, fit_batch, joined_fits, refit
from fitting_core.fitting.objective import FitProblem
from fitting_core.fitting.other_body import on_other_body
from fitting_core.fitting.scene.contacts import SceneContacts
from fitting_core.fitting.scene.distance_grid import DistanceGrid
from fitting_core.fitting.scene.in_scene import setup_in_scene
from fitting_core.fitting.scene.people_apart import apart_from_each_other
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.starts.scene_start import brought_to_contact
from fitting_core.fitting.terms.found_contacts import find_contacts
from fitting_core.fitting.terms.scene_contact import SceneContactTerm
from fitting_core.fitting.terms.scene_penetration import ScenePenetrationTerm
from fitting_core.fitting.terms.skin_arrays import skin_at
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from tests.photos import synthetic_case
from tests.scenes import ball, box, floor

MAKE = ArrayMaker(xp, xp.float64)
_CHAIR = box("chair", [-0.3, 0.1, 3.6], [0.3, 0.5, 4.2])
_WALL = box("wall", [-2, -2, 4.1], [2, 2, 4.4], 0.1)
_SCENE = SceneContacts((_CHAIR, _WALL), (NamedContact("sit", "chair"), NamedContact("back", "wall")))
_TERMS = (SceneContactTerm, ScenePenetrationTerm)


def _problem(make: ArrayMaker = MAKE) -> tuple[FitProblem, np.ndarray]:
    setup = setup_in_scene(fit_setup(), _SCENE)
    x = np.random.default_rng(3).normal(0, 0.2, (2, setup.layout.size))
    x[:, 2] += 4.0
    return stage_problem(setup, [synthetic_case(0).subject] * 2, setup.stages[-1], x, make), x


def _term(problem: FitProblem, kind: type) -> SceneContactTerm | ScenePenetrationTerm:
    (term,) = [term for term in problem.terms if isinstance(term, kind)]
    assert isinstance(term, SceneContactTerm | ScenePenetrationTerm)
    return term


@pytest.mark.parametrize("kind", _TERMS)
def test_gradient_against_finite_differences(kind: type) -> None:
    problem, x = _problem()
    term = _term(problem, kind)
    gradient = term.evaluate(x, problem.pose(x)).gradient
    size = np.abs(gradient).max()
    assert size > 1.0
    directions = np.random.default_rng(5).normal(size=(12, gradient.shape[1]))
    for direction in (*np.eye(gradient.shape[1])[[0, 1, 2, 4, 20, -1]], *directions):
        move = 1e-6 * np.stack([direction] * 2)
        ahead, behind = (
            term.evaluate(moved, problem.pose(moved)).cost
            for moved in (problem.retract(x, move), problem.retract(x, -move))
        )
        np.testing.assert_allclose(gradient @ direction, (ahead - behind) / 2e-6, atol=1e-6 * size)


@pytest.mark.parametrize("kind", _TERMS)
def test_engines_agree(kind: type) -> None:
    torch = pytest.importorskip("torch")
    namespace = pytest.importorskip("array_api_compat.torch")
    problem, x = _problem()
    expected = _term(problem, kind).evaluate(x, problem.pose(x))
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 2e-3)):
        make = ArrayMaker(namespace, dtype)
        other, _ = _problem(make)
        there = make.floats(x)
        found = _term(other, kind).evaluate(there, other.pose(there))
        for part in ("cost", "gradient", "hessian"):
            wanted = getattr(expected, part)
            np.testing.assert_allclose(
                to_numpy(getattr(found, part)), wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max()
            )


def test_an_element_of_a_batch_is_as_it_is_alone() -> None:
    problem, x = _problem()
    second = problem.subset(np.array([1]))
    np.testing.assert_allclose(problem.quadratic(x).cost[1:], second.quadratic(x[1:]).cost, rtol=1e-12)


def test_skin_points_are_spread_and_lie_on_their_parts() -> None:
    model = fit_setup().points.model
    skin = skin_points(model)
    assert len(skin.vertices) == 300 and set(skin.parts) == set(BODY_PARTS)
    assert len(np.unique(skin.vertices)) > 290  # buttocks and thighs share some
    rest = model.v_template[skin.vertices]
    lowest = rest[:, 1].min()
    for side, sign in (("left", 1), ("right", -1)):
        assert (rest[skin.parts[f"{side}_sole"], 1] < lowest + 0.04).all()
        assert (sign * rest[skin.parts[f"{side}_palm"], 0] > 0.6).all()
    assert (skin.normals[skin.parts["back"], 2] < -0.4).all()


def _standing(height: float) -> tuple[FitSetup, np.ndarray]:
    """A body at rest, turned upright before the camera, its lowest skin `height` over y = 1.5."""
    setup = fit_setup()
    x = np.zeros((1, setup.layout.size))
    x[0, setup.layout.root] = (np.pi, 0, 0)
    x[0, 2] = 4.0
    places, _ = skin_at(setup.points.model, setup.layout, x)
    x[0, 1] += 1.5 - height - float(places[0, :, 1].max())
    return setup, x


@pytest.mark.parametrize(
    ("height", "expected"),
    [(0.01, {"left_sole", "right_sole"}), (0.2, set()), (-0.3, set())],
    ids=["on the floor", "over it", "deep in it"],
)
def test_soles_touch_a_floor_that_they_are_near(height: float, expected: set[str]) -> None:
    setup, x = _standing(height)
    found = find_contacts(setup.points.model, SceneContacts((floor(1.5),)), setup.layout, x)
    touching = {c.label for c, holds in zip(found.contacts, found.touching[0], strict=True) if holds}
    assert touching == expected


def test_what_is_left_out_or_not_to_be_found_does_not_touch() -> None:
    setup, x = _standing(0.01)
    for scene in (
        SceneContacts((floor(1.5),), left_out=(NamedContact("stand", "floor"),)),
        SceneContacts((floor(1.5),), finds=False),
        SceneContacts((replace(floor(1.5), is_person=True),)),
    ):
        assert not find_contacts(setup.points.model, scene, setup.layout, x).touching.any()


def _place(setup: FitSetup, fit: BatchFit, index: int = 0) -> np.ndarray:
    return skin_at(setup.points.model, setup.layout, fit.x[index, :1])[0][0]


def _gap(grid: DistanceGrid, points: np.ndarray) -> float:
    return float(SceneContacts((grid,)).grids(numpy_double())[0].sample(points[None])[0].min())


def test_standing_on_a_floor_moves_the_figure_along_the_rays_and_keeps_the_picture() -> None:
    """The floor of a person 15 % farther and larger than the fit thinks; the keypoints are met as before."""
    setup, case = fit_setup(), synthetic_case(0)
    make = choose_engine("numpy", "auto").make
    alone = fit_batch(setup, [case.subject], make)
    before = _place(setup, alone)
    lowest = before[before[:, 1].argmax()]
    ground = floor(float(lowest[1]) * 1.12)
    scene = SceneContacts((ground,), (NamedContact("stand", "floor"),))
    met = fit_batch(setup_in_scene(setup, scene), [case.subject], make)
    after = _place(setup, met)
    assert abs(_gap(ground, after)) < 0.01 < abs(_gap(ground, before))
    assert 1.08 < after[:, 2].mean() / before[:, 2].mean() < 1.16
    assert _missed_px(setup, case, met) < 1.15 * _missed_px(setup, case, alone)


@pytest.mark.parametrize(("side", "nearer_m"), [("left", 0.12), ("right", -0.12)])
def test_a_ball_that_is_nearer_or_farther_than_the_hand_is_held_and_the_picture_stays(
    side: str, nearer_m: float
) -> None:
    """A ball that a palm would touch but for its distance from the camera."""
    setup, case = fit_setup(), synthetic_case(0)
    model, layout, make = setup.points.model, setup.layout, choose_engine("numpy", "auto").make
    palm = skin_points(model).parts[f"{side}_palm"]
    alone = fit_batch(setup, [case.subject], make)
    places, normals = (values[0] for values in skin_at(model, layout, alone.x[0, :1]))
    middle, outward = places[palm].mean(axis=0), normals[palm].mean(axis=0)
    along_ray = nearer_m * middle / np.linalg.norm(middle)
    held = ball("ball", middle + 0.06 * outward / np.linalg.norm(outward) - along_ray, 0.05)
    in_scene = setup_in_scene(setup, SceneContacts((held,), (NamedContact("hold", "ball"),)))
    again = refit(in_scene, case.subject, alone.x[0, 0], make)
    after = _place(setup, again)
    assert _gap(held, places) > 0.05
    assert abs(_gap(held, after[palm])) < 0.005
    assert _gap(held, after) > -0.01  # nothing else of the body lies in it
    before_px, after_px = _missed_px(setup, case, alone), _missed_px(setup, case, again)
    assert after_px < 1.05 * before_px


def _missed_px(setup: FitSetup, case: Case, fit: BatchFit) -> float:
    """Mean distance of the body's keypoints."""
    person = fitted_person(setup.points.model, setup.layout, case.subject, fit.x[0, 0], 0.0)
    return float(np.nanmean(person.residual_px[:25]))


_PLACES = {
    "on a thin floor, not under it": ("stand", ([-3.0, 1.65, 1.0], [3.0, 1.7, 9.0])),
    "on a higher floor, not within it": ("stand", ([-3.0, 1.3, 1.0], [3.0, 1.35, 9.0])),
    "before a wall, not behind it": ("lean", ([-3.0, -3.0, 4.4], [3.0, 3.0, 4.5])),
    "against a near wall, not behind it": ("lean", ([-3.0, -3.0, 3.9], [3.0, 3.0, 4.0])),
}


@pytest.mark.parametrize("case", _PLACES)
def test_a_start_is_brought_before_a_thing_and_not_behind_it(case: str) -> None:
    action, (low, high) = _PLACES[case]
    setup, x = _standing(0.0)
    thing = box("thing", low, high, 0.05, 0.3)
    in_scene = setup_in_scene(setup, SceneContacts((thing,), (NamedContact(action, "thing"),)))
    brought = brought_to_contact(in_scene, x)
    places, _ = skin_at(setup.points.model, setup.layout, brought)
    distance = SceneContacts((thing,)).grids(numpy_double())[0].sample(places)[0]
    assert abs(distance.min()) < 0.08
    outside = places[0, :, 1] < low[1] + 0.08 if action == "stand" else places[0, :, 2] < low[2] + 0.08
    assert outside.all()


@pytest.mark.parametrize("gender", ["neutral", "child"], ids=["one body", "two bodies"])
def test_people_do_not_pass_through_each_other(gender: str) -> None:
    """The same person twice at one place: the second is moved out of the first, if both have one body or not."""
    case = synthetic_case(0)
    make = choose_engine("numpy", "auto").make
    setups = [
        setup_in_scene(fit_setup(gender=one), SceneContacts((floor(9.0),))) for one in ("neutral", gender)
    ]
    fit = fit_batch(setups[0], [case.subject], make)
    second = fit if gender == "neutral" else on_other_body(*setups, [case.subject], fit, make)
    second.x[:, :, :3] = fit.x[:, :, :3]
    both = joined_fits([fit, second])
    subjects = [case.subject, case.subject]
    moved = apart_from_each_other(setups, subjects, both, make)
    np.testing.assert_array_equal(moved.x[0], fit.x[0])
    np.testing.assert_array_equal(moved.x[1, 1:], second.x[0, 1:])
    assert moved.scores["scene penetration"][1, 0] > 0
    assert np.abs(moved.x[1, 0, :3] - second.x[0, 0, :3]).max() > 0.02
    far = replace(
        both,
        x=both.x + np.where(np.arange(fit.x.shape[2]) == 0, 2.0, 0.0) * np.array([0, 1])[:, None, None],
    )
    assert apart_from_each_other(setups, subjects, far, make).iterations == far.iterations


def test_the_boxes_of_the_benchmark_are_those_of_the_tests() -> None:
    made = Box("a", np.array([-0.1] * 3), np.array([0.2] * 3)).distances()
    points = np.random.default_rng(0).uniform(-0.3, 0.4, (1, 100, 3))
    own = SceneContacts((box("a", [-0.1] * 3, [0.2] * 3, 0.01), made)).grids(numpy_double())
    np.testing.assert_allclose(own[0].sample(points)[0], own[1].sample(points)[0], atol=0.02)
