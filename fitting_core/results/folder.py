"""The result folder: every file of docs/result-files.md, each written whole or not at all. Free of bpy."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Collection
from pathlib import Path
from time import perf_counter

import numpy as np

from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import OutputError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.messages import Messenger
from fitting_core.photo.camera import PhotoCamera
from fitting_core.photo.photo_copy import write_photo_copy
from fitting_core.results.body_file import body_file, npz_bytes
from fitting_core.results.outcome import FitOutcome, person_name, summary
from fitting_core.results.person import keypoints_of, person_entries


def write_results(
    request: FitRequest, outcome: FitOutcome, warnings: list[str], tell: Messenger
) -> list[str]:
    """Write every result file into the request's folder and return their names, summary.json last.

    Raises OutputError if the folder cannot be made or written. A summary.json of an earlier run is removed first, so
    that its presence says that the folder is whole.
    """
    started = perf_counter()
    folder = ready_folder(
        request.folder, [path for path in (request.photo, request.start, request.camera.file) if path]
    )
    body, body_sha256 = body_file(outcome.model)
    photo_name = f"photo{outcome.header.suffix}"
    write_photo_copy(request.photo, folder / photo_name)
    files = {"body.npz": body}
    for index, person in enumerate(outcome.people):
        for number, take in enumerate(person.takes):
            entries = person_entries(outcome.model, person.subject, take, outcome.header, body_sha256)
            files[person_name(index, number)] = npz_bytes(entries | _scene_entries(outcome.camera))
    for name, data in files.items():
        write_bytes_atomically(folder / name, data)
    names = [photo_name, *files, *_write_meshes(request, outcome, folder)]
    written = perf_counter()
    names += _write_overlay(request, outcome, folder, warnings, tell)
    seconds = {"write": written - started, "overlay": perf_counter() - written}
    text = json.dumps(summary(outcome, seconds, warnings), indent=2, ensure_ascii=False)
    write_bytes_atomically(folder / "summary.json", text.encode() + b"\n")
    return [*names, "summary.json"]


# Names that only an earlier run gives: people, takes and meshes, and the copy of the photo.
_EARLIER = re.compile(
    r"person_\d{2,4}(_take_\d+)?\.(npz|obj)|overlay\.png|motion\.npz|photo\.(jpg|png|webp|tif|tiff|bmp)"
)


def _scene_entries(camera: PhotoCamera) -> dict[str, NumpyArray]:
    """Where the camera stands in the scene that its file spoke of; nothing where it spoke of none."""
    if camera.world_from_camera is None:
        return {}
    return {
        "world_from_camera": camera.world_from_camera.astype(np.float64),
        "world_up": np.asarray(np.str_(camera.world_up)),
    }


def _remove_earlier(folder: Path, kept: set[Path]) -> None:
    for path in folder.iterdir():
        if _EARLIER.fullmatch(path.name) and path.is_file() and path.resolve() not in kept:
            path.unlink()


def ready_folder(folder: Path, inputs: Collection[Path]) -> Path:
    """The folder, made if need be, without what an earlier run left in it: a second person of then must not join the
    people of now. `inputs` stay. Raises OutputError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "summary.json").is_file():
            _remove_earlier(folder, {path.resolve() for path in inputs})
        (folder / "summary.json").unlink(missing_ok=True)
    except OSError as problem:
        raise OutputError(
            f"{folder}: the results cannot go there ({problem.strerror}). Choose another --out."
        ) from problem
    return folder


def _write_meshes(request: FitRequest, outcome: FitOutcome, folder: Path) -> list[str]:
    if not request.write_obj:
        return []
    from fitting_core.results.obj_file import write_obj

    names: list[str] = []
    quads = outcome.model.extras.quads
    for index, person in enumerate(outcome.people):
        name = f"person_{index:02d}.obj"
        faces = outcome.model.triangles if quads is None else quads
        write_obj(folder / name, person.takes[0].vertices, faces)
        names.append(name)
    return names


def _write_overlay(
    request: FitRequest, outcome: FitOutcome, folder: Path, warnings: list[str], tell: Messenger
) -> list[str]:
    if not request.write_overlay:
        return []
    if importlib.util.find_spec("PIL") is None:
        note = "overlay.png was not drawn: Pillow is not installed in this Python (pip install pillow)."
        warnings.append(note)
        tell.warning(note)
        return []
    from fitting_core.photo.mesh_picture import PinholeCamera
    from fitting_core.photo.overlay import Figure, write_overlay

    figures = [
        Figure(
            person.takes[0].vertices,
            outcome.model.triangles,
            person.subject.keypoints,
            keypoints_of(person.takes[0].points, outcome.model.points_of_keypoints),
        )
        for person in outcome.people
    ]
    subject = outcome.people[0].subject
    camera = PinholeCamera(subject.focal_px, subject.principal_point)
    write_overlay(folder / "overlay.png", request.photo, outcome.header, figures, camera)
    return ["overlay.png"]
