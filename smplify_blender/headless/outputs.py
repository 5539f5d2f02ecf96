# pyright: basic
"""The files that a headless run writes of one photo (.blend, picture, exports), and the options that ask for them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import NoReturn

import bpy

from ..api import (
    FittedPhoto,
    ImportedMotion,
    SmplifyError,
    add_clothes,
    export_figure,
    render_over_photo,
    set_up_render,
    take_back_render,
)
from ..operators.export_figure import in_words
from ..result.bone_names import NAMINGS
from ..result.errors import shown
from ..result.output_file import reason_in, replaced_when_written, sweep_unfinished
from ..scene.created import remove_block
from ..scene.export.export_figures import ENGINE_INFLUENCES, ExportSettings, can_export_usd
from ..scene.pictures.render import ENGINES, OVERLAY_LONG_SIDE_PX

EXPORTS = {"glb": ".glb", "fbx": ".fbx", "usd": ".usdc"}

# The core's stable words and the exit codes that its own command line has for them (docs/result-files.md).
EXIT_CODES = {
    "bad-request": 2, "bad-photo": 3, "bad-result": 3, "bad-keypoints": 4, "nobody-found": 5, "bad-body-model": 6,
    "bad-prior": 7, "cannot-write": 8, "cannot-export": 8, "no-engine": 9, "bad-import": 11, "bad-detector": 12, "bad-clip": 13,
    "cancelled": 130,
}  # fmt: skip
EXIT_OTHER = 1
_MOST_NAME_BYTES = 255  # of one name in a path, on every common file system


class OptionError(Exception):
    """The add-on's own options make no sense; the text says which."""


class OptionParser(argparse.ArgumentParser):
    """Takes its own options, by their full names only, and leaves all others for the core."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(prog=program, description=description, allow_abbrev=False, add_help=False)

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending Blender."""
        raise OptionError(f"{message[:1].upper()}{message[1:]}.")


@dataclass(frozen=True)
class Outputs:
    """Files of one photo; `exports` by their endings. `engine` and `long_side_px` are those of the picture.

    `sets_up_render`: in the .blend, F12 renders the figures over the photo.
    """

    blend: Path
    render: Path | None
    exports: tuple[Path, ...]
    engine: str
    long_side_px: int
    settings: ExportSettings
    sets_up_render: bool = False
    wears_clothes: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is asked for."""
        return (self.blend, *((self.render,) if self.render is not None else ()), *self.exports)


def add_writing_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of pictures and exports; the same for one photo and for many."""
    parser.add_argument(
        "--clothes",
        action="store_true",
        help="figures wear a shirt and shorts, in the .blend, the picture and the exports",
    )
    parser.add_argument(
        "--set-up-render",
        action="store_true",
        help="in the .blend, F12 renders the figures over the photo, with a shadow and light like the photo's",
    )
    parser.add_argument(
        "--render-engine",
        choices=tuple(ENGINES),
        default="cycles",
        help="what renders (default cycles, which needs no display; the others need OpenGL)",
    )
    parser.add_argument(
        "--render-size",
        type=_positive,
        default=OVERLAY_LONG_SIDE_PX,
        metavar="PX",
        help=f"longer side of the picture at most (default {OVERLAY_LONG_SIDE_PX}; never more than the photo's)",
    )
    parser.add_argument(
        "--bake-shape",
        action="store_true",
        help="exports without shape keys: what the SMPL-X licence allows to share",
    )
    parser.add_argument(
        "--bone-names",
        choices=NAMINGS,
        default="smplx",
        help="exports with the bones' names of SMPL-X (default), Blender, Mixamo, Unreal, or of Unity, Godot and VRM (humanoid)",
    )
    parser.add_argument("--pose-as-rest", action="store_true", help="exports with the pose as the rest pose")
    parser.add_argument(
        "--all-influences",
        action="store_true",
        help=f"exports with all bones of a vertex instead of the {ENGINE_INFLUENCES} strongest",
    )


