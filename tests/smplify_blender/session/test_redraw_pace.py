"""How often the views are drawn while a fit runs."""

from __future__ import annotations

import pytest

from smplify_blender.session.redraw_pace import RedrawPace

INTERVAL = 0.05
SECONDS = 200.0


def shares(cost: float, seconds: float = SECONDS) -> tuple[int, float]:
    """How often it was drawn and how much of the time that took, where Blender's timer waits for the drawing."""
    pace, now, drawn = RedrawPace(INTERVAL), 0.0, 0
    while now < seconds:
        pace.tick(now)
        waits = INTERVAL
        if pace.is_due(now):
            pace.asked(now)
            drawn += 1
            waits += cost
        now += waits
    return drawn, drawn * cost / now


@pytest.mark.parametrize("cost", [0.0, 0.004])
def test_a_fast_view_shows_every_step(cost: float) -> None:
    drawn, _ = shares(cost)
    assert drawn >= 0.9 * SECONDS / (INTERVAL + cost)


@pytest.mark.parametrize("cost", [0.1, 0.35, 2.0])
def test_a_slow_view_takes_a_third_of_the_time_at_most(cost: float) -> None:
    drawn, share = shares(cost)
    assert drawn >= 3 and 0.2 < share <= 0.36


def test_none_is_asked_for_while_one_is_on_its_way() -> None:
    pace = RedrawPace(INTERVAL)
    assert pace.is_due(0.0)
    pace.asked(0.0)
    assert not pace.is_due(0.01)
    pace.tick(0.4)  # 0.35 s late
    assert not pace.is_due(0.41) and not pace.is_due(1.0) and pace.is_due(1.06)
