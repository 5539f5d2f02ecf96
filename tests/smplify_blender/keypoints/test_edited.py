"""The value that is edited: what each operation changes, what it leaves, and what the fit is told."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.keypoints import layouts
from smplify_blender.keypoints import names
from smplify_blender.keypoints.default_figure import (
    default_points,
    new_figure,
    with_part,
)
from smplify_blender.keypoints.edited import GUESSED_CONFIDENCE, EditedKeypoints, edited_from_table
from smplify_blender.keypoints.names import INDEX, PARTNERS, PARTS, SWAP_ROWS, rows_of

WRIST = INDEX["left_wrist"]
ELBOW = INDEX["left_elbow"]


def detected() -> EditedKeypoints:
    """Every point at its own place, confidence 0.5; the face was not seen."""
    rows = np.arange(names.COUNT, dtype=np.float64)
    table = np.column_stack([100 + rows, 300 - rows, np.full(names.COUNT, 0.5)])
    table[PARTS["face"]] = 0.0
    return edited_from_table(table)


def test_names_are_the_cores() -> None:
    assert names.NAMES == layouts.KEYPOINT_NAMES
    assert names.PARTNERS == layouts.MIRROR
    assert tuple("middle" if side == "centre" else side for side in layouts.SIDES) == names.SIDES
    assert {tuple(sorted(bone)) for bone in names.BONES} == {tuple(sorted(bone)) for bone in layouts.LIMBS}
    parts = (layouts.BODY, layouts.LEFT_HAND, layouts.RIGHT_HAND, layouts.FACE)
    assert tuple(names.PARTS.values()) == parts


def test_moved_points_are_certain_and_the_others_stay() -> None:
    before = detected()
    after = before.moved([WRIST], np.array([[7.0, 8.0]]))
    table = after.table()
    assert tuple(table[WRIST]) == (7.0, 8.0, 1.0)
    others = np.arange(names.COUNT) != WRIST
    np.testing.assert_array_equal(table[others], before.table()[others])
    assert tuple(before.table()[WRIST]) == (107.0, 293.0, 0.5)  # the value before is as it was
    assert after.moved_rows() == (WRIST,)


def test_moved_back_is_as_detected() -> None:
    there = detected().moved([WRIST], np.array([[7.0, 8.0]]))
    back = there.moved(
        [WRIST], np.array([[107.01, 293.0]])
    )  # within what single precision and a hand can tell
    assert back.table()[WRIST, 2] == 0.5


def test_deleted_comes_back_where_it_was() -> None:
    gone = detected().moved([WRIST], np.array([[7.0, 8.0]])).deleted([WRIST, ELBOW])
    assert not gone.table()[[WRIST, ELBOW]].any()
    assert gone.deleted_rows() == tuple(sorted((WRIST, ELBOW)))
    back = gone.restored([WRIST])
    assert tuple(back.table()[WRIST]) == (107.0, 293.0, 0.5)
    assert back.deleted_rows() == (ELBOW,)


def test_what_never_was_there_cannot_come_back() -> None:
    face = rows_of("face")
    assert not detected().restored(face).table()[PARTS["face"]].any()


def test_pins() -> None:
    pinned = detected().with_pins([WRIST, ELBOW, INDEX["face_contour_0"]], True)
    assert set(pinned.pinned_names()) == {"left_wrist", "left_elbow"}
    assert pinned.deleted([ELBOW]).pinned_names() == ("left_wrist",)
    assert pinned.with_pins([WRIST], False).pinned_names() == ("left_elbow",)


@pytest.mark.parametrize("group", SWAP_ROWS)
def test_swap(group: names.SwapGroup) -> None:
    before = detected().deleted([INDEX["left_knee"]]).with_pins([WRIST, INDEX["left_hand_thumb_4"]], True)
    after = before.swapped(group)
    rows = np.array(SWAP_ROWS[group])
    partners = np.array(PARTNERS)[rows]
    np.testing.assert_array_equal(after.table()[rows], before.table()[partners])
    np.testing.assert_array_equal(after.pinned[rows], before.pinned[partners])
    others = np.setdiff1d(np.arange(names.COUNT), rows)
    np.testing.assert_array_equal(after.table()[others], before.table()[others])
    again = after.swapped(group)
    np.testing.assert_array_equal(again.table(), before.table())
    assert again.pinned_names() == before.pinned_names()


def test_swap_groups_are_whole() -> None:
    """A point never changes sides without its partner, and hands go with their arms."""
    for rows in SWAP_ROWS.values():
        assert {PARTNERS[row] for row in rows} == set(rows)
    assert set(SWAP_ROWS["hands"]) < set(SWAP_ROWS["arms"])
    assert {names.NAMES[row] for row in SWAP_ROWS["legs"]} == {
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
    }


@pytest.mark.parametrize(
    "table",
    [np.zeros((25, 3)), np.full((137, 3), np.nan), np.full((137, 3), np.inf)],
    ids=["25 points", "NaN", "infinite"],
)
def test_no_table(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="137 finite keypoints"):
        edited_from_table(table)


@pytest.mark.parametrize("size", [(1000, 800), (300, 2000), (4000, 700)], ids=str)
def test_new_figure_stands_in_the_photo(size: tuple[int, int]) -> None:
    figure = new_figure(size)
    body = figure.points[PARTS["body"]]
    assert figure.present[PARTS["body"]].all() and not figure.present[25:].any()
    assert (body > 0).all() and (body < size).all()
    assert body[INDEX["nose"], 1] < body[INDEX["mid_hip"], 1] < body[INDEX["left_ankle"], 1]
    # It faces the camera: its left is at the picture's right.
    assert body[INDEX["left_wrist"], 0] > size[0] / 2 > body[INDEX["right_wrist"], 0]
    assert set(figure.effective_confidence()[:25]) == {GUESSED_CONFIDENCE}


def test_default_points_are_symmetric() -> None:
    points = default_points()
    np.testing.assert_allclose(points[list(PARTNERS)], points * (-1, 1), atol=1e-12)
    assert len(np.unique(points.round(6), axis=0)) == names.COUNT - 2  # each hand's wrist is the body's


@pytest.mark.parametrize("part", ["left_hand", "right_hand", "face"])
def test_added_part_is_turned_and_scaled_with_the_person(part: names.Part) -> None:
    """A figure turned by 30° and scaled by 400 gets the part that the default figure has, turned and scaled alike."""
    turn = np.exp(1j * np.pi / 6) * 400

    def placed(points: np.ndarray) -> np.ndarray:
        z = (points[:, 0] + 1j * points[:, 1]) * turn + (500 + 80j)
        return np.column_stack([z.real, z.imag])

    whole = placed(default_points())
    table = np.zeros((137, 3))
    table[:25] = np.column_stack([whole[:25], np.full(25, 0.9)])
    after = with_part(edited_from_table(table), part)
    np.testing.assert_allclose(after.points[PARTS[part]], whole[PARTS[part]], atol=1e-6)
    assert (after.effective_confidence()[PARTS[part]] == GUESSED_CONFIDENCE).all()
    np.testing.assert_array_equal(after.table()[:25], table[:25])


def test_hand_starts_at_the_wrist_without_an_elbow() -> None:
    figure = new_figure((1000, 1000)).deleted([ELBOW]).moved([WRIST], np.array([[900.0, 100.0]]))
    figure = EditedKeypoints(
        figure.points,
        figure.origin,
        np.where(figure.present, figure.confidence, 0),
        figure.present,
        figure.pinned,
    )
    hand = with_part(figure, "left_hand").points[PARTS["left_hand"]]
    np.testing.assert_allclose(hand[0], (900.0, 100.0), atol=1e-9)


def test_adding_a_part_brings_back_what_was_deleted() -> None:
    before = detected()
    after = with_part(before.deleted(rows_of("left_hand")), "left_hand")
    np.testing.assert_array_equal(after.table(), before.table())


def test_missing_body_points_stand_where_the_body_says() -> None:
    figure = new_figure((1000, 800))
    table = figure.table()
    table[WRIST] = 0.0
    completed = with_part(edited_from_table(table), "body")
    np.testing.assert_allclose(completed.points[WRIST], figure.points[WRIST], atol=1e-6)


def test_a_stick_figure_moved_whole_is_a_guess_still() -> None:
    """Dragged, scaled and turned onto the person; then two points put right by themselves: only those are certain."""
    figure = new_figure((900, 1200))
    rows = np.flatnonzero(figure.present)
    turn = 0.6 * np.array([[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]])
    whole = figure.moved(rows, figure.points[rows] @ turn.T + (40.0, -25.0))
    assert whole.moved_rows() == ()
    assert set(whole.effective_confidence()[rows]) == {GUESSED_CONFIDENCE}
    placed = [WRIST, INDEX["right_ankle"]]
    better = whole.moved(placed, whole.points[placed] + (15.0, 30.0))
    assert better.moved_rows() == tuple(sorted(placed))
    assert (better.effective_confidence()[placed] == 1.0).all()


def test_a_detected_person_moved_whole_was_moved() -> None:
    table = np.zeros((names.COUNT, 3))
    table[:25] = np.random.default_rng(1).uniform(100, 500, (25, 3))
    table[:25, 2] = 0.8
    edited = edited_from_table(table)
    rows = np.arange(25)
    assert edited.moved(rows, edited.points[rows] + 20.0).moved_rows() == tuple(range(25))


def test_every_point_put_somewhere_else_was_placed() -> None:
    figure = new_figure((900, 1200))
    rows = np.flatnonzero(figure.present)
    anywhere = figure.points[rows] + np.random.default_rng(2).normal(0, 60, (len(rows), 2))
    assert figure.moved(rows, anywhere).moved_rows() == tuple(rows.tolist())
