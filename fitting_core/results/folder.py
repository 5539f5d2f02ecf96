"""The result folder of a fit: every file of docs/result-files.md, written as a whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera
from fitting_core.photo.encoding import has_pillow
from fitting_core.photo.photo_copy import write_photo_copy
from fitting_core.results.body_file import body_file, npz_bytes
from fitting_core.results.exchange import SUMMARY_FILE, ResultFiles, replaced_result
from fitting_core.results.outcome import FitOutcome, person_name, summary
from fitting_core.results.person import person_entries
from fitting_core.results.shared_body import place_bodies

if TYPE_CHECKING:
    from fitting_core.photo.overlay import Figure

VIEWS_FILE = "views.jpg"


def write_results(
    request: FitRequest, outcome: FitOutcome, warnings: list[str], messenger: Messenger
) -> list[str]:
    """Write every result file into the request's folder and return their names, summary.json last.

    They take the place of an earlier result all at once; if anything fails, that one stays. Raises OutputError if the folder
    cannot be made or written, PhotoError if the photo cannot be copied.
    """
    started = perf_counter()
    with replaced_result(request.folder, inputs_of(request)) as files:
        place_bodies(files, outcome.models, request.bodies)
        write_photo_copy(request.photo, files.place(f"photo{outcome.header.suffix}"))
        for index, person in enumerate(outcome.people):
            body_sha256 = body_file(person.model)[1]
            for number, take in enumerate(person.takes):
                entries = person_entries(person.subject, take, outcome.header, body_sha256)
                files.write(person_name(index, number), npz_bytes(entries | _scene_entries(outcome.camera)))
        _write_meshes(request, outcome, files)
        written = perf_counter()
        _write_pictures(request, outcome, files, warnings, messenger)
        seconds = {"write": written - started, "overlay": perf_counter() - written}
        files.write(SUMMARY_FILE, json_bytes(summary(outcome, seconds, warnings)))
    return files.names


def inputs_of(request: FitRequest) -> list[Path]:
    """Return the files that the result of a request is made from, and that may lie in its folder."""
    return [path for path in (request.photo, request.start, request.camera.file, request.scene.file) if path]


def json_bytes(document: dict[str, object]) -> bytes:
    """Return a document for people and programs, in UTF-8; what UTF-8 cannot hold (half a surrogate pair) is escaped."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _scene_entries(camera: PhotoCamera) -> dict[str, NumpyArray]:
    """Return the camera's pose in its scene, if the camera file gives one."""
    if camera.world_from_camera is None:
        return {}
    return {
        "world_from_camera": camera.world_from_camera.astype(np.float64),
        "world_up": np.asarray(np.str_(camera.world_up)),
    }


def _write_meshes(request: FitRequest, outcome: FitOutcome, files: ResultFiles) -> None:
    if not request.write_obj:
        return
    from fitting_core.results.obj_file import obj_bytes

    for index, person in enumerate(outcome.people):
        quads = person.model.extras.quads
        faces = person.model.triangles if quads is None else quads
        files.write(f"person_{index:02d}.obj", obj_bytes(person.takes[0].vertices, faces))


def _write_pictures(
    request: FitRequest, outcome: FitOutcome, files: ResultFiles, warnings: list[str], messenger: Messenger
) -> None:
    if not request.write_overlay and not request.write_views:
        return
    if request.pixels is None and not has_pillow():
        note = "No picture was drawn: Pillow is not installed in this Python (pip install pillow)."
        warnings.append(note)
        messenger.warning(note)
        return
    from fitting_core.photo.mesh_picture import PinholeCamera
    from fitting_core.photo.overlay import overlay_png
    from fitting_core.photo.side_view import views_jpg

    subject = outcome.people[0].subject
    camera = PinholeCamera(subject.focal_px, subject.principal_point)
    photo, header, copy = request.photo, outcome.header, request.pixels
    if request.write_overlay:
        files.write("overlay.png", overlay_png(photo, header, _figures(outcome), camera, copy))
    if request.write_views:
        files.write(VIEWS_FILE, views_jpg(photo, header, _figures(outcome), camera, copy))


def _figures(outcome: FitOutcome) -> Iterator[Figure]:
    """Make the figures as they are drawn, one after another: the meshes of a crowd would fill the memory."""
    from fitting_core.photo.overlay import Figure

    for person in outcome.people:
        take = person.takes[0]
        yield Figure(take.vertices, person.model.triangles, person.subject.keypoints, take.keypoints)
