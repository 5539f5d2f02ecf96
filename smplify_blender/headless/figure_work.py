# pyright: basic
"""Rigs given to figures, and another file's armature posed as they are, before anything is written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..api import (
    SmplifyError,
    TextureChoices,
    add_face_parts,
    add_photo_texture,
    add_rig,
    add_twist_bones,
    append_armature,
    retarget,
    use_face_actions,
)
from ..result.errors import ResultError
from ..scene.face.face_actions import reason_against_face_actions
from ..scene.looks.face_parts import reason_against_face_parts
from ..scene.retarget.appended import check_armature
from ..scene.rigify.generated import can_generate
from ..scene.rigs import RigKind
from .options import BlendObject, OptionError

RIG_WORDS: dict[RigKind, str] = {"control": "control rig", "rigify": "Rigify rig"}


@dataclass(frozen=True)
class FigureWork:
    """The rig that figures get, the armature that is posed as they are, and what else they get.

    None is neither. `texture_px` are the sides of its image, 0 for none.
    """

    rig: RigKind | None = None
    armature: BlendObject | None = None
    twist_bones: bool = False
    face_parts: bool = False
    face_actions: bool = False
    texture_px: int = 0


def chosen_work(options: argparse.Namespace) -> FigureWork:
    """Return the work that a command line asks for."""
    return FigureWork(
        options.rig,
        options.retarget,
        options.twist_bones,
        options.face_parts,
        options.face_actions,
        options.texture_size if options.photo_texture else 0,
    )


def check_work(work: FigureWork) -> None:
    """Raise OptionError for work that cannot be done, before anybody waits for a fit."""
    if work.rig == "rigify" and not can_generate():
        raise OptionError("--rig rigify: this Blender has no Rigify. Install the add-on.")
    if work.armature is not None:
        try:
            check_armature(work.armature.path, work.armature.name)
        except ResultError as error:
            raise OptionError(f"--retarget: {error}") from error


def do_work(figures: Sequence[bpy.types.Object], work: FigureWork) -> tuple[str, ...]:
    """Do the work on each figure; return a sentence on each piece. Raises SmplifyError."""
    said: list[str] = []
    for figure in figures:
        if work.texture_px:
            said += _textured(figure, TextureChoices(work.texture_px))
        if work.armature is not None:
            armature = append_armature(work.armature.path, work.armature.name)
            retarget(figure, armature)
            said.append(f"{armature.name}: posed as {figure.name}")
        if work.face_parts or work.face_actions:
            said += _do_face(figure, work)
        if work.twist_bones:
            add_twist_bones(figure)
        if work.rig is not None:
            said.append(f"{figure.name}: {RIG_WORDS[work.rig]}, “{add_rig(figure, work.rig).name}”")
    return tuple(said)


def _do_face(figure: bpy.types.Object, work: FigureWork) -> list[str]:
    """Do the work on a face; what another body cannot have is said, and the rest is done."""
    said: list[str] = []
    if work.face_parts:
        reason = reason_against_face_parts(figure)
        if reason:
            said.append(f"{figure.name}: {reason}")
        else:
            add_face_parts(figure)
    if work.face_actions:
        reason = reason_against_face_actions(figure)
        said.append(f"{figure.name}: {reason or use_face_actions(figure)[0].in_words}")
    return said


def _textured(figure: bpy.types.Object, choices: TextureChoices) -> tuple[str, ...]:
    """Lay the photo on a figure; one that it does not show stays as it is, and the sentence that is returned says so."""
    try:
        return add_photo_texture(figure, choices=choices)
    except SmplifyError as error:
        return (str(error),)
