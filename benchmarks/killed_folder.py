"""Kill `smplify-fit batch` on the way and compare its end with that of an unbroken run.

    python -m benchmarks.killed_folder PHOTOS --out DIR [--count 300] [--kills 3]
        [--movie FILE --pieces 5 --frames 15] [--ray ADDRESS]

The folder that is fitted gets links to the first photos and their keypoint files, and pieces of the movie. The unbroken run goes
to DIR/whole, the killed one to DIR/killed: it is ended by SIGKILL, processes beside it and all, after equal shares of the photos,
and the last time inside the clips. What is done twice is counted, and the results are compared value by value. DIR is left for
the contact sheets to be looked at. With --ray the killed run is on that cluster, and the unbroken one on this machine alone.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.folder import link_photos
from benchmarks.movies import write_movie
from fitting_core.arguments.photo_folder import photos_in
from fitting_core.results.exchange import SEQUENCE_STEPS


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, kill, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--movie", type=Path, default=None)
    parser.add_argument("--pieces", type=int, default=5)
    parser.add_argument("--frames", type=int, default=15)
    parser.add_argument("--ray", default=None)
    options = parser.parse_args(arguments)
    shots = link_photos(photos_in(options.photos)[: options.count], options.out / "shots")
    if options.movie is not None:
        cut_movie(options.movie, shots, options.pieces, options.frames)
    count = len(photos_in(shots))
    started = perf_counter()
    whole = _Run(shots, options.out / "whole")
    whole.go(lambda _: False)
    print(f"unbroken: {perf_counter() - started:.0f} s, {len(whole.finished)} photos and clips", flush=True)
    started = perf_counter()
    killed = _Run(shots, options.out / "killed", [] if options.ray is None else ["--ray", options.ray])
    for number in range(1, options.kills + 1):
        is_last = number == options.kills and options.movie is not None
        killed.go(
            killed.is_inside_a_clip if is_last else killed.has_finished(count * number // (options.kills + 1))
        )
        print(f"kill {number}: after {len(killed.finished)} photos and clips", flush=True)
    killed.go(lambda _: False)
    print(f"killed {options.kills} times: {perf_counter() - started:.0f} s, {killed.twice} done twice\n")
    _compare(options.out / "whole", options.out / "killed")


class _Run:
    """The runs on one output folder: the photos and clips that they have finished, and how many were finished twice."""

    def __init__(self, shots: Path, out: Path, more: Sequence[str] = ()) -> None:
        self._out = out
        self._line = [sys.executable, "-m", "fitting_core", "batch", str(shots), "--out", str(out), *more]
        self.finished: set[str] = set()
        self.twice = 0

    def go(self, is_enough: Callable[[dict[str, Any]], bool]) -> None:
        """Run until the end, or kill the run and all its processes at the first message that is enough."""
        with subprocess.Popen(
            [*self._line, "--messages", "json"], stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            assert process.stdout is not None
            for message in map(json.loads, process.stdout):
                if message["type"] == "PHOTO" and message["status"] == "done":
                    self.twice += message["photo"] in self.finished
                    self.finished.add(message["photo"])
                if is_enough(message):
                    os.killpg(process.pid, signal.SIGKILL)
                    return
        if process.returncode == 2:
            raise SystemExit("The batch did nothing: run it by hand to see why.")

    def has_finished(self, count: int) -> Callable[[dict[str, Any]], bool]:
        """Return what is true at the message of the last of so many."""
        return lambda message: message["type"] == "PHOTO" and len(self.finished) >= count

    def is_inside_a_clip(self, _: dict[str, Any]) -> bool:
        """True once steps of a clip are kept."""
        return any(self._out.glob(f"*/{SEQUENCE_STEPS}/*.npz"))


def cut_movie(movie: Path, folder: Path, pieces: int, frames: int) -> None:
    """Write consecutive pieces of a movie, half as wide and high, into a folder."""
    import av

    with av.open(str(movie)) as source:
        rate = Fraction(source.streams.video[0].average_rate or 25)
        pictures = (
            frame.reformat(frame.width // 4 * 2, frame.height // 4 * 2) for frame in source.decode(video=0)
        )
        for number in range(pieces):
            piece = [picture.to_ndarray(format="rgb24") for picture in islice(pictures, frames)]
            write_movie(folder / f"piece_{number}.mp4", piece, rate)


def _compare(whole: Path, killed: Path) -> None:
    names = sorted(path.relative_to(whole) for path in whole.rglob("*.npz"))
    others = sorted(path.relative_to(killed) for path in killed.rglob("*.npz"))
    print(f"the same files: {names == others} ({len(names)})")
    print(
        "| | files | bit by bit the same | largest difference of a vertex or joint, mm |\n|---|---|---|---|"
    )
    for words, pattern, entry in (
        ("photos", "person_[0-9][0-9].npz", "vertices"),
        ("clips", "person_*_motion.npz", "transl"),
    ):
        pairs = [(whole / name, killed / name) for name in names if name.match(pattern)]
        same = sum(_same(*pair) for pair in pairs)
        apart = max((_apart(*pair, entry) for pair in pairs), default=0.0)
        print(f"| {words} | {len(pairs)} | {same} | {1000.0 * apart:.4f} |")
    rows = [_rows(folder) for folder in (whole, killed)]
    print(f"the same people, words and reasons in the tables: {rows[0] == rows[1]} ({len(rows[0])} lines)")


def _same(first: Path, second: Path) -> bool:
    with np.load(first) as one, np.load(second) as other:
        return one.files == other.files and all(
            np.array_equal(one[key], other[key], equal_nan=one[key].dtype.kind == "f") for key in one.files
        )


def _apart(first: Path, second: Path, entry: str) -> float:
    with np.load(first) as one, np.load(second) as other:
        return float(np.linalg.norm(one[entry] - other[entry], axis=-1).max())


def _rows(folder: Path) -> list[tuple[str, ...]]:
    lines = (folder / "people.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        (line["photo"], line["file"], line["quality"], line["reasons"]) for line in map(json.loads, lines)
    ]


if __name__ == "__main__":
    main()
