"""A request in; out the photo as the fit sees it: its camera, the people to be fitted, and what else the picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arguments.request import FitRequest, FocalRequest
from fitting_core.errors import NobodyFoundError
from fitting_core.fitting.presets import PRESET_FOCAL_PX
from fitting_core.fitting.scene.contacts import SceneContacts
from fitting_core.fitting.scene.in_scene import requested_scene
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.emphasis import named_points, weights_from_file
from fitting_core.keypoints.keypoints2d import KEYPOINT_COUNT, KeypointFile, Keypoints2D
from fitting_core.keypoints.layouts import BODY, FACE, LEFT_HAND, RIGHT_HAND
from fitting_core.keypoints.people import choose_people, describe_people
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera, photo_camera
from fitting_core.photo.focal import FocalLength
from fitting_core.photo.header import PhotoHeader, read_photo_header
from fitting_core.photo.people_of_file import people_of_request
from fitting_core.photo.seen_people import see_cues, see_photo
from fitting_core.results.faults import ANOTHER_SIZE


@dataclass(frozen=True, eq=False)
class PhotoInput:
    """A photo as read: its header, its camera, the people to be fitted, their numbers in the file, oddities in words.

    `faults` are those of the whole keypoint file: no fit of it is good.
    """

    header: PhotoHeader
    camera: PhotoCamera
    subjects: tuple[Subject, ...]
    numbers: tuple[int, ...]
    warnings: tuple[str, ...]
    faults: tuple[str, ...] = ()
    scene: SceneContacts | None = None


def read_input(request: FitRequest, messenger: Messenger) -> PhotoInput:
    """Read the photo's header and the keypoints, choose the people, settle the camera; say what was found."""
    header = read_photo_header(request.photo)
    file = people_of_request(request, header, messenger)
    for warning in file.warnings:
        messenger.warning(warning)
    source = request.photo if request.keypoints is None else request.keypoints
    messenger.status(f"{source.name}: {file.dialect}, {describe_people(file.people)}")
    numbers = _chosen_people(request, file)
    camera = _camera(header, request, file.focal_px)
    messenger.status(f"Focal length {camera.focal.px:.0f} px ({camera.focal.source})")
    pinned = named_points(request.emphasis.pinned, "--pin")
    subjects = tuple(
        Subject(
            _emphasised(file.people[number], request),
            camera.focal.px,
            camera.principal_point,
            pinned,
            header.size[1],
            cues,
        )
        for number, cues in zip(numbers, _cues(request, header, file, numbers), strict=True)
    )
    faults = (ANOTHER_SIZE,) if file.is_of_unknown_size else ()
    scene = requested_scene(request.scene, camera.world_from_camera)
    return PhotoInput(header, camera, subjects, numbers, file.warnings, faults, scene)


def _chosen_people(request: FitRequest, file: KeypointFile) -> tuple[int, ...]:
    if request.keypoints is None and not file.people:
        raise NobodyFoundError(
            f"{request.photo}: nobody was found in the photo. Give one on which a person is larger or clearer, a crop of it, or "
            "a keypoint file."
        )
    return choose_people(file.people, request.person, file.empty_frame_note)


def _cues(
    request: FitRequest, header: PhotoHeader, file: KeypointFile, numbers: Sequence[int]
) -> tuple[PhotoCues, ...]:
    """Return what else the photo shows of the chosen people, as far as it is to be looked at."""
    default = request.objective.preset == "default"
    depth, width = default and request.depth_cue, default and request.width_cue
    if request.keypoints is None:
        seen = see_photo(request.photo, header, request.pixels, request.detector)
        found = tuple(seen.cues[number] for number in numbers)
    elif depth or width:
        people = [file.people[number] for number in numbers]
        found = see_cues(request.photo, header, people, request.pixels) if width or not file.depths else ()
        if file.depths:
            given = tuple(file.depths[number] for number in numbers)
            found = tuple(
                replace(one, body_depths=depths)
                for one, depths in zip(found or (NO_CUES,) * len(numbers), given, strict=True)
            )
    else:
        found = (NO_CUES,) * len(numbers)
    return tuple(
        replace(one, body_depths=one.body_depths if depth else None, widths=one.widths if width else None)
        for one in found
    )


def _camera(header: PhotoHeader, request: FitRequest, file_focal_px: float | None) -> PhotoCamera:
    """Settle the camera as the user says; else take a preset paper's focal length, or that of the keypoint file."""
    unsaid = request.focal == FocalRequest() and request.camera.file is None
    if request.objective.preset == "default" and unsaid and file_focal_px is not None:
        camera = photo_camera(header, FocalRequest(px=file_focal_px), request.camera)
        words = f"{file_focal_px:.0f} px, from the keypoint file"
        return replace(camera, focal=FocalLength(camera.focal.px, words))
    if request.objective.preset == "default" or not unsaid:
        return photo_camera(header, request.focal, request.camera)
    camera = photo_camera(header, FocalRequest(px=PRESET_FOCAL_PX), request.camera)
    words = f"{PRESET_FOCAL_PX:g} px, assumed as in the paper: see --focal-px"
    return replace(camera, focal=FocalLength(PRESET_FOCAL_PX, words, is_assumed=True))


def _emphasised(keypoints: Keypoints2D, request: FitRequest) -> Keypoints2D:
    """Return the keypoints with the user's emphasis in their confidences: 0 for ignored ones."""
    factors = np.ones(KEYPOINT_COUNT)
    if request.emphasis.weights_file is not None:
        factors = weights_from_file(request.emphasis.weights_file)
    factors[named_points(request.emphasis.ignored, "--ignore")] = 0.0
    table = keypoints.stacked()
    table[:, 2] *= factors
    table[table[:, 2] == 0] = 0.0
    parts = (table[BODY], table[LEFT_HAND], table[RIGHT_HAND], table[FACE])
    return Keypoints2D(*parts, detector=keypoints.detector)
