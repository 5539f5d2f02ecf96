"""One tracked person to their motion: hypotheses, the path through them, one shape, then the whole trajectory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from fitting_core.arrays import ArrayMaker, NumpyArray, numpy_double
from fitting_core.fitting.parameters import ready_to_start
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import BODY_COUNT
from fitting_core.optimisers.banded_least_squares import BandedProblem

from .bridges import bridged
from .contacts import standing
from .fine_trajectory import fine_parameters, fine_trajectory
from .hypotheses import frame_hypotheses, path_of
from .keypoint_errors import errors_px
from .moving_points import moving_points
from .shared_shape import frames_for_shape, shared_shape
from .steps_kept import KeptSteps
from .tracked_motion import HELD, SEEN, TrackedMotion
from .trajectory import MotionFacts, trajectory
from .windows import Builder, solve_in_windows
from .world import StandingPoints, rough_upward

_SEARCH_FRAMES = 128  # that are searched together
# The most iterations of each part and the relative gain at which it ends.
_RULES = {"body": (20, 1e-3), "feet": (10, 1e-3), "hands": (6, 1e-3), "whole": (5, 1e-3)}
# How much hands and face turn the body once their own shape is known, as factors on residuals. In full they bend it: on synthetic
# clips the joints are 5 mm farther off, for the face of the fitted body is not quite the person's.
_HANDS_TURN, _FACE_TURNS = 0.5, 0.25
# Shares of the time that the parts of a fit take, measured on a clip with hands and face.
_SHARES = {"search": 0.4, "body": 0.2, "feet": 0.15, "hands": 0.15, "whole": 0.1}

# Called with the share of the person's work that is done, what is being done, and a cost.
Report = Callable[[float, str, float], None]


@dataclass(frozen=True, eq=False)
class FitTools:
    """What the fits of all people share: the setup, arrays for the search and for trajectories, rate, smoothness, kept steps."""

    setup: FitSetup
    search_make: ArrayMaker
    make: ArrayMaker
    rate: float
    smoothness: float
    steps: KeptSteps


@dataclass(frozen=True, eq=False)
class TrackedPerson:
    """One person as tracked: a subject for every frame from the first to the last, without keypoints where unseen."""

    number: int
    first_frame: int
    subjects: tuple[Subject, ...]
    seen: Bool[NumpyArray, " frames"]


def fit_person(tools: FitTools, person: TrackedPerson, report: Report) -> TrackedMotion:
    """Fit a tracked person; everything that takes long is kept, step by step."""
    x = _searched(tools, person, _part(report, "search"))
    none = np.zeros((len(x), 4), dtype=bool)
    body = _stage(tools.setup, False)
    x = _solved(tools, person, x, (body, none), "body", _part(report, "body"))
    points = standing_points(tools.setup, x)
    contacts = standing(points, rough_upward(points), tools.rate) & person.seen[:, None]
    if contacts.any():
        x = _solved(tools, person, x, (body, contacts), "feet", _part(report, "feet"))
    if _shows_hands_or_face(person.subjects):
        x = _with_fine_parts(tools, person, x, _part(report, "hands"))
        whole = _stage(tools.setup, True)
        weights = replace(whole.terms, hand_keypoints=_HANDS_TURN, face_keypoints=_FACE_TURNS)
        x = _solved(
            tools, person, x, (replace(whole, terms=weights), contacts), "whole", _part(report, "whole")
        )
    states = np.where(person.seen, SEEN, HELD).astype(np.uint8)
    keypoints = np.stack([subject.stacked_keypoints for subject in person.subjects])
    error_px = errors_px(tools.setup, person.subjects, x)
    return TrackedMotion(person.first_frame, x, states, contacts, keypoints, error_px)


def standing_points(setup: FitSetup, x: Float[NumpyArray, "frames columns"]) -> StandingPoints:
    """Pose the points whose motion is judged, in the camera's frame; nobody knows yet which of them stand."""
    still = np.zeros(setup.layout.joint_count, dtype=bool)
    points = moving_points(setup.points, still, numpy_double())
    free = replace(fine_parameters(setup), moving_joints=still, shape=slice(0))
    posed = [points.pose(x[first : first + 500], free).points for first in range(0, len(x), 500)]
    return StandingPoints(points.names, np.concatenate(posed), np.zeros((len(x), 4), dtype=bool))


def _part(report: Report, part: str) -> Callable[[float, str, float], None]:
    names = list(_SHARES)
    before = sum(_SHARES[name] for name in names[: names.index(part)])

    def partial(fraction: float, words: str, cost: float) -> None:
        report(before + _SHARES[part] * fraction, words, cost)

    return partial


