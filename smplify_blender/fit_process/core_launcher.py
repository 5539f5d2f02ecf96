"""Runs `fitting_core` in a child Python: `python -I -u -X utf8 core_launcher.py FOLDER… -- ARGUMENTS…`.

The one place that touches `sys.path`. An isolated child (`-I`) of Blender's Python sees neither this
extension nor the wheels Blender has unpacked for it; the parent knows where they are and names the folders.
Started by its absolute path, never imported. Standard library only.
"""

import runpy
import sys


def main() -> None:
    """Put the named folders on the search path and run the core's command line."""
    border = sys.argv.index("--")
    folders, arguments = sys.argv[1:border], sys.argv[border + 1 :]
    sys.path[0:0] = folders
    sys.argv[1:] = arguments
    runpy.run_module("fitting_core", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
