"""Tracked people to their motions: hypotheses, the path through them, one shape, the floor of all, then whole trajectories."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray, numpy_double
from fitting_core.fitting.parameters import ready_to_start
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.stages import Stage
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoints2d import BODY_COUNT
from fitting_core.optimisers.banded_least_squares import BandedProblem

from ..steps_kept import KeptSteps
from .bridges import bridged
from .contacts import standing
from .fine_trajectory import fine_trajectory
from .floor import Floor, shared_floor
from .frame_costs import no_joint
from .hypotheses import frame_hypotheses, path_of
from .keypoint_errors import errors_px
from .moving_points import moving_points
from .shared_shape import frames_for_shape, shared_shape
from .tracked_motion import HELD, SEEN, TrackedMotion
from .trajectory import MotionFacts, trajectory
from .windows import Rule, solve_in_windows
from .world import StandingPoints, rough_upward

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_SEARCH_FRAMES = 128  # that are searched together
# Of each part of a fit. Hands and face have many points, and their motion is soon forgotten: shorter windows save memory.
_RULES = {
    "body": Rule(20, 1e-3),
    "feet": Rule(10, 1e-3),
    "soles": Rule(5, 1e-3),
    "refit": Rule(15, 1e-3),
    "hands": Rule(6, 1e-3, 100, 20),
    "whole": Rule(5, 1e-3, 100, 20),
}
# How much hands and face turn the body once their own shape is known, as factors on residuals. In full they bend it: on synthetic
# clips the joints are 5 mm farther off, for the face of the fitted body is not quite the person's.
_HANDS_TURN, _FACE_TURNS = 0.5, 0.25
# Shares of the time that the parts of a fit take, measured on a clip with hands and face.
_SHARES = {"search": 0.4, "body": 0.2, "feet": 0.15, "hands": 0.15, "soles": 0.0, "whole": 0.1, "refit": 0.0}

# Called with the share of the person's work that is done, what is being done, and a cost.
Report = Callable[[float, str, float], None]


@dataclass(frozen=True, eq=False)
class FitTools:
    """The tools of a person's fit: setup, arrays for the search and for trajectories, rate, smoothness, kept steps."""

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


def fit_people(
    tools: Sequence[FitTools],
    people: Sequence[TrackedPerson],
    report: Callable[[int, float, str, float], None],
) -> list[TrackedMotion]:
    """Fit tracked people, each with tools that hold their body, on the floor that all of them share.

    Everything that takes long is kept, step by step. `report` hears whose work is done to which share, what is being done, and
    a cost.
    """
    rough = [
        _rough_motion(own, person, partial(report, number))
        for number, (own, person) in enumerate(zip(tools, people, strict=True))
    ]
    floor = shared_floor([motion.points for motion in rough])  # told by the bodies, before hands and faces
    return [
        _settled_motion(own, person, motion, floor, partial(report, number))
        for number, (own, person, motion) in enumerate(zip(tools, people, rough, strict=True))
    ]


@dataclass(frozen=True, eq=False)
class _RoughMotion:
    """The motion of a body whose feet may still slide: parameters, and its points with those that stand."""

    x: Float[NumpyArray, "frames columns"]
    points: StandingPoints


def _rough_motion(tools: FitTools, person: TrackedPerson, report: Report) -> _RoughMotion:
    x = _searched(tools, person, _part(report, "search"))
    nothing = _Footing(np.zeros((len(x), 4), dtype=bool))
    body = _Terms("body", trajectory, _stage(tools.setup, False), nothing)
    x = _solved(tools, person, x, body, report)
    return _RoughMotion(x, _with_contacts(tools, person, standing_points(tools.setup, x), None))


