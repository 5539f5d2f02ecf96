"""Bakes one open body (neutral, female, male or child) from the MakeHuman body: from samples to the arrays of the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import SMPLX_PARENTS, joint_index
from tools.build_open_body.expression_space import ExpressionSpace, principal_expressions
from tools.build_open_body.face_contour import FaceFrame, contour_tables
from tools.build_open_body.face_landmarks import place_landmarks
from tools.build_open_body.hand_pose import hand_statistics
from tools.build_open_body.joint_regressor import fit_joint_directions, mirror_vertices, solve_regressor
from tools.build_open_body.people import sample_people
from tools.build_open_body.proportions import STRETCHES, with_proportions
from tools.build_open_body.rest_pose import FINGERS_BY_SMPLX_ORDER, RestBodies, to_rest_pose
from tools.build_open_body.shape_space import SHAPE_NAMES, ShapeSpace, named_shapes, principal_shapes
from tools.build_open_body.skeleton import (
    joints_from_bones,
    merge_weights,
    mirror_joints,
    smooth_weights,
    split_trunk,
    tidy_weights,
)
from tools.build_open_body.source import MakeHumanBody, PhenotypeSamples
from tools.build_open_body.traits import measured_traits
from tools.build_open_body.vertex_order import SMPLX_VERTEX_IDS, find_places, smplx_order

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# The neutral body's mean stands so many deviations of Female-male off the mean of women and men: half way their hips are still
# seen as a woman's.
NEUTRAL_LEAN = 0.5
SEEDS = {"neutral": 2026, "female": 2027, "male": 2028, "child": 2029}
CHIN_BEFORE_EYES_M = 0.008  # the chin's lower border, before its underside turns to the throat
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class OpenBody:
    """A baked body in double precision, vertices in SMPL-X's order; names as in the file."""

    gender: str
    template: Floats  # (V, 3)
    shape_names: tuple[str, ...]
    shape_directions: Floats  # (V, 3, 20)
    expression_names: tuple[str, ...]
    expression_directions: Floats  # (V, 3, 10)
    regressor: Floats  # (55, V)
    weights: Floats  # (V, 55)
    quads: Integers  # (Q, 4)
    uv: Floats  # (T, 2)
    uv_quads: Integers  # (Q, 4)
    landmarks: tuple[Integers, Floats]
    contour: tuple[Integers, Floats]
    hands: dict[str, Floats]
    action_names: list[str]
    action_directions: Floats  # (V, 3, 52)
    report: dict[str, float]


def triangulate(quads: Integers) -> Integers:
    """Two triangles a quad: all first halves, then all second halves."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def bake(body: MakeHumanBody, gender: str, sample_count: int, hand_prior: Path) -> OpenBody:
    """Samples `sample_count` people of the gender and bakes their body."""
    people = sample_people(body, gender, sample_count, SEEDS[gender], tuple(STRETCHES))
    samples = people.bodies
    mirror, _ = mirror_vertices(samples.vertices.mean(axis=0))
    expressions = principal_expressions(body.action_names, body.action_directions, mirror)
    joints = _ring_joints(body, samples, expressions, mirror)
    weights = _skin(body, samples, joints, mirror)
    rest = to_rest_pose(samples.vertices, joints, finger_tips(body, samples), weights)
    rest = with_proportions(rest, weights, people.deviations)
    traits = measured_traits(rest, people.phenotypes, weights, triangulate(body.quads))
    shapes = named_shapes(rest.vertices, traits)
    lean = NEUTRAL_LEAN * (gender == "neutral")
    mean = shapes.mean + lean * shapes.directions[:, :, SHAPE_NAMES.index("Female-male")]
    template = 0.5 * (mean + mean[mirror] * _MIRROR)
    directions = 0.5 * (shapes.directions + shapes.directions[mirror] * _MIRROR[:, None])
    linear = fit_joint_directions(template, directions, rest.vertices, rest.joints)
    regressor = solve_regressor(
        linear, expressions.directions, mirror, mirror_joints(), _allowed_vertices(body)
    )
    order = smplx_order(len(template), find_places(body.base_vertex_ids, mirror))
    renumbered = np.argsort(order)
    quads = renumbered[body.quads]
    return OpenBody(
        gender=gender,
        template=template[order],
        shape_names=SHAPE_NAMES,
        shape_directions=directions[order],
        expression_names=tuple(f"Expression{i:03d}" for i in range(expressions.directions.shape[2])),
        expression_directions=expressions.directions[order],
        regressor=regressor[:, order],
        weights=weights[order],
        quads=quads,
        uv=body.uv,
        uv_quads=body.uv_quads,
        landmarks=place_landmarks(body.base_vertex_ids[order], triangulate(quads), renumbered[mirror][order]),
        contour=_contour(template[order], triangulate(quads), weights[order], regressor[:, order]),
        hands=hand_statistics(hand_prior),
        action_names=body.action_names,
        action_directions=body.action_directions[order],
        report=_report(rest, shapes, regressor) | {"expression_explained": expressions.explained},
    )


def _ring_joints(
    body: MakeHumanBody, samples: PhenotypeSamples, expressions: ExpressionSpace, mirror: Integers
) -> Floats:
    """Joints (N, 55, 3) in the A-pose, each defined as a weighted mean of the vertices around it.

    MakeHuman's own joints wander against the surface by up to a centimetre from one shape to another; a mean of surrounding
    vertices that agrees with them on the average is anatomically as good and lets a regressor be exact.
    """
    joints = joints_from_bones(body.bone_names, samples.bone_heads, samples.bone_tails)
    shapes = principal_shapes(samples.vertices)
    linear = fit_joint_directions(shapes.mean, shapes.directions, samples.vertices, joints)
    return (
        solve_regressor(linear, expressions.directions, mirror, mirror_joints(), _allowed_vertices(body))
        @ samples.vertices
    )


def _skin(body: MakeHumanBody, samples: PhenotypeSamples, joints: Floats, mirror: Integers) -> Floats:
    weights = merge_weights(body.bone_names, body.bone_parents, body.bone_weights)
    weights = split_trunk(weights, samples.vertices.mean(axis=0), joints.mean(axis=0))
    weights = smooth_weights(weights, body.quads)
    weights = 0.5 * (weights + weights[mirror][:, mirror_joints()])
    return tidy_weights(weights)


def _allowed_vertices(body: MakeHumanBody) -> npt.NDArray[np.bool_]:
    """Return the vertices (55, V) that regress each joint: an eye's own ball, for all else everything but the eyeballs."""
    balls = {
        side: body.bone_weights[:, body.bone_names.index(f"eye.{side[0].upper()}")] > 0.5
        for side in ("left", "right")
    }
    allowed = np.broadcast_to(~(balls["left"] | balls["right"]), (55, len(body.bone_weights))).copy()
    for side, ball in balls.items():
        allowed[joint_index(f"{side}_eye")] = ball
    return allowed


