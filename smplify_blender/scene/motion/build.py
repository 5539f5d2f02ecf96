# pyright: basic
"""A checked motion in, one new collection with a figure that moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
import numpy as np

from ...result.figure_names import photo_part
from ...result.motion_tracks import MotionTiming, floor_lift, keyed_rows, scene_frames
from ...result.read_motion import MotionFolder
from ...result.shaped_body import shaped_body
from ..created import all_or_nothing
from ..figure.build import Figure, FigureNames, FigureTarget, posed_figure
from ..placing.figures_place import FiguresPlace
from ..units import units_per_metre
from .keys import MotionTracks, key_motion, root_places
from .root_motion import set_root_motion

NOTEWORTHY_LIFT = 0.005  # metres


@dataclass(frozen=True)
class BuiltMotion:
    """The figures that an import has made. `frames` are the scene's from first to last key, `lift` the metres they were raised.

    `camera` is that of the clip which they were seen in, with `plate` behind the scene; `notes` are sentences for the user.
    """

    collection: bpy.types.Collection
    figures: tuple[Figure, ...]
    frames: tuple[float, float]
    key_count: int
    lift: float
    units_per_metre: float = 1.0
    camera: bpy.types.Object | None = None
    plate: bpy.types.MovieClip | None = None
    notes: tuple[str, ...] = ()

    @property
    def shown_frame(self) -> int:
        """The frame of the first key."""
        return math.ceil(self.frames[0])


def floor_notes(built: BuiltMotion) -> tuple[str, ...]:
    """Return the sentence on a figure that was moved off the height that its file gives it."""
    if abs(built.lift) < NOTEWORTHY_LIFT:
        return ()
    way = "Raised" if built.lift > 0 else "Lowered"
    return (
        f"{way} by {100 * abs(built.lift):.1f} cm, so that the soles meet the floor at z = 0 (Floor: As in the File keeps the "
        "file's height)",
    )


def build_motion(
    motion_folder: MotionFolder,
    name: str,
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    timing: MotionTiming,
    extend_scene: bool,
) -> BuiltMotion:
    """Build the figure in a new collection of `scene`, all or nothing, in the file's own world: z up, floor at z = 0.

    `view_layer` has to be the context's, in object mode. With `extend_scene` the scene's frame range is made to hold the
    motion; nothing else that was in the file changes. Raises `ResultError` where there are too many keys.
    """
    body, motion = motion_folder.body, motion_folder.motion
    rows = keyed_rows(motion, timing)
    frames = scene_frames(motion, rows, timing, scene.render.fps / scene.render.fps_base)
    lift = floor_lift(motion, timing.floor)
    person = motion.first_pose(name)
    place = FiguresPlace(np.eye(4), units_per_metre(scene), ground=0.0)
    with all_or_nothing(view_layer) as created:
        target = FigureTarget(scene.collection, view_layer, created)
        figure, placement = posed_figure(
            body, person, place, target, FigureNames(photo_part(name), photo_part(name))
        )
        places = root_places(motion, rows, shaped_body(body, person).joints[0], placement, lift)
        tracks = MotionTracks(rows, frames, places)
        key_motion(figure.armature, motion, tracks, f"{photo_part(name)} motion", created)
        set_root_motion(figure.armature, timing.root_motion)
        if extend_scene:
            extend_range(scene, frames[0], frames[-1])
        figure.armature.update_tag(refresh={"TIME"})
    collection = figure.armature.users_collection[0]
    return BuiltMotion(
        collection, (figure,), (float(frames[0]), float(frames[-1])), len(rows), lift, place.units_per_metre
    )


def extend_range(scene: bpy.types.Scene, first: float, last: float) -> None:
    """Widen the scene's frame range where the motion reaches beyond it."""
    scene.frame_start = min(scene.frame_start, math.floor(first))
    scene.frame_end = max(scene.frame_end, math.ceil(last))
