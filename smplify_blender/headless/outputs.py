# pyright: basic
"""The files that a headless run writes of one photo (.blend, picture, exports), and how they are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import cast

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
from ..result.output_file import reason_in, replaced_when_written, sweep_unfinished
from ..scene.created import remove_block
from ..scene.export.writers import ONE_FIGURE_SUFFIXES, missing_for
from .figure_work import FigureWork, check_work, do_work
from .options import Export, OptionError

# The core's stable words and the exit codes that its own command line has for them (docs/result-files.md).
EXIT_CODES = {
    "bad-request": 2, "bad-photo": 3, "bad-result": 3, "bad-keypoints": 4, "nobody-found": 5, "bad-body-model": 6,
    "bad-prior": 7, "cannot-write": 8, "cannot-export": 8, "no-engine": 9, "bad-import": 11, "bad-detector": 12, "bad-clip": 13,
    "bad-scene": 14, "cancelled": 130,
}  # fmt: skip
EXIT_OTHER = 1


@dataclass(frozen=True)
class Outputs:
    """Files of one photo. `engine` and `long_side_px` are those of the picture; `work` is done on the figures first.

    `sets_up_render`: in the .blend, F12 renders the figures over the photo.
    """

    blend: Path
    render: Path | None
    exports: tuple[Export, ...]
    engine: str
    long_side_px: int
    work: FigureWork
    sets_up_render: bool = False
    wears_clothes: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is asked for."""
        exports = (export.path for export in self.exports)
        return (self.blend, *((self.render,) if self.render is not None else ()), *exports)


def check_outputs(files: Sequence[Path], work: FigureWork) -> None:
    """Check before anybody waits for a fit that the folders can be made and the work can be done.

    Raises OptionError or SmplifyError.
    """
    check_work(work)
    check_can_write(files)


def check_can_write(files: Sequence[Path]) -> None:
    """Check that this Blender writes files of these kinds, and make their folders. Raises OptionError or SmplifyError."""
    for file in files:
        reason = missing_for(file.suffix.lower())
        if reason:
            raise OptionError(f"{file.name}: {reason}")
        _make_folder(file)


def _make_folder(file: Path) -> None:
    try:
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            raise IsADirectoryError(EISDIR, f"{file.name} is a folder")
        sweep_unfinished(file.absolute().parent)
    except ValueError:
        raise OptionError(f"{file}: a path cannot hold the character NUL. Choose another place.") from None
    except OSError as problem:
        raise SmplifyError(
            f"{file} cannot be written: its folder cannot be made ({problem.strerror}). Choose another place.",
            "cannot-write",
        ) from problem


def write_outputs(fitted: FittedPhoto | ImportedMotion, outputs: Outputs) -> tuple[str, ...]:
    """Write everything that was asked for; returns what there is to say about it. Raises SmplifyError."""
    said: list[str] = []
    with quiet_blender():
        said += do_work(fitted.armatures, outputs.work)
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
        said += write_exports(fitted.armatures, outputs.exports)
    return tuple(said)


def write_exports(armatures: Sequence[bpy.types.Object], exports: Sequence[Export]) -> tuple[str, ...]:
    """Write the figures into each export, or a file a figure where its kind holds one; returns what there is to say."""
    said: list[str] = []
    for export in exports:
        alone = export.path.suffix.lower() in ONE_FIGURE_SUFFIXES
        for number, group in enumerate([[armature] for armature in armatures] if alone else [armatures], 1):
            ending = f".person_{number}{export.path.suffix}" if number > 1 else export.path.suffix
            report = export_figure(group, export.path.with_name(export.path.stem + ending), export.settings)
            said += [report.in_words, *report.warnings]
    return tuple(said)


def save_blend(path: Path) -> None:
    """Save the open file, compressed, as a copy. Raises SmplifyError; an older file of that name then stays."""
    try:
        with replaced_when_written(path.absolute(), beside=True) as temporary:
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
def kept_timing() -> Generator[None]:
    """Give the scene its frame rate and range back: a clip sets its own for its file, not for the next one's."""
    scene = cast("bpy.types.Scene", bpy.context.scene)
    render = scene.render
    before = (render.fps, render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current)
    try:
        yield
    finally:
        render.fps, render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current = before


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
