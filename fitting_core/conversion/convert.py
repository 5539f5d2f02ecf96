"""Turns a file of another program into a result folder: a person before a camera, or a motion on a floor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitting_core.arguments.request import ConvertRequest
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, Pose, points, pose_offsets, rest_joints, vertices
from fitting_core.errors import ConversionError, OutputError, RequestError
from fitting_core.fitting.presets import PRESET_FOCAL_PX
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.keypoints.keypoints2d import KEYPOINT_COUNT
from fitting_core.messages import Messenger
from fitting_core.photo.focal import checked_px
from fitting_core.photo.header import PhotoHeader, read_photo_header
from fitting_core.photo.photo_copy import write_photo_copy
from fitting_core.results.body_file import body_file, npz_bytes
from fitting_core.results.exchange import check_result_folder, check_users_files, replaced_result
from fitting_core.results.folder import json_bytes
from fitting_core.results.outcome import person_name
from fitting_core.results.person import RESULT_SCHEMA_VERSION, contour_row_of, pose_parameters

from .dialects import FRAME_RATES, read_pose
from .foreign_file import read_foreign_file
from .foreign_pose import ForeignCamera, ForeignPose
from .motion import motion_entries, placed_motion
from .pose_on_body import BodyPose, pose_on_body
from .up_axis import noticed_up

MOTION_FILE = "motion.npz"
_SUMMARY_FILE = "summary.json"
_DEFAULT_FPS = 30.0
_NEAREST_M = 0.05  # of the pelvis to the camera
# Without the photo, the picture is taken to be as large as the figure needs around the principal point, and a margin.
_MARGIN = 1.2
_SMALLEST_SIDE_PX = 64
_LARGEST_SIDE_PX = 20_000
_LARGEST_SIDE_SHARE = 20.0  # of the focal length: a view of 169 degrees
# Shorter than 2 mm or longer than a kilometre of full frame, whatever the picture's size: such a number is no lens's.
_FOCAL_RANGE_PX = (10.0, 500_000.0)
_FARTHEST_M = 5000.0  # a person before the papers' lens of 5000 px is two pixels tall there


@dataclass(frozen=True, eq=False)
class _Converted:
    """The contents of the folder: the body, a file for the person or motion, and the facts of it."""

    model: BodyModel
    name: str
    entries: dict[str, NumpyArray]
    facts: dict[str, object]
    warnings: tuple[str, ...]
    header: PhotoHeader | None = None


def convert_file(request: ConvertRequest, messenger: Messenger) -> None:
    """Read the file and write the result folder; see docs/result-files.md.

    Raises a FittingError for everything that a user can act on; nothing is written then.
    """
    check_result_folder(request.folder)
    check_users_files(request.folder, _inputs_of(request))
    converted = _converted(request, messenger)
    for warning in converted.warnings:
        messenger.warning(warning)
    names = _write(request, converted)
    messenger.done(request.folder.resolve().name, names, 1)


def _converted(request: ConvertRequest, messenger: Messenger) -> _Converted:
    """Read the file and put its pose on the body; nothing else of the file is kept."""
    pose = read_pose(read_foreign_file(request.file, request.person))
    _check_request(request, pose)
    count = pose.frame_count
    messenger.status(f"{request.file.name}: {pose.dialect}, {count} {'frame' if count == 1 else 'frames'}")
    body = pose_on_body(pose, request)
    if pose.camera is not None:
        return _person(request, pose, pose.camera, body)
    return _motion(request, pose, body)


def _origin(pose: ForeignPose, body: BodyPose) -> dict[str, object]:
    return {"converted_from": pose.dialect, "has_own_shape": body.has_own_shape}


def _inputs_of(request: ConvertRequest) -> list[Path]:
    return [path for path in (request.file, request.photo) if path is not None]


def _check_request(request: ConvertRequest, pose: ForeignPose) -> None:
    """Refuse options that this kind of file has no use for."""
    of_camera = {"--photo": request.photo, "--focal-px": request.focal_px}
    of_motion = {"--fps": request.fps, "--up": request.up}
    unused = of_motion if pose.camera is not None else of_camera
    given = [option for option, value in unused.items() if value is not None]
    if given:
        what = "has a camera of its own" if pose.camera is not None else "has no camera"
        raise RequestError(f"{given[0]}: {request.file.name} ({pose.dialect}) {what}. Leave it out.")
    slowest, fastest = FRAME_RATES
    if request.fps is not None and not slowest <= request.fps <= fastest:
        raise RequestError(
            f"--fps: no motion has {request.fps:g} frames a second. Give {slowest:g} to {fastest:g}."
        )


def _write(request: ConvertRequest, converted: _Converted) -> list[str]:
    """Write all files, summary.json last, and return their names."""
    body_bytes, _ = body_file(converted.model)
    files = {"body.npz": body_bytes, converted.name: npz_bytes(converted.entries)}
    photos: dict[str, Path] = {}
    if converted.header is not None and request.photo is not None:
        photos[f"photo{converted.header.suffix}"] = request.photo
    _check_not_overwritten(request, [*files, *photos, _SUMMARY_FILE])
    inputs = _inputs_of(request)
    summary = {
        "status": "done",
        "source": request.file.name,
        "model": converted.model.name,
        "gender": converted.model.gender,
        **converted.facts,
        "people": [],  # a fit's judgement of each person; nobody was fitted here
        "warnings": list(converted.warnings),
    }
    with replaced_result(request.folder, inputs) as written:
        for name, data in files.items():
            written.write(name, data)
        for name, photo in photos.items():
            write_photo_copy(photo, written.place(name))
        written.write(_SUMMARY_FILE, json_bytes(summary))
    return written.names


def _check_not_overwritten(request: ConvertRequest, names: list[str]) -> None:
    """Refuse a result in the place of the file that it is made from; a photo's copy is the photo itself."""
    for name in names:
        path = request.folder / name
        if path.exists() and path.samefile(request.file):
            raise OutputError(
                f"{path}: a result of this name would take the place of the file that is converted. Choose another folder "
                "with --out."
            )


