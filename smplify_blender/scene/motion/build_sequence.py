# pyright: basic
"""The checked motions of a clip in; its people, its camera and the clip behind them in one new collection out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...result.bounded_file import BUDGET_BYTES
from ...result.camera_match import camera_at_size, match_camera
from ...result.chosen_file import find_clip
from ...result.clip_rate import ClipRate
from ...result.errors import ResultError
from ...result.figure_names import figure_collection_name, figure_name, photo_part
from ...result.motion_tracks import MAX_KEYS, RootMotion
from ...result.read_body import read_bytes
from ...result.read_sequence import MovingPerson, Sequence
from ...result.result_folder import PhotoCamera
from ...result.rotations import Array
from ..collection import new_collection
from ..created import Created, all_or_nothing
from ..figure.build import FigureNames, FigureTarget
from ..photo.camera import new_camera, set_scene_camera
from ..photo.camera_site import CAMERA_PROPERTY
from ..photo.clip_plate import clip_plate, clip_size, has_rate, set_scene_rate, show_clip_behind
from ..placing.figures_place import FiguresPlace
from ..units import units_per_metre
from .build import BuiltMotion, extend_range
from .frame_facts import keep_motion_file, store_frame_facts
from .moving_figure import moving_figure
from .root_motion import set_root_motion

SAME_FRAME = 1e-3  # of the seconds that a file tells and the frame that they mean


@dataclass(frozen=True)
class SequencePlan:
    """The manner in which a clip's people come into a scene.

    `name` is empty for the clip's own, else the folder's; `people` are the numbers of those who are wanted, none for everybody.
    The first frame in which anybody is comes to the scene's frame `start`. `set_rate` gives the scene the clip's frame rate and
    range, `set_camera` the clip's camera and size; without `set_rate`, `extend_range` makes the scene's range hold the motion.
    With `show_clip` the camera shows `clip` behind, which is the movie, or the first of its numbered images; None: the one of
    the clip's name in the folder or beside it, if it is there. `root_motion` says who carries a figure through the world, its
    root bone or its armature object.
    """

    name: str = ""
    people: tuple[int, ...] = ()
    start: int = 1
    set_rate: bool = True
    extend_range: bool = True
    set_camera: bool = True
    show_clip: bool = True
    clip: Path | None = None
    root_motion: RootMotion = "BONE"


def build_sequence(
    sequence: Sequence, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, plan: SequencePlan
) -> BuiltMotion:
    """Build the people, the camera and the clip in a new collection of `scene`, all or nothing, in the clip's own world.

    `view_layer` has to be the context's, in object mode. Raises `ResultError` for a person who is not there, for too many keys,
    and for a clip that cannot be shown.
    """
    people = _wanted(sequence, plan)
    name = plan.name or Path(sequence.clip_name).stem or sequence.folder.name
    place = FiguresPlace(np.eye(4), units_per_metre(scene), ground=0.0)
    frames = [_scene_frames(sequence, person, scene, plan) for person in people]
    with all_or_nothing(view_layer) as created:
        collection = new_collection(scene.collection, photo_part(name), created)
        target = FigureTarget(collection, view_layer, created)
        clip = _clip(sequence, plan, created)
        seen = _at_largest_size(sequence.camera, clip)
        camera = _camera(sequence, seen, place, target)
        if clip is not None:
            show_clip_behind(camera, clip, plan.start - sequence.first_clip_frame, created)
        figures = tuple(
            moving_figure(sequence.bodies[person.file_name], person, at, place, target, _names(name, person))
            for person, at in zip(people, frames, strict=True)
        )
        for figure in figures:
            set_root_motion(figure.armature, plan.root_motion)
    fps = _scene_rate(scene, sequence, plan)
    for figure, person, at in zip(figures, people, frames, strict=True):
        figure.armature[CAMERA_PROPERTY] = camera
        _keep_facts(sequence, person, figure.armature, at, fps)
    span = (float(min(at[0] for at in frames)), float(max(at[-1] for at in frames)))
    if plan.set_camera:
        set_scene_camera(scene, camera, seen.image_size)
    _settle_time(scene, sequence, plan, span)
    in_step = clip is None or has_rate(scene, sequence.rate)
    notes = () if in_step else (_out_of_step(scene, sequence.rate),)
    for figure in figures:
        figure.armature.update_tag(refresh={"TIME"})
    return BuiltMotion(
        collection, figures, span, sum(map(len, frames)), 0.0, place.units_per_metre, camera, clip, notes
    )


def _keep_facts(
    sequence: Sequence, person: MovingPerson, armature: bpy.types.Object, frames: Array, fps: float
) -> None:
    """Keep with a figure what its file says of its frames, and the file; nothing of one of an earlier version."""
    if person.facts is None:
        return
    store_frame_facts(armature, person.facts, frames, sequence.verdicts.get(person.file_name), fps)
    keep_motion_file(armature, read_bytes(sequence.folder / person.file_name, BUDGET_BYTES), len(frames))


def _names(name: str, person: MovingPerson) -> FigureNames:
    return FigureNames(figure_name(name, person.number), figure_collection_name(name, person.number))


def _wanted(sequence: Sequence, plan: SequencePlan) -> tuple[MovingPerson, ...]:
    by_number = {person.number: person for person in sequence.people}
    for number in plan.people:
        if number not in by_number:
            raise ResultError(
                f"{sequence.folder} has no person {number}. It has {', '.join(map(str, by_number))}."
            )
    people = tuple(by_number[number] for number in dict.fromkeys(plan.people)) or sequence.people
    for person in people:
        if len(person.clip_frames) > MAX_KEYS:
            raise ResultError(
                f"{person.file_name} has {len(person.clip_frames)} frames to key, and at most {MAX_KEYS} are. Fit a part of "
                "the clip, or every second frame of it."
            )
    return people


def _scene_frames(
    sequence: Sequence, person: MovingPerson, scene: bpy.types.Scene, plan: SequencePlan
) -> Array:
    """Return the scene's frame of each row (N,): whole ones at the clip's rate."""
    frames: Array = plan.start + _scene_rate(scene, sequence, plan) * (person.times - sequence.first_time)
    whole = np.rint(frames)
    return np.where(np.abs(frames - whole) < SAME_FRAME, whole, frames)


def _scene_rate(scene: bpy.types.Scene, sequence: Sequence, plan: SequencePlan) -> float:
    """Return the scene's frames a second once the clip is in it."""
    if plan.set_rate or has_rate(scene, sequence.rate):
        return sequence.rate.fps
    return scene.render.fps / scene.render.fps_base