def _searched(tools: FitTools, person: TrackedPerson, report: Report) -> Float[NumpyArray, "frames columns"]:
    """Return a pose for every frame: of the seen ones by search and path, of the others by bridges, all with one shape."""
    seen: NumpyArray = np.flatnonzero(person.seen)
    subjects = [person.subjects[int(frame)] for frame in seen]
    found: list[NumpyArray] = []
    losses: list[NumpyArray] = []
    for first in range(0, len(seen), _SEARCH_FRAMES):
        kept = _kept_hypotheses(tools, person, subjects, first)
        found.append(kept["x"])
        losses.append(kept["loss"])
        done = min(first + _SEARCH_FRAMES, len(seen)) / len(seen)
        report(done, "searching", float(kept["loss"][:, 0].mean()))
    seconds = np.diff(seen) / tools.rate
    x = path_of(tools.setup, (np.concatenate(found), np.concatenate(losses)), seconds, tools.search_make)
    x = ready_to_start(tools.setup.layout, x.astype(np.float64))
    x[:, tools.setup.layout.betas()] = _shape(tools.setup, subjects, x)
    return bridged(tools.setup.layout, x, seen, len(person.subjects))


def _kept_hypotheses(
    tools: FitTools, person: TrackedPerson, subjects: Sequence[Subject], first: int
) -> dict[str, NumpyArray]:
    """Return the hypotheses of some of the seen frames, `x` in single precision and `loss`."""

    def search() -> dict[str, NumpyArray]:
        chunk = subjects[first : first + _SEARCH_FRAMES]
        x, loss = frame_hypotheses(tools.setup, chunk, tools.search_make)
        return {"x": x.astype(np.float32), "loss": loss}

    return tools.steps.step(f"search_{person.number}_{first}", ("x", "loss"), search)


def _shape(setup: FitSetup, subjects: Sequence[Subject], x: NumpyArray) -> NumpyArray:
    confidence = np.array([subject.keypoints.body[:, 2].sum() for subject in subjects])
    chosen = frames_for_shape(confidence)
    some = [subjects[int(frame)] for frame in chosen]
    return shared_shape(setup, some, _stage(setup, False), x[chosen])


def _stage(setup: FitSetup, fine: bool) -> Stage:
    """Return the last stage of a photo's fit with or without hands and face, on the scale that it ends with."""
    last = next(stage for stage in reversed(setup.stages) if stage.hands_and_face is fine)
    return replace(last, terms=replace(last.terms, interpenetration=0.0))


def _solved(
    tools: FitTools,
    person: TrackedPerson,
    x: NumpyArray,
    terms: tuple[Stage, NumpyArray],
    name: str,
    report: Report,
) -> Float[NumpyArray, "frames columns"]:
    """Return the body's trajectory under a stage's terms and contacts; widths told the shape, which is held here."""
    stage = replace(terms[0], terms=replace(terms[0].terms, widths=0.0))

    def build(window: slice, start: NumpyArray, held: int) -> BandedProblem:
        motion = MotionFacts(tools.rate, terms[1][window], held, tools.smoothness)
        return trajectory(tools.setup, person.subjects[window], stage, start, tools.make, motion)

    return _in_windows(tools, person, x, build, name, report)


def _with_fine_parts(
    tools: FitTools, person: TrackedPerson, x: NumpyArray, report: Report
) -> Float[NumpyArray, "frames columns"]:
    """Return the motion with fingers, jaw and expression."""
    last = _stage(tools.setup, True)
    stage = replace(last, terms=replace(last.terms, widths=0.0))
    layout, hand, groups = tools.setup.layout, tools.setup.hand_prior, tools.setup.points.model.groups
    x = x.copy()
    for part, mean in ((groups.left_hand, hand.mean_left), (groups.right_hand, hand.mean_right)):
        if part is not None:
            x[:, layout.joints(part)] = mean

    nobody_stands = np.zeros((len(x), 4), dtype=bool)

    def build(window: slice, start: NumpyArray, held: int) -> BandedProblem:
        motion = MotionFacts(tools.rate, nobody_stands[window], held, tools.smoothness)
        return fine_trajectory(tools.setup, person.subjects[window], stage, start, tools.make, motion)

    return _in_windows(tools, person, x, build, "hands", report)


def _in_windows(
    tools: FitTools, person: TrackedPerson, x: NumpyArray, build: Builder, name: str, report: Report
) -> Float[NumpyArray, "frames columns"]:
    def progress(done: int, cost: float) -> None:
        report(done / len(x), f"fitting {name}", cost / len(x))

    kept = (tools.steps, f"{name}_{person.number}")
    return solve_in_windows(x, build, _RULES[name], tools.make, kept, progress)


def _shows_hands_or_face(subjects: Sequence[Subject]) -> bool:
    return any(subject.stacked_keypoints[BODY_COUNT:, 2].any() for subject in subjects)
