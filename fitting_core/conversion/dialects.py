"""Reads the pose of a body from a file of another program, in one form for every dialect.

Four dialects are told apart by their entries: results of SMPLify-X, results of SMPLify, motions as AMASS has them, and
parameters under SMPL-X's own names. Facts about them: docs/blender-import.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fitting_core.arguments.request import UpAxis
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import (
    BODY_POSE,
    JAW,
    LEFT_EYE,
    LEFT_HAND,
    PELVIS,
    RIGHT_EYE,
    RIGHT_HAND,
    SMPLX_JOINT_NAMES,
    ModelKind,
)
from fitting_core.errors import ConversionError
from fitting_core.fitting.priors.vposer import LATENT_SIZE

from .foreign_file import MOST_FRAMES, ForeignFile

HAND_SIZE = 45
_BODY_SIZE = 63
_SMPL_BODY_SIZE = 69  # two hand joints follow, which no finger of another body stands for
# Poses of a whole body a frame: SMPL-X, SMPL-H, SMPL, and the 22 joints alone.
_POSE_KINDS: dict[int, ModelKind] = {165: "smplx", 156: "smplh", 72: "smpl", 66: "smpl"}
_FIRST_SMPLH_HAND = 66
_HANDS = ("left", "right")
_FARTHEST_M = 1000.0  # from the file's origin: beyond that the file is not in metres
_MOST_BETAS = 400
_MOST_EXPRESSIONS = 200
# Radians of a rotation vector, deviations of VPoser's values and hand coefficients: beyond, the file is damaged or in degrees.
_LARGEST_TURN = 100.0
_LARGEST_COEFFICIENT = 10.0  # standard deviations; the importer's limit too
FRAME_RATES = (1.0, 1000.0)  # of motion capture, per second
_ROTATION_TOLERANCE = 1e-3
_KNOWN = (
    "a SMPLify-X result (camera_translation, global_orient, body_pose …), a SMPLify result (pose, cam_t), an AMASS motion "
    "(poses, trans) or SMPL-X parameters (global_orient, body_pose)"
)


@dataclass(frozen=True, eq=False)
class ForeignCamera:
    """X_camera = rotation · X + translation; metres, x right, y down, z forward."""

    rotation: NumpyArray  # (3, 3)
    translation: NumpyArray  # (3,)
    focal_px: float | None = None


@dataclass(frozen=True, eq=False)
class ForeignPose:
    """N frames as a file has them. `rotations` (N, 55, 3) are rotation vectors of SMPL-X's joints, zero for what is unknown.

    `latent` (N, 32) are VPoser's values that stand for the body joints, `hands` (N, n) PCA coefficients by side that stand
    for the fingers; `known_hands` are the sides that the file speaks of. `translation` (N, 3) in metres is None where the
    file has none. `up` is the axis of the file's world; None: the camera's frame.
    """

    dialect: str
    kind: ModelKind
    rotations: NumpyArray
    translation: NumpyArray | None
    latent: NumpyArray | None = None
    hands: dict[str, NumpyArray] = field(default_factory=dict[str, NumpyArray])
    known_hands: tuple[str, ...] = ()
    betas: NumpyArray = field(default_factory=lambda: np.zeros(0))
    expression: NumpyArray = field(default_factory=lambda: np.zeros(0))
    gender: str = ""
    fps: float | None = None
    camera: ForeignCamera | None = None
    up: UpAxis | None = None
    warnings: tuple[str, ...] = ()

    @property
    def frame_count(self) -> int:
        """Number of frames, N."""
        return len(self.rotations)


def read_pose(file: ForeignFile) -> ForeignPose:
    """Read the file by the dialect that its entries name; ConversionError where it is none or is damaged."""
    if file.has("body_sha256"):
        raise ConversionError(
            f"{file.path}: belongs to a result folder, and the other files of it are not beside it. Choose it in its folder."
        )
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range of numbers fails the checks
        return _checked_pose(file)


def _checked_pose(file: ForeignFile) -> ForeignPose:
    if file.has("camera_translation"):
        pose = _smplifyx(file)
    elif file.has("pose", "cam_t"):
        pose = _smplify(file)
    elif file.has("poses") or file.has("pose_body"):
        pose = _amass(file)
    elif file.has("global_orient", "body_pose"):
        pose = _named(file)
    else:
        entries = ", ".join(sorted((*file.arrays, *file.texts))) or "none of their entries"
        raise ConversionError(f"{file.path}: is not {_KNOWN}; it has {entries}. Choose another file.")
    _check_lengths(file, pose)
    return _with_shape(file, pose)


def _smplifyx(file: ForeignFile) -> ForeignPose:
    pose = _named(file)
    if pose.frame_count != 1:
        raise ConversionError(
            f"{file.path}: holds {pose.frame_count} poses before one camera. Choose a result of one person in one photo."
        )
    rotation = file.rows_or_none("camera_rotation", (9,))
    turned = np.eye(3) if rotation is None else rotation[0].reshape(3, 3)
    if (
        not np.abs(turned @ turned.T - np.eye(3)).max() <= _ROTATION_TOLERANCE  # true for NaN
        or (rotation is not None and len(rotation) != 1)
        or np.linalg.det(turned) < 0
    ):
        raise ConversionError(
            f"{file.path}: 'camera_rotation' is no rotation matrix. Choose the result's own file."
        )
    camera = ForeignCamera(turned, _one_row(file, "camera_translation", 3))
    return replace(pose, dialect="SMPLify-X result", camera=camera, up=None)


def _smplify(file: ForeignFile) -> ForeignPose:
    vectors = _one_row(file, "pose", 72)[None]
    camera = ForeignCamera(np.eye(3), _one_row(file, "cam_t", 3), file.number("f"))
    return ForeignPose("SMPLify result", "smpl", _split_pose(vectors), None, camera=camera)


def _amass(file: ForeignFile) -> ForeignPose:
    """Read an AMASS file: z up, translation added after the turn about the pelvis; SMPL-X's parts are in its joints' order."""
    translation = file.rows("trans", (3,))
    if file.has("poses"):
        vectors = file.rows("poses", _POSE_KINDS)
        kind = _POSE_KINDS[vectors.shape[1]]
        pose = ForeignPose("AMASS motion", kind, _split_pose(vectors), translation)
        return replace(pose, known_hands=() if kind == "smpl" else _HANDS, fps=_frame_rate(file), up="z")
    parts = {"root_orient": slice(PELVIS, PELVIS + 1), "pose_body": BODY_POSE, "pose_jaw": slice(JAW, JAW + 1),
             "pose_eye": slice(LEFT_EYE, RIGHT_EYE + 1), "pose_hand": slice(LEFT_HAND.start, RIGHT_HAND.stop)}  # fmt: skip
    rows_of = {
        key: rows
        for key, joints in parts.items()
        if (rows := file.rows_or_none(key, (3 * (joints.stop - joints.start),))) is not None
    }
    if "root_orient" not in rows_of:
        raise ConversionError(f"{file.path}: the entry 'root_orient' is missing beside 'pose_body'.")
    rotations = _assemble_rotations(file, [(parts[key], rows) for key, rows in rows_of.items()])
    declared = file.texts.get("surface_model_type", "")
    is_smplx = declared.startswith("smplx") or "pose_jaw" in rows_of or "pose_eye" in rows_of
    return ForeignPose(
        "AMASS motion",
        "smplx" if is_smplx else "smplh",
        rotations,
        translation,
        known_hands=_HANDS if "pose_hand" in rows_of else (),
        fps=_frame_rate(file),
        up="z",
    )


def _named(file: ForeignFile) -> ForeignPose:
    """Parameters under SMPL-X's names; y is up, as in the model's own frame."""
    body = file.rows("body_pose", (LATENT_SIZE, _BODY_SIZE, _SMPL_BODY_SIZE))
    parts: list[_Part] = [(slice(PELVIS, PELVIS + 1), file.rows("global_orient", (3,)))]
    latent = body if body.shape[1] == LATENT_SIZE else None
    if latent is None:
        parts.append((BODY_POSE, body[:, :_BODY_SIZE]))
    for key, joint in (("jaw_pose", JAW), ("leye_pose", LEFT_EYE), ("reye_pose", RIGHT_EYE)):
        rows = file.rows_or_none(key, (3,))
        if rows is not None:
            parts.append((slice(joint, joint + 1), rows))
    hands = {
        side: rows
        for side in _HANDS
        if (rows := file.rows_or_none(f"{side}_hand_pose", range(1, HAND_SIZE + 1))) is not None
    }
    for side, joints in (("left", LEFT_HAND), ("right", RIGHT_HAND)):
        if side in hands and hands[side].shape[1] == HAND_SIZE:
            parts.append((joints, hands[side]))
    face = {"jaw_pose", "leye_pose", "expression"} & file.arrays.keys()
    kind: ModelKind = "smplx" if face else "smplh" if hands else "smpl"
    translation = next((key for key in ("transl", "trans") if file.has(key)), None)
    return ForeignPose(
        "SMPL-X parameters" if face else "SMPL parameters",
        kind,
        _assemble_rotations(file, parts, () if latent is None else (len(latent),)),
        None if translation is None else file.rows(translation, (3,)),
        latent=latent,
        hands={side: rows for side, rows in hands.items() if rows.shape[1] < HAND_SIZE},
        known_hands=tuple(hands),
        fps=_frame_rate(file),
        up="y",
    )


def _one_row(file: ForeignFile, key: str, size: int) -> NumpyArray:
    rows = file.rows(key, (size,))
    if len(rows) != 1:
        raise ConversionError(
            f"{file.path}: '{key}' has {len(rows)} rows where one is expected. Choose the result of one photo."
        )
    return rows[0]


def _split_pose(vectors: NumpyArray) -> NumpyArray:
    """Rotation vectors (N, 55, 3) of all joints from rows of 165, 156, 72 or 66 numbers."""
    count, size = vectors.shape
    if _POSE_KINDS[size] == "smplx":
        return vectors.reshape(count, -1, 3)  # the file's own array: long motions are large
    rotations = np.zeros((count, 3 * len(SMPLX_JOINT_NAMES)))
    rotations[:, :_FIRST_SMPLH_HAND] = vectors[:, :_FIRST_SMPLH_HAND]
    if _POSE_KINDS[size] == "smplh":
        rotations[:, 3 * LEFT_HAND.start :] = vectors[:, _FIRST_SMPLH_HAND:]
    return rotations.reshape(count, -1, 3)


_Part = tuple[slice, NumpyArray]


def _assemble_rotations(file: ForeignFile, parts: list[_Part], more: tuple[int, ...] = ()) -> NumpyArray:
    """Assemble rotations (N, 55, 3) from the rotation vectors of runs of joints; a part of one row holds for all frames."""
    count = max(*(len(rows) for _, rows in parts), *more, 1)
    rotations = np.zeros((count, len(SMPLX_JOINT_NAMES), 3))
    for joints, rows in parts:
        if len(rows) not in (1, count):
            raise ConversionError(
                f"{file.path}: its parts have {len(rows)} and {count} frames. Every part needs as many as the others."
            )
        rotations[:, joints] = rows.reshape(len(rows), -1, 3)
    return rotations


def _frame_rate(file: ForeignFile) -> float | None:
    rate = file.number("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate")
    if rate is not None and not FRAME_RATES[0] <= rate <= FRAME_RATES[1]:
        raise ConversionError(
            f"{file.path}: says {rate:g} frames a second, which no motion has. Correct mocap_frame_rate."
        )
    return rate


def _check_lengths(file: ForeignFile, pose: ForeignPose) -> None:
    count = pose.frame_count
    many = {"trans": pose.translation, "body_pose": pose.latent, **pose.hands}
    for name, rows in many.items():
        if rows is not None and len(rows) not in (1, count):
            raise ConversionError(
                f"{file.path}: {count} frames of rotations and {len(rows)} of '{name}'. Every part needs as many as the others."
            )
    hands = {f"{side}_hand_pose": rows for side, rows in pose.hands.items()}
    for name, rows in {"the pose": pose.rotations, "body_pose": pose.latent, **hands}.items():
        worst = 0.0 if rows is None else float(np.abs(rows).max())
        if worst > _LARGEST_TURN:
            raise ConversionError(
                f"{file.path}: {name} has a value of {worst:.3g}, and no joint turns more than {_LARGEST_TURN:g} radians. Give "
                "rotations in radians, or export the file again."
            )
    if count > MOST_FRAMES:
        raise ConversionError(f"{file.path}: {count} frames, and at most {MOST_FRAMES} are read.")
    if pose.translation is not None and np.abs(pose.translation).max() > _FARTHEST_M:
        raise ConversionError(
            f"{file.path}: the body is {np.abs(pose.translation).max():.4g} m from the origin. Give the translation in metres."
        )


def _with_shape(file: ForeignFile, pose: ForeignPose) -> ForeignPose:
    """Add gender and shape. A shape that changes over time is taken at its mean: a body has one."""
    warnings = list(pose.warnings)
    shape: dict[str, NumpyArray] = {}
    for key, most in (("betas", _MOST_BETAS), ("expression", _MOST_EXPRESSIONS)):
        rows = file.rows_or_none(key, range(1, most + 1))
        if rows is None:
            shape[key] = np.zeros(0)
            continue
        shape[key] = rows.mean(axis=0)
        worst = float(np.abs(shape[key]).max())
        if not worst <= _LARGEST_COEFFICIENT:  # true for NaN
            raise ConversionError(
                f"{file.path}: '{key}' has a value of {worst:.3g}, beyond ±{_LARGEST_COEFFICIENT:g}: no such body is likely. "
                "Export the file again."
            )
        if np.ptp(rows, axis=0).max() > 1e-4:
            warnings.append(f"'{key}' changes over time; its mean is taken.")
    gender = file.texts.get("gender", "")
    return replace(
        pose,
        betas=shape["betas"],
        expression=shape["expression"],
        gender=gender if gender in ("neutral", "female", "male") else "",
        warnings=tuple(warnings),
    )
