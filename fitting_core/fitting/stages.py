"""The stages of a fit and every weight in it, each with its source.

Costs are negative log-likelihoods: a reprojection residual of one deviation costs ½, as does one of a prior. The
deviations are in thousandths of the person's size (1.7 units ≈ 3 mm on an adult).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

# Deviation of a keypoint of full confidence, in size-relative units, where a preset knows no detectors.
BODY_DEVIATION = 4.0
HAND_DEVIATION = 2.0
FACE_DEVIATION = 1.6

# A pinned keypoint counts as a body point of full confidence and this many times smaller deviation, never as an outlier (units).
PINNED_FACTOR = 4.0
PINNED_WIDTH = 1e4

# No shape or expression coefficient, in deviations of the population, leaves ±this: one body in 1.7 million does. Without a
# limit a pinned keypoint that the limbs cannot reach makes a giant (a beta of 11).
LARGEST_COEFFICIENT = 5.0
BETA_DEVIATION = 1.0
EXPRESSION_DEVIATION = 1.0
# Radians. A mouth opens about its x axis; sideways and rolling it hardly moves (SMPLify-X weighs these 10 × more).
JAW_DEVIATION = (0.15, 0.02, 0.02)
EYE_DEVIATION = (0.05, 0.05, 0.05)
HAND_LIMIT_SOFTNESS = 0.05

# Capsules that pass through each other: a depth of one deviation (metres) costs as much as a keypoint one deviation off.
# Chosen on benchmarks/rendered, where 0.01 bends poses by one to two millimetres more: the softest of those tried that takes
# seven eighths of the depth of made-up contacts away.
DEPTH_DEVIATION_M = 0.014

# Things of a scene (benchmarks/contact.py). A body that lies in one, by its skin or its capsules: the deviation of a depth and
# the width of the robust cost: softer ones take keypoints less far off and leave more depth. Capsules are up to
# CAPSULE_ALLOWANCE_M off the skin.
SCENE_DEPTH_DEVIATION_M = 0.025
SCENE_DEPTH_WIDTH_M = 0.25
CAPSULE_ALLOWANCE_M = 0.02
# Parts that touch a thing: deviation of the gap and width of the robust cost, of contacts that the user names, and of those that
# are found, where a part lies within FOUND_NEAR_M of a thing and faces it. Points that are SOFTNESS_M farther than a part's
# nearest count e times less.
CONTACT_SOFTNESS_M = 0.005
NAMED_CONTACT_M = (0.008, 0.6)
FOUND_CONTACT_M = (0.015, 0.03)
FOUND_NEAR_M = 0.04
FOUND_FACING = 0.5  # least cosine between the skin's normal and the thing's, turned around

# Depths of body points that the body network sees, by the keypoint's name without its side: the deviation of one in plain sight,
# and by how much the network sees it too far away, against the mean of all. Measured on the rendered benchmark. Eyes, ears,
# heels and toes are left out: their errors are those of the nose and of the ankles once more.
SEEN_DEPTHS_M = {
    "nose": (0.09, 0.035),
    "shoulder": (0.06, 0.015),
    "elbow": (0.09, -0.015),
    "wrist": (0.13, -0.03),
    "hip": (0.05, -0.007),
    "knee": (0.085, -0.022),
    "ankle": (0.125, -0.008),
}
SEEN_DEPTH_WIDTH_M = 0.25  # of the robust cost

# Widths of sections that the mask of a person shows, by the section's name without its side: by how much they are seen too
# wide (logarithm of the ratio), and the deviations of a body that is wider than seen, and of one that is narrower. The first
# are those of the rendered benchmark, whose people wear shirts and trousers; the last are 2.5 times as wide as its own, for
# there are coats: with its own a slim skier in a padded suit comes out with a body mass index of 35.
SEEN_WIDTHS = {
    "chest": (0.05, 0.05, 0.13),
    "waist": (0.035, 0.05, 0.12),
    "belly": (0.0, 0.05, 0.12),
    "upper_arm": (0.035, 0.10, 0.19),
    "forearm": (-0.025, 0.10, 0.19),
    "thigh": (0.04, 0.08, 0.18),
    "shin": (0.01, 0.10, 0.26),
}
SEEN_WIDTH_ROBUST = 0.6  # of the robust cost

# A pose prior that only says that joints rest: radians by which each of the 63 values of the body pose differs from zero.
# Measured: benchmarks/ablation.py.
POSE_DEVIATION = 0.6


# Weight of SMPLify's bend prior, where a user asks for it. The shipped mixture knows elbows and knees already: measured with
# benchmarks/ablation.py, the prior changes nothing there, and helps where the pose prior knows no joint from another.
BEND_WEIGHT = 1.0

# Who stands has straight knees: radians of flexion, and those from which on a knee is as likely bent as the pose prior says. The
# mixture's Gaussians are too wide to know it: straight knees came out 6 to 10° bent (benchmarks/rendered).
STRAIGHT_KNEE_DEVIATION = 0.06
STRAIGHT_KNEE_WIDTH = 0.1


@dataclass(frozen=True)
class TermWeights:
    """The weights of the terms in one stage: factors on costs that are negative log-likelihoods at 1.

    `hand_keypoints` and `face_keypoints` are factors on residuals, so their squares count.
    """

    pose: float = 1.0
    shape: float = 1.0
    rest: float = 1.0  # what the photo does not show rests
    bend: float = 0.0  # elbows and knees that would bend against nature
    straight_knees: float = 0.0  # knees that are nearly straight
    interpenetration: float = 0.0  # a body that passes through itself
    scene: float = 0.0  # a body that passes through things, and parts that touch them
    hand_keypoints: float = 1.0
    face_keypoints: float = 1.0
    depth: float = 1.0  # depths seen in the photo, where somebody looked
    widths: float = 0.0  # widths of trunk and limbs seen in the photo, where somebody looked
    hands: float = 1.0
    hand_limits: float = 1.0
    expression: float = 1.0
    jaw_deviation: tuple[float, float, float] = JAW_DEVIATION


@dataclass(frozen=True)
class DataTerm:
    """The measure of the distance to the keypoints, in every stage alike.

    Its unit is a thousandth of the person's size, a thousandth of the photo's height, or the pixel. The deviations are in
    units, with `by_detector` those of the detector's habits (`keypoints/detector_habits.py`); `trust` are factors on the
    confidence of body keypoints by name, 0 leaves one out.
    """

    unit: Literal["person", "photo", "pixel"] = "person"
    body_deviation: float = BODY_DEVIATION
    hand_deviation: float = HAND_DEVIATION
    face_deviation: float = FACE_DEVIATION
    by_detector: bool = False
    trust: tuple[tuple[str, float], ...] = ()
    widths_in_px: bool = False  # the stages' robust widths are pixels whatever the unit is
    per_coordinate: bool = False  # Geman–McClure on u and v, each for itself, else on their distance


SIZE_RELATIVE = DataTerm(by_detector=True)


@dataclass(frozen=True)
class Hopeless:
    """Starts that are left where they are: those that after some iterations cost more than the best by a margin."""

    after_iterations: int
    margin_nats: float


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a fit: the parameters that it moves, the weights of its terms, and how many starts go on to the next."""

    name: str
    pose: bool  # else the root and the translation only
    hands_and_face: bool
    terms: TermWeights
    robust_width: float  # size-relative units
    iterations: int
    tolerance: float
    keep: int
    straighten_knees: bool = False  # start from the same poses with straight knees as well
    mirror_limbs: bool = False  # start from every limb mirrored in depth as well
    keep_different: bool = False  # of solutions that look the same, keep one
    give_up: Hopeless | None = None
    turn_around: bool = False  # start people seen from the side turned by 180° as well; needs one start each
    meet_scene: bool = False  # start where the things of the scene are touched
    body_keypoints: tuple[str, ...] = ()  # names of those that it looks at; none named: all