def _settled_motion(
    tools: FitTools, person: TrackedPerson, rough: _RoughMotion, floor: Floor | None, report: Report
) -> TrackedMotion:
    """Set the feet in contact on the floor that everybody shares, look again which of them stand, then add hands and face."""
    x, points = rough.x, rough.points
    if points.contacts.any():
        feet = _Terms("feet", trajectory, _stage(tools.setup, False), _footing(points, floor))
        x = _solved(tools, person, x, feet, report)
        points = _with_contacts(tools, person, standing_points(tools.setup, x), floor)
    if _shows_hands_or_face(person.subjects):
        x = _with_hands_and_face(tools, person, x, _footing(points, floor), report)
    elif points.contacts.any():
        soles = _Terms("soles", trajectory, _stage(tools.setup, False), _footing(points, floor))
        x = _solved(tools, person, x, soles, report)
    states = np.where(person.seen, SEEN, HELD).astype(np.uint8)
    keypoints = np.stack([subject.stacked_keypoints for subject in person.subjects])
    error_px = errors_px(tools.setup, person.subjects, x)
    return TrackedMotion(person.first_frame, x, states, points.contacts, keypoints, error_px)


def refitted(
    tools: FitTools,
    person: TrackedPerson,
    x: Float[NumpyArray, "frames columns"],
    contacts: Bool[NumpyArray, "frames 4"],
    floor: Floor,
) -> Float[NumpyArray, "frames columns"]:
    """Fit a motion again from where it is, under the same terms: its contacts, floor and shape stay."""

    def unheard(_fraction: float, _words: str, _cost: float) -> None:
        return

    footing = _footing(replace(standing_points(tools.setup, x), contacts=contacts), floor)
    is_fine = _shows_hands_or_face(person.subjects)
    stage = _stage(tools.setup, is_fine)
    if is_fine:
        weights = replace(stage.terms, hand_keypoints=_HANDS_TURN, face_keypoints=_FACE_TURNS)
        body = _Terms("refit", trajectory, replace(stage, terms=weights), footing)
        nothing = _Footing(np.zeros_like(contacts), footing.floor_key)
        x = _solved(tools, person, x, body, unheard)
        return _solved(tools, person, x, _Terms("hands", fine_trajectory, stage, nothing), unheard)
    return _solved(tools, person, x, _Terms("refit", trajectory, stage, footing), unheard)


def _with_contacts(
    tools: FitTools, person: TrackedPerson, points: StandingPoints, floor: Floor | None
) -> StandingPoints:
    """Return the points with those of the feet that stand; nobody stands who is not seen."""
    up = rough_upward(points) if floor is None else floor.up
    return replace(points, contacts=standing(points, up, tools.rate) & person.seen[:, None])


def _footing(points: StandingPoints, floor: Floor | None) -> _Footing:
    if floor is None:
        return _Footing(points.contacts)
    return _Footing(points.contacts, floor.key, floor, floor.bound(points))


def _with_hands_and_face(
    tools: FitTools, person: TrackedPerson, x: NumpyArray, footing: _Footing, report: Report
) -> Float[NumpyArray, "frames columns"]:
    """Return the motion with fingers, jaw and expression, which then turn wrists and head a little."""
    stage = _stage(tools.setup, True)
    nothing = _Footing(np.zeros_like(footing.contacts), footing.floor_key)
    hands = _Terms("hands", fine_trajectory, stage, nothing)
    x = _solved(tools, person, _with_mean_hands(tools.setup, x), hands, report)
    weights = replace(stage.terms, hand_keypoints=_HANDS_TURN, face_keypoints=_FACE_TURNS)
    whole = _Terms("whole", trajectory, replace(stage, terms=weights), footing)
    return _solved(tools, person, x, whole, report)


def standing_points(setup: FitSetup, x: Float[NumpyArray, "frames columns"]) -> StandingPoints:
    """Pose the points whose motion is judged, in the camera's frame; nobody knows yet which of them stand."""
    free = no_joint(setup)
    points = moving_points(setup.points, free.moving_joints, numpy_double())
    posed = [points.pose(x[first : first + 500], free).points for first in range(0, len(x), 500)]
    return StandingPoints(points.names, np.concatenate(posed), np.zeros((len(x), 4), dtype=bool))


