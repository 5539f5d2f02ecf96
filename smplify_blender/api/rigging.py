# pyright: basic
"""For scripts: rigs for figures, and other armatures posed as they are."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..result.errors import ResultError
from ..scene import rigs
from ..scene.figure.lookup import figure_of
from ..scene.retarget import appended
from ..scene.retarget import retarget as retargeting
from ..scene.retarget.mapped import Mapped, guessed, mapped_figure
from ..scene.rigs import RigKind
from ..scene.twist import twist_rig
from ..scene.twist.twist_rig import reason_against_twist_bones
from .steps import SmplifyError, Target, check_can_build, place_of


def add_rig(figure: bpy.types.Object, kind: RigKind = "control") -> bpy.types.Object:
    """Give a figure of the context's scene a control rig, or Rigify's ("rigify"); return the armature with the handles.

    Raises SmplifyError.
    """
    with _rigging() as (scene, view_layer):
        return rigs.add_rig(figure, kind, scene, view_layer)


def add_twist_bones(figure: bpy.types.Object) -> None:
    """Let the skin of a figure's forearms, upper arms and thighs turn along their length. Raises SmplifyError."""
    with _rigging() as (_, view_layer):
        reason = reason_against_twist_bones(figure)
        if reason:
            raise ResultError(f"{figure.name}: {reason}.")
        twist_rig.add_twist_bones(figure, view_layer)


def remove_twist_bones(figure: bpy.types.Object) -> None:
    """Take a figure's twist bones off; nothing for a figure that has none. Raises SmplifyError."""
    with _rigging() as (_, view_layer):
        twist_rig.remove_twist_bones(figure, view_layer)


def append_armature(path: str | Path, name: str = "") -> bpy.types.Object:
    """Append the armature object of that name, or the only one, with its meshes from another .blend. Raises SmplifyError."""
    with _rigging() as (scene, _):
        return appended.append_armature(Path(path), name, scene)


def retarget(
    source: bpy.types.Object,
    target: bpy.types.Object,
    bones: Mapping[str, str] | None = None,
    *,
    keep_place: bool = False,
) -> int:
    """Pose and key one armature as another is, one of them a figure; return the number of keyed frames.

    `bones` names the bone of the other armature for each of SMPL-X's joints; None guesses them from their names. With
    `keep_place` the target stays where it stands. Raises SmplifyError.
    """
    with _rigging() as (scene, _):
        pair = [
            mapped_figure(thing)
            if figure_of(thing) == thing
            else Mapped(thing, bones)
            if bones is not None
            else guessed(thing)
            for thing in (source, target)
        ]
        return retargeting.retarget(pair[0], pair[1], scene, keep_place)


@contextmanager
def _rigging() -> Generator[tuple[bpy.types.Scene, bpy.types.ViewLayer]]:
    """Hand out the context's scene and view layer, in which bones can be made. Raises SmplifyError."""
    check_can_build(Target())
    try:
        yield place_of(Target())
    except ResultError as error:
        raise SmplifyError(str(error), "cannot-build") from error
