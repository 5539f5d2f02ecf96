"""The side view: who stands is upright in it however the camera looks down, and who lies stays as in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.body_model.body_model import Pose, vertices
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.photo.overlay import Figure
from fitting_core.photo.side_view import pitch_of_standing, side_view
from fitting_core.pipeline.setups import fit_setup

_UPRIGHT = np.diag([1.0, -1.0, -1.0])  # from y up into the camera's frame, facing the camera


@pytest.fixture(scope="module")
def standing() -> Figure:
    model = fit_setup().points.model
    pose = Pose(
        np.zeros((model.joint_count, 3)), np.zeros(model.beta_count + model.expression_count), np.zeros(3)
    )
    return Figure(vertices(model, pose) @ _UPRIGHT.T, model.triangles)


def _seen_from(figure: Figure, pitch_degrees: float) -> Figure:
    """Return the figure before a camera that looks down by so many degrees, four metres away."""
    turn = matrix_from_vector(np.array([np.radians(pitch_degrees), 0.0, 0.0]))
    return replace(figure, vertices=figure.vertices @ turn.T + [0.0, 0.0, 4.0])


@pytest.mark.parametrize("pitch", [-60.0, -40.0, -15.0, 0.0, 10.0, 45.0, 60.0])
def test_the_cameras_pitch_is_found(standing: Figure, pitch: float) -> None:
    found = pitch_of_standing(_seen_from(standing, pitch))
    assert found is not None
    assert np.degrees(found) == pytest.approx(-pitch, abs=4.0)


@pytest.mark.parametrize("pitch", [-90.0, 90.0], ids=["on the back", "on the face"])
def test_who_lies_does_not_stand(standing: Figure, pitch: float) -> None:
    assert pitch_of_standing(_seen_from(standing, pitch)) is None


def test_not_finite(standing: Figure) -> None:
    broken = np.array(standing.vertices)
    broken[5] = np.nan
    assert pitch_of_standing(replace(standing, vertices=broken)) is None
    assert side_view([replace(standing, vertices=np.full_like(broken, np.nan))], (40, 60)).shape == (
        60,
        40,
        3,
    )


def _drawn(picture: np.ndarray) -> np.ndarray:
    return (picture != picture[0, 0]).any(axis=2)


def test_the_figure_faces_right_and_fills_the_picture(standing: Figure) -> None:
    """It faces the camera: seen from the left of the picture, toes and nose point to the right."""
    for pitch in (0.0, 35.0):
        drawn = _drawn(side_view([_seen_from(standing, pitch)], (120, 240)))
        rows, columns = np.nonzero(drawn)
        assert np.ptp(rows) > 190
        heel_and_toe = columns[rows > rows.max() - 6]
        ankle = columns[(rows > rows.max() - 24) & (rows < rows.max() - 16)]
        assert heel_and_toe.max() - ankle.mean() > ankle.mean() - heel_and_toe.min() + 3


def test_the_figure_on_the_left_hides_the_other(standing: Figure) -> None:
    """The first of a list is tinted reddish, the second bluish; of two that stand side by side the left one is nearer."""
    left = _seen_from(standing, 0.0)
    right = replace(left, vertices=left.vertices + np.array([3.0, 0.0, 0.05]))

    def counts(figures: list[Figure]) -> list[int]:
        picture = side_view(figures, (160, 240)).astype(int)
        redder = (picture[..., 0] - picture[..., 2])[_drawn(picture)]
        return [int((redder > 0).sum()), int((redder < 0).sum())]

    first, second = counts([left, right])
    assert first > 2 * second > 0
    first, second = counts([right, left])
    assert second > 2 * first > 0
