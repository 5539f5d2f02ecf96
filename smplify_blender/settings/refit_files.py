# pyright: basic
"""The files that a figure is fitted again from: its solution, its keypoints, and the things that it is to meet."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from ..keypoints.openpose_file import PhotoSize, write_openpose
from ..result.errors import ResultError
from ..result.read_result import names_a_person
from ..scene.contact.scene_file import write_scene
from ..scene.figure.lookup import stored_group, stored_report
from ..scene.figure.solutions import start_file, stored_camera, stored_choices, stored_keypoints
from ..scene.photo.camera import world_from_camera_of
from ..scene.placing.earlier_site import frame_before
from ..scene.placing.floor import floor_of
from ..session.fit_request import FitChoices

FOLDER = "smplify_refits"
SCENE_FILE = "scene.npz"


def session_file(name: str) -> Path:
    """Return a new path for a file of this name, in Blender's own temporary folder of this session."""
    return Path(bpy.app.tempdir) / FOLDER / uuid.uuid4().hex / name


def write_start(armature: bpy.types.Object) -> Path:
    """Write the figure's solution for the core to start from. Raises `ResultError`, also where the figure holds none any more."""
    report, file_name = stored_report(armature), stored_group(armature).text("file")
    if report is None or file_name not in report.takes or not names_a_person(file_name):
        raise ResultError(f"“{armature.name}” does not hold its fit any more. Fit the photo again")
    path = session_file(file_name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(start_file(armature, file_name))
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error
    return path


def with_own_keypoints(choices: FitChoices, armature: bpy.types.Object, number: int) -> FitChoices:
    """Return choices with the keypoints that the figure was fitted to where no file has them any more."""
    if choices.keypoints is not None and choices.keypoints.is_file():
        return choices
    keypoints, camera = stored_keypoints(armature), stored_camera(armature)
    if keypoints is None or camera is None or choices.photo is None or not keypoints[:, 2].any():
        return choices
    path = session_file(f"{choices.photo.stem}_keypoints.json")
    people = [*([np.zeros_like(keypoints)] * number), keypoints]
    orientation, detector = camera.photo_orientation, stored_choices(armature).text("detector")
    try:
        write_openpose(path, people, PhotoSize(camera.image_size, orientation, detector))
    except OSError as error:
        raise ResultError(f"{path} cannot be written ({error.strerror}). Free some space.") from error
    return replace(choices, keypoints=path)


def write_things(scene: bpy.types.Scene, armature: bpy.types.Object, choices: FitChoices) -> Path | None:
    """Write the things that a figure is to meet before its camera; None where it meets none. Raises `ResultError`."""
    if not choices.contacts:
        return None
    own = scene.camera if choices.camera.mode == "SCENE_CAMERA" else None
    frame = frame_before(armature) if own is None else world_from_camera_of(own)
    path = session_file(SCENE_FILE)
    write_scene(path, scene, armature, choices.contacts, frame, floor_of(armature))
    return path
