"""Measure a user's wait on the demo photo: import, the whole command with overlay, a refit after a keypoint was moved.

    python -m benchmarks.command_speed [--repeat 5]

Start and command are processes of their own, whose modules are compiled already; the refit is timed within one, as the resident
process does it. On one thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

_DEMO = Path(__file__).parents[1] / "docs" / "demo"
PHOTO, KEYPOINTS = _DEMO / "demo_photo.jpg", _DEMO / "demo_photo_keypoints.json"
_MOVED_PX = (40.0, -25.0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args(arguments).repeat
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported, here and in the children
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print("| | s, median (least) |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as compiled:
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        command = ["-m", "fitting_core", "fit", str(PHOTO), str(KEYPOINTS), "--out", folder]
        _row("start and import", lambda: _child("-c", "import fitting_core.pipeline"), repeat)
        _row("whole command, with overlay", lambda: _child(*command), repeat)
    _row("refit after a wrist was moved", _refit(), repeat)


def _row(name: str, run: Callable[[], object], repeat: int) -> None:
    run()  # files into memory, first-use costs
    seconds: list[float] = []
    for _ in range(repeat):
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    print(f"| {name} | {median(seconds):.3f} ({min(seconds):.3f}) |", flush=True)


def _child(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _refit() -> Callable[[], object]:
    import io

    from fitting_core.arguments.parser import fit_request
    from fitting_core.engine import choose_engine
    from fitting_core.fitting.fit_batch import fit_batch, refit
    from fitting_core.keypoints.layouts import BODY_25
    from fitting_core.messages import TextMessenger
    from fitting_core.pipeline import fit_setup, read_input

    request = fit_request([str(PHOTO), str(KEYPOINTS), "--out", "unused"])
    subject = read_input(request, TextMessenger(io.StringIO())).subjects[0]
    setup, make = fit_setup(), choose_engine("numpy", "auto").make
    start = fit_batch(setup, [subject], make).x[0, 0]
    body = subject.keypoints.body.copy()
    body[BODY_25.index("left_wrist"), :2] += _MOVED_PX
    moved = replace(subject, keypoints=replace(subject.keypoints, body=body))
    return lambda: refit(setup, moved, start, make)


if __name__ == "__main__":
    main()
