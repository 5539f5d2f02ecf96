# pyright: basic
"""`batch DIR --out DIR …`: every photo and clip of a folder, fitted by the core's own batch; failures listed, the rest done.

Before things of the .blend that is open, photos are fitted one by one instead.
A folder that `smplify-fit batch` has written is fitted already: its photos and clips become rigs as they are.
A run goes on where an earlier one in the same output folder ended.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..api import SmplifyError
from ..result.errors import ResultError
from ..result.output_file import held_alone
from .batch_table import BatchRow
from .batch_work import (
    RESULTS,
    RESULTS_ENDING,
    SUMMARY,
    Work,
    check_fits,
    check_written_before,
    holds_fitted,
    photo_folder,
    work_of_photos,
    work_of_results,
)
from .contact_work import ContactWork, add_contact_options, contact_work_of
from .finished_photos import FinishedPhotos
from .fit import print_help
from .folder_fit import FolderFit
from .options import EXPORTS, OptionError, OptionParser, add_root_motion, add_writing_options, file_path
from .outputs import empty_startup_scene
from .pose_library import write_pose_library
from .rig_run import EXIT_ALL, EXIT_NOTHING, EXIT_SOME, RigRun, write_tables


def run_batch_command(arguments: Sequence[str], program: str) -> int:
    """Do every photo as `arguments` say; exit code 0: all done, 1: some failed, 2: nothing done, or bad options."""
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        return print_help(parser, "batch", asked=bool(arguments))
    try:
        options, rest = parser.parse_known_args(list(arguments))
        if not rest or rest[0].startswith("-"):
            raise OptionError("Name the folder of photos first: batch DIR --out DIR …")
        return _run(photo_folder(rest[0]), rest[1:], options, program)
    except BlockingIOError:
        sys.stderr.write(
            f"{program}: {options.out}: another run is at work there. Wait for its end, or choose another --out.\n"
        )
    except (OptionError, SmplifyError, ResultError) as error:
        sys.stderr.write(f"{program}: {error}\n")
    return EXIT_NOTHING


def _run(folder: Path, for_core: Sequence[str], options: argparse.Namespace, program: str) -> int:
    contacts = contact_work_of(options)
    if holds_fitted(folder):
        work = work_of_results(folder, for_core, options)
        if contacts.needs_scene:
            raise OptionError(
                f"{folder} is fitted already: contacts and --scene-camera belong to a fit. Leave them out."
            )
    elif contacts.needs_scene:
        work = work_of_photos(folder, for_core, options)
    else:
        return _fit_and_build(folder, for_core, contacts, options, program)
    with held_alone(options.out):
        finished = FinishedPhotos(options.out)
        check_written_before(work, finished)
        empty_startup_scene()
        with RigRun(contacts, finished, len(work), options.again) as run:
            for one in work:
                run.do(one)
        return _concluded(run, work, finished, options, program)


def _fit_and_build(
    folder: Path,
    for_core: Sequence[str],
    contacts: ContactWork,
    options: argparse.Namespace,
    program: str,
) -> int:
    """Have the core fit a folder of photos and clips, and make a rig of each result as it comes.

    Raises OptionError, SmplifyError and ResultError before anything is done, BlockingIOError where another run is at work.
    """
    check_fits(folder, for_core, options)
    is_new = not options.out.exists()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SmplifyError(
            f"{options.out} cannot be written: the folder cannot be made ({problem.strerror}). Choose another place.",
            "cannot-write",
        ) from problem
    try:
        with held_alone(options.out):
            fitted = FolderFit(folder, for_core, options)
            run = fitted.rigs(contacts)
            code = _concluded(run, fitted.work, fitted.finished, options, program)
    finally:
        if is_new:
            with suppress(OSError):
                options.out.rmdir()  # where nothing was done, nothing is left
    if fitted.problem is not None:
        sys.stderr.write(f"{program}: {fitted.problem}\n")
    if fitted.sheet.is_file():
        sys.stdout.write(f"{fitted.sheet}\n")
    return code


def _concluded(
    run: RigRun, work: Sequence[Work], finished: FinishedPhotos, options: argparse.Namespace, program: str
) -> int:
    rows = [run.rows[one.label] for one in work]
    exit_code = write_tables(rows, options.out, program)
    finished.close([one.label for one in work])
    if options.pose_library is not None:
        done = [(one.name, one.results) for one in work if _is_done_photo(one, run.rows)]
        exit_code = max(exit_code, _write_library(done, options.pose_library, program))
    return exit_code


def _is_done_photo(one: Work, rows: Mapping[str, BatchRow]) -> bool:
    return rows[one.label].status == "done" and not one.is_clip


def _write_library(done: Sequence[tuple[str, Path]], path: Path, program: str) -> int:
    """Write the pose library of the photos that are done; return the exit code."""
    if not done:
        sys.stderr.write(f"{program}: {path} is not written: no photo is done.\n")
        return EXIT_NOTHING
    try:
        sys.stdout.write(f"{write_pose_library(done, path)}\n")
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_SOME
    return EXIT_ALL


def _parser(program: str) -> OptionParser:
    parser = OptionParser(
        program,
        "Fit every photo and clip of a folder and build their rigs, or build rigs of the results of smplify-fit batch: "
        "batch DIR --out DIR",
    )
    parser.add_argument(
        "--out",
        type=file_path,
        required=True,
        metavar="DIR",
        help=f"gets NAME.blend for each photo and clip, {SUMMARY}, and {RESULTS}/ with the results, their tables and the contact "
        f"sheet index.html (with --scene-camera or contacts: photos alone, and NAME{RESULTS_ENDING}/ for each)",
    )
    parser.add_argument(
        "--keypoints",
        type=file_path,
        metavar="DIR_OR_FILE",
        help="folder that holds the keypoint files, or one file with a frame for every photo (default: found beside each photo)",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="do every photo anew (default: what an earlier run has made of the same files with the same options stays)",
    )
    parser.add_argument(
        "--pose-library",
        type=file_path,
        metavar="BLEND",
        help="also write one .blend with one character and every photo's pose as an asset",
    )
    parser.add_argument(
        "--render", action="store_true", help="also render the figures over each photo: NAME.png"
    )
    for name, ending in EXPORTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=f"also export NAME{ending}")
    add_root_motion(parser)
    add_contact_options(parser)
    add_writing_options(parser)
    return parser
