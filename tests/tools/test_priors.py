"""The priors in fitting_core/data/priors: sound numbers, mirror symmetry, and what the tools say they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from array_api_compat import array_namespace

from fitting_core.arrays import ArrayMaker, numpy_double
from fitting_core.body_model.joints import LEFT_HAND, RIGHT_HAND
from fitting_core.errors import PriorFileError
from fitting_core.fitting.starts.lifter import Lifter, read_lifter
from fitting_core.geometry.rotations import matrix_from_vector
from tools.train_hand_prior.statistics import MIRROR_SIGNS
from tools.train_pose_prior.mixture import Mixture
from tools.train_pose_prior.mocap import canonical_rotation_vectors, load_mocap, mirror_matrix, mirror_poses
from tools.train_pose_prior.skeleton import OPEN_BODY_FILE
from tools.train_pose_prior.split import Split, split_clips, twin_clips

ROOT = Path(__file__).parents[2]
PRIORS = ROOT / "fitting_core" / "data" / "priors"
LARGEST_FILE_BYTES = 2_000_000
LARGEST_LIFTER_BYTES = 10_000_000
# Printed by `python -m tools.train_pose_prior`, and in docs/pose-prior.md.
HELD_OUT_MEAN_NATS = 64.0
HELD_OUT_FIFTH_PERCENTILE_NATS = 45.2
# Printed by `python -m tools.train_lifter --minutes 0`: benchmark's views, pelvis-aligned, 2000 cases.
LIFTER_LIKELIEST_MM = 59.0
LIFTER_BEST_MM = 43.0
TIPS = {
    "left": {"index": 4933, "middle": 5058, "pinky": 5286, "ring": 5169, "thumb": 5361},
    "right": {"index": 7669, "middle": 7794, "pinky": 8022, "ring": 7905, "thumb": 8079},
}
FINGERS = ("index", "middle", "pinky", "ring", "thumb")

Arrays = dict[str, npt.NDArray[np.float64]]


def _load(name: str) -> Arrays:
    with np.load(PRIORS / name, allow_pickle=False) as archive:
        return {
            key: archive[key].astype(np.float64) for key in archive.files if archive[key].dtype.kind == "f"
        }


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    arrays = _load("body_pose_mixture.npz")
    return Mixture(arrays["means"], arrays["covars"], arrays["weights"])


@pytest.fixture(scope="module")
def hand() -> Arrays:
    return _load("hand_prior.npz")


@pytest.fixture(scope="session")
def split(shared: Path) -> Split:
    if not (shared / "mocap_straight").is_dir():
        pytest.skip(f"the motion capture is not here ({shared / 'mocap_straight'})")
    return split_clips(load_mocap(shared / "mocap_straight"))


@pytest.mark.parametrize(
    ("name", "bytes_allowed"),
    [
        ("body_pose_mixture.npz", LARGEST_FILE_BYTES),
        ("pose_modes.npz", LARGEST_FILE_BYTES),
        ("hand_prior.npz", LARGEST_FILE_BYTES),
        ("lifter.npz", LARGEST_LIFTER_BYTES),
    ],
)
def test_files_are_small_and_say_where_they_come_from(name: str, bytes_allowed: int) -> None:
    assert (PRIORS / name).stat().st_size < bytes_allowed
    with np.load(PRIORS / name, allow_pickle=False) as archive:
        assert "mocap.cs.cmu.edu" in str(archive["notice"]) or "handy.js" in str(archive["notice"])
    assert "mocap.cs.cmu.edu" in (PRIORS / "LICENCE.md").read_text(encoding="utf-8")


def test_mixture_is_a_mixture(mixture: Mixture) -> None:
    count = len(mixture.weights)
    assert mixture.means.shape == (count, 63)
    assert mixture.covars.shape == (count, 63, 63)
    assert mixture.weights.min() > 0
    np.testing.assert_allclose(mixture.weights.sum(), 1.0, atol=1e-5)
    np.testing.assert_allclose(mixture.covars, np.swapaxes(mixture.covars, 1, 2), atol=1e-6)
    assert np.linalg.eigvalsh(mixture.covars).min() > 1e-4
    assert np.linalg.norm(mixture.means.reshape(-1, 21, 3), axis=-1).max() < np.pi


def test_mixture_knows_no_left_and_right(mixture: Mixture) -> None:
    generator = np.random.default_rng(1)
    poses = mixture.means[generator.integers(len(mixture.means), size=50)] + 0.3 * generator.standard_normal(
        (50, 63)
    )
    np.testing.assert_allclose(
        mixture.log_likelihood(poses), mixture.log_likelihood(mirror_poses(poses)), rtol=1e-4, atol=1e-2
    )


@pytest.mark.parametrize(
    ("legs", "least_nats"), [((0.0, 0.1), 30.0), ((-1.5, 1.5), 20.0)], ids=["standing", "seated"]
)
def test_everyday_poses_are_likely(mixture: Mixture, legs: tuple[float, float], least_nats: float) -> None:
    pose = np.zeros((21, 3))
    hip, knee = legs
    pose[[0, 1], 0] = hip
    pose[[3, 4], 0] = knee
    pose[15, 2], pose[16, 2] = -1.1, 1.1  # arms hang
    assert mixture.log_likelihood(pose.reshape(1, 63))[0] > least_nats


def test_impossible_poses_are_unlikely(mixture: Mixture) -> None:
    poses = np.zeros((2, 21, 3))
    poses[1, 3, 0] = -1.2  # a knee bent forwards
    likely, unlikely = mixture.log_likelihood(poses.reshape(2, 63))
    assert unlikely < likely - 10


def test_start_modes() -> None:
    arrays = _load("pose_modes.npz")
    assert arrays["modes"].shape == (12, 63)
    assert np.all(np.diff(arrays["frequency"]) <= 0)
    np.testing.assert_allclose(arrays["frequency"].sum(), 1.0, atol=1e-5)


@pytest.mark.parametrize("angle", [0.3, 3.0, 3.5, 6.0, 9.0])
def test_canonical_rotation_vectors_are_the_same_rotations(angle: float) -> None:
    vector = angle * np.array([[0.6, -0.48, 0.64]])
    wrapped = canonical_rotation_vectors(vector)
    assert np.linalg.norm(wrapped) <= np.pi + 1e-9
    np.testing.assert_allclose(matrix_from_vector(wrapped), matrix_from_vector(vector), atol=1e-9)


def test_mirroring_twice_changes_nothing() -> None:
    np.testing.assert_array_equal(mirror_matrix() @ mirror_matrix(), np.eye(63))


def test_held_out_likelihood_is_as_stated(mixture: Mixture, split: Split) -> None:
    values = mixture.log_likelihood(split.held_out.body)
    assert values.mean() == pytest.approx(HELD_OUT_MEAN_NATS, abs=0.1)
    assert np.percentile(values, 5) == pytest.approx(HELD_OUT_FIFTH_PERCENTILE_NATS, abs=0.1)


def test_no_performance_is_in_training_and_test(split: Split) -> None:
    assert not set(split.all_training.clip) & set(split.held_out.clip)
    assert "cmu_14_12" in split.twins  # recorded once, in the data twice: cmu_test_washwindow_washwindow_1
    assert twin_clips(split.all_training, split.held_out) == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_hand_prior_is_sound(hand: Arrays, side: str) -> None:
    covariance, components = hand[f"covariance_{side}"], hand[f"components_{side}"]
    assert np.linalg.eigvalsh(covariance).min() > 1e-4
    np.testing.assert_allclose(components @ components.T, np.eye(45), atol=1e-5)
    rebuilt = components.T @ np.diag(hand["standard_deviations"] ** 2) @ components
    np.testing.assert_allclose(rebuilt, covariance, atol=1e-5)
    assert np.all(np.diff(hand["standard_deviations"]) <= 0)
    mean = hand[f"mean_{side}"]
    assert np.all((hand[f"lower_{side}"] < mean) & (mean < hand[f"upper_{side}"]))


def test_hands_mirror_each_other(hand: Arrays) -> None:
    np.testing.assert_allclose(hand["mean_right"], hand["mean_left"] * MIRROR_SIGNS)
    np.testing.assert_allclose(
        hand["covariance_right"], hand["covariance_left"] * np.outer(MIRROR_SIGNS, MIRROR_SIGNS)
    )
    np.testing.assert_allclose(
        np.minimum(hand["lower_left"] * MIRROR_SIGNS, hand["upper_left"] * MIRROR_SIGNS), hand["lower_right"]
    )


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("finger", FINGERS)
def test_flexion_takes_the_tip_to_the_palm(hand: Arrays, side: str, finger: str) -> None:
    """Fingers go down from the T-pose's flat palm, the thumb goes across it towards the little finger."""
    chain, palm = _finger_chain(side, finger)
    axis = hand[f"flexion_axis_{side}"][3 * FINGERS.index(finger)]
    straight, bent = (_tip(chain, axis * angle) for angle in (0.0, 0.4))
    direction = palm if finger == "thumb" else np.array([0.0, -1.0, 0.0])
    assert (bent - straight) @ direction > 0.01