def _contour(
    template: Floats, triangles: Integers, weights: Floats, regressor: Floats
) -> tuple[Integers, Floats]:
    """Return the contour table on the skin of the head (no eyeballs, no ears, nothing behind the front of the ears)."""
    joints = regressor @ template
    eyes = joints[[joint_index("left_eye"), joint_index("right_eye")]].mean(axis=0)
    head = weights[:, joint_index("head")] + weights[:, joint_index("jaw")]
    tragus = template[SMPLX_VERTEX_IDS["left_ear"]]
    front_of_ear = tragus[2] + 0.10 * (eyes[2] - tragus[2])
    middle = (np.abs(template[:, 0]) < 1e-3) & (head > 0.9) & (template[:, 2] > eyes[2] + CHIN_BEFORE_EYES_M)
    chin_height = template[middle, 1].min()
    at_eyes = (np.abs(template[:, 1] - eyes[1]) < 0.01) & (template[:, 2] > front_of_ear)
    half_width = np.abs(template[at_eyes, 0]).max()
    # Inside of mouth and eye sockets lies behind the outer skin and is never the outermost place of a section.
    face = (
        (template[:, 2] > front_of_ear - 0.02) & (head > 0.6) & (np.abs(template[:, 0]) <= 1.02 * half_width)
    )
    chosen = np.flatnonzero(face[triangles].all(axis=1))
    frame = FaceFrame(
        float(eyes[1]),
        float(chin_height),
        float(half_width),
        float(front_of_ear),
        float(eyes[2] + CHIN_BEFORE_EYES_M),
    )
    return contour_tables(template, triangles, chosen, frame)


def finger_tips(body: MakeHumanBody, samples: PhenotypeSamples) -> Floats:
    """Finger tips (N, 2, 5, 3), the left hand first, in SMPL-X's order."""
    tips = [
        [body.bone_names.index(f"finger{number}-3.{letter}") for number in FINGERS_BY_SMPLX_ORDER]
        for letter in ("L", "R")
    ]
    return samples.bone_tails[:, np.array(tips)]


def _report(rest: RestBodies, shapes: ShapeSpace, regressor: Floats) -> dict[str, float]:
    missed = 1000 * np.linalg.norm(regressor @ rest.vertices - rest.joints, axis=-1)
    stature = np.ptp(rest.vertices[:, :, 1], axis=1)
    return {
        "people": float(len(stature)),
        "stature_mean_m": float(stature.mean()),
        "stature_deviation_m": float(stature.std()),
        "shape_explained": shapes.explained,
        "shape_error_mean_mm": float(shapes.sample_errors_mm.mean()),
        "regressor_mean_mm": float(missed.mean()),
        "regressor_worst_joint_mean_mm": float(missed.mean(axis=0).max()),
        "regressor_worst_mm": float(missed.max()),
    }


PARENTS = np.array(SMPLX_PARENTS)
