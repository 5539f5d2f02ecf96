"""Measure what Ray adds to a batch: its start, and what the process that gives out the work does for each photo.

    python -m benchmarks.ray_cluster [--photos 2000] [--at-once 16] [--workers 2]

A local cluster gets the tasks of so many photos, in the sizes that real ones have, and they do nothing. So the photos a second
are the most that one such process can give out, and the processor time of it is the share that no further machine takes off it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

from fitting_core.batch.ray_cluster.cluster import LOCAL, Cluster, RayTask, connected

# Of a photo with one person, pickled: what is read of it, and its share of the fit.
READ_BYTES, FIT_BYTES = 6_175, 14_483


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "batch.jsonl"
        manifest.touch()
        started = perf_counter()
        with connected(LOCAL, options.workers, manifest, may_use_gpu=False) as cluster:
            _give_out(cluster, options.at_once, options.at_once)  # the processes load the program
            print(f"start of the cluster and its processes: {perf_counter() - started:.1f} s")
            started, busy = perf_counter(), process_time()
            _give_out(cluster, options.photos, options.at_once)
            seconds, busy = perf_counter() - started, process_time() - busy
    print(f"{options.photos / seconds:.0f} photos a second through tasks that do nothing")
    print(f"{1000.0 * busy / options.photos:.2f} ms a photo of the process that gives them out")


def _give_out(cluster: Cluster, photos: int, at_once: int) -> None:
    """Let the cluster read, fit and write so many photos, with a bounded number on their way."""
    writing: list[RayTask[bytes]] = []
    for _ in range(0, photos, at_once):
        reading = [cluster.readers.start(_read) for _ in range(at_once)]
        fits = cluster.fitters.start_each(_fit, [task.result() for task in reading])
        writing += [cluster.readers.start_after(fit, _write) for fit in fits]
        while len(writing) > at_once * (cluster.fitters.count + 1):
            writing.pop(0).result()
    for task in writing:
        task.result()


def _read() -> bytes:
    return bytes(READ_BYTES)


def _fit(photos: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(bytes(FIT_BYTES) for _ in photos)


def _write(_fit: bytes) -> bytes:
    return bytes(100)


if __name__ == "__main__":
    main()
