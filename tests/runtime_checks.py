"""The run-time type checker of the tests, as a pytest plugin: every annotation of the core, array shapes included, is checked.

Only the readers of files are left out: they have bytes and no shapes, and their tests count steps, which checks would add to. It
is loaded before anything imports the core (see pyproject.toml): what has been imported before would go unchecked. For the same
reason it gives NumPy one thread, as the command does, and PyTorch one: the workers of the tests share the cores already.

`make fuzz` turns the checks off by `SMPLIFY_TYPE_CHECKS=off`: they take six times as long as the readers, and nine in ten of the
calls that it counts would be theirs. The few cases that the tests run of the same attacks are checked.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before NumPy, which the next line imports
    os.environ.setdefault(variable, "1")

from tests.import_checks import check_imports_of  # noqa: E402

CHECKED_PACKAGE = "fitting_core"
UNCHECKED_ROOMS = {"files", "data", "__pycache__"}

if any(name.partition(".")[0] == CHECKED_PACKAGE for name in sys.modules):
    raise RuntimeError(f"{CHECKED_PACKAGE} was imported before its checks were installed")
CHECKED_ROOMS = sorted(
    f"{CHECKED_PACKAGE}.{entry.stem}"
    for entry in (Path(__file__).parents[1] / CHECKED_PACKAGE).iterdir()
    if (entry.is_dir() or entry.suffix == ".py") and entry.name not in UNCHECKED_ROOMS
)
if os.environ.get("SMPLIFY_TYPE_CHECKS") != "off":
    check_imports_of(CHECKED_ROOMS)
