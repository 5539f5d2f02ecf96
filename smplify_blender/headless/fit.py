# pyright: basic
"""`fit PHOTO [KEYPOINTS] --out X.blend …`: one photo, from the command line to files."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from ..api import (
    SequencePlan,
    SmplifyError,
    Target,
    fit_clip,
    import_result,
    photo_among,
    run_fit,
    scene_camera_options,
)
from ..api.clip_fit import is_clip
from ..fit_process.command import FitProcessError, child_command
from ..fit_process.environment import default_environment
from ..result.motion_tracks import RootMotion
from .contact_work import ContactWork, add_contact_options, contact_work_of, touch_things
from .figure_work import chosen_work
from .options import (
    EXPORTS,
    Export,
    OptionError,
    OptionParser,
    add_root_motion,
    add_writing_options,
    file_path,
    plain_settings,
    root_motion_of,
    target_exports,
)
from .outputs import (
    EXIT_CODES,
    EXIT_OTHER,
    Outputs,
    check_outputs,
    empty_startup_scene,
    quiet_blender,
    write_outputs,
)

EXIT_DONE, EXIT_OPTIONS = 0, 2
HELP_SECONDS = 120.0  # a help text takes a fraction of a second


def run_fit_command(arguments: Sequence[str], program: str) -> int:
    """Fit a photo or a video, build and write as `arguments` say; returns the exit code: 0, or that of the core's command line.

    Options that are not the add-on's go to the core unchanged, which refuses in its own words what it does not know.
    """
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        return print_help(parser, "fit", asked=bool(arguments), of_videos="sequence")
    try:
        options, for_core = parser.parse_known_args(list(arguments))
        check_endings({"out": options.out, **{name: getattr(options, name) for name in EXPORTS}})
        outputs = Outputs(
            options.out,
            options.render,
            (*plain_exports(options), *target_exports(options, options.out.parent, options.out.stem)),
            options.render_engine,
            options.render_size,
            chosen_work(options),
            options.set_up_render,
            options.clothes,
        )
        check_outputs(outputs.files, outputs.work)
        contacts = contact_work_of(options)
        with ExitStack() as stack:
            results = options.results or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="smplify-"))
            )
            _fit(for_core, results, outputs, contacts, options)
    except OptionError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_OPTIONS
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_CODES.get(error.code, EXIT_OTHER)
    return EXIT_DONE


def _parser(program: str) -> OptionParser:
    parser = OptionParser(
        program,
        "Fit the people of a photo, a movie or a folder of a video's images, and save them as a .blend: PHOTO [KEYPOINTS] --out "
        "X.blend, or VIDEO --out X.blend",
    )
    parser.add_argument(
        "--out", type=file_path, required=True, metavar="BLEND", help="the .blend file to write"
    )
    parser.add_argument("--results", type=file_path, metavar="DIR", help="keep the fit's result folder there")
    parser.add_argument(
        "--render", type=file_path, metavar="PNG", help="also render the figures over the photo"
    )
    add_export_files(parser)
    add_root_motion(parser)
    add_contact_options(parser)
    add_writing_options(parser)
    return parser


def add_export_files(parser: OptionParser) -> None:
    """Add an option for each kind of export that names the file."""
    for name, ending in EXPORTS.items():
        parser.add_argument(
            f"--{name}", type=file_path, metavar="FILE", help=f"also export the figures as {ending}"
        )


def plain_exports(options: Namespace) -> tuple[Export, ...]:
    """Return the exports that name their files."""
    paths = (getattr(options, name) for name in EXPORTS)
    return tuple(Export(path, plain_settings(options)) for path in paths if path is not None)


def check_endings(files: Mapping[str, Path | None]) -> None:
    """Raise OptionError for a file, by its option, whose name has not the ending of its kind."""
    endings = {"out": ".blend", **EXPORTS}
    for name, path in files.items():
        if path is not None and path.suffix.lower() != endings[name]:
            raise OptionError(f"--{name} {path}: the file's name has to end in {endings[name]}.")


def _fit(
    for_core: Sequence[str],
    results: Path,
    outputs: Outputs,
    contacts: ContactWork,
    options: Namespace,
) -> None:
    clip = Path(for_core[0]) if for_core else None
    if clip is not None and is_clip(clip):
        if contacts.needs_scene:
            raise OptionError(
                "A video's people touch nothing yet: leave out the options of contact and --scene-camera."
            )
        _fit_clip(clip, for_core[1:], results, outputs, root_motion_of(options))
        return
    if options.root_motion is not None:
        raise OptionError("--root-motion: the figure of a photo does not move. Leave it out.")
    photo, target = photo_among(for_core), contacts.target(Target())
    job = run_fit([*for_core, *scene_camera_options(photo, target)], results)
    empty_startup_scene()
    with quiet_blender():
        fitted = import_result(results, target=target, name=photo.stem if photo is not None else "")
        fitted, met = touch_things(fitted, photo, contacts, target)
    said = (*met, *write_outputs(fitted, outputs))
    for warning in (*job.warnings, *fitted.warnings):
        sys.stderr.write(f"Warning: {warning}\n")
    people = "1 person" if len(fitted.armatures) == 1 else f"{len(fitted.armatures)} people"
    sys.stdout.write(f"{outputs.blend}: {people}, {', '.join(fitted.quality)}\n")
    if (
        fitted.focal_estimate is not None and fitted.focal_estimate.taken
    ):  # else a warning says that it was not
        sys.stdout.write(f"{fitted.focal_estimate.text}\n")
    for text in said:
        sys.stdout.write(f"{text}\n")


def _fit_clip(
    clip: Path, options: Sequence[str], results: Path, outputs: Outputs, root_motion: RootMotion
) -> None:
    """Fit a video, build everybody in it, and write what was asked for. Raises OptionError and SmplifyError."""
    if outputs.render is not None:
        raise OptionError("--render: a video is not one picture. Leave it out, and render the .blend.")
    empty_startup_scene()
    with quiet_blender():
        plan = SequencePlan(root_motion=root_motion)
        fitted = fit_clip(clip, options=options, results=results, plan=plan)
    said = write_outputs(fitted, outputs)
    for warning in fitted.warnings:
        sys.stderr.write(f"Warning: {warning}\n")
    people = "1 person" if len(fitted.armatures) == 1 else f"{len(fitted.armatures)} people"
    first, last = fitted.frames
    sys.stdout.write(
        f"{outputs.blend}: {people}, frames {first:g} to {last:g}, {', '.join(fitted.quality)}\n"
    )
    for text in said:
        sys.stdout.write(f"{text}\n")


def print_help(parser: OptionParser, command: str, asked: bool, of_videos: str = "") -> int:
    """Print the add-on's own options on stdout, then those of the core as the core itself says them."""
    out = sys.stdout if asked else sys.stderr
    out.write(parser.format_help())
    out.write(
        f"\nAll other options go to the fit unchanged. Its own help on `{command}`, whose --out and --messages are taken:\n\n"
    )
    _write_help_of_core(command, out)
    if of_videos:
        out.write(f"\nAnd on `{of_videos}`, which a video goes to:\n\n")
        _write_help_of_core(of_videos, out)
    return EXIT_DONE if asked else EXIT_OPTIONS


def _write_help_of_core(command: str, out: TextIO) -> None:
    out.flush()
    try:
        line = child_command([command, "--help"])
        helped = subprocess.run(
            line,
            env=default_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=HELP_SECONDS,
            check=False,
        )
        out.write(helped.stdout)
    except (FitProcessError, OSError, subprocess.TimeoutExpired) as problem:
        out.write(f"{problem}\n")
