"""The same solver on NumPy and on PyTorch: same start, same precision, the same body."""

from __future__ import annotations

from dataclasses import replace

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.body_model.capsules import posed_capsules as capsules
from fitting_core.fitting import side_by_side
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.other_body import on_other_body
from fitting_core.keypoints.photo_cues import PhotoCues
from fitting_core.optimisers import levenberg_marquardt
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person
from tests.photos import synthetic_case

_TOLERANCE_M = 1e-4
# In single precision the last digits of the cost decide where along a flat valley (depth against size) a fit stops.
_SINGLE_TOLERANCE_M = 2e-3


def _torch_maker(precision: str) -> ArrayMaker:
    torch = pytest.importorskip("torch")
    import array_api_compat.torch as torch_namespace

    return ArrayMaker(torch_namespace, getattr(torch, precision), torch.device("cpu"))


def _vertices(fit: BatchFit) -> list[np.ndarray]:
    setup = fit_setup()
    subject = synthetic_case(0).subject
    return [fitted_person(setup.points.model, setup.layout, subject, x[0], 0.0).vertices for x in fit.x]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_numpy_and_torch_find_the_same_body(precision: str) -> None:
    setup = fit_setup()
    subjects = [synthetic_case(number).subject for number in (0, 1)]
    numpy_maker = ArrayMaker(numpy_namespace, getattr(np, precision))
    ours = _vertices(fit_batch(setup, subjects, numpy_maker))
    theirs = _vertices(fit_batch(setup, subjects, _torch_maker(precision)))
    for first, second in zip(ours, theirs, strict=True):
        assert np.abs(first - second).max() < (
            _TOLERANCE_M if precision == "float64" else _SINGLE_TOLERANCE_M
        )


def test_alone_or_together_is_the_same_fit() -> None:
    setup = fit_setup()
    subjects = [synthetic_case(number).subject for number in (0, 1, 2)]
    maker = ArrayMaker(numpy_namespace, np.float64)
    together = _vertices(fit_batch(setup, subjects, maker))
    for index, subject in enumerate(subjects):
        alone = _vertices(fit_batch(setup, [subject], maker))
        assert np.abs(together[index] - alone[0]).max() < _TOLERANCE_M


def test_arrays_that_nobody_may_wait_for_are_fitted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for a GPU, on a CPU: ended elements leave now and then, contacts fill a fixed number of places.

    Elements are moved a few iterations longer: the best solutions end as deep, and a little deeper at most.
    """
    setup = fit_setup()
    subjects = [synthetic_case(number).subject for number in (0, 1, 2)]
    maker = _torch_maker("float64")
    ours = fit_batch(setup, subjects, maker).loss[:, 0]
    for module in (levenberg_marquardt, capsules):
        monkeypatch.setattr(module, "is_on_cpu", lambda _: False)
    theirs = fit_batch(setup, subjects, maker).loss[:, 0]
    np.testing.assert_allclose(theirs, ours, rtol=2e-3)


def test_people_of_different_detectors_are_each_fitted_as_alone() -> None:
    setup = fit_setup()
    first, second, third = (synthetic_case(number).subject for number in (0, 1, 2))
    eyes = replace(second, keypoints=replace(second.keypoints, detector="eyes"))
    maker = ArrayMaker(numpy_namespace, np.float64)
    together = fit_batch(setup, [first, eyes, third], maker)
    for index, subject in enumerate((first, eyes, third)):
        alone = fit_batch(setup, [subject], maker)
        np.testing.assert_allclose(together.x[index], alone.x[0], atol=1e-6)
        np.testing.assert_allclose(together.scores["pose"][index], alone.scores["pose"][0], rtol=1e-6)
    assert np.abs(together.x[1] - fit_batch(setup, [second], maker).x[0]).max() > 0.01


def test_people_of_whom_some_have_widths_are_fitted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a chunk of their own: of one the photo shows the widths, of one the depths, of one nothing more."""
    monkeypatch.setattr(side_by_side, "CHUNK", 1)
    setup, subjects = fit_setup(), [synthetic_case(number).subject for number in (0, 1, 2)]
    widths = np.zeros((23, 5))
    widths[4] = [300.0, 300.0, 380.0, 300.0, 1.0]
    depths = np.zeros((25, 2))
    depths[[2, 5]] = [[0.0, 1.0], [0.2, 1.0]]
    subjects[1] = replace(subjects[1], cues=PhotoCues(widths=widths))
    subjects[2] = replace(subjects[2], cues=PhotoCues(body_depths=depths))
    make = ArrayMaker(numpy_namespace, np.float64)
    fit = fit_batch(setup, subjects, make)
    assert {"widths", "depth"} <= fit.scores.keys()
    assert [float(costs) > 0 for costs in fit.scores["widths"][:, 0]] == [False, True, False]
    for name, costs in fit.scores.items():
        assert costs.shape == fit.loss.shape, name
    np.testing.assert_allclose(sum(fit.scores.values()), fit.loss, rtol=1e-6)
    onto = on_other_body(setup, setup, subjects, fit, make)
    assert onto.scores.keys() == fit.scores.keys()
