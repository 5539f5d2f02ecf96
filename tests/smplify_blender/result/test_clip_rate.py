"""Frame rates are fractions; what Blender says in single precision is known again."""

from __future__ import annotations

import numpy as np
import pytest

from smplify_blender.result.clip_rate import ClipRate, rate_of

RATES = {
    "29.97": (29.97, (30000, 1001), (30, 1.001)),
    "29.97 in single precision": (float(np.float32(30000 / 1001)), (30000, 1001), (30, 1.001)),
    "23.976": (23.976, (24000, 1001), (24, 1.001)),
    "25": (25.0, (25, 1), (25, 1.0)),
    "119.88": (119.88, (120000, 1001), (120, 1.001)),
    "12.5": (12.5, (25, 2), (13, 1.04)),
    "a picture every two seconds": (0.5, (1, 2), (1, 2.0)),
}


@pytest.mark.parametrize(("fps", "fraction", "blender"), RATES.values(), ids=RATES)
def test_rate(fps: float, fraction: tuple[int, int], blender: tuple[int, float]) -> None:
    rate = rate_of(fps)
    assert rate == ClipRate(*fraction)
    assert rate.blender == (blender[0], pytest.approx(blender[1], abs=1e-9))
    assert rate.blender[0] / rate.blender[1] == pytest.approx(rate.fps, rel=1e-12)


@pytest.mark.parametrize("fps", [0.0, -25.0, float("nan"), float("inf"), 1e6])
def test_no_rate(fps: float) -> None:
    assert rate_of(fps) is None
