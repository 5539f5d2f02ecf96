"""Measure how far and in which direction fits err on rendered photos of bodies that are not the fitted one.

    python -m benchmarks.rendered --mocap DIR [--cases 300] [--focal given estimated] [--views DIR] [--sheet FILE.png]

The photos are made once (needs bpy and anny) and kept under --cache. One column fits the photo alone, the other an OpenPose
file of the true points with a detector's habits. With --focal given the product is told the lens, with `estimated` it
estimates it, with `assumed` it takes its own assumption. DIR of --views is that of benchmarks/real_views.py.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks import real_views
from benchmarks.rendered.cache import DEFAULT_CACHE, make_photos, recipe_folder
from benchmarks.rendered.fits import FOCALS, SOURCES, Run, judge_all
from benchmarks.rendered.scenes import CASE_COUNT, SEED
from benchmarks.rendered.sheet import draw_sheet, spread, worst
from benchmarks.rendered.tables import print_kinds, print_summary, print_word, write_list


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the photos, fit them in every asked-for way, print the tables."""
    options = _options(arguments)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # of the processes to be started: a core each
    started = perf_counter()
    folder = recipe_folder(options.cache, options.mocap, options.seed)
    files = make_photos(folder, options.mocap, options.cases, options.seed, options.processes)
    made = perf_counter()
    runs = [Run(source, focal) for focal in options.focal for source in options.sources]
    columns = {run.title: judge_all(files, run, options.processes) for run in runs}
    print(
        f"{len(files)} cases in {folder}: {made - started:.0f} s to make, {perf_counter() - made:.0f} s to fit"
    )
    print_summary(columns)
    for title, judged in columns.items():
        print_word(title, judged)
        print_kinds(title, judged)
    if options.list is not None:
        write_list(options.list, files, columns)
    if options.sheet is not None:
        ordered = (
            worst(files, columns[runs[0].title])
            if options.sheet_worst
            else spread(files, options.sheet_cases)
        )
        draw_sheet(ordered[: options.sheet_cases], runs[0], options.sheet, options.processes)
        print(
            f"\n{options.sheet}: {runs[0].title}; truth green, fit orange, seen from the right of the photo"
        )
    if options.views is not None:
        print(f"\nReal views in {options.views}:\n")
        real_views.main(["--views", str(options.views)])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rendered",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cases", type=int, default=CASE_COUNT)
    parser.add_argument(
        "--seed", type=int, default=SEED, help="other cases, to check that nothing is tuned to these"
    )
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--focal", nargs="+", choices=FOCALS, default=["given"])
    parser.add_argument("--sources", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--views", type=Path, default=None, help="folder of real views with 3-D truth")
    parser.add_argument("--list", type=Path, default=None, help="CSV to write every case's errors to")
    parser.add_argument("--sheet", type=Path, default=None, help="PNG to draw cases to")
    parser.add_argument("--sheet-cases", type=int, default=24)
    parser.add_argument(
        "--sheet-worst", action="store_true", help="the worst cases instead of some of every kind"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
