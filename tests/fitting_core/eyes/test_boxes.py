"""Raw outputs of a detector to the things that it found."""

from __future__ import annotations

import numpy as np
import pytest

from fitting_core.eyes.boxes import anchor_centres, found_things, overlaps


def test_anchors_of_the_person_detector() -> None:
    anchors = anchor_centres(224, (8, 16, 32, 32, 32))
    assert anchors.shape == (2254, 2)
    assert anchors[:3] * 224 == pytest.approx(np.array([[4, 4], [4, 4], [12, 4]]))
    assert anchors[28 * 28 * 2] * 224 == pytest.approx((8, 8))
    assert np.array_equal(anchors[-6:], np.tile(anchors[-1], (6, 1))), (
        "six to a cell: three layers share a grid"
    )


def raw_of(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    """Centre x, y, width, height in px, and one point at the centre."""
    return np.array([[*box, *box[:2]] for box in boxes], dtype=np.float64)


def test_overlapping_boxes_are_averaged_by_score_and_others_kept() -> None:
    raw = raw_of((100, 100, 40, 40), (104, 100, 40, 40), (10, 10, 8, 8), (50, 50, 9, 9))
    logits = np.log([0.9 / 0.1, 0.6 / 0.4, 0.8 / 0.2, 0.4 / 0.6])
    things, scores = found_things(raw, logits, np.zeros((4, 2)), 200)
    assert scores == pytest.approx([0.9, 0.8])
    assert things[0, 2] * 200 == pytest.approx((0.9 * 100 + 0.6 * 104) / 1.5 * np.array([1, 0]) + (0, 100))
    assert things[1] * 200 == pytest.approx(np.array([[6, 6], [14, 14], [10, 10]]))


def test_nothing_found_keeps_its_shape() -> None:
    things, scores = found_things(np.zeros((5, 12)), np.full(5, -1e4), np.zeros((5, 2)), 224)
    assert things.shape == (0, 6, 2) and scores.shape == (0,)


OVERLAPS = {
    "the same": ([[0, 0], [2, 2]], 1.0),
    "half": ([[1, 0], [3, 2]], 1 / 3),
    "apart": ([[5, 5], [6, 6]], 0.0),
    "empty": ([[1, 1], [1, 1]], 0.0),
}


@pytest.mark.parametrize(("other", "share"), OVERLAPS.values(), ids=OVERLAPS.keys())
def test_overlaps(other: list[list[float]], share: float) -> None:
    found = overlaps(np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([other], dtype=np.float64))
    assert found[0] == pytest.approx(share)
