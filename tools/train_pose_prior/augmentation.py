"""Poses the mocap lacks, made from it: legs of one pose under the body of another, seated legs, and standing ones.

Nobody sits, lies or kneels in the mocap, and few just stand. These poses are inventions and are counted as such: their share of
the total weight is a setting of the prior, and the table of results says what it costs on held-out real clips.
"""

from dataclasses import dataclass

import numpy as np

from tools.train_pose_prior.mocap import BODY_JOINT_NAMES, LEG_JOINT_NAMES, Array, mirror_poses

LEG_COLUMNS = np.concatenate([3 * BODY_JOINT_NAMES.index(name) + np.arange(3) for name in LEG_JOINT_NAMES])


@dataclass(frozen=True)
class SeatedLegs:
    """One way of folding the legs: means and deviations in radians, for the left side (mirrored: right).

    Hip flexion is −x, knee flexion +x; a hip rotation about +z moves the left leg outwards, about +y turns
    the foot outwards. Ranges of motion: hip flexion to 2.1, knee flexion to 2.6 (American Academy of Orthopaedic
    Surgeons, Joint Motion, 1965).
    """

    hip_mean: tuple[float, float, float]
    hip_deviation: tuple[float, float, float]
    knee_mean: float
    knee_deviation: float
    share: float


SEATED_LEGS = (
    SeatedLegs((-1.45, 0.0, 0.12), (0.22, 0.20, 0.18), 1.40, 0.35, 0.55),  # on a chair
    SeatedLegs((-1.95, 0.0, 0.15), (0.25, 0.20, 0.20), 2.20, 0.25, 0.15),  # squatting, hugging the knees
    SeatedLegs((-1.60, 0.50, 0.65), (0.25, 0.30, 0.25), 1.90, 0.30, 0.15),  # cross-legged
    SeatedLegs((-0.40, 0.0, 0.10), (0.40, 0.15, 0.15), 2.10, 0.30, 0.15),  # kneeling
)
_SIDE_BY_SIDE = 0.75
"""Share of the variance of a leg's angles that both legs have in common."""
_KNEE_LIMITS = (0.0, 2.6)
_ANKLE_DEVIATION = 0.25

# People who stand, in radians. Standing at ease the knee is straight to some five degrees, the feet a little apart and
# turned outwards (mean foot angle 7 to 10 degrees); half of the people rest one leg.
_STANDING_KNEE_DEVIATION = 0.08
_STANDING_LEAN_DEVIATION = 0.06
_STANDING_SPREAD = (0.08, 0.08)
_STANDING_TURN = (0.15, 0.15)
_RELAXED_SHARE = 0.4
_RELAXED_KNEE = (0.35, 0.2)


def mixed_limbs(body: Array, weight: Array, count: int, generator: np.random.Generator) -> Array:
    """Return poses (count,63): legs of one pose, possibly mirrored, under the spine and arms of another."""
    upper, lower = (_draw(body, weight, count, generator) for _ in range(2))
    mixed = upper.copy()
    mixed[:, LEG_COLUMNS] = lower[:, LEG_COLUMNS]
    return mixed


def seated_poses(body: Array, weight: Array, count: int, generator: np.random.Generator) -> Array:
    """Return poses (count,63): folded legs under mocap upper bodies."""
    poses = _draw(body, weight, count, generator).reshape(count, -1, 3)
    kind = generator.choice(len(SEATED_LEGS), size=count, p=[legs.share for legs in SEATED_LEGS])
    shared = generator.standard_normal((count, 4))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        own = generator.standard_normal((count, 4))
        noise = np.sqrt(_SIDE_BY_SIDE) * shared + np.sqrt(1.0 - _SIDE_BY_SIDE) * own
        hip = np.array([legs.hip_mean for legs in SEATED_LEGS])[kind]
        hip = hip + np.array([legs.hip_deviation for legs in SEATED_LEGS])[kind] * noise[:, :3]
        knee = np.array([legs.knee_mean for legs in SEATED_LEGS])[kind]
        knee = knee + np.array([legs.knee_deviation for legs in SEATED_LEGS])[kind] * noise[:, 3]
        poses[:, BODY_JOINT_NAMES.index(f"{side}_hip")] = hip * np.array([1.0, sign, sign])
        bend = np.stack([np.clip(knee, *_KNEE_LIMITS), *np.zeros((2, count))], axis=1)
        poses[:, BODY_JOINT_NAMES.index(f"{side}_knee")] = bend
        ankle = _ANKLE_DEVIATION * generator.standard_normal((count, 3)) * np.array([1.0, 0.5, 0.5])
        poses[:, BODY_JOINT_NAMES.index(f"{side}_ankle")] = ankle
    return poses.reshape(count, -1)


def standing_poses(body: Array, weight: Array, count: int, generator: np.random.Generator) -> Array:
    """Return poses (count,63): people who stand, on both legs or with one of them relaxed, under mocap upper bodies.

    Feet are flat: an ankle bends by what its knee bends more than its hip, about the sideways axis.
    """
    poses = _draw(body, weight, count, generator).reshape(count, -1, 3)
    relaxed = np.where(
        generator.random(count) < _RELAXED_SHARE, generator.choice(("left", "right"), count), "none"
    )
    for side, sign in (("left", 1.0), ("right", -1.0)):
        knee = np.abs(generator.normal(0.0, _STANDING_KNEE_DEVIATION, count))
        loose = relaxed == side
        knee = np.where(loose, np.abs(generator.normal(*_RELAXED_KNEE, count)), knee)
        lean = generator.normal(0.0, _STANDING_LEAN_DEVIATION, count)
        out = generator.normal(*_STANDING_SPREAD, count)
        turn = generator.normal(*_STANDING_TURN, count)
        hip = np.stack([-0.5 * knee + lean, sign * turn, sign * out], axis=1)
        ankle = np.stack(
            [-0.5 * knee - lean, *(_ANKLE_DEVIATION / 3.0 * generator.standard_normal((2, count)))], axis=1
        )
        poses[:, BODY_JOINT_NAMES.index(f"{side}_hip")] = hip
        poses[:, BODY_JOINT_NAMES.index(f"{side}_knee")] = np.stack([knee, *np.zeros((2, count))], axis=1)
        poses[:, BODY_JOINT_NAMES.index(f"{side}_ankle")] = ankle
    return poses.reshape(count, -1)


def _draw(body: Array, weight: Array, count: int, generator: np.random.Generator) -> Array:
    """Draw poses (count,63) with replacement in proportion to their weight, half of them mirrored."""
    drawn = body[generator.choice(len(body), size=count, p=weight / weight.sum())]
    return np.where(generator.random((count, 1)) < 0.5, mirror_poses(drawn), drawn)
