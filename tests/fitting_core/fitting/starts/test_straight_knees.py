"""Starts with straight knees: the leg keeps the direction from hip to ankle, the foot its own, and everything else its place."""

from __future__ import annotations

import numpy as np

from benchmarks.rendered.posture import knee_flexion
from fitting_core.body_model.body_model import joint_transforms
from fitting_core.body_model.joints import joint_index
from fitting_core.fitting.starts.straight_knees import with_straight_knees
from fitting_core.pipeline.setups import fit_setup

_SUBJECTS, _STARTS = 2, 3


def crouching() -> np.ndarray:
    """Starts (6, N) whose knees are bent by different angles, thighs and shins alike to the front and to the back."""
    layout = fit_setup().layout
    x = np.random.default_rng(4).normal(0.0, 0.05, (_SUBJECTS * _STARTS, layout.size))
    bent = np.radians(np.linspace(20.0, 50.0, len(x)))
    for side in ("left", "right"):
        for joint, share in (("hip", -0.5), ("knee", 1.0), ("ankle", -0.5)):
            columns = layout.joints([joint_index(f"{side}_{joint}")])
            x[:, columns] = 0.0
            x[:, columns[0]] = share * bent
    return x


def test_every_start_is_followed_by_a_straight_one_of_its_subject() -> None:
    setup, x = fit_setup(), crouching()
    layout, model = setup.layout, setup.points.model
    found = with_straight_knees(layout, x, _SUBJECTS).reshape(_SUBJECTS, 2 * _STARTS, -1)
    kept, straight = found[:, :_STARTS].reshape(x.shape), found[:, _STARTS:].reshape(x.shape)
    assert np.array_equal(kept, x)
    for before, after in zip(x, straight, strict=True):
        old, new = (
            joint_transforms(model, layout.rotations(row[None])[0], model.joints_template)
            for row in (before, after)
        )
        assert knee_flexion(old[1]).min() > 15.0 and knee_flexion(new[1]).max() < 2.0
        for side in ("left", "right"):
            hip, ankle = joint_index(f"{side}_hip"), joint_index(f"{side}_ankle")
            directions = [places[ankle] - places[hip] for _, places in (old, new)]
            first, second = (way / np.linalg.norm(way) for way in directions)
            assert np.degrees(np.arccos(first @ second)) < 3.0  # thigh and shin differ a little in length
            np.testing.assert_allclose(old[0][ankle], new[0][ankle], atol=1e-9)
        others = np.setdiff1d(
            np.arange(layout.size),
            layout.joints(
                [joint_index(f"{s}_{j}") for s in ("left", "right") for j in ("hip", "knee", "ankle")]
            ),
        )
        assert np.array_equal(before[others], after[others])
