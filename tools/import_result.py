"""Make a .blend of a result folder, or of another program's file, under a plain Blender without the extension installed.

    blender -b --python-exit-code 1 --python tools/import_result.py -- RESULT --blend OUT.blend [--render
    PNG] [--side PNG]

Blender starts this file as a script, not as part of a package, so it names the package absolutely.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smplify_blender.headless.command import run_command

arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
exit_code = run_command(arguments, "import_result.py")
sys.stdout.flush()
sys.stderr.flush()
os._exit(exit_code)  # Blender would exit with 0, and 4.2 may crash while it winds down
