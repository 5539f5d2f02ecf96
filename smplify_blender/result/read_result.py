"""Reads a result folder, whole and checked, before anything is built from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .axes import BLENDER_FROM_WORLD
from .bounded_file import BUDGET_BYTES, Budget, damage_border
from .errors import ResultError, shown
from .folder_bodies import BODY_FILE, FolderBodies
from .joint_names import POSE_KEYS
from .read_body import NEXT_STEP, SIZE_LIMITS, TEXT_BYTES, check_schema, read_bytes
from .result_folder import Array, Body, Person, PhotoCamera, ResultFolder
from .safe_npz import ArraySpec, NpzReader

PERSON_PATTERN = re.compile(r"person_\d{2,4}\.npz")
TAKE_PATTERN = re.compile(r"(person_\d{2,4})_take_\d+\.npz")  # another solution for the same person
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MAX_PEOPLE = 200

# Blender's hard limit of a shape key's value.
MAX_COEFFICIENT = 10.0
MAX_METRES = 1e4
MAX_IMAGE_SIDE = 65_536
# Blender's lens has to be 1 mm or more on a sensor of 36 mm, its shift within ±10 picture sides.
MIN_FOCAL_SHARE = 1 / 30
MAX_FOCAL_SHARE = 1e4
MAX_CENTRE_SHARE = 10.0
RIGID_TOLERANCE = 1e-4  # of a rotation's products; the fit writes them exact to 1e-15

# OpenPose BODY_25's knees and ankles, the order of the first 25 rows of “keypoints” (docs/result-files.md).
LEG_KEYPOINTS = (10, 11, 13, 14)
LEGS_SEEN_COUNT = 2

PERSON_SPECS = {
    "betas": ArraySpec("f", ("B",)),
    "expression": ArraySpec("f", ("E",)),
    "transl": ArraySpec("f", (3,)),
    "vertices": ArraySpec("f", ("V", 3)),
    "pose_offsets": ArraySpec("f", ("V", 3), optional=True),
    "focal_px": ArraySpec("f"),
    "principal_point": ArraySpec("f", (2,)),
    "image_size": ArraySpec("i", (2,)),
    "photo_orientation": ArraySpec("i"),
    "model_sha256": ArraySpec("U", (), max_itemsize=TEXT_BYTES),
    "body_sha256": ArraySpec("U", (), max_itemsize=TEXT_BYTES),
    "keypoints": ArraySpec("f", (137, 3), nan_allowed=True),
    "keypoint_residual_px": ArraySpec("f", (137,), optional=True, nan_allowed=True),
    "world_from_camera": ArraySpec("f", (4, 4), optional=True),
    "world_up": ArraySpec("U", (), optional=True, max_itemsize=TEXT_BYTES),
    **{key: ArraySpec("f", (3 * len(joints),)) for key, joints in POSE_KEYS.items()},
}


def names_a_person(name: str) -> bool:
    """Return True if `name` is that of a person's file or of one of its takes: a plain name, no path."""
    return bool(PERSON_PATTERN.fullmatch(name) or TAKE_PATTERN.fullmatch(name))


def read_result(folder: Path, take: str | None = None) -> ResultFolder:
    """Read `folder` whole: every person_NN.npz, the body that each names, and where the photo is.

    Where `take` is the name of a file such as person_00_take_1.npz, that one stands in for person_00.npz.

    Raises `ResultError` naming the file, the key, the value and the next step. Nothing in a folder is
    followed as a path; a link that leads out of it is not read.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise ResultError(f"{folder} is not a folder. Choose the folder that a fit has written.")
    with damage_border(f"{folder} cannot be listed"):
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink())
    person_names = _person_names(names, take)
    if BODY_FILE not in names or not person_names:
        missing = BODY_FILE if BODY_FILE not in names else "person_00.npz"
        raise ResultError(f"{folder} holds no {missing}. Choose the folder that a fit has written.")
    if len(person_names) > MAX_PEOPLE:
        raise ResultError(f"{folder} holds {len(person_names)} people, more than {MAX_PEOPLE}. {NEXT_STEP}")
    bodies = FolderBodies(folder, names)
    budget = Budget()  # for all people together: there may be MAX_PEOPLE of them
    read = [_read_person(folder / name, bodies, budget) for name in person_names]
    camera = read[0].camera
    for person, other in ((one.person, one.camera) for one in read[1:]):
        if other != camera:
            raise ResultError(
                f"{person.file_name} has another camera than {person_names[0]} ({other} against {camera}): "
                f"the folder holds more than one photo's result. {NEXT_STEP}"
            )
    photos = [folder / name for name in names if Path(name).stem == "photo" and _is_photo(name)]
    return ResultFolder(
        folder,
        {one.person.file_name: one.body for one in read},
        tuple(one.person for one in read),
        camera,
        photos[0] if photos else None,
    )


def read_person(folder: Path, file_name: str, body: Body) -> Person:
    """Read one person, or one take, of the body that has been read. Raises `ResultError`."""
    if not names_a_person(file_name):
        raise ResultError(f"{shown(file_name)} is no name of a person's file. {NEXT_STEP}")
    return _read_person(folder / file_name, FolderBodies.of_one(folder, body), Budget()).person


def _person_names(names: list[str], take: str | None) -> list[str]:
    people = [name for name in names if PERSON_PATTERN.fullmatch(name)]
    matched = TAKE_PATTERN.fullmatch(take) if take in names else None
    if matched is None:
        return people
    return [take if take and name == f"{matched[1]}.npz" else name for name in people]


def _is_photo(name: str) -> bool:
    return Path(name).suffix.lower() in PHOTO_SUFFIXES


@dataclass(frozen=True)
class _ReadPerson:
    """The content of one person's file, and the body that it names."""

    person: Person
    body: Body
    camera: PhotoCamera


