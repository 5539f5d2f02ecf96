# pyright: basic
"""`import RESULT --blend …`, `fit …`, `batch …` and `export …`: one command line for `python -m smplify_blender`, the launcher
and Blender's `--command`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..api import FittedPhoto, ImportedMotion, SmplifyError, Target, import_clip, import_file, import_result
from ..result.chosen_file import holds_clip, holds_motion, own_folder
from ..result.motion_tracks import Floor, FrameRate, MotionTiming
from ..result.read_sequence import named_people
from ..scene.motion.build_sequence import SequencePlan
from ..scene.pictures.render import write_camera_picture, write_side_picture
from .batch import run_batch_command
from .export import run_export_command
from .fit import print_help, run_fit_command
from .options import OptionError, OptionParser, add_root_motion, file_path, root_motion_of
from .outputs import EXIT_CODES, EXIT_OTHER, empty_startup_scene, quiet_blender, save_blend

FRAME_RATES: dict[str, FrameRate] = {"true-time": "TRUE_TIME", "one-per-frame": "ONE_PER_FRAME"}
MOTION_FLOORS: dict[str, Floor] = {"auto": "AUTO", "file": "FILE", "soles": "SOLES"}
EXIT_DONE, EXIT_OPTIONS, EXIT_RESULT, EXIT_WRITE = 0, 2, 3, 8


def run_subcommand(arguments: Sequence[str], program: str) -> int:
    """Run `import`, `fit`, `batch` or `export`, as the first word says; returns the exit code."""
    run = SUBCOMMANDS.get(arguments[0]) if arguments else None
    if run is None:
        sys.stderr.write(f"usage: {program} {{{','.join(SUBCOMMANDS)}}} …\n")
        return EXIT_OPTIONS
    return run(arguments[1:], f"{program} {arguments[0]}")


def run_command(arguments: Sequence[str], program: str) -> int:
    """Import as `arguments` say and return the exit code: 0 done, 2 bad options, 3 bad result folder, 8
    cannot write, or that of the core for a file that it has refused (docs/result-files.md).

    Turns errors into text (on stderr) and exit codes.
    """
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        return print_help(parser, "convert", asked=bool(arguments))
    try:
        options, for_core = parser.parse_known_args(list(arguments))
        imported = _imported(options, for_core)
    except OptionError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_OPTIONS
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_CODES.get(error.code, EXIT_OTHER)
    for warning in imported.warnings:
        sys.stderr.write(f"Warning: {warning}\n")
    try:
        _write(imported, options.blend, options.render, options.side)
    except (SmplifyError, OSError, RuntimeError) as error:  # Blender's render raises RuntimeError
        sys.stderr.write(f"{program}: cannot write the output: {error}\n")
        return EXIT_WRITE
    for path in (options.blend, options.render, options.side):
        if path is not None:
            sys.stdout.write(f"{path}\n")
    return EXIT_DONE


def _imported(options: argparse.Namespace, for_core: Sequence[str]) -> FittedPhoto | ImportedMotion:
    """Build a result folder, a file of one, or a file of another program. Raises OptionError or SmplifyError."""
    chosen: Path = options.result
    is_ours = own_folder(chosen) is not None or not chosen.suffix
    if is_ours and for_core:
        raise OptionError(f"Unrecognized arguments: {' '.join(for_core)}.")
    if options.person and not is_ours:
        raise OptionError(f"--person: {chosen.name} is no result folder. Leave it out.")
    empty_startup_scene()
    target = Target(set_camera=not options.keep_scene_camera)
    folder = own_folder(chosen)
    if folder is not None and folder.is_dir() and holds_clip(folder, chosen.name):
        if options.render is not None:
            raise OptionError("--render: a video is not one picture. Leave it out, or use --side.")
        return import_clip(folder, _clip_plan(options, chosen), target=target)
    is_photo = folder is not None and folder.is_dir() and not holds_motion(folder, chosen.name)
    if is_photo and options.root_motion is not None:
        raise OptionError("--root-motion: the figure of a photo does not move. Leave it out.")
    if options.person or not (chosen.is_dir() or chosen.suffix):
        return import_result(chosen, people=options.person, target=target)
    timing = MotionTiming(
        options.start_frame,
        FRAME_RATES[options.frame_rate],
        options.frame_step,
        MOTION_FLOORS[options.floor],
        root_motion=root_motion_of(options),
    )
    imported = import_file(chosen, options=for_core, timing=timing, target=target)
    if options.render is not None and isinstance(imported, ImportedMotion):
        raise OptionError("--render: a motion has no photo. Leave it out, or use --side.")
    return imported


def _clip_plan(options: argparse.Namespace, chosen: Path) -> SequencePlan:
    """Return what the options say of a clip's people; the file of one person is that person alone."""
    return SequencePlan(
        people=tuple(options.person or ()) or named_people(chosen.name),
        start=options.start_frame,
        set_rate=not options.keep_scene_rate,
        clip=options.clip,
        root_motion=root_motion_of(options),
    )


def _parser(program: str) -> OptionParser:
    parser = OptionParser(
        program, "Make a rigged figure of a fitted result, of a SMPLify-X result or of an AMASS motion."
    )
    parser.add_argument(
        "result",
        metavar="RESULT",
        type=file_path,
        help="folder written by smplify-fit, or a .pkl or .npz of another program",
    )
    _add_motion_options(parser)
    add_root_motion(parser)
    parser.add_argument("--blend", type=file_path, required=True, help="the .blend file to write")
    parser.add_argument(
        "--render", type=file_path, metavar="PNG", help="also render: photo, and figures over it"
    )
    parser.add_argument(
        "--side", type=file_path, metavar="PNG", help="also render the figures from their side, on the floor"
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
    parser.add_argument(
        "--keep-scene-rate",
        action="store_true",
        help="leave the scene's frame rate as it is; keys of a clip's people come at their time",
    )
    parser.add_argument(
        "--clip",
        type=file_path,
        metavar="MOVIE",
        help="of a clip's people: the movie, or the first of numbered images, that the camera shows behind them (default: the "
        "one of its name in the folder or beside it)",
    )
    return parser


def _add_motion_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say at which frames the keys of a motion go."""
    parser.add_argument(
        "--start-frame",
        type=int,
        default=1,
        metavar="N",
        help="scene frame at which a motion begins (default 1)",
    )
    parser.add_argument(
        "--frame-rate",
        choices=tuple(FRAME_RATES),
        default="true-time",
        help="keep the scene's frame rate and place keys at their time (default), or one key a frame",
    )
    parser.add_argument(
        "--every",
        dest="frame_step",
        type=int,
        default=1,
        metavar="N",
        help="take every Nth frame of a motion (default 1)",
    )
    parser.add_argument(
        "--floor",
        choices=tuple(MOTION_FLOORS),
        default="auto",
        help="height of a motion: as in its file, under the soles, or (default) under the soles only where another body "
        "stands in or the file has no floor",
    )


def _write(
    imported: FittedPhoto | ImportedMotion, blend: Path, render: Path | None, side: Path | None
) -> None:
    with quiet_blender():
        save_blend(blend)
        if render is not None and isinstance(imported, FittedPhoto):
            write_camera_picture(imported.built, render.absolute())
        if side is not None:
            write_side_picture(imported.built, side.absolute())


SUBCOMMANDS: dict[str, Callable[[Sequence[str], str], int]] = {
    "import": run_command,
    "fit": run_fit_command,
    "batch": run_batch_command,
    "export": run_export_command,
}
