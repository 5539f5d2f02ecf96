"""The capsules that ship are those that would be fitted, and no other body gets them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fitting_core.body_model.capsules import shipped
from fitting_core.body_model.capsules.fit_capsules import body_capsules, fitted_capsules
from fitting_core.body_model.capsules.shipped import capsule_entries, shipped_capsules
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.model_paths import offered_genders


@pytest.mark.parametrize("gender", offered_genders("open"))
def test_they_are_those_of_the_body_that_ships(gender: str) -> None:
    model = load_body_model("open", gender)
    found = shipped_capsules(model)
    assert found is not None, "run python -m tools.fit_open_capsules after the bodies were built"
    assert found.model is model
    expected = capsule_entries(fitted_capsules(model))
    for name, values in capsule_entries(found).items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, expected[name], rtol=0.0, atol=1e-6, err_msg=name)
        else:
            np.testing.assert_array_equal(values, expected[name], err_msg=name)


def test_a_body_with_fewer_coefficients_is_fitted() -> None:
    model = load_body_model("open", "neutral", beta_count=5)
    assert shipped_capsules(model) is None
    assert body_capsules(model).radius_directions.shape[1] == model.shape_directions.shape[2]


@pytest.mark.parametrize(
    "change", [{"sha256": "0" * 64}, {"shareable_shape": False}], ids=["another file", "a user's body"]
)
def test_another_body_does_not_get_them(change: dict[str, object]) -> None:
    assert shipped_capsules(replace(load_body_model("open", "neutral"), **change)) is None


def test_without_the_file_they_are_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(shipped.capsules_file("male"), tmp_path)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    assert shipped_capsules(load_body_model("open", "male")) is not None
    assert shipped_capsules(load_body_model("open", "female")) is None
