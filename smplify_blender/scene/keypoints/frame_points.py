# pyright: basic
"""Edited keypoints of one frame of a video: whose figure and which frame they are of, kept on their object."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..stored_values import stored_values
from .mesh import is_keypoints

FIGURE, FRAME = "smplify_frame_figure", "smplify_frame"  # the armature, and a group


@dataclass(frozen=True)
class PointsFrame:
    """The figure whose frame it is, the frame of the scene, and its number in the video, from 0."""

    figure: bpy.types.Object
    scene_frame: int
    clip_frame: int


def mark_frame(thing: bpy.types.Object, frame: PointsFrame) -> None:
    """Note on an object of keypoints which frame they are of."""
    thing[FIGURE] = frame.figure
    thing[FRAME] = {"scene": frame.scene_frame, "clip": frame.clip_frame}


def frame_of(thing: bpy.types.Object | None) -> PointsFrame | None:
    """Return the frame that an object's keypoints are of; None for those of a photo."""
    if thing is None or not is_keypoints(thing):
        return None
    figure, group = thing.get(FIGURE), stored_values(thing, FRAME)
    clip = group.whole("clip", -1)
    if not isinstance(figure, bpy.types.Object) or not figure.users_scene or clip < 0:
        return None
    return PointsFrame(figure, group.whole("scene", 0, lowest=-(2**31)), clip)


def points_of_frame(
    scene: bpy.types.Scene, figure: bpy.types.Object, clip_frame: int
) -> bpy.types.Object | None:
    """Return the object of edited points of a figure's frame; None where nobody has edited it."""
    for thing in scene.objects:
        frame = frame_of(thing)
        if frame is not None and (frame.figure, frame.clip_frame) == (figure, clip_frame):
            return thing
    return None
