# pyright: basic
"""`python -m smplify_blender {import,fit,batch,export} …`, for a Python that has the bpy wheel.

Without one of these words: `import`.
"""

from __future__ import annotations

import os
import sys

from .headless.command import SUBCOMMANDS, run_command, run_subcommand

if __name__ == "__main__":
    program, arguments = "python -m smplify_blender", sys.argv[1:]
    run = run_subcommand if arguments and arguments[0] in SUBCOMMANDS else run_command
    exit_code = run(arguments, program)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)  # bpy 4.2 may crash while Python winds down