_PLAIN = TermWeights(straight_knees=1.0)
_FIRM = replace(_PLAIN, pose=2.0)
_WIDE = replace(_PLAIN, widths=1.0)
_SOLID = replace(_WIDE, interpenetration=1.0)
STAGES = (
    Stage(
        name="place",
        pose=False,
        hands_and_face=False,
        terms=_PLAIN,
        robust_width=300.0,
        iterations=3,
        tolerance=1e-3,
        keep=72,
    ),
    Stage(
        name="rough body",
        pose=True,
        hands_and_face=False,
        terms=_FIRM,
        robust_width=150.0,
        iterations=4,
        tolerance=1e-3,
        keep=6,
    ),
    Stage(
        name="body",
        pose=True,
        hands_and_face=False,
        terms=_WIDE,
        robust_width=60.0,
        iterations=8,
        tolerance=1e-3,
        keep=1,
        straighten_knees=True,
        give_up=Hopeless(after_iterations=2, margin_nats=50.0),
    ),
    Stage(
        name="mirrored limbs",
        pose=True,
        hands_and_face=False,
        terms=_WIDE,
        robust_width=60.0,
        iterations=8,
        tolerance=1e-3,
        keep=2,
        mirror_limbs=True,
        keep_different=True,
        give_up=Hopeless(after_iterations=2, margin_nats=30.0),
    ),
    Stage(
        name="whole",
        pose=True,
        hands_and_face=True,
        terms=_SOLID,
        robust_width=40.0,
        iterations=40,
        tolerance=1e-5,
        keep=2,
        give_up=Hopeless(after_iterations=8, margin_nats=40.0),
    ),
)
# A refit from an earlier solution: wide first, so that a point dragged far is followed, then as the last stage.
WARM_STAGES = (
    Stage(
        name="follow",
        pose=True,
        hands_and_face=False,
        terms=_PLAIN,
        robust_width=300.0,
        iterations=4,
        tolerance=1e-3,
        keep=1,
    ),
    Stage(
        name="refit",
        pose=True,
        hands_and_face=True,
        terms=_SOLID,
        robust_width=40.0,
        iterations=12,
        tolerance=1e-3,
        keep=1,
    ),
)
YAW_COUNT = 8
# How many of the typical poses (commonest first) each heading starts from, beside the lifter's guesses.
START_POSE_COUNT = 1


