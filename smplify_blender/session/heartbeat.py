"""How long a core that owes an answer has said nothing, and when it is asked whether it lives, or given up."""

from __future__ import annotations

from typing import Literal

# A core hears a ping while it works; it is deaf only while one step holds Python up, as the loading of a large library from a
# slow disk does for a minute.
ASK_SECONDS = 15.0
GIVE_UP_SECONDS = 300.0
COUNTED_SECONDS = (
    1.0  # at most, from one look to the next: while Blender or the computer sleeps nobody listens
)


class Heartbeat:
    """Adds up the silence of a core, in seconds of listening; `now` is in seconds of one clock."""

    def __init__(self) -> None:
        self.silent_seconds = 0.0
        self._asked = 0.0
        self._last: float | None = None

    def heard(self, now: float) -> None:
        """Begin anew: an answer has come, or nothing is owed."""
        self.silent_seconds = self._asked = 0.0
        self._last = now

    def listen(self, now: float) -> Literal["", "ask", "give up"]:
        """Count the time since the last call; says when a ping is due and when there is no hope."""
        passed = 0.0 if self._last is None else now - self._last
        self.silent_seconds += min(max(passed, 0.0), COUNTED_SECONDS)
        self._last = now
        if self.silent_seconds >= GIVE_UP_SECONDS:
            return "give up"
        if self.silent_seconds - self._asked >= ASK_SECONDS:
            self._asked = self.silent_seconds
            return "ask"
        return ""
