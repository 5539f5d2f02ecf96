# pyright: basic
"""Result folders in, one .blend out with one character and a pose asset for each person of each photo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import bpy

from ..api import Target, import_result
from ..result.figure_pose import FigurePose
from ..scene.created import everything_new_removed
from ..scene.figure.bone_joints import bones_by_joint
from ..scene.figure.lookup import body_of, remove_figure
from ..scene.figure.pose import set_pose
from ..scene.pose_library.pose_assets import mark_pose, shown_pose
from .outputs import quiet_blender, save_blend

CHARACTER = "Character"


def write_pose_library(results: Sequence[tuple[str, Path]], path: Path) -> str:
    """Write the library of these photos' names and result folders; return a sentence on it. Raises SmplifyError.

    The character is the first figure of the first photo. Nothing of it is left in the open file.
    """
    with everything_new_removed(), quiet_blender():
        character = _character(*results[0])
        shown: list[FigurePose] = []
        left_out = 0
        for name, folder in results:
            poses, different = _poses(name, folder, character)
            left_out += different
            for pose_name, pose in poses.items():
                _show(character, pose)
                mark_pose(character, pose_name, cast("bpy.types.ViewLayer", bpy.context.view_layer))
                shown.append(pose)
        _show(character, shown[0])
        save_blend(path)
    poses_written = "1 pose" if len(shown) == 1 else f"{len(shown)} poses"
    return f"{path}: {poses_written}" + (
        f"; {left_out} left out, of bodies with other joints" if left_out else ""
    )


def _character(name: str, folder: Path) -> bpy.types.Object:
    """Build the first figure of a result folder, alone and under a name of its own."""
    character, *others = import_result(folder, name=name, target=Target(set_camera=False)).armatures
    for other in others:
        remove_figure(other)
    body = body_of(character)
    named: tuple[Any, ...] = (character, character.data)
    for block in named:
        block.name = CHARACTER
    if body is not None:
        body.name = f"{CHARACTER} body"
    return character


def _poses(name: str, folder: Path, character: bpy.types.Object) -> tuple[dict[str, FigurePose], int]:
    """Return the poses of a photo's people by their figures' names, and the number of people with other joints."""
    with everything_new_removed():
        scene = bpy.data.scenes.new(
            "SMPLify photo"
        )  # of its own: nobody stands there whom they would stand beside
        units = cast("bpy.types.Scene", bpy.context.scene).unit_settings
        scene.unit_settings.system, scene.unit_settings.scale_length = units.system, units.scale_length
        figures = import_result(folder, name=name, target=Target(scene, set_camera=False)).armatures
        scene.view_layers[0].update()
        joints = set(bones_by_joint(character))
        alike = [figure for figure in figures if set(bones_by_joint(figure)) == joints]
        return {figure.name: shown_pose(figure, character) for figure in alike}, len(figures) - len(alike)


def _show(character: bpy.types.Object, pose: FigurePose) -> None:
    set_pose(character, pose)
    cast("bpy.types.ViewLayer", bpy.context.view_layer).update()