def _part(report: Report, part: str) -> Callable[[float, str, float], None]:
    names = list(_SHARES)
    before = sum(_SHARES[name] for name in names[: names.index(part)])

    def of_part(fraction: float, words: str, cost: float) -> None:
        report(before + _SHARES[part] * fraction, words, cost)

    return of_part


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

    return tools.steps.step(f"{_kept_name(tools, person, 'search')}_{first}", ("x", "loss"), search)


def _kept_name(tools: FitTools, person: TrackedPerson, part: str) -> str:
    """Return the name of what is kept of a part: the lens may be told by whoever else is fitted, too."""
    told = (tools.setup.points.model.gender, person.subjects[0].focal_px)
    return f"{part}_{person.number}_{zlib.crc32(repr(told).encode())}"


def _shape(setup: FitSetup, subjects: Sequence[Subject], x: NumpyArray) -> NumpyArray:
    confidence = np.array([subject.keypoints.body[:, 2].sum() for subject in subjects])
    chosen = frames_for_shape(confidence)
    some = [subjects[int(frame)] for frame in chosen]
    return shared_shape(setup, some, _stage(setup, False), x[chosen])


def _stage(setup: FitSetup, fine: bool) -> Stage:
    """Return the last stage of a photo's fit with or without hands and face, on the scale that it ends with."""
    last = next(stage for stage in reversed(setup.stages) if stage.hands_and_face is fine)
    return replace(last, terms=replace(last.terms, interpenetration=0.0))


@dataclass(frozen=True, eq=False)
class _Footing:
    """The points of the feet that stand, and the floor with how far they are bound to it.

    Other people share the floor: `floor_key` tells apart what is kept of the parts that follow it.
    """

    contacts: Bool[NumpyArray, "frames 4"]
    floor_key: int = 0
    floor: Floor | None = None
    bound: Float[NumpyArray, "frames 4"] | None = None


@dataclass(frozen=True, eq=False)
class _Terms:
    """The terms of one part of the solve: its name, the problem that it builds, the stage, and what the feet stand on."""

    name: str
    build: Callable[..., BandedProblem]
    stage: Stage
    footing: _Footing


def _solved(
    tools: FitTools, person: TrackedPerson, x: NumpyArray, terms: _Terms, report: Report
) -> Float[NumpyArray, "frames columns"]:
    """Return the trajectory under these terms; widths told the shape, which is held here."""
    stage = replace(terms.stage, terms=replace(terms.stage.terms, widths=0.0))
    part, footing = _part(report, terms.name), terms.footing

    def build(window: slice, start: NumpyArray, held: int) -> BandedProblem:
        contacts = footing.contacts[window]
        bound = None if footing.bound is None else footing.bound[window]
        motion = MotionFacts(tools.rate, contacts, held, tools.smoothness, footing.floor, bound)
        return terms.build(tools.setup, person.subjects[window], stage, start, tools.make, motion)

    def progress(done: int, cost: float) -> None:
        part(done / len(x), f"fitting {terms.name}", cost / len(x))

    kept = (tools.steps, f"{_kept_name(tools, person, terms.name)}_{footing.floor_key}")
    return solve_in_windows(x, build, _RULES[terms.name], tools.make, kept, progress)


def _with_mean_hands(setup: FitSetup, x: NumpyArray) -> Float[NumpyArray, "frames columns"]:
    layout, hand, groups = setup.layout, setup.hand_prior, setup.points.model.groups
    x = x.copy()
    for part, mean in ((groups.left_hand, hand.mean_left), (groups.right_hand, hand.mean_right)):
        if part is not None:
            x[:, layout.joints(part)] = mean
    return x


def _shows_hands_or_face(subjects: Sequence[Subject]) -> bool:
    return any(subject.stacked_keypoints[BODY_COUNT:, 2].any() for subject in subjects)
