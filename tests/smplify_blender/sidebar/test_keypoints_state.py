"""The texts of the Keypoints panel, and the looks of points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.keypoints.checks import CONFIDENT, MINIMUM_BODY_POINTS, MISSING_PART_CONFIDENCE
from smplify_blender.keypoints.default_figure import new_figure, with_part
from smplify_blender.keypoints.look import PALEST, bones_of, dots_of, label_of
from smplify_blender.keypoints.names import INDEX, rows_of
from smplify_blender.sidebar import keypoints_state as state
from smplify_blender.sidebar.keypoints_state import KeypointsFacts, keypoints_state

FIGURE = new_figure((1000, 800))
WRIST = INDEX["left_wrist"]
READY = KeypointsFacts(photo_problem="", people_found=1, has_figure=False)
EDITING = replace(READY, keypoints=FIGURE, editing=True, mode="EDIT_MESH")


def test_limits_are_the_cores() -> None:
    assert state.CONFIDENT == CONFIDENT
    assert state.FEWEST_BODY_POINTS == MINIMUM_BODY_POINTS
    assert state.LEAST_MEAN_CONFIDENCE == MISSING_PART_CONFIDENCE


@pytest.mark.parametrize(
    ("facts", "edit", "new"),
    [
        (READY, "", ""),
        (replace(READY, photo_problem="Choose a photo first"), "Choose a photo", "Choose a photo"),
        (replace(READY, people_found=0), "new stick figure", ""),
        (replace(READY, people_found=0, has_figure=True), "", ""),
        (replace(READY, people_found=None), "", ""),
        (replace(READY, mode="POSE"), "Object Mode", "Object Mode"),
    ],
    ids=["ready", "no photo", "nobody found", "figure only", "not looked yet", "pose mode"],
)
def test_start(facts: KeypointsFacts, edit: str, new: str) -> None:
    shown = keypoints_state(facts)
    assert edit in shown.edit_reason and bool(edit) == bool(shown.edit_reason)
    assert new in shown.new_reason and bool(new) == bool(shown.new_reason)
    assert not shown.has_points


def test_counts() -> None:
    moved = FIGURE.moved([WRIST], np.array([[1.0, 2.0]])).deleted([0, 15]).with_pins([WRIST], True)
    assert keypoints_state(replace(EDITING, keypoints=moved)).facts == (
        "23 points · 1 moved · 2 deleted · 1 pinned",
    )


def test_a_hand_of_one_point_is_told() -> None:
    hand = with_part(FIGURE, "left_hand").deleted(list(rows_of("left_hand"))[1:])
    assert any("Left Hand" in text for text in keypoints_state(replace(EDITING, keypoints=hand)).facts)
    whole = with_part(FIGURE, "left_hand")
    assert len(keypoints_state(replace(EDITING, keypoints=whole)).facts) == 1


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (EDITING, ""),
        (replace(EDITING, editing=False, mode="OBJECT"), ""),
        (replace(EDITING, editing=False, mode="POSE"), "Object Mode"),
        (replace(EDITING, running=True), "runs already"),
        (replace(EDITING, fit_problem="Choose your SMPL-X file"), "SMPL-X"),
        (replace(EDITING, keypoints=FIGURE.deleted(range(3, 25))), "At least 4"),
    ],
    ids=["editing", "done", "pose mode", "running", "engine", "too few"],
)
def test_fit_reason(facts: KeypointsFacts, reason: str) -> None:
    shown = keypoints_state(facts).fit_reason
    assert reason in shown and bool(reason) == bool(shown)


def test_labels() -> None:
    assert keypoints_state(EDITING).fit_label == "Fit These Points"
    assert keypoints_state(replace(EDITING, has_figure=True)).fit_label == "Refit"
    assert keypoints_state(replace(EDITING, people=3, number=1)).title == "Person 2"
    assert keypoints_state(EDITING).missing_parts == ("left_hand", "right_hand", "face")
    assert keypoints_state(replace(READY, damaged="“X” cannot be read")).has_points
    assert label_of(FIGURE, WRIST) == "Left wrist · confidence 0.30"
    placed = FIGURE.moved([WRIST], np.array([[1.0, 2.0]])).with_pins([WRIST], True)
    assert label_of(placed, WRIST) == "Left wrist · placed by hand · pinned"


def test_look() -> None:
    """Surer is stronger, sides differ, bones of absent points are not drawn, pins are."""
    placed = (
        FIGURE.moved([WRIST], np.array([[1.0, 2.0]])).with_pins([WRIST], True).deleted([INDEX["right_ankle"]])
    )
    dots = {dot.row: dot for dot in dots_of(placed)}
    assert INDEX["right_ankle"] not in dots and len(dots) == 24
    assert dots[WRIST].colour[3] == 1.0 > dots[INDEX["left_elbow"]].colour[3] > PALEST
    assert dots[WRIST].pinned and not dots[INDEX["left_elbow"]].pinned
    assert len({dots[INDEX[name]].colour[:3] for name in ("left_knee", "right_knee", "nose")}) == 3
    ends = {frozenset(bone[:2]) for bone in bones_of(placed)}
    assert frozenset((INDEX["left_knee"], INDEX["left_ankle"])) in ends
    assert not any(INDEX["right_ankle"] in pair for pair in ends)
