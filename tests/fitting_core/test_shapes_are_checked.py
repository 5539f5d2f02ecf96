"""Wrong shapes and types in the numerical core are caught while the tests run, on either array library."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float

from fitting_core.body_model.body_model import rest_joints
from fitting_core.body_model.model_file import load_body_model
from fitting_core.eyes.regions import whole_picture
from fitting_core.fitting.parameters import ParameterLayout, ready_to_start
from fitting_core.fitting.terms.keypoints import Observations
from fitting_core.geometry.camera import project
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.optimisers.levenberg_marquardt import Quadratic, StoppingRule, minimise
from tests.import_checks import check
from tests.runtime_checks import CHECKED_PACKAGE

_LAYOUT = ParameterLayout(55, 10, 10)
_ONE, _PAIR = np.ones(1), np.ones((1, 2))


class _Flat:
    """A problem without slope."""

    def quadratic(self, x: np.ndarray) -> Quadratic:
        return Quadratic(np.zeros(len(x)), np.zeros((len(x), 3)), np.zeros((len(x), 3, 3)))

    def retract(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        return x + step

    def subset(self, elements: np.ndarray) -> _Flat:
        return self


_WRONG: dict[str, Callable[[], object]] = {
    "geometry, last axis": lambda: matrix_from_vector(np.zeros((2, 4))),
    "geometry, batch of another": lambda: project(np.ones((2, 5, 3)), np.ones(3), np.ones((2, 2))),
    "eyes, an alias of a shape": lambda: whole_picture(np.zeros((4, 4), np.uint8)),
    "geometry, integers": lambda: matrix_from_vector(np.zeros((2, 3), dtype=np.int64)),
    "optimisers, an axis too few": lambda: minimise(_Flat(), np.zeros(3), StoppingRule(iterations=1)),
    "body_model, an axis too many": lambda: rest_joints(load_body_model(), np.zeros((1, 20))),
    "fitting, an axis too few": lambda: _LAYOUT.rotations(np.zeros(_LAYOUT.size)),
    "fitting, a list": lambda: ready_to_start(_LAYOUT, [[0.0]]),  # type: ignore[arg-type]
    "fitting, points of another": lambda: Observations(
        np.ones((1, 4, 2)), np.ones((1, 5)), _ONE, _ONE, _PAIR, np.ones((1, 4))
    ),
}


@pytest.mark.parametrize("wrong", _WRONG.values(), ids=_WRONG)
def test_a_wrong_shape_is_caught(wrong: Callable[[], object]) -> None:
    with pytest.raises(BeartypeCallHintViolation):
        wrong()


def test_a_wrong_shape_is_caught_on_torch() -> None:
    torch = pytest.importorskip("torch")
    assert matrix_from_vector(torch.zeros((2, 3))).shape == (2, 3, 3)
    with pytest.raises(BeartypeCallHintViolation):
        matrix_from_vector(torch.zeros((2, 4)))


@check
@dataclass
class _Pair:
    first: Float[np.ndarray, " n"]
    second: Float[np.ndarray, " n"]


@check
def _as_long(values: Float[np.ndarray, " n"], count: int) -> Float[np.ndarray, " n"]:
    return np.zeros(count)


@check
def _named(values: A_NAME_FOR_TYPE_CHECKERS, count: int) -> None:  # type: ignore[name-defined]
    pass


_KINDS: dict[str, tuple[Callable[[Any], object], Any, Any]] = {
    "what comes back": (lambda count: _as_long(np.zeros(3), count), 3, 4),
    "fields of one value": (lambda count: _Pair(np.zeros(3), np.zeros(count)), 3, 4),
    "beside a name that only a type checker knows": (lambda count: _named([], count), 3, 4.5),
}


@pytest.mark.parametrize(("call", "right", "wrong"), _KINDS.values(), ids=_KINDS)
def test_every_kind_of_annotation_is_checked(call: Callable[[Any], object], right: Any, wrong: Any) -> None:
    call(right)
    with pytest.raises(BeartypeCallHintViolation):
        call(wrong)


def test_the_whole_core_is_checked() -> None:
    """No file of the core lies outside the package whose annotations are checked."""
    core = Path(__file__).parents[2] / CHECKED_PACKAGE
    assert core.is_dir() and len(list(core.rglob("*.py"))) > 50


def test_shapes_cost_a_user_nothing() -> None:
    """The library that names shapes is imported for type checkers only: it takes 30 ms, and the extension comes without it."""
    core = Path(__file__).parents[2] / CHECKED_PACKAGE
    guilty = [
        path for path in core.rglob("*.py") if re.search(r"^(from|import) jaxtyping", path.read_text(), re.M)
    ]
    assert guilty == []
