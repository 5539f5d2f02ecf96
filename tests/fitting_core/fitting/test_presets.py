"""The presets' objectives against the papers' formulas written out, their first camera, and the default left as it was."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.joints import joint_index
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.presets import with_preset
from fitting_core.fitting.priors.distributions import NormalPose
from fitting_core.fitting.priors.open import open_hand_prior, open_pose_prior, open_start_poses
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stage_problem import stage_problem
from fitting_core.fitting.stages import STAGES, WARM_STAGES, Stage
from fitting_core.fitting.starts.initial_guess import starting_points
from fitting_core.fitting.starts.torso_start import TorsoStart, is_side_view, torso_depth
from fitting_core.fitting.subject import Subject
from fitting_core.fitting.terms.keypoints import chosen_keypoints
from fitting_core.geometry.camera import project
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.photo.header import read_photo_header
from fitting_core.pipeline.setups import fit_setup

_DOUBLE = ArrayMaker(xp, np.float64)
_DEMO = Path(__file__).parents[3] / "docs" / "demo"
_LAMBDAS = {
    # SMPLify-X: pose, shape and expression, jaw, hand keypoints, face keypoints, bend (of exp(sθ)²)
    "smplifyx": (
        (404.0, 100.0, (4040.0, 40400.0, 40400.0), 0.0, 0.0, 3.17 * 404.0),
        (404.0, 50.0, (4040.0, 40400.0, 40400.0), 0.0, 0.0, 3.17 * 404.0),
        (57.4, 10.0, (574.0, 5740.0, 5740.0), 0.0, 0.0, 3.17 * 57.4),
        (4.78, 5.0, (47.8, 478.0, 478.0), 0.1, 0.0, 3.17 * 4.78),
        (4.78, 5.0, (47.8, 478.0, 478.0), 2.0, 2.0, 3.17 * 4.78),
    ),
    "smplify": (
        (404.0, 100.0, None, 0.0, 0.0, (3.17 * 404.0) ** 2),
        (404.0, 50.0, None, 0.0, 0.0, (3.17 * 404.0) ** 2),
        (57.4, 10.0, None, 0.0, 0.0, (3.17 * 57.4) ** 2),
        (4.78, 5.0, None, 0.0, 0.0, (3.17 * 4.78) ** 2),
    ),
}
_IGNORED = {"smplifyx": (1, 9, 12), "smplify": (1,)}


def _subject() -> Subject:
    header = read_photo_header(_DEMO / "demo_photo.jpg")
    people = read_keypoint_file(_DEMO / "demo_photo_keypoints.json", header.size, header.orientation).people
    return Subject(people[0], 1400.0, np.array(header.size) / 2.0, image_height_px=header.size[1])


@lru_cache(maxsize=2)
def _preset(name: str) -> FitSetup:
    return with_preset(fit_setup(), name, side_view=True)  # type: ignore[arg-type]


def _rows(setup: FitSetup, subject: Subject) -> np.ndarray:
    """Two bent, shaped bodies near the subject."""
    start = TorsoStart(True)
    x = start.starts(setup.points.model, setup.layout, [subject], np.zeros(setup.layout.size))
    x = start.with_turned(setup.layout, [subject], x)
    random = np.random.default_rng(5)
    x[:, 6:] += random.normal(0, 0.15, x[:, 6:].shape)
    return x


_STAGES = [(name, number) for name, stages in _LAMBDAS.items() for number in range(len(stages))]


@pytest.mark.parametrize(("name", "number"), _STAGES, ids=[f"{name} {n + 1}" for name, n in _STAGES])
def test_priors_count_half_as_much_as_in_the_paper(name: str, number: int) -> None:
    setup, subject = replace(_preset(name), capsules=None), _subject()
    layout, groups = setup.layout, setup.points.model.groups
    stage = setup.stages[1 + number]
    x = _rows(setup, subject)
    pose, shape, jaw, _, _, bend = _LAMBDAS[name][number]
    terms = stage_problem(setup, [subject], stage, x, _DOUBLE).costs(x)
    del terms["keypoints"]

    mixture, body = open_pose_prior(), x[:, layout.joints(groups.body)]
    apart = body[:, None] - mixture.means
    each = 0.5 * np.einsum("bki,kij,bkj->bk", apart, mixture.precision, apart) + mixture.constant
    np.testing.assert_allclose(2 * terms["pose"], pose**2 * each.min(axis=1))
    betas, expression = x[:, layout.betas()], x[:, layout.expression()]
    np.testing.assert_allclose(2 * terms["shape"], shape**2 * np.square(betas).sum(axis=1))
    angle = [
        +x[:, layout.joints([joint_index("left_elbow")])[1]],
        -x[:, layout.joints([joint_index("right_elbow")])[1]],
        -x[:, layout.joints([joint_index("left_knee")])[0]],
        -x[:, layout.joints([joint_index("right_knee")])[0]],
    ]
    np.testing.assert_allclose(2 * terms["bend"], bend * np.exp(2 * np.array(angle)).sum(axis=0))
    if stage.hands_and_face:
        assert jaw is not None and groups.jaw is not None and groups.left_hand is not None
        mouth = np.square(x[:, layout.joints([groups.jaw])] * jaw).sum(axis=1)
        np.testing.assert_allclose(2 * terms["face"], mouth + shape**2 * np.square(expression).sum(axis=1))
        prior = open_hand_prior()
        left = x[:, layout.joints(groups.left_hand)] - prior.mean_left
        right = x[:, layout.joints(groups.right_hand or slice(0))] - prior.mean_right
        spread = np.einsum("bi,ij,bj->b", left, prior.precision_left, left)
        spread += np.einsum("bi,ij,bj->b", right, prior.precision_right, right)
        np.testing.assert_allclose(2 * terms["hands"], pose**2 * spread)
    assert set(terms) == {"pose", "shape", "bend"} | ({"face", "hands"} if stage.hands_and_face else set())


@pytest.mark.parametrize(("name", "number"), _STAGES, ids=[f"{name} {n + 1}" for name, n in _STAGES])
def test_keypoints_count_as_in_the_paper(name: str, number: int) -> None:
    """½ Σ (w c)² ρ, per coordinate, ρ in pixels of the photo, by 1000 / H for SMPLify-X, without what it ignores."""
    setup, subject = replace(_preset(name), capsules=None), _subject()
    stage = setup.stages[1 + number]
    x = _rows(setup, subject)
    problem = stage_problem(setup, [subject], stage, x, _DOUBLE)
    hand, face = _LAMBDAS[name][number][3:5]
    scale = 1000 / subject.photo_height_px if name == "smplifyx" else 1.0
    factor = np.ones(137)
    factor[list(_IGNORED[name])] = 0.0
    factor[25:67], factor[67:] = hand, face
    chosen = chosen_keypoints(subject.stacked_keypoints[None], stage, setup.points.model)
    keypoints = subject.keypoints.stacked()[chosen]
    pixels = project(
        problem.pose(x).points, np.full(2, subject.focal_px), np.tile(subject.principal_point, (2, 1))
    )
    missed = np.square(pixels - keypoints[:, :2])
    robust = missed * 100.0**2 / (missed + 100.0**2)
    strength = np.square(factor[chosen] * keypoints[:, 2])[:, None]
    data = scale**2 * (strength * robust).sum(axis=(1, 2))
    np.testing.assert_allclose(2 * problem.costs(x)["keypoints"], data)
    assert len(setup.stages) == 1 + len(_LAMBDAS[name])


def test_collisions_weigh_as_published() -> None:
    weights = [stage.terms.interpenetration for stage in _preset("smplifyx").stages]
    np.testing.assert_allclose(np.array(weights) / weights[-1], [0, 0, 0, 0, 0.01, 1])
    assert [stage.terms.interpenetration > 0 for stage in _preset("smplify").stages] == [False] * 4 + [True]


def test_vposer_counts_whole_where_a_mixture_counts_half(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from fitting_core.fitting.priors.user_files import read_vposer
    from tests.fitting_core.fitting.priors.vposer_files import write_vposer

    setup = replace(fit_setup(), pose_prior=read_vposer(write_vposer(tmp_path / "v.pt", 1)))
    assert with_preset(setup, "smplifyx", False).stages[-1].terms.pose == pytest.approx(4.78**2)
    plain = with_preset(replace(setup, pose_prior=NormalPose(0.4)), "smplifyx", False)
    assert plain.stages[-1].terms.pose == pytest.approx(0.5 * 4.78**2)


def test_the_first_camera_has_the_depth_of_the_torso() -> None:
    """A figure seen straight on at 4 m: shoulders and hips lie in one plane, so that the edges tell the depth exactly."""
    model = fit_setup().points.model
    place = model.joints_template.copy()
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    for name in names:
        place[joint_index(name), 2] = 0.0
    body = np.zeros((25, 3))
    for name in names:
        body[BODY_25.index(name)] = [*(900.0 * place[joint_index(name), :2] / 4.0 + 500.0), 0.9]
    hands, face = np.zeros((21, 3)), np.zeros((70, 3))
    subject = Subject(Keypoints2D(body, hands, hands, face), 900.0, np.array([500.0, 500.0]))
    assert torso_depth(model, subject, place) == pytest.approx(4.0)
    body[BODY_25.index("left_hip")] = [0.0, 0.0, 0.0]  # not seen: the other side tells
    assert torso_depth(model, subject, place) == pytest.approx(4.0)
    body[BODY_25.index("right_hip"), 2] = 0.05
    assert torso_depth(model, subject, place) > 0


@pytest.mark.parametrize(
    ("apart_px", "confidence", "side_view", "count"),
    [(24.0, 0.9, False, 2), (26.0, 0.9, False, 1), (26.0, 0.9, True, 2), (24.0, 0.05, False, 1)],
    ids=["from the side", "from the front", "asked for", "shoulder not seen"],
)
def test_who_is_tried_from_behind(apart_px: float, confidence: float, side_view: bool, count: int) -> None:
    body = _subject().keypoints.body.copy()
    left, right = BODY_25.index("left_shoulder"), BODY_25.index("right_shoulder")
    body[left] = [*(body[right, :2] + [apart_px, 0.0]), confidence]
    hands, face = np.zeros((21, 3)), np.zeros((70, 3))
    subject = Subject(Keypoints2D(body, hands, hands, face), 1400.0, np.array([450.0, 600.0]))
    setup = fit_setup()
    start = TorsoStart(side_view)
    x = start.starts(setup.points.model, setup.layout, [subject], np.zeros(setup.layout.size))
    both = start.with_turned(setup.layout, [subject], x)
    assert is_side_view(subject) == (apart_px < 25 and confidence > 0.5)
    assert both.shape == (count, setup.layout.size)
    np.testing.assert_array_equal(both[0], x[0])
    if count == 2:
        turn = np.diag([-1.0, 1.0, -1.0])  # by 180° about the vertical
        first, second = matrix_from_vector(both[:, setup.layout.root])
        np.testing.assert_allclose(second, first @ turn, atol=1e-9)
        np.testing.assert_array_equal(np.delete(both[1], np.arange(3, 6)), np.delete(x[0], np.arange(3, 6)))


def test_others_in_the_photo_change_nobodys_starts() -> None:
    subject = _subject()
    body = subject.keypoints.body.copy()
    body[BODY_25.index("left_shoulder")] = body[BODY_25.index("right_shoulder")]
    beside = replace(subject, keypoints=replace(subject.keypoints, body=body))
    setup = fit_setup()
    x = np.random.default_rng(0).normal(0, 0.3, (2, setup.layout.size))
    both = TorsoStart(False).with_turned(setup.layout, [subject, beside], x)
    np.testing.assert_allclose(both[:2], np.stack([x[0], x[0]]), atol=1e-12)
    assert np.abs(both[3] - x[1]).max() > 0.1


# Costs of both headings 0 and 3 of 8 at the first start pose (float64), so that no tidying changes the objective unseen.
_COSTS = {
    "place": (1250.930723, 3881.426653),
    "rough body": (10367.9269, 17037.05477),
    "body": (2330.50452, 3465.79464),
    "mirrored limbs": (2330.50452, 3465.79464),
    "whole": (6274.05365, 14994.47273),
    "follow": (29848.49046, 47456.55786),
    "refit": (6274.05365, 14994.47273),
}


@pytest.mark.parametrize("stage", (*STAGES, *WARM_STAGES), ids=lambda stage: stage.name)
def test_the_default_objective_is_what_it_was(stage: Stage) -> None:
    setup, subject = fit_setup(), _subject()
    base = np.zeros((1, setup.layout.size))
    groups, hand = setup.points.model.groups, open_hand_prior()
    base[0, setup.layout.joints(groups.body)] = open_start_poses()[0]
    base[0, setup.layout.joints(groups.left_hand or slice(0))] = hand.mean_left
    base[0, setup.layout.joints(groups.right_hand or slice(0))] = hand.mean_right
    x = starting_points(setup.points, setup.layout, [subject], base, 8).reshape(-1, setup.layout.size)
    cost = stage_problem(setup, [subject], stage, x, _DOUBLE).quadratic(x).cost
    np.testing.assert_allclose(cost[[0, 3]], _COSTS[stage.name], rtol=1e-6)


def test_scores_add_up_to_the_loss() -> None:
    """Every term is evaluated for the scores; the loss comes from the optimiser, which has merged some of them."""
    fit = fit_batch(fit_setup(), [_subject()], _DOUBLE)
    terms = ("keypoints", "pose", "straight knees", "shape", "rest", "penetration", "hands", "face")
    assert set(fit.scores) == set(terms)
    np.testing.assert_allclose(sum(fit.scores.values()), fit.loss, rtol=1e-9)


def test_scores_are_the_costs_of_the_last_stage() -> None:
    """Without the face and the capsules, which are at the end of a stage as the body was at its beginning."""
    setup, subject = fit_setup(interpenetration=False), _subject()
    subject = replace(subject, keypoints=replace(subject.keypoints, face=np.zeros((70, 3))))
    fit = fit_batch(setup, [subject], _DOUBLE)
    costs = stage_problem(setup, [subject], setup.stages[-1], fit.x[0], _DOUBLE).costs(fit.x[0])
    for name, cost in costs.items():
        np.testing.assert_allclose(fit.scores[name][0], cost, rtol=1e-9, atol=1e-9)
