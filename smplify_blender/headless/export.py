# pyright: basic
"""`export X.blend …`: figures of a .blend file, posed by whomever, from the command line to files of other programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..api import SmplifyError
from ..result.errors import shown
from ..result.output_file import reason_in
from ..scene.figure.lookup import figure_of
from .fit import EXIT_DONE, EXIT_OPTIONS, add_export_files, check_endings, plain_exports
from .options import EXPORTS, OptionError, OptionParser, add_export_options, file_path, target_exports
from .outputs import EXIT_CODES, EXIT_OTHER, check_can_write, quiet_blender, write_exports


def run_export_command(arguments: Sequence[str], program: str) -> int:
    """Open the file and export as `arguments` say; returns the exit code: 0 done, 2 options, 3 no such file, 8 cannot write."""
    parser = _parser(program)
    if not arguments or {"-h", "--help"} & set(arguments):
        (sys.stdout if arguments else sys.stderr).write(parser.format_help())
        return EXIT_DONE if arguments else EXIT_OPTIONS
    try:
        options, rest = parser.parse_known_args(list(arguments))
        if rest:
            raise OptionError(f"Unrecognized arguments: {' '.join(rest)}.")
        said = _export(options)
    except OptionError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_OPTIONS
    except SmplifyError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_CODES.get(error.code, EXIT_OTHER)
    sys.stdout.write("".join(f"{text}\n" for text in said))
    return EXIT_DONE


def _export(options: argparse.Namespace) -> tuple[str, ...]:
    check_endings({name: getattr(options, name) for name in EXPORTS})
    folder = options.out or options.blend.parent
    exports = (*plain_exports(options), *target_exports(options, folder, options.blend.stem))
    if not exports:
        raise OptionError("There is nothing to export. Add --export-for, --glb, --fbx or --usd.")
    check_can_write([export.path for export in exports])
    with quiet_blender():
        _open(options.blend)
        return write_exports(_figures(options.blend, options.figure), exports)


def _open(blend: Path) -> None:
    try:
        bpy.ops.wm.open_mainfile(filepath=str(blend.absolute()), load_ui=False, use_scripts=False)
    except RuntimeError as problem:
        raise SmplifyError(
            f"{blend}: this Blender can read no .blend file there ({reason_in(str(problem))}). Name another.",
            "bad-result",
        ) from problem


def _figures(blend: Path, names: Sequence[str]) -> list[bpy.types.Object]:
    """Return the figures of these names, or all of the open file."""
    figures = {thing.name: thing for thing in bpy.data.objects if figure_of(thing) == thing}
    if not figures:
        raise SmplifyError(
            f"{blend} holds no figure that SMPLify has made. Name a file that does.", "bad-result"
        )
    for name in names:
        if name not in figures:
            there = ", ".join(f"“{shown(figure)}”" for figure in figures)
            raise OptionError(f"--figure: there is no figure “{shown(name)}” in {blend}, but {there}.")
    return [figures[name] for name in dict.fromkeys(names)] or list(figures.values())


def _parser(program: str) -> OptionParser:
    parser = OptionParser(program, "Export the figures of a .blend file: BLEND --export-for unreal")
    parser.add_argument("blend", metavar="BLEND", type=file_path, help="the file with the figures")
    parser.add_argument(
        "--figure", action="append", default=[], metavar="NAME", help="only this figure (may be repeated)"
    )
    parser.add_argument(
        "--out",
        type=file_path,
        metavar="DIR",
        help="folder of the files of --export-for (default: beside BLEND)",
    )
    add_export_files(parser)
    add_export_options(parser)
    return parser
