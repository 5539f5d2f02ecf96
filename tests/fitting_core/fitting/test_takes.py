"""Takes are further solutions: asking for them changes neither the best one nor the word for it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fitting_core.arguments.request import CameraRequest, FitRequest, ObjectiveRequest
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline.fit_photo import fit_photo
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.outcome import PersonTakes
from tests.photos import synthetic_case, write_photo

CASES = {
    "the default fit": {},
    "a focal length that is estimated": {"camera": CameraRequest(estimate_focal=True)},
    "the bend prior": {"objective": ObjectiveRequest(bend_prior=True)},
    "a paper's preset": {"objective": ObjectiveRequest(preset="smplify")},
}


def _fitted(request: FitRequest, takes: int) -> PersonTakes:
    request = replace(request, takes=takes, folder=request.folder / str(takes))
    return fit_photo(request, JsonMessenger(io.StringIO())).people[0]


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_first_of_eight_is_the_only_one_of_one(options: dict[str, object], tmp_path: Path) -> None:
    """The very numbers, and the same judgement, whose rivals are those of a fit without takes."""
    photo, keypoints = write_photo(tmp_path, [synthetic_case(3).subject.keypoints])
    request = FitRequest(
        photo, tmp_path, keypoints, engine="numpy", write_overlay=False, depth_cue=False, **options
    )  # type: ignore[arg-type]
    one, eight = (_fitted(request, takes) for takes in (1, 8))
    first, only = eight.takes[0], one.takes[0]
    assert first.loss == only.loss
    assert np.array_equal(first.pose.rotations, only.pose.rotations)
    assert np.array_equal(first.pose.shape, only.pose.shape)
    assert np.array_equal(first.pose.translation, only.pose.translation)
    assert eight.quality == one.quality
    assert len(one.takes) == 1 and len(eight.takes) > (1 if request.objective.preset == "default" else 0)


def test_what_both_searches_begin_with_is_done_once() -> None:
    first: set[str] = set()
    second: set[str] = set()

    def report(fraction: float, stage: str, _loss: float, _row: NumpyArray) -> None:
        (first if fraction <= 0.5 else second).add(stage)

    setup = fit_setup(takes=3)
    fit = fit_batch(setup, [synthetic_case(3).subject], numpy_double(), report)
    assert fit.wider == setup.take_stages[-1].keep
    assert first == {stage.name for stage in setup.stages}
    assert second == {"mirrored limbs", "whole"}
