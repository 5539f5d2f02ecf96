# pyright: basic
"""The sidebar's choices for a video, a part of a scene's settings."""

from __future__ import annotations

from typing import Any

import bpy

from ..session.fit_request import MAIN_PERSON
from ..session.fit_run import fit_runs
from ..session.keypoint_search import find_clip_keypoints
from .motion_settings import ROOT_MOTIONS
from .stored_path import path_of


def _clip_changed(self: Any, _context: bpy.types.Context) -> None:
    """Choose the keypoints of another video, and all its frames."""
    clip = path_of(self.clip_path)
    found = find_clip_keypoints(clip) if clip is not None else None
    self.clip_first, self.clip_last, self.clip_step = 1, 0, 1
    self.clip_person = MAIN_PERSON
    self.clip_keypoints = str(found) if found is not None else ""
    fit_runs().error = ""  # it was about another one


def _clip_frames_changed(self: Any, _context: bpy.types.Context) -> None:
    """Choose nobody by number: other frames or keypoints have other tracks."""
    self.clip_person = MAIN_PERSON


class ClipSettings:
    """Properties of `SmplifySettings` that are about the video."""

    clip_path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Video",
        description="A movie, or the first of numbered images, which are shown at the scene's frame rate",
        subtype="FILE_PATH",
        update=_clip_changed,
    )
    clip_keypoints: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Keypoints",
        description="The folder of the frames' keypoint files, or one file that holds all frames. Without any, people are looked "
        "for in the pictures",
        subtype="FILE_PATH",
        update=_clip_frames_changed,
    )
    clip_first: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="First Frame",
        description="Of the video, counted from 1",
        default=1,
        min=1,
        update=_clip_frames_changed,
    )
    clip_last: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Last Frame",
        description="Of the video. 0: its last one",
        default=0,
        min=0,
        update=_clip_frames_changed,
    )
    clip_step: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Frame Step",
        description="Take every nth frame",
        default=1,
        min=1,
        update=_clip_frames_changed,
    )
    clip_everybody: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Everybody",
        description="Fit all people who are followed through the video, not the main one alone",
    )
    clip_person: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Person",
        description="Who of the video is fitted, if not everybody: −1 the main person, else a number from 0 as Look for People "
        "finds them",
        default=MAIN_PERSON,
        min=MAIN_PERSON,
    )
    clip_body_order: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Body Points",
        description="What 25 points of a body mean, which keypoint files do not say",
        items=(
            ("AUTOMATIC", "Automatic", "The order in which the bones are short", 2),
            ("BODY_25", "BODY_25", "OpenPose's usual 25 points", 0),
            ("BODY_25B", "BODY_25B", "OpenPose's other 25 points, of its experimental models", 1),
        ),
        default="AUTOMATIC",
    )
    clip_smoothness: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Smoothness",
        description="How many times smaller accelerations are expected than usual: 0.5 for wild motion, 2 for slow",
        default=1.0,
        min=0.05,
        max=20.0,
        soft_min=0.25,
        soft_max=4.0,
    )
    clip_root_motion: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Root Motion", description="What carries a new figure through the world", items=ROOT_MOTIONS
    )
    set_scene_rate: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Frame Rate and Range",
        description="Give the scene the frame rate of the video, exactly, and the range in which there is anybody",
        default=True,
    )