def _read_person(path: Path, bodies: FolderBodies, budget: Budget) -> _ReadPerson:
    content = read_bytes(path, BUDGET_BYTES)
    with damage_border(f"{path.name} is damaged"):
        return _person(path, content, bodies, budget)


def _person(path: Path, content: bytes, bodies: FolderBodies, budget: Budget) -> _ReadPerson:
    reader = NpzReader(content, path.name, {}, SIZE_LIMITS, budget)
    check_schema(reader)
    body = bodies.named_by(reader)
    values = {key: reader.read(key, spec) for key, spec in PERSON_SPECS.items()}
    arrays: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
    for key in ("betas", "expression"):
        check_range(path.name, key, arrays[key], MAX_COEFFICIENT)
    for key in ("transl", "vertices"):
        check_range(path.name, key, arrays[key], MAX_METRES)
    person = Person(
        file_name=path.name,
        betas=arrays["betas"],
        expression=arrays["expression"],
        rotations=_rotations(arrays),
        transl=arrays["transl"],
        vertices=arrays["vertices"],
        pose_offsets=arrays.get("pose_offsets"),
        legs_seen=legs_are_seen(arrays["keypoints"]),
        keypoint_residual_px=arrays.get("keypoint_residual_px"),
        keypoints=np.nan_to_num(arrays["keypoints"].astype(np.float64)),
    )
    return _ReadPerson(person, body, camera_of_values(path.name, arrays))


def check_range(file_name: str, key: str, values: Array, limit: float) -> None:
    """Refuse values beyond ±limit."""
    worst = float(np.abs(values).max(initial=0.0))
    if worst > limit:
        raise ResultError(f"{file_name} has {worst:.3g} in “{key}”, beyond ±{limit:g}. {NEXT_STEP}")


def _rotations(arrays: dict[str, Any]) -> dict[str, Array]:
    return {
        joint: vector
        for key, joints in POSE_KEYS.items()
        for joint, vector in zip(joints, cast("Array", arrays[key]).reshape(-1, 3), strict=True)
    }


def legs_are_seen(keypoints: Array) -> bool:
    """Return True if enough knees and ankles were seen for the legs to tell the height of the ground."""
    return int(np.count_nonzero(np.nan_to_num(keypoints[list(LEG_KEYPOINTS), 2]) > 0)) >= LEGS_SEEN_COUNT


def camera_of_values(file_name: str, arrays: dict[str, Any]) -> PhotoCamera:
    """Return the camera that a person's values tell. Raises `ResultError`, which names `file_name`, where it cannot be."""
    width, height = (int(size) for size in arrays["image_size"])
    if not (0 < width <= MAX_IMAGE_SIDE and 0 < height <= MAX_IMAGE_SIDE):
        raise ResultError(f"{file_name} has “image_size” {width} × {height}. {NEXT_STEP}")
    side = max(width, height)
    focal_px = float(arrays["focal_px"])
    if not MIN_FOCAL_SHARE * side <= focal_px <= MAX_FOCAL_SHARE * side:
        raise ResultError(
            f"{file_name} has “focal_px” {focal_px:g} for a photo of {width} × {height}. {NEXT_STEP}"
        )
    centre = (float(arrays["principal_point"][0]), float(arrays["principal_point"][1]))
    if max(abs(centre[0] - width / 2), abs(centre[1] - height / 2)) > MAX_CENTRE_SHARE * side:
        raise ResultError(f"{file_name} has “principal_point” {centre} far outside the photo. {NEXT_STEP}")
    orientation = int(arrays["photo_orientation"])
    if not 1 <= orientation <= 8:
        raise ResultError(f"{file_name} has “photo_orientation” {orientation}, expected 1–8. {NEXT_STEP}")
    return PhotoCamera(focal_px, centre, (width, height), orientation, _world_from_camera(file_name, arrays))


def _world_from_camera(file_name: str, arrays: dict[str, Any]) -> tuple[float, ...] | None:
    """Pose of the camera in the scene of its camera file, z up: a rotation and a shift."""
    if "world_from_camera" not in arrays:
        return None
    placed = arrays["world_from_camera"].astype(np.float64)
    check_range(file_name, "world_from_camera", placed, MAX_METRES)
    rotation = placed[:3, :3]
    off = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if off > RIGID_TOLERANCE or np.linalg.det(rotation) < 0 or (placed[3] != (0.0, 0.0, 0.0, 1.0)).any():
        raise ResultError(
            f"{file_name} has a “world_from_camera” that is no rotation and shift (off by {off:.2g}). {NEXT_STEP}"
        )
    up = str(arrays.get("world_up", "z"))
    if up not in BLENDER_FROM_WORLD:
        raise ResultError(f"{file_name} has “world_up” '{shown(up)}'. {NEXT_STEP}")
    placed[:3] = BLENDER_FROM_WORLD[up] @ placed[:3]
    return tuple(float(value) for value in placed.ravel())
