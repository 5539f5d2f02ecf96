"""Command line of the bake: writes the open body's files or compares a fresh bake with them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from tools.build_open_body.bake import SEEDS, bake
from tools.build_open_body.source import load_makehuman_body
from tools.build_open_body.writer import Arrays, pack, write

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "fitting_core" / "data"
SAMPLE_COUNT = 600
TOLERANCE_MM = 0.1


def open_body_file(folder: Path, gender: str) -> Path:
    """Return the path of a gender's body file."""
    return folder / f"open_body_{gender}.npz"


def main(arguments: list[str] | None = None) -> int:
    """Bakes the chosen bodies; returns 1 when a check fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_open_body", description=__doc__)
    parser.add_argument("--gender", nargs="*", choices=list(SEEDS), default=list(SEEDS))
    parser.add_argument("--out", type=Path, default=DATA / "open_body")
    parser.add_argument("--hand-prior", type=Path, default=DATA / "priors" / "hand_prior.npz")
    parser.add_argument("--samples", type=int, default=SAMPLE_COUNT)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    options = parser.parse_args(arguments)
    body = load_makehuman_body()
    failed = False
    for gender in options.gender:
        started = time.perf_counter()
        baked = bake(body, gender, options.samples, options.hand_prior)
        arrays = pack(baked)
        target = open_body_file(options.out, gender)
        if options.check:
            failed |= not reproduces(target, arrays)
        else:
            write(target, arrays)
            print(
                f"{target.name}: {target.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - started:.0f} s"
            )
            print("  " + ", ".join(f"{name} {value:.4g}" for name, value in baked.report.items()))
    return int(failed)


def reproduces(path: Path, arrays: Arrays) -> bool:
    """Return True if the file's template, directions and joints are those of `arrays` within `TOLERANCE_MM`."""
    with np.load(path, allow_pickle=False) as stored:
        kept: Arrays = {name: stored[name] for name in ("f", "v_template", "shapedirs", "J_regressor")}
    same_faces = bool(np.array_equal(kept["f"], arrays["f"]))
    shift = {
        name: 1000 * float(np.abs(kept[name] - arrays[name]).max()) for name in ("v_template", "shapedirs")
    }
    joints = [one["J_regressor"].astype(np.float64) @ one["v_template"] for one in (kept, arrays)]
    shift["joints"] = 1000 * float(np.abs(joints[0] - joints[1]).max())
    print(
        f"{path.name}: same faces {same_faces}, "
        + ", ".join(f"{name} {value:.4f} mm" for name, value in shift.items())
    )
    return same_faces and max(shift.values()) < TOLERANCE_MM


if __name__ == "__main__":
    sys.exit(main())
