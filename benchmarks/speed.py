"""Measure the duration of a fit, solver only; prints a table. Every row is measured in a process of its own, one after another.

    python -m benchmarks.speed --mocap DIR [--engine numpy torch] [--device cpu cuda] [--batch 1 8 64] [--cores 1 2]

A fit is body, both hands, jaw, expression, shape and translation from 11 starts to convergence. `share` is the rate of the
arithmetic that no solver can do without (JᵀJ and the solution of the normal equations, from the shapes that occurred) over
the rate of a large float32 matrix product of the same library on the same device and cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

_MATRIX_SIZE = 1500
_MATRIX_SIZE_GPU = 8192
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    if options.one:
        _measure(options)
        return
    print(
        "| engine | device | cores | batch | s per batch, median (least) | fits per second | iterations | ms per iteration "
        "| peak memory, MiB | GFLOP/s of a product | share |"
    )
    print("|---" * 11 + "|", flush=True)
    for engine, device, cores, batch in product(options.engine, options.device, options.cores, options.batch):
        sensible = device == "cpu" or (engine == "torch" and cores == options.cores[-1])
        if sensible:
            _run_one(options, engine, device, (cores, batch))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", nargs="+", choices=("numpy", "torch"), default=["numpy"])
    parser.add_argument("--device", nargs="+", choices=("cpu", "cuda", "mps"), default=["cpu"])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--cores", type=int, nargs="+", default=[1])
    parser.add_argument("--repeat", type=int, default=12, help="batches of each size; 3 of those over 8")
    parser.add_argument("--mocap", type=Path, default=None)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _run_one(options: argparse.Namespace, engine: str, device: str, size: tuple[int, int]) -> None:
    cores, batch = size
    command = [sys.executable, "-m", "benchmarks.speed", "--one", "--engine", engine, "--device", device]
    command += ["--cores", str(cores), "--batch", str(batch), "--repeat", str(options.repeat)]
    command += [] if options.mocap is None else ["--mocap", str(options.mocap)]
    # Threads are said before PyTorch is loaded: raised later, its linear algebra fails (oneMKL, SLASWP).
    environment = os.environ | dict.fromkeys(_THREAD_VARIABLES, str(cores) if engine == "torch" else "1")
    subprocess.run(command, check=True, env=environment)


def _measure(options: argparse.Namespace) -> None:
    cores, size = options.cores[0], options.batch[0]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import numpy as np

    from benchmarks.cases import make_cases
    from fitting_core.engine import choose_engine
    from fitting_core.fitting.fit_batch import fit_batch
    from fitting_core.pipeline.setups import fit_setup

    setup = fit_setup()
    engine = choose_engine(options.engine[0], options.device[0])
    repeats = options.repeat if size <= 8 else 3
    # With the body's own bones: 64 bodies of their own would be half a gigabyte of what is counted below.
    drawn = make_cases(setup.points.model, options.mocap, max(size, 64), own_bones=True)
    subjects = [case.subject for case in drawn]
    fit_batch(setup, subjects[:size], engine.make)  # warm: caches, first-use costs
    seconds: list[float] = []
    iterations = 0
    with counted_operations() as flops:
        for number in range(repeats):
            first = number * size % (len(subjects) - size + 1)
            started = perf_counter()
            iterations += fit_batch(setup, subjects[first : first + size], engine.make).iterations
            seconds.append(perf_counter() - started)
    typical = float(np.median(seconds))
    rate = matrix_rate(engine.name, engine.device, cores)
    print(
        f"| {engine.name} | {engine.device} | {cores} | {size} | {typical:.3f} ({min(seconds):.3f}) | {size / typical:.1f} "
        f"| {iterations / repeats:.0f} | {1000 * sum(seconds) / iterations:.1f} | {_peak_memory(engine.device):.0f} "
        f"| {rate / 1e9:.0f} | {100 * sum(flops) / sum(seconds) / rate:.0f} % |",
        flush=True,
    )


@contextmanager
def counted_operations() -> Generator[list[float]]:
    """Give a list that gains the floating-point operations of every evaluation and solution until it ends."""
    from fitting_core.fitting.objective import FitProblem

    flops: list[float] = []
    evaluate = FitProblem.quadratic

    def counting(self: FitProblem, x: Any) -> Any:
        found = evaluate(self, x)
        rows, columns = 2 * self.body.first_pair.shape[0], found.gradient.shape[1]
        flops.append(x.shape[0] * (2.0 * rows * columns**2 + 2.0 / 3.0 * columns**3))
        return found

    FitProblem.quadratic = counting
    try:
        yield flops
    finally:
        FitProblem.quadratic = evaluate


def _peak_memory(device: str) -> float:
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def matrix_rate(engine: str, device: str, cores: int) -> float:
    """Floating-point operations a second of a float32 matrix product: of NumPy's on one core times the cores."""
    import numpy as np

    size = _MATRIX_SIZE if device == "cpu" else _MATRIX_SIZE_GPU
    times: list[float] = []
    if engine == "numpy":
        matrix = np.ones((size, size), dtype=np.float32)
        for _ in range(4):
            started = perf_counter()
            np.matmul(matrix, matrix)
            times.append((perf_counter() - started) / cores)
        return 2.0 * size**3 / min(times)
    import torch

    tensor = torch.ones((size, size), dtype=torch.float32, device=device)
    for _ in range(4):
        started = perf_counter()
        torch.matmul(tensor, tensor).sum().item()
        times.append(perf_counter() - started)
    return 2.0 * size**3 / min(times)


if __name__ == "__main__":
    main()
