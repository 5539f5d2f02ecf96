"""The stages of a fit and every weight in it, each with its source. Free of bpy.

Costs are negative log-likelihoods: a reprojection residual of one deviation costs ½, as does one of a prior. The
deviations are in thousandths of the person's size (1.7 units ≈ 3 mm on an adult).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Deviation of a keypoint of full confidence, in size-relative units. Detectors err by 0.4–0.8 % of a person's height on
# the body and by a third of that on hands and face; tuned on benchmarks/accuracy.py.
BODY_DEVIATION = 4.0
HAND_DEVIATION = 2.0
FACE_DEVIATION = 1.6

# Detectors put these where no joint of the body lies: the neck between the shoulders, the hips at the trouser seams.
# (SMPLify-X leaves neck and hips out of its body term.) Factors on their confidence.
KEYPOINT_TRUST = {"neck": 0.3, "mid_hip": 0.6, "left_hip": 0.6, "right_hip": 0.6}

# A pinned keypoint counts as one of this many times smaller deviation, and never as an outlier (units).
PINNED_FACTOR = 4.0
PINNED_WIDTH = 1e4

BETA_DEVIATION = 1.0
EXPRESSION_DEVIATION = 1.0
# Radians. A mouth opens about its x axis; sideways and rolling it hardly moves (SMPLify-X weighs these 10 × more).
JAW_DEVIATION = (0.15, 0.02, 0.02)
EYE_DEVIATION = (0.05, 0.05, 0.05)
HAND_LIMIT_SOFTNESS = 0.05

# Capsules that pass through each other: a depth of one deviation (metres) costs as much as a keypoint one deviation off.
# Chosen on benchmarks/penetration.py and the first 60 cases of benchmarks/accuracy.py: the softest of those tried that takes
# nine tenths of the depth away.
DEPTH_DEVIATION_M = 0.01


@dataclass(frozen=True)
class Stage:
    """What one stage moves, how hard the pose prior holds, and how many starts go on to the next."""

    name: str
    pose: bool  # else the root and the translation only
    hands_and_face: bool
    prior_weight: float
    robust_width: float  # size-relative units
    iterations: int
    tolerance: float
    keep: int
    mirror_limbs: bool = False  # start from every limb mirrored in depth as well
    keep_different: bool = False  # of solutions that look the same, keep one
    interpenetration: float = 0.0  # weight of the cost of a body that passes through itself
    # After so many iterations starts that cost more than the best by so many nats are left where they are.
    race: tuple[int, float] | None = None


STAGES = (
    Stage("place", False, False, 1.0, 300.0, 3, 1e-3, 72),
    Stage("rough body", True, False, 2.0, 150.0, 4, 1e-3, 6),
    Stage("body", True, False, 1.0, 60.0, 8, 1e-3, 1, race=(2, 50.0)),
    Stage(
        "mirrored limbs",
        True,
        False,
        1.0,
        60.0,
        8,
        1e-3,
        2,
        mirror_limbs=True,
        keep_different=True,
        race=(2, 30.0),
    ),
    Stage("whole", True, True, 1.0, 40.0, 40, 1e-5, 2, interpenetration=1.0, race=(8, 40.0)),
)
# A refit from an earlier solution: wide first, so that a point dragged far is followed, then as the last stage.
WARM_STAGES = (
    Stage("follow", True, False, 1.0, 300.0, 4, 1e-3, 1),
    Stage("refit", True, True, 1.0, 40.0, 12, 1e-3, 1, interpenetration=1.0),
)
YAW_COUNT = 8
# How many of the typical poses (commonest first) each heading starts from, beside the lifter's guesses.
START_POSE_COUNT = 1


def stages_keeping(takes: int) -> tuple[Stage, ...]:
    """The stages with enough solutions kept to the end that `takes` different ones can be chosen from them."""
    spare = takes if takes == 1 else 2 * takes
    return tuple(replace(stage, keep=max(stage.keep, spare)) for stage in STAGES)