SETTLE_ITERATIONS = 15


def with_scene(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages with a last one in which the body meets the things of a scene, twice: contacts are found in between."""
    last = stages[-1]
    meets = replace(
        last,
        name="meet the scene",
        terms=replace(last.terms, scene=1.0),
        iterations=SETTLE_ITERATIONS,
        tolerance=1e-3,
        give_up=None,
        meet_scene=True,
    )
    return (*stages, meets, replace(meets, name="settle in the scene", meet_scene=False))


def with_bend_prior(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages with the bend prior, which follows the weight of the pose prior as in SMPLify."""
    return tuple(
        replace(stage, terms=replace(stage.terms, bend=BEND_WEIGHT * stage.terms.pose)) for stage in stages
    )


# Of the bodies that a search for takes mirrors the limbs of, so many are kept: the best are mostly one and the same.
MIRRORED_BODIES = 3


def stages_keeping(takes: int, stages: tuple[Stage, ...] | None = None) -> tuple[Stage, ...]:
    """Return stages that keep enough solutions to the end to choose that many different takes from; none for one take.

    Without `stages` they are those of the product's own search.
    """
    if takes == 1:
        return ()
    wider = [replace(stage, keep=max(stage.keep, 2 * takes)) for stage in stages or STAGES]
    for index, stage in enumerate(wider[1:]):
        if stage.mirror_limbs:
            wider[index] = replace(wider[index], keep=MIRRORED_BODIES, keep_different=True)
    return tuple(wider)
