"""Measure a user's wait on the demo photo: import, the whole command with overlay, a refit after a keypoint was moved.

    python -m benchmarks.command_speed [--repeat 5] [--against CHECKOUT]

Start and command are processes of their own, whose modules are compiled already; the refit is timed within one, as the resident
process does it. On one thread. Seconds are the processor's, which other work on the machine disturbs least, and the clock's.
With `--against` every row is measured in turn here and in another checkout of this project: before and after, side by side.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

_HERE = Path(__file__).parents[1]
_DEMO = _HERE / "docs" / "demo"
PHOTO, KEYPOINTS = _DEMO / "demo_photo.jpg", _DEMO / "demo_photo_keypoints.json"
_MOVED_PX = (40.0, -25.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--against", type=Path, default=None)
    options = parser.parse_args(arguments)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported, here and in the children
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    checkouts = [_HERE] if options.against is None else [options.against.resolve(), _HERE]
    columns = ["s"] if options.against is None else ["before", "after"]
    print("| | " + " | ".join(f"{name}, processor | {name}, clock" for name in columns) + " |")
    print("|---" * (2 * len(columns) + 1) + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as compiled:
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        fit = ("-m", "fitting_core", "fit", str(PHOTO))
        for name, command in (
            ("start and import", ("-c", "import fitting_core.pipeline.fit_photo")),
            ("whole command, with overlay", (*fit, str(KEYPOINTS), "--out", folder)),
            ("whole command, without overlay", (*fit, str(KEYPOINTS), "--out", folder, "--no-overlay")),
            ("whole command, from pixels", (*fit, "--detect", "--out", folder)),
        ):
            _row(name, [_child(checkout, command) for checkout in checkouts], options.repeat)
    if options.against is None:
        _row("refit after a wrist was moved", [_refit()], options.repeat)


@dataclass(frozen=True)
class _Spent:
    """Seconds of the processor and of the clock."""

    processor: float
    clock: float


def _row(name: str, runs: Sequence[Callable[[], _Spent]], repeat: int) -> None:
    for run in runs:
        run()  # files into memory, first-use costs
    spent: list[list[_Spent]] = [[run() for run in runs] for _ in range(repeat)]
    cells: list[str] = []
    for column in zip(*spent, strict=True):
        for values in ([one.processor for one in column], [one.clock for one in column]):
            cells.append(f"{median(values):.3f} ({min(values):.3f})")
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _child(checkout: Path, arguments: Sequence[str]) -> Callable[[], _Spent]:
    def run() -> _Spent:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=checkout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return _Spent(processor, perf_counter() - started)

    return run


def _refit() -> Callable[[], _Spent]:
    import io

    from fitting_core.arguments.parser import fit_request
    from fitting_core.engine import choose_engine
    from fitting_core.fitting.fit_batch import fit_batch, refit
    from fitting_core.keypoints.layouts import BODY_25
    from fitting_core.messages import TextMessenger
    from fitting_core.pipeline.photo_input import read_input
    from fitting_core.pipeline.setups import fit_setup

    request = fit_request([str(PHOTO), str(KEYPOINTS), "--out", "unused"])
    subject = read_input(request, TextMessenger(io.StringIO())).subjects[0]
    setup, make = fit_setup(), choose_engine("numpy", "auto").make
    start = fit_batch(setup, [subject], make).x[0, 0]
    body = subject.keypoints.body.copy()
    body[BODY_25.index("left_wrist"), :2] += _MOVED_PX
    moved = replace(subject, keypoints=replace(subject.keypoints, body=body))

    def run() -> _Spent:
        started, clock = process_time(), perf_counter()
        refit(setup, moved, start, make)
        return _Spent(process_time() - started, perf_counter() - clock)

    return run


if __name__ == "__main__":
    main()