def _motion(request: ConvertRequest, pose: ForeignPose, body: BodyPose) -> _Converted:
    warnings = list(body.warnings)
    fps = request.fps or pose.fps
    if fps is None:
        fps = _DEFAULT_FPS
        if pose.frame_count > 1:
            warnings.append(
                f"The file does not say its frame rate: {fps:g} frames a second are assumed (--fps)."
            )
    up, words = (request.up, None) if request.up is not None else noticed_up(pose, body)
    if words is not None:
        warnings.append(words)
    motion = placed_motion(pose, body, up)
    has_floor = pose.translation is not None
    if body.model.pose_directions is not None and pose.frame_count > 1:
        warnings.append(
            f"The pose correctives of {body.model.name} are not in a motion: joints bend as by skinning alone."
        )
    entries = motion_entries(body, motion, fps, has_floor, body_file(body.model)[1])
    facts: dict[str, object] = {
        **_origin(pose, body),
        "frames": pose.frame_count,
        "fps": fps,
        "has_floor": has_floor,
        "sole_height_m": round(motion.sole_height, 4),
    }
    return _Converted(body.model, MOTION_FILE, entries, facts, tuple(warnings))


def _person(request: ConvertRequest, pose: ForeignPose, camera: ForeignCamera, body: BodyPose) -> _Converted:
    placed = _before_camera(pose, camera, body)
    pelvis = rest_joints(body.model, body.shape)[0] + placed.translation
    if pelvis[2] < _NEAREST_M:
        raise ConversionError(
            f"{request.file}: the figure would stand {pelvis[2]:.3g} m in front of the camera, that is not in the picture. The "
            "result has failed; run that fit again."
        )
    if np.abs(pelvis).max() > _FARTHEST_M:
        raise ConversionError(
            f"{request.file}: the figure would be {np.abs(pelvis).max():.3g} m from the camera, too far to be seen. The "
            "result has failed; run that fit again."
        )
    mesh = vertices(body.model, placed)
    focal_px = _focal_px(request, camera)
    header = None if request.photo is None else read_photo_header(request.photo)
    if header is not None:
        checked_px(focal_px, header)
    size = _size_around(mesh, focal_px) if header is None else header.size
    entries = {
        **_pose_entries(body, placed, mesh),
        "focal_px": np.float64(focal_px),
        "principal_point": np.array(size, dtype=np.float64) / 2.0,
        "image_size": np.array(size, dtype=np.int64),
        "photo_orientation": np.int64(1 if header is None else header.orientation),
        "body_sha256": np.str_(body_file(body.model)[1]),
    }
    facts: dict[str, object] = {**_origin(pose, body), "image_size": list(size), "focal_px": focal_px}
    arrays = {key: np.asarray(value) for key, value in entries.items()}
    return _Converted(body.model, person_name(0), arrays, facts, body.warnings, header)


