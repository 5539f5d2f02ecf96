"""Solves a trajectory of any length in windows that overlap, in time linear in the frames and memory of one window.

Each window begins where the one before is settled; the two frames before it are held, so that speed and acceleration go on. Of a
solved window the last frames, which know nothing yet of those to come, are solved again with the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import ArrayMaker, NumpyArray, to_numpy
from fitting_core.optimisers.banded_least_squares import BandedProblem, minimise_banded

from ..steps_kept import KeptSteps

if TYPE_CHECKING:
    from jaxtyping import Float

WINDOW = 200
OVERLAP = 40
_REACH = 2  # frames that meet a frame: those of a second difference

# Builds the problem of some frames, at their parameters, of which the first few are held.
Builder = Callable[[slice, NumpyArray, int], BandedProblem]


@dataclass(frozen=True)
class Rule:
    """The most iterations of a window, the relative gain at which it ends, its frames, and those shared with the next one."""

    iterations: int
    tolerance: float
    window: int = WINDOW
    overlap: int = OVERLAP


def windows(count: int, window: int = WINDOW, overlap: int = OVERLAP) -> Iterator[tuple[int, int, int]]:
    """Yield of every window its first frame, the frame after its last, and how many of its first frames are held."""
    start = 0
    while True:
        stop = min(count, start + window)
        first = max(0, start - _REACH)
        yield first, stop, start - first
        if stop == count:
            return
        start = stop - overlap


def solve_in_windows(
    x: Float[NumpyArray, "frames columns"],
    build: Builder,
    rule: Rule,
    make: ArrayMaker,
    kept: tuple[KeptSteps, str],
    report: Callable[[int, float], None],
) -> Float[NumpyArray, "frames columns"]:
    """Return the minimum over all windows, started at x.

    `kept` are the kept steps and this run's name among them; `report(frames done, cost)` is called after every window.
    """
    x = x.copy()
    steps, name = kept
    for first, stop, held in windows(len(x), rule.window, rule.overlap):
        window = slice(first, stop)
        cost = [0.0]

        def solved(
            window: slice = window, held: int = held, cost: list[float] = cost
        ) -> dict[str, NumpyArray]:
            problem = build(window, x[window], held)

            def note(_: int, now: float) -> None:
                cost[0] = now

            return {
                "x": to_numpy(
                    minimise_banded(problem, make.floats(x[window]), rule.iterations, rule.tolerance, note)
                )
            }

        x[window] = steps.step(f"{name}_{first}", ("x",), solved)["x"]
        report(stop, cost[0])
    return x
