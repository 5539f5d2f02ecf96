"""The trust that a fit deserves, in one word with its reasons, judged from what the fit itself knows.

Good means that the chance of an error over 60 mm (twelve joints of the limbs, after Procrustes) is small. The chance is a
logistic regression on 437 fits, of rendered photos of other bodies and of 20 real views (counted thrice), from the photo alone
and from keypoint files (`python -m benchmarks.rendered.word`); `python -m benchmarks.rendered` prints how honest the word is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.fitting.priors.rest_pose import unseen_limbs
from fitting_core.fitting.starts.selection import mean_distance
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.layouts import KEYPOINT_NAMES
from fitting_core.results.faults import keypoint_faults
from fitting_core.results.person import FittedPerson

Word = Literal["good", "check", "poor"]

# Lengths in thousandths of the person's size, losses in nats.
GOOD_RESIDUAL = 14.0  # mean distance of the body's keypoints
POOR_RESIDUAL = 30.0
DISAGREEMENT = 25.0  # one keypoint this far off is named
_CONFIDENT = 0.3
# A stick figure's points that nobody has moved are less confident than this; detectors' and dragged ones are more.
SURE_CONFIDENCE = 0.5
# The chance of an error over 60 mm is 1 / (1 + exp(−s)), s the sum of an offset and of these factors on: the cost of the pose
# prior (nats: an unlikely pose), that of the prior on what the photo does not show, the residual, and 1 for points of our own
# eyes, which err more than OpenPose's.
CHANCE_WEIGHTS = (-4.9, 0.146, 1.4, 0.154, 0.93)
MOST_REST, MOST_RESIDUAL = 8.0, 15.0
GOOD_CHANCE, POOR_CHANCE = 0.25, 0.8
FEWEST_BODY_POINTS = 8
# Another pose is as likely as the chosen one if it costs this little more and differs by this much on average.
RIVAL_LOSS = 20.0
RIVAL_DISTANCE_M = 0.05
_BODY_JOINTS = 22
_PARTS = {
    "body": landmarks.BODY_KEYPOINTS,
    "left_hand": landmarks.LEFT_HAND_KEYPOINTS,
    "right_hand": landmarks.RIGHT_HAND_KEYPOINTS,
    "face": landmarks.FACE_KEYPOINTS,
}

# Detectors put these somewhere in the trunk: that a fit disagrees with one of them tells nothing.
_VAGUE = ("neck", "mid_hip", "left_hip", "right_hip")


@dataclass(frozen=True)
class Quality:
    """The word, why it is not a better one, and what it rests on.

    `residuals` are mean distances by part in thousandths of the person's size (None where nothing was seen);
    `disagreeing` names keypoints that the figure misses; `guessed` the limbs that no keypoint shows.
    """

    word: Word
    reasons: tuple[str, ...]
    residuals: dict[str, float | None]
    disagreeing: tuple[str, ...]
    guessed: tuple[str, ...]


def quality_of(
    subject: Subject,
    solutions: Sequence[FittedPerson],
    permille_px: float,
    is_default_objective: bool = True,
    picture: tuple[int, int] | None = None,
) -> Quality:
    """Judge the first of a person's solutions (best first). `permille_px` is one thousandth of the person's size in px.

    The limits on losses were set on the default objective; with another one nothing is called good. `picture` is the photo's
    width and height in px, by which limbs that leave it are known.
    """
    best = solutions[0]
    relative = best.residual_px / permille_px
    confidence = subject.keypoints.stacked()[:, 2]
    residuals = {part: _mean(relative[where]) for part, where in _PARTS.items()}
    disagreeing = tuple(
        KEYPOINT_NAMES[index]
        for index in range(*landmarks.BODY_KEYPOINTS.indices(len(relative)))
        if relative[index] > DISAGREEMENT
        and confidence[index] > _CONFIDENT
        and KEYPOINT_NAMES[index] not in _VAGUE
    )
    guessed = unseen_limbs(subject.keypoints)
    placed_by_nobody = bool(confidence[landmarks.BODY_KEYPOINTS].max() < SURE_CONFIDENCE)
    chance, rivals = 0.0, 0
    if is_default_objective:
        chance, rivals = error_chance(subject, best, residuals["body"] or 0.0), _rivals(solutions)
    word, reasons = _judged(residuals["body"], chance, rivals, _body_points(relative))
    if placed_by_nobody and word == "good":
        word, reasons = "check", ("no keypoint is sure: drag those of the stick figure onto the photo",)
    if subject.cues.is_doubtful and word != "poor":
        word, reasons = "check", (*reasons, "the eyes are not sure that this is a photo of a person")
    if not is_default_objective and word != "poor":
        word, reasons = "check", (*reasons, "the fit was made with another objective than the default")
    quality = Quality(word, reasons, residuals, disagreeing, guessed)
    if not is_default_objective:
        return quality
    return with_faults(quality, keypoint_faults(subject, best, permille_px, picture))


def with_faults(quality: Quality, faults: tuple[str, ...]) -> Quality:
    """Return the quality of a fit whose keypoints have these faults, said first: it is never good."""
    if not faults:
        return quality
    word = "check" if quality.word == "good" else quality.word
    return replace(quality, word=word, reasons=(*faults, *quality.reasons))


def error_chance(subject: Subject, person: FittedPerson, residual: float) -> float:
    """Return the chance, 0 to 1, that a fit is over 60 mm off; `residual` is the body's mean distance, permille of the size."""
    terms = person.loss_terms
    known = (
        1.0,
        terms.get("pose", 0.0),
        min(terms.get("rest", 0.0), MOST_REST),
        min(residual, MOST_RESIDUAL),
        float(subject.keypoints.detector == "eyes"),
    )
    return float(1.0 / (1.0 + np.exp(-np.dot(CHANCE_WEIGHTS, known))))


def _judged(
    residual: float | None, chance: float, rivals: int, body_points: int
) -> tuple[Word, tuple[str, ...]]:
    if residual is None or body_points < FEWEST_BODY_POINTS:
        return "poor", (f"only {body_points} body keypoints were seen",)
    if residual > POOR_RESIDUAL:
        return "poor", ("the figure does not lie on the keypoints",)
    reasons: list[str] = []
    if residual > GOOD_RESIDUAL:
        reasons.append("the figure lies only roughly on the keypoints")
    if chance > GOOD_CHANCE:
        reasons.append("the pose is an unusual one and may be wrong in depth: look from the side")
    if rivals:
        reasons.append("another pose explains the picture as well: look at the takes")
    if chance > POOR_CHANCE:
        return "poor", tuple(reasons)
    return ("check", tuple(reasons)) if reasons else ("good", ())


def _rivals(solutions: Sequence[FittedPerson]) -> int:
    best = solutions[0]
    return sum(
        other.loss - best.loss < RIVAL_LOSS
        and mean_distance(_aligned(other.points), _aligned(best.points)) > RIVAL_DISTANCE_M
        for other in solutions[1:]
    )


def _aligned(points: NumpyArray) -> NumpyArray:
    return points[:_BODY_JOINTS] - points[0]


def _body_points(relative: NumpyArray) -> int:
    return int(np.count_nonzero(~np.isnan(relative[landmarks.BODY_KEYPOINTS])))


def _mean(values: NumpyArray) -> float | None:
    seen = values[~np.isnan(values)]
    return round(float(seen.mean()), 2) if seen.size else None