def file_path(text: str) -> Path:
    """Return the path of a file or folder; argparse's own error for one that no file can have."""
    fault = None
    try:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.lstat(text)
        if any(len(os.fsencode(part)) > _MOST_NAME_BYTES for part in Path(text).parts):
            fault = f"has a name of more than {_MOST_NAME_BYTES} bytes, which no file can have"
    except OSError as problem:
        fault = f"is no path here ({problem.strerror})"
    except ValueError:  # NUL, or half a character
        fault = "holds a character that no path can"
    if fault is not None:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' {fault}; choose another path")
    return Path(text)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def export_settings(options: argparse.Namespace) -> ExportSettings:
    """Return the export settings that the options ask for."""
    limit = 0 if options.all_influences else ENGINE_INFLUENCES
    return ExportSettings(not options.bake_shape, options.pose_as_rest, limit, options.bone_names)


def check_outputs(files: Sequence[Path], exports: Sequence[str]) -> None:
    """Before anybody waits for a fit: can the kinds be written here, and can the folders be made?

    Raises OptionError or SmplifyError.
    """
    if "usd" in exports and not can_export_usd():
        raise OptionError("--usd: this Blender was built without USD. Use the one from blender.org.")
    for file in files:
        try:
            file.absolute().parent.mkdir(parents=True, exist_ok=True)
            if file.is_dir():
                raise IsADirectoryError(EISDIR, f"{file.name} is a folder")
            sweep_unfinished(file.absolute().parent)
        except ValueError:
            raise OptionError(
                f"{file}: a path cannot hold the character NUL. Choose another place."
            ) from None
        except OSError as problem:
            raise SmplifyError(
                f"{file} cannot be written: its folder cannot be made ({problem.strerror}). Choose another place.",
                "cannot-write",
            ) from problem


def write_outputs(fitted: FittedPhoto | ImportedMotion, outputs: Outputs) -> tuple[str, ...]:
    """Write everything that was asked for; returns what there is to say about it. Raises SmplifyError."""
    said: list[str] = []
    with quiet_blender():
        if outputs.wears_clothes:
            add_clothes(fitted.armatures)
        try:
            if outputs.sets_up_render:
                said += set_up_render(fitted.armatures[0])
            save_blend(outputs.blend)
        finally:
            take_back_render()  # the other files, and the next photo's, are made in a scene without it
        if outputs.render is not None and isinstance(fitted, FittedPhoto):
            render_over_photo(
                fitted, outputs.render, engine=outputs.engine, long_side_px=outputs.long_side_px
            )
        for path in outputs.exports:
            report = export_figure(fitted.armatures, path, outputs.settings)
            said += [in_words(report), *report.warnings]
    return tuple(said)


def save_blend(path: Path) -> None:
    """Save the open file, compressed, as a copy. Raises SmplifyError; an older file of that name then stays."""
    try:
        with replaced_when_written(path.absolute()) as temporary:
            bpy.ops.wm.save_as_mainfile(
                filepath=str(temporary), compress=True, copy=True, check_existing=False
            )
    except (OSError, RuntimeError) as error:  # Blender's save raises RuntimeError
        raise SmplifyError(
            f"{path} cannot be written: {reason_in(str(error))}. Free some space or choose another place.",
            "cannot-write",
        ) from error


def empty_startup_scene() -> None:
    """Without a file of the user's, the cube and the light of the startup file are not worth keeping."""
    if bpy.data.filepath:
        return
    data = bpy.data
    for blocks in (data.objects, data.collections, data.meshes, data.lights, data.cameras, data.materials):
        for block in list(blocks):
            remove_block(block)


@contextmanager
def quiet_blender() -> Generator[None]:
    """Blender's own lines about every sample and file go nowhere: they are written past Python, to descriptor 1."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        sys.stdout.flush()  # what exporters have printed belongs to the silence, too
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)
