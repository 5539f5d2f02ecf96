"""How long a fit takes, solver only; prints a table. One photo at a time unless batches are asked for.

    python -m benchmarks.speed [--threads 1] [--engine numpy] [--batch 1 8 64] [--repeat 12]

A fit is body, both hands, jaw, expression, shape and translation from 32 starts to convergence. `GFLOP/s` is what a large
float32 matrix product reaches on this machine with as many threads, for comparison between machines.
"""

from __future__ import annotations

import argparse
import os
import resource
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

_MATRIX_SIZE = 1500


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)  # read once, when NumPy is first imported below
    _measure(options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--engine", choices=("numpy", "torch"), default="numpy")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="cpu")
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--repeat", type=int, default=12, help="batches of each size")
    parser.add_argument("--mocap", type=Path, default=None)
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace) -> None:
    import numpy as np

    from benchmarks.cases import make_cases
    from fitting_core.engine import choose_engine
    from fitting_core.fitting.fit_batch import fit_batch
    from fitting_core.pipeline import fit_setup

    setup = fit_setup()
    engine = choose_engine(options.engine, options.device)
    print(f"{engine.name} on {engine.device}, {options.threads} thread(s), {_matrix_rate():.0f} GFLOP/s")
    print("| batch | s per batch, median (least) | fits per second | ms per iteration | peak memory, MiB |")
    print("|---" * 5 + "|")
    for size in options.batch:
        repeats = max(2, options.repeat // size) if size > 1 else options.repeat
        subjects = [case.subject for case in make_cases(setup.points.model, options.mocap, size * repeats)]
        fit_batch(setup, subjects[:size], engine.make)  # warm: caches, first-use costs
        seconds: list[float] = []
        iterations = 0
        for first in range(0, len(subjects), size):
            started = perf_counter()
            iterations += fit_batch(setup, subjects[first : first + size], engine.make).iterations
            seconds.append(perf_counter() - started)
        typical = float(np.median(seconds))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {size} | {typical:.3f} ({min(seconds):.3f}) | {size / typical:.1f} "
            f"| {1000 * sum(seconds) / iterations:.1f} | {memory:.0f} |"
        )


def _matrix_rate() -> float:
    """GFLOP/s of this machine's own float32 matrix product."""
    import numpy as np

    matrix = np.ones((_MATRIX_SIZE, _MATRIX_SIZE), dtype=np.float32)
    times: list[float] = []
    for _ in range(4):
        started = perf_counter()
        np.matmul(matrix, matrix)
        times.append(perf_counter() - started)
    return 2 * _MATRIX_SIZE**3 / min(times) / 1e9


if __name__ == "__main__":
    main()
