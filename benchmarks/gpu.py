"""Measure the PyTorch engine on a graphics card: does it agree with NumPy, how fast is it, and where does its time go.

    python -m benchmarks.gpu [--device cuda] [--batch 1 8 64 512 1024 4096 8192] [--mocap DIR] [--profile 1024]

One command for a machine that has PyTorch and little else; it takes under 8 minutes. A fit is body, both hands, jaw,
expression, shape and translation from 11 starts to convergence. The people are the benchmark's cases, copied with a pixel
of noise until there are enough. `share` is the arithmetic that no solver can do without (JᵀJ and the solution of the normal
equations) over the rate of a large float32 matrix product on the same card. With `--device cpu` the same command proves
that it runs.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # before NumPy is loaded: its fits run side by side in threads

import numpy as np

from benchmarks.cases import make_cases
from benchmarks.speed import counted_operations, matrix_rate
from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.starts.initial_guess import pelvis_aligned_points
from fitting_core.fitting.subject import Subject
from fitting_core.pipeline.setups import fit_setup

_DRAWN_CASES = 64
_JITTER_PX = 1.0
_AGREEING_LOSS = 0.01  # of the loss
_REPEATS = 3
_SOLVED_SIZE = 182  # parameters of the last stage


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    engine = choose_engine("torch", options.device)
    setup = fit_setup()
    subjects = [case.subject for case in make_cases(setup.points.model, options.mocap, _DRAWN_CASES)]
    _print_machine(engine)
    _print_agreement(setup, subjects[: options.compared], engine)
    _print_speed(setup, subjects, engine, options.batch)
    _print_solutions(engine, options.solved)
    if options.profile:
        _print_profile(setup, people(subjects, options.profile), engine)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default="cuda")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 64, 512, 1024, 4096, 8192])
    parser.add_argument("--compared", type=int, default=_DRAWN_CASES, help="fits compared with NumPy's")
    parser.add_argument("--solved", type=int, default=8192, help="systems of equations in the solvers' table")
    parser.add_argument("--profile", type=int, default=0, metavar="BATCH", help="list the dearest kernels")
    parser.add_argument("--mocap", type=Path, default=None)
    return parser.parse_args(arguments)


def people(subjects: Sequence[Subject], count: int) -> list[Subject]:
    """Return as many subjects as wanted: those given, then copies whose keypoints are moved by a pixel or so."""
    random = np.random.default_rng(2026)
    found = list(subjects[:count])
    for number in range(len(found), count):
        subject = subjects[number % len(subjects)]
        body = subject.keypoints.body.copy()
        body[:, :2] += random.normal(0.0, _JITTER_PX, (len(body), 2)) * (body[:, 2:] > 0)
        found.append(replace(subject, keypoints=replace(subject.keypoints, body=body)))
    return found


def _print_machine(engine: ArrayEngine) -> None:
    import torch

    card = torch.cuda.get_device_name(0) if engine.device == "cuda" else engine.device
    rate = matrix_rate("torch", engine.device, torch.get_num_threads())
    print(
        f"{card}, PyTorch {torch.__version__}; a large float32 product: {rate / 1e12:.1f} TFLOP/s\n",
        flush=True,
    )


def _print_agreement(setup: FitSetup, subjects: Sequence[Subject], engine: ArrayEngine) -> None:
    """Print how far the engine's fits lie from NumPy's, which differ by rounding and by what rounding decides."""
    import torch

    torch.set_float32_matmul_precision("highest")
    started = perf_counter()
    expected = fit_batch(setup, subjects, choose_engine("numpy", "cpu").make)
    numpy_seconds = perf_counter() - started
    found = fit_batch(setup, subjects, engine.make)
    apart = _points_apart_mm(setup, expected, found)
    loss = found.loss[:, 0] / expected.loss[:, 0] - 1.0
    print(
        "| fits | losses within 1 % | lower | higher | points apart, median mm | 90 % under, mm | NumPy, fits per second |"
    )
    print("|---" * 7 + "|")
    print(
        f"| {len(subjects)} | {100 * np.mean(np.abs(loss) <= _AGREEING_LOSS):.0f} % | {np.sum(loss < -_AGREEING_LOSS)} "
        f"| {np.sum(loss > _AGREEING_LOSS)} | {np.median(apart):.3f} | {np.quantile(apart, 0.9):.2f} "
        f"| {len(subjects) / numpy_seconds:.1f} |\n",
        flush=True,
    )


def _points_apart_mm(setup: FitSetup, first: BatchFit, second: BatchFit) -> NumpyArray:
    """Mean distance of the body points of two fits of the same people, pelvis on pelvis."""
    make = choose_engine("numpy", "cpu").make
    points = [pelvis_aligned_points(setup.points, setup.layout, fit.x[:, 0], make) for fit in (first, second)]
    return 1000.0 * np.linalg.norm(points[0] - points[1], axis=-1).mean(axis=-1)


@dataclass(frozen=True)
class _Timed:
    seconds: float
    iterations: int
    memory_mib: float


def _print_speed(
    setup: FitSetup, subjects: Sequence[Subject], engine: ArrayEngine, batches: Sequence[int]
) -> None:
    rate = matrix_rate("torch", engine.device, 1)
    print(
        "| batch | s per batch | fits per second | iterations | ms per iteration | peak memory, MiB | share |"
    )
    print("|---" * 7 + "|", flush=True)
    for size in batches:
        batch = people(subjects, size)
        with counted_operations() as operations:
            timed = _fastest(setup, batch, engine)
        print(
            f"| {size} | {timed.seconds:.3f} | {size / timed.seconds:.0f} | {timed.iterations} "
            f"| {1000 * timed.seconds / timed.iterations:.1f} | {timed.memory_mib:.0f} "
            f"| {100 * sum(operations) / _REPEATS / timed.seconds / rate:.1f} % |",
            flush=True,
        )
    print()


def _fastest(setup: FitSetup, batch: Sequence[Subject], engine: ArrayEngine) -> _Timed:
    """Fit a batch a few times and return the fastest; the first of all fits pays for the card's start and is not counted."""
    import torch

    fit_batch(setup, batch[: min(len(batch), 64)], engine.make)
    best = float("inf")
    fit: Any = None
    if engine.device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    for _ in range(_REPEATS):
        started = perf_counter()
        fit = fit_batch(setup, batch, engine.make)
        best = min(best, perf_counter() - started)
    memory = torch.cuda.max_memory_allocated() / 2**20 if engine.device == "cuda" else float("nan")
    return _Timed(best, fit.iterations, memory)