def _clip(sequence: Sequence, plan: SequencePlan, created: Created) -> bpy.types.MovieClip | None:
    file = plan.clip or find_clip(sequence.folder, sequence.clip_name)
    if file is None or not plan.show_clip:
        return None
    return clip_plate(Path(file).absolute(), sequence.camera.image_size, created)


def _at_largest_size(camera: PhotoCamera, clip: bpy.types.MovieClip | None) -> PhotoCamera:
    """Return the camera at the size of the clip, which may have been fitted in a smaller copy; never at that of a proxy."""
    if clip is None or max(clip_size(clip)) <= max(camera.image_size):
        return camera
    return camera_at_size(camera, clip_size(clip))


def _camera(
    sequence: Sequence, seen: PhotoCamera, place: FiguresPlace, target: FigureTarget
) -> bpy.types.Object:
    placed = sequence.world_from_camera
    placed[:3, 3] *= place.units_per_metre
    lens = match_camera(seen)
    return new_camera(lens, placed, None, target.collection, target.created, place.units_per_metre)


def _settle_time(
    scene: bpy.types.Scene, sequence: Sequence, plan: SequencePlan, span: tuple[float, float]
) -> None:
    if plan.set_rate:
        set_scene_rate(scene, sequence.rate)
        scene.frame_start, scene.frame_end = math.floor(span[0]), math.ceil(span[1])
    elif plan.extend_range:
        extend_range(scene, *span)


def _out_of_step(scene: bpy.types.Scene, rate: ClipRate) -> str:
    return (
        f"The clip has {rate.fps:.6g} frames a second and the scene {scene.render.fps / scene.render.fps_base:.6g}: the figures "
        "keep the clip's time, and the plate behind them plays out of step. Set the scene's rate to see both together"
    )