def _focal_px(request: ConvertRequest, camera: ForeignCamera) -> float:
    focal_px = request.focal_px or camera.focal_px or PRESET_FOCAL_PX
    shortest, longest = _FOCAL_RANGE_PX
    if not shortest <= focal_px <= longest:
        raise ConversionError(
            f"{request.file}: no lens has a focal length of {focal_px:g} px. Give {shortest:g} to {longest:g} (--focal-px)."
        )
    return focal_px


def _before_camera(pose: ForeignPose, camera: ForeignCamera, body: BodyPose) -> Pose:
    """Return the pose in the camera's frame: X = C (G (x − J) + J + t) + c, J the pelvis of the file's body.

    So the root turns by C G, and the pelvis is at C (J + t) + c, which is J_body + transl.
    """
    rotations = body.model_rotations(0)
    rotations[0] = vector_from_matrix(camera.rotation @ matrix_from_vector(rotations[0]))
    moved = np.zeros(3) if pose.translation is None else pose.translation[0]
    pelvis = camera.rotation @ (body.pelvis + moved) + camera.translation
    return Pose(rotations, body.shape, pelvis - rest_joints(body.model, body.shape)[0])


def _pose_entries(body: BodyPose, placed: Pose, mesh: NumpyArray) -> dict[str, object]:
    """Entries as a fit writes them of a person; nothing is known of keypoints, and no loss was computed."""
    model = body.model
    entries: dict[str, object] = {
        "schema_version": np.int64(RESULT_SCHEMA_VERSION),
        **{key: value.astype(np.float32) for key, value in pose_parameters(model, placed).items()},
        "joints": points(model, placed, contour_row_of(model, placed)).astype(np.float32),
        "vertices": mesh.astype(np.float32),
        "gender": np.str_(model.gender),
        "model": np.str_(model.name),
        "model_sha256": np.str_(model.sha256),
        "keypoints": np.zeros((KEYPOINT_COUNT, 3)),
        "keypoint_residual_px": np.full(KEYPOINT_COUNT, np.nan, dtype=np.float32),
        "loss": np.float64(np.nan),
        "loss_term_names": np.zeros(0, dtype=np.str_),
        "loss_terms": np.zeros(0),
    }
    offsets = pose_offsets(model, placed.rotations)
    if offsets is not None:
        entries["pose_offsets"] = offsets.astype(np.float32)
    return entries


def _size_around(mesh: NumpyArray, focal_px: float) -> tuple[int, int]:
    """Width and height of a picture about the principal point that shows the whole figure."""
    ahead = mesh[mesh[:, 2] > _NEAREST_M]
    reach = np.abs(focal_px * ahead[:, :2] / ahead[:, 2:]).max(axis=0)
    largest = min(_LARGEST_SIDE_PX, _LARGEST_SIDE_SHARE * focal_px)
    sides = np.clip(2 * np.ceil(_MARGIN * reach), _SMALLEST_SIDE_PX, largest)
    return int(sides[0]), int(sides[1])