def _print_solutions(engine: ArrayEngine, count: int) -> None:
    """Print how long the ways to solve the normal equations of the last stage take."""
    torch: Any = importlib.import_module("torch")
    make: ArrayMaker = engine.make
    random = np.random.default_rng(0)
    half = random.normal(size=(64, _SOLVED_SIZE, _SOLVED_SIZE + 20)) / 14.0
    systems = make.floats(half @ half.transpose(0, 2, 1)).repeat((count + 63) // 64, 1, 1)[:count]
    right = torch.ones((count, _SOLVED_SIZE, 1), dtype=systems.dtype, device=systems.device)
    rows = torch.ones((count, 280, _SOLVED_SIZE), dtype=systems.dtype, device=systems.device)
    ways: dict[str, Any] = {
        "linalg.solve (LU)": lambda: torch.linalg.solve(systems, right),
        "Cholesky": lambda: torch.cholesky_solve(right, torch.linalg.cholesky_ex(systems)[0]),
        "JᵀJ of 280 rows": lambda: rows.mT @ rows,
        "a copy of the matrices": lambda: systems + 0.0,
    }
    print(f"| {count} systems of {_SOLVED_SIZE} equations | ms |\n|---|---|")
    for name, solve in ways.items():
        times: list[float] = []
        for _ in range(4):
            _wait(engine)
            started = perf_counter()
            solve()
            _wait(engine)
            times.append(perf_counter() - started)
        print(f"| {name} | {1000 * min(times):.1f} |", flush=True)
    print()


def _wait(engine: ArrayEngine) -> None:
    import torch

    if engine.device == "cuda":
        torch.cuda.synchronize()


def _print_profile(setup: FitSetup, batch: Sequence[Subject], engine: ArrayEngine) -> None:
    """Print PyTorch's own table of where the card's time goes, and how long the host is busy beside it."""
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU]
    if engine.device == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as profiled:
        fit_batch(setup, batch, engine.make)
    order = "self_cuda_time_total" if engine.device == "cuda" else "self_cpu_time_total"
    print(cast("Any", profiled).key_averages().table(sort_by=order, row_limit=30, max_name_column_width=60))


if __name__ == "__main__":
    main()
