"""`import`, `fit` and `batch` under a plain Blender without the extension installed: for render farms and checkouts.

    blender -b --python-exit-code 1 --python tools/run_smplify.py -- fit PHOTO --out X.blend [options]
    blender -b --python-exit-code 1 --python tools/run_smplify.py -- batch DIR --out DIR [options]

Blender starts this file as a script, not as part of a package, so it names the package absolutely. What the fit needs beyond
Blender's NumPy is taken from this Blender if it is there, else from the pure wheels in wheels/ (`make extension` fetches them).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("array_api_compat",)


def main() -> int:
    """Make the package importable and run its command line; returns the exit code."""
    sys.path.insert(0, str(ROOT))
    if any(importlib.util.find_spec(name) is None for name in REQUIREMENTS):
        sys.path.extend(str(wheel) for wheel in sorted((ROOT / "wheels").glob("*.whl")))
    from smplify_blender.headless.command import run_subcommand

    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return run_subcommand(arguments, "run_smplify.py")


exit_code = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(exit_code)  # Blender would exit with 0, and 4.2 may crash while it winds down