def test_mean_hand_is_a_little_closed(hand: Arrays) -> None:
    axes = hand["flexion_axis_left"][:12]
    flexion = (hand["mean_left"].reshape(15, 3)[:12] * axes).sum(axis=1)
    assert 0.2 < flexion.mean() < 1.0


def _finger_chain(side: str, finger: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Three joints and the tip (4,3) at rest, and the direction across the palm from thumb to little finger."""
    with np.load(ROOT / OPEN_BODY_FILE, allow_pickle=False) as body:
        vertices = body["v_template"].astype(np.float64)
        joints = body["J_regressor"].astype(np.float64) @ vertices
    hand_joints = joints[LEFT_HAND if side == "left" else RIGHT_HAND].reshape(5, 3, 3)
    across = hand_joints[FINGERS.index("pinky"), 0] - hand_joints[FINGERS.index("thumb"), 0]
    tip = vertices[TIPS[side][finger]]
    return np.concatenate([hand_joints[FINGERS.index(finger)], tip[None]]), across / np.linalg.norm(across)


def _tip(chain: npt.NDArray[np.float64], vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where the tip goes when every joint of the finger turns by the same rotation vector."""
    turn = np.asarray(matrix_from_vector(vector))
    place, world = chain[0], np.eye(3)
    for joint in range(3):
        world = world @ turn
        place = place + world @ (chain[joint + 1] - chain[joint])
    return place


# A standing person seen from the front, BODY_25, in pixels of a picture 800 × 1000 (focal 1300).
STANDING = [
    (400, 180), (400, 260), (345, 262), (325, 360), (318, 450), (455, 262), (475, 360), (482, 450), (400, 470),
    (372, 470), (368, 630), (365, 780), (428, 470), (432, 630), (435, 780), (390, 168), (410, 168), (375, 178),
    (425, 178), (450, 815), (462, 810), (434, 795), (350, 815), (338, 810), (366, 795),
]  # fmt: skip


def _standing() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    keypoints = np.concatenate([np.array(STANDING, dtype=np.float64), np.full((25, 1), 0.9)], axis=1)
    return keypoints[None], np.array([1300.0]), np.array([[400.0, 500.0]])


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return read_lifter(numpy_double())


def test_lifter_sees_a_standing_person_stand(lifter: Lifter) -> None:
    starts = lifter.start(*_standing())
    best = np.asarray(starts.pelvis)[0, 0]
    assert starts.body_pose.shape[2] == 63
    assert 3.0 < best[2] < 5.0  # 635 px from nose to toe at 1300 px focal: about 3.7 m
    assert abs(best[0]) < 0.15
    up = np.asarray(matrix_from_vector(starts.global_orient))[0, 0] @ np.array([0.0, 1.0, 0.0])
    assert up[1] < -0.95  # camera y points down
    facing = np.asarray(matrix_from_vector(starts.global_orient))[0, 0] @ np.array([0.0, 0.0, 1.0])
    assert facing[2] < -0.8


def test_lifter_orders_and_counts_its_guesses(lifter: Lifter) -> None:
    starts = lifter.start(*_standing())
    assert np.all(np.diff(starts.probability) <= 0)
    np.testing.assert_allclose(starts.probability.sum(axis=1), 1.0)
    assert starts.rotation_deviation.min() > 0


def test_lifter_does_not_mind_the_picture_being_enlarged(lifter: Lifter) -> None:
    keypoints, focal, principal = _standing()
    twice = keypoints * np.array([2.0, 2.0, 1.0])
    first, second = lifter.start(keypoints, focal, principal), lifter.start(twice, 2 * focal, 2 * principal)
    np.testing.assert_allclose(first.body_pose, second.body_pose, atol=1e-9)
    np.testing.assert_allclose(first.pelvis, second.pelvis, atol=1e-9)


@pytest.mark.parametrize("seen", [0, 1, 2, 25])
def test_lifter_bears_missing_keypoints(lifter: Lifter, seen: int) -> None:
    keypoints, focal, principal = _standing()
    keypoints[:, seen:] = 0.0
    starts = lifter.start(keypoints, focal, principal)
    assert all(
        np.isfinite(values).all() for values in (starts.global_orient, starts.body_pose, starts.pelvis)
    )


def test_lifter_agrees_with_itself_in_torch(lifter: Lifter) -> None:
    torch = pytest.importorskip("torch")
    keypoints, focal, principal = _standing()
    in_torch = read_lifter(ArrayMaker(array_namespace(torch.zeros(1)), torch.float64))
    starts = in_torch.start(torch.tensor(keypoints), torch.tensor(focal), torch.tensor(principal))
    np.testing.assert_allclose(starts.body_pose.numpy(), lifter.start(*_standing()).body_pose, atol=1e-6)


def test_a_file_that_is_no_lifter_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", means=np.zeros(3))
    with pytest.raises(PriorFileError, match=r"other\.npz"):
        read_lifter(numpy_double(), tmp_path / "other.npz")


@pytest.mark.slow
def test_lifter_on_held_out_clips_is_as_stated(split: Split) -> None:
    torch = pytest.importorskip("torch")
    from tools.train_lifter.evaluation import evaluate
    from tools.train_lifter.photos import benchmark_views
    from tools.train_lifter.samples import pose_source
    from tools.train_lifter.torch_body import load_torch_body

    held_out = split.held_out
    source = pose_source(held_out, held_out.body, np.ones(len(held_out.body)))
    forward = read_lifter(ArrayMaker(array_namespace(torch.zeros(1)), torch.float32)).forward
    rows = evaluate(
        forward,
        source,
        load_torch_body(ROOT / OPEN_BODY_FILE),
        benchmark_views,
        torch.eye(3).expand(22, 3, 3),
    )
    means = {row.split("|")[1].strip(): float(row.split("|")[2].split()[0]) for row in rows}
    assert means["lifter, likeliest guess"] == pytest.approx(LIFTER_LIKELIEST_MM, abs=3.0)
    assert means["lifter, best of 6"] == pytest.approx(LIFTER_BEST_MM, abs=3.0)
