"""Runs of the environment's maker for the tests: orders whose steps are small Pythons, and patience until the end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from smplify_blender.torch_environment.commands import Machine, environment_plan
from smplify_blender.torch_environment.run import EnvironmentRun

LINUX = Machine("linux", "x86_64")
PATIENCE_SECONDS = 120.0


def order_of(folder: Path, *codes: str, needed_bytes: int = 0) -> dict[str, Any]:
    """A whole order whose steps are small Pythons, run in the partial folder."""
    return environment_plan(folder, "GPU", machine=LINUX).order() | {
        "needed_bytes": needed_bytes,
        "steps": [
            {"title": f"Step {number}", "command": [sys.executable, "-I", "-u", "-c", code], "shown": code}
            for number, code in enumerate(codes, 1)
        ],
    }


def until(condition: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE_SECONDS
    while not condition():
        assert monotonic() < end, "it takes too long"
        sleep(0.02)


def to_the_end(run: EnvironmentRun) -> EnvironmentRun:
    until(lambda: run.poll() and run.ended)
    return run
