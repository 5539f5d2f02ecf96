"""The pace at which a view is drawn again while a fit runs, so that drawing does not take the processor from the fit.

On a graphics card a redraw costs next to nothing and every step is shown. Blender drawing in software, or a heavy scene, takes
hundreds of milliseconds a redraw, during which the core, the sidebar and Esc wait.
"""

from __future__ import annotations

MAX_DRAWING_SHARE = 1 / 3  # of the time


class RedrawPace:
    """Tells whether it is time to draw again, from how late the timer came after the last redraw.

    `interval` is the timer's, in seconds; all times are seconds of one clock.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._asked: float | None = None
        self._next = 0.0

    def tick(self, now: float) -> None:
        """Note that the timer has come: a redraw that was asked for is over, and its cost is known."""
        if self._asked is None:
            return
        cost = max(0.0, now - self._asked - self._interval)
        rest = cost * (1 / MAX_DRAWING_SHARE - 1)
        # the timer's own wait, before the redraw was seen to be over, was rest
        self._next = now + rest - self._interval
        self._asked = None

    def is_due(self, now: float) -> bool:
        """Return True if a redraw may be asked for."""
        return self._asked is None and now >= self._next

    def asked(self, now: float) -> None:
        """Note that a redraw has been asked for; Blender does it before the timer's next event."""
        self._asked = now
