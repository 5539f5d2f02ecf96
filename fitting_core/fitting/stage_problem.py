"""One stage of a fit as a problem for the optimiser: what moves, the points of the body that it looks at, and its terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import JointGroups
from fitting_core.body_model.point_model import reduced_body

from .head_yaw import head_yaw
from .objective import FitProblem
from .parameters import FreeParameters, ParameterLayout
from .setup import FitSetup
from .stages import Stage
from .subject import Subject
from .terms.all_terms import stage_terms
from .terms.keypoints import chosen_keypoints
from .terms.term import StageContext

if TYPE_CHECKING:
    from jaxtyping import Float, Int


def stage_problem(
    setup: FitSetup,
    subjects: Sequence[Subject],
    stage: Stage,
    x: Float[NumpyArray, "rows columns"],
    make: ArrayMaker,
    free: FreeParameters | None = None,
) -> FitProblem:
    """Build the problem of a stage for starts `x` (subjects × starts, N), with every term apart; one detector saw all subjects.

    The contour points of the face are those of the headings in `x`. `free` None: the stage's own parameters move.
    """
    points, layout = setup.points, setup.layout
    model = points.model
    free = free_parameters(layout, stage, model.groups) if free is None else free
    keypoints = np.stack([subject.stacked_keypoints for subject in subjects])
    chosen = chosen_keypoints(keypoints, stage, model)
    context = StageContext(
        setup,
        subjects,
        stage,
        free,
        chosen,
        len(x) // len(subjects),
        make,
        keypoints,
        x,
    )
    terms = stage_terms(context)
    body = reduced_body(
        points,
        landmarks.meant_points(model.points_of_keypoints, subjects[0].keypoints.detector)[chosen],
        _contour_rows(model, layout, chosen, x),
        make,
        free.moving_joints,
        whole_tree=any(term.every_joint for term in terms),
    )
    return FitProblem(body, free, terms)


def _contour_rows(
    model: BodyModel, layout: ParameterLayout, chosen: NumpyArray, x: NumpyArray
) -> Int[NumpyArray, " rows"]:
    """Rows of the contour tables for the headings in `x`; one row for all where no contour point is chosen."""
    if not np.isin(chosen, np.arange(landmarks.POINT_OF_KEYPOINT.size)[landmarks.CONTOUR_KEYPOINTS]).any():
        return np.zeros(1, dtype=np.int64)
    return landmarks.contour_row(np.degrees(-head_yaw(model.parents, layout.rotations(x))))


def free_parameters(layout: ParameterLayout, stage: Stage, groups: JointGroups) -> FreeParameters:
    """Choose the parameters that a stage moves."""
    moving = np.zeros(layout.joint_count, dtype=bool)
    moving[groups.pelvis] = True
    moving[groups.body] = stage.pose
    if stage.hands_and_face:
        for part in (groups.jaw, groups.left_hand, groups.right_hand):
            if part is not None:
                moving[part] = True
    count = layout.beta_count + (layout.expression_count if stage.hands_and_face else 0)
    return FreeParameters(layout, moving, slice(0, count if stage.pose else 0))
