# pyright: basic
"""`import RESULT_DIR --blend …`: one command line for `python -m smplify_blender`, the launcher and Blender's
`--command`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import bpy

from .output_file import replaced_when_written
from .result.errors import ResultError
from .result.read_result import read_result
from .result.result_folder import Person, ResultFolder
from .scene.build_figure import BuiltResult, build_result
from .scene.created import remove_block
from .scene.pictures import write_camera_picture, write_side_picture

EXIT_DONE, EXIT_OPTIONS, EXIT_RESULT, EXIT_WRITE = 0, 2, 3, 8


def run_command(arguments: Sequence[str], program: str) -> int:
    """Import as `arguments` say and return the exit code: 0 done, 2 bad options, 3 bad result folder, 8
    cannot write.

    The one place that turns errors into text (on stderr) and exit codes.
    """
    try:
        options = _parser(program).parse_args(list(arguments))
    except SystemExit as exit_request:  # argparse has said on stderr what is wrong, or has printed the help
        return int(exit_request.code or 0)
    try:
        result = read_result(options.result)
        built = _import(result, chosen_people(result, options.person), options.keep_scene_camera)
    except ResultError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return EXIT_RESULT
    try:
        _write(built, options.blend, options.render, options.side)
    except (OSError, RuntimeError) as error:  # Blender's save and render raise RuntimeError
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


def chosen_people(result: ResultFolder, numbers: Sequence[int] | None) -> tuple[Person, ...]:
    """The people with these numbers in their file names; everybody if none is named.

    Raises `ResultError` for a number that the folder does not have.
    """
    if not numbers:
        return result.people
    by_number = {int(person.name.removeprefix("person_")): person for person in result.people}
    for number in numbers:
        if number not in by_number:
            raise ResultError(
                f"{result.folder} has no person {number}. It has {', '.join(map(str, by_number))}."
            )
    return tuple(by_number[number] for number in dict.fromkeys(numbers))


def _import(result: ResultFolder, people: Sequence[Person], keep_scene_camera: bool) -> BuiltResult:
    if not bpy.data.filepath:
        _empty_startup_scene()
    scene = cast("bpy.types.Scene", bpy.context.scene)
    view_layer = cast("bpy.types.ViewLayer", bpy.context.view_layer)
    return build_result(result, people, scene, view_layer, not keep_scene_camera)


def _empty_startup_scene() -> None:
    """Without a file of the user's, the cube and the light of the startup file are not worth keeping."""
    data = bpy.data
    for blocks in (data.objects, data.collections, data.meshes, data.lights, data.cameras, data.materials):
        for block in list(blocks):
            remove_block(block)


def _write(built: BuiltResult, blend: Path, render: Path | None, side: Path | None) -> None:
    with _quiet_blender():
        with replaced_when_written(blend.absolute()) as temporary:
            bpy.ops.wm.save_as_mainfile(
                filepath=str(temporary), compress=True, copy=True, check_existing=False
            )
        if render is not None:
            write_camera_picture(built, render.absolute())
        if side is not None:
            write_side_picture(built, side.absolute())


@contextmanager
def _quiet_blender() -> Generator[None]:
    """Blender's own lines about every sample and file go nowhere: they are written past Python, to descriptor 1."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)
