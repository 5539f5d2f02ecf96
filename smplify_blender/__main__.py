# pyright: basic
"""`python -m smplify_blender RESULT_DIR --blend OUT.blend`, for a Python that has the bpy wheel."""

from __future__ import annotations

import os
import sys

from .command import run_command

if __name__ == "__main__":
    exit_code = run_command(sys.argv[1:], "python -m smplify_blender")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)  # bpy 4.2 may crash while Python winds down
