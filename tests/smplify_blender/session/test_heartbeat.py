"""How long a silent core is waited for; the clock here is a table."""

from __future__ import annotations

from smplify_blender.session.heartbeat import ASK_SECONDS, GIVE_UP_SECONDS, Heartbeat


def said(step: float, seconds: float, heartbeat: Heartbeat | None = None, start: float = 0.0) -> list[str]:
    """Everything that is decided in so many seconds of silence, looked at every `step` seconds."""
    beat = heartbeat or Heartbeat()
    beat.heard(start)
    return [
        word for number in range(1, int(seconds / step) + 1) if (word := beat.listen(start + number * step))
    ]


def test_a_silent_core_is_asked_and_then_given_up() -> None:
    words = said(0.5, GIVE_UP_SECONDS)
    assert words[-1] == "give up" and words.count("give up") == 1
    assert words.count("ask") == int(GIVE_UP_SECONDS / ASK_SECONDS) - 1


def test_a_word_begins_the_count_anew() -> None:
    heartbeat = Heartbeat()
    for round_number in range(20):
        assert "give up" not in said(0.5, 0.9 * GIVE_UP_SECONDS, heartbeat, round_number * GIVE_UP_SECONDS)


def test_a_computer_that_slept_has_not_listened() -> None:
    heartbeat = Heartbeat()
    heartbeat.heard(0.0)
    assert heartbeat.listen(86_400.0) == ""
    assert heartbeat.listen(86_000.0) == ""  # a clock that goes back
