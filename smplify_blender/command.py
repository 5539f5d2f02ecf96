# pyright: basic
"""`import RESULT_DIR --blend …`, `fit …` and `batch …`: one command line for `python -m smplify_blender`, the launcher
and Blender's `--command`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .api import FittedPhoto, SmplifyError, Target, import_result
from .batch_command import run_batch_command
from .fit_command import run_fit_command
from .outputs import EXIT_CODES, EXIT_OTHER, empty_startup_scene, quiet_blender, save_blend
from .scene.pictures import write_camera_picture, write_side_picture

EXIT_DONE, EXIT_OPTIONS, EXIT_RESULT, EXIT_WRITE = 0, 2, 3, 8


def run_subcommand(arguments: Sequence[str], program: str) -> int:
    """`import`, `fit` or `batch`, whichever comes first; returns the exit code."""
    run = SUBCOMMANDS.get(arguments[0]) if arguments else None
    if run is None:
        sys.stderr.write(f"usage: {program} {{{','.join(SUBCOMMANDS)}}} …\n")
        return EXIT_OPTIONS
    return run(arguments[1:], f"{program} {arguments[0]}")


def run_command(arguments: Sequence[str], program: str) -> int:
    """Import as `arguments` say and return the exit code: 0 done, 2 bad options, 3 bad result folder, 8
    cannot write.

    Turns errors into text (on stderr) and exit codes.
    """
    try:
        options = _parser(program).parse_args(list(arguments))
    except SystemExit as exit_request:  # argparse has said on stderr what is wrong, or has printed the help
        return int(exit_request.code or 0)
    try:
        empty_startup_scene()
        target = Target(set_camera=not options.keep_scene_camera)
        imported = import_result(options.result, people=options.person, target=target)
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_CODES.get(error.code, EXIT_OTHER)
    try:
        _write(imported, options.blend, options.render, options.side)
    except (SmplifyError, OSError, RuntimeError) as error:  # Blender's render raises RuntimeError
        sys.stderr.write(f"{program}: cannot write the output: {error}\n")
        return EXIT_WRITE
    return EXIT_DONE


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program, description="Make a rigged figure of a fitted result folder."
    )
    parser.add_argument("result", metavar="RESULT_DIR", type=Path, help="folder written by smplify-fit")
    parser.add_argument("--blend", type=Path, required=True, help="the .blend file to write")
    parser.add_argument("--render", type=Path, metavar="PNG", help="also render: photo, and figures over it")
    parser.add_argument(
        "--side", type=Path, metavar="PNG", help="also render the figures from their side, on the floor"
    )
    parser.add_argument(
        "--person",
        type=int,
        action="append",
        metavar="N",
        help="only person_NN (may be repeated; default: everybody)",
    )
    parser.add_argument(
        "--keep-scene-camera",
        action="store_true",
        help="leave the scene's active camera and render size as they are",
    )
    return parser


def _write(imported: FittedPhoto, blend: Path, render: Path | None, side: Path | None) -> None:
    with quiet_blender():
        save_blend(blend)
        if render is not None:
            write_camera_picture(imported.built, render.absolute())
        if side is not None:
            write_side_picture(imported.built, side.absolute())


SUBCOMMANDS: dict[str, Callable[[Sequence[str], str], int]] = {
    "import": run_command,
    "fit": run_fit_command,
    "batch": run_batch_command,
}
