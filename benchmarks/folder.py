"""Measure `smplify-fit batch` on a folder: with and without processes beside the fit, from photos and from keypoint files.

    python -m benchmarks.folder PHOTOS [--count 64] [--workers 1 2] [--at-once 16] [--engine numpy] [--device auto]

Each run is the real command on the first photos of the folder, into an empty output folder, with pictures and contact sheet.
Memory is the largest resident size of one process, and of all of them together as far as they were large at once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, sleep

from fitting_core.arguments.photo_folder import keypoints_of_photo, photos_in

_LOOK_EVERY_SECONDS = 0.1


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=sorted({1, cores}))
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--engine", default="numpy")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args(arguments)
    print(
        f"{cores} cores, {options.count} photos, {options.at_once} people fitted at once, {options.engine}\n"
    )
    print("| keypoints | workers | s | photos per second | one process, MiB | all, MiB |")
    print("|---" * 6 + "|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        shots = link_photos(photos_in(options.photos)[: options.count], Path(folder) / "shots")
        for source, more in (("from files", []), ("from the photos", ["--detect"])):
            for workers in options.workers:
                out = Path(folder) / f"out {source} {workers}"
                line = ["batch", str(shots), "--out", str(out), "--workers", str(workers), *more]
                line += ["--at-once", str(options.at_once), "--engine", options.engine]
                seconds, largest, together = _measured([*line, "--device", options.device])
                print(
                    f"| {source} | {workers} | {seconds:.1f} | {options.count / seconds:.2f} | {largest:.0f} | {together:.0f} |",
                    flush=True,
                )


def link_photos(photos: Sequence[Path], folder: Path) -> Path:
    """Make a folder of links to the photos and their keypoint files."""
    folder.mkdir(parents=True)
    for photo in photos:
        (folder / photo.name).symlink_to(photo.resolve())
        keypoints = keypoints_of_photo(photo)
        if keypoints is not None:
            (folder / keypoints.name).symlink_to(keypoints.resolve())
    return folder


def _measured(line: Sequence[str]) -> tuple[float, float, float]:
    """Run the command; return its seconds, and the resident memory in MiB of the largest process and of all together."""
    started, largest, together = perf_counter(), 0.0, 0.0
    with subprocess.Popen(
        [sys.executable, "-m", "fitting_core", *line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            sizes = [_resident_mib(pid) for pid in _family(process.pid)]
            largest, together = max([largest, *sizes]), max(together, sum(sizes))
            sleep(_LOOK_EVERY_SECONDS)
    if process.returncode == 2:
        raise SystemExit("The batch did nothing: run it by hand to see why.")
    return perf_counter() - started, largest, together


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
