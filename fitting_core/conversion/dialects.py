"""Reads the pose of a body from a file of another program, in one form for every dialect.

Four dialects are told apart by their entries: results of SMPLify-X, results of SMPLify, motions as AMASS has them, and
parameters under SMPL-X's own names. Facts about them: docs/blender-import.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
from fitting_core.files.border import reader_border
from fitting_core.fitting.priors.vposer import LATENT_SIZE

from .foreign_file import MOST_FRAMES, NEXT_STEP, ForeignFile
from .foreign_pose import ForeignCamera, ForeignPose
from .gaps import fill, hold
from .sides import with_own_sides
from .units import about_the_pelvis, in_radians_and_metres

HAND_SIZE = 45
_BODY_SIZE = 63
_BODY_JOINTS = (21, 23)  # SMPL-X's, and SMPL's, whose two hand joints no finger of another body stands for
_SMPL_BODY_SIZE = 69
_FINGER_JOINTS = (15,)
_ONE = (1,)
# Poses of a whole body a frame: SMPL-X, SMPL-H, SMPL, and the 22 joints alone.
_POSE_KINDS: dict[int, ModelKind] = {165: "smplx", 156: "smplh", 72: "smpl", 66: "smpl"}
_POSE_JOINTS = tuple(size // 3 for size in _POSE_KINDS)
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


def read_pose(file: ForeignFile) -> ForeignPose:
    """Read the file by the dialect that its entries name; ConversionError where it is none or is damaged."""
    if file.has("body_sha256"):
        raise ConversionError(
            f"{file.path}: belongs to a result folder, and the other files of it are not beside it. Choose it in its folder."
        )
    with (
        reader_border(file.path, ConversionError, "pose or motion", NEXT_STEP),
        np.errstate(over="ignore", invalid="ignore"),  # what leaves the range of numbers fails the checks
    ):
        return _checked_pose(file)


def _checked_pose(file: ForeignFile) -> ForeignPose:
    if file.has("camera_translation"):
        pose = _smplifyx(file)
    elif file.has("pose", "cam_t"):
        pose = _smplify(file)
    elif file.has("poses") or file.has("pose_body"):
        pose = _amass(file)
    else:
        pose = _named(file)
    _check_lengths(file, pose)
    pose = _with_program(file, _with_shape(file, pose))
    _check_sizes(file, pose)
    return pose


def _with_program(file: ForeignFile, pose: ForeignPose) -> ForeignPose:
    """Add what is known of the program: its name, its world's axis; and what was noticed of gaps, degrees, lengths and sides."""
    program = file.program
    gaps = hold(pose)
    warnings = [*file.notes, *pose.warnings, *gaps.in_words(pose.frame_count)]
    if program is not None and program.name not in (
        "AMASS",
        "SMPL-X",
        "SMPL",
        "SMPLify-X",
        "SMPLify",
        "smpl_poses",
    ):
        pose = replace(pose, dialect=f"{pose.dialect} of {program.name}", up=program.up or pose.up)
    if program is not None and program.turns_about_origin:
        pose = about_the_pelvis(pose)
    pose, words = in_radians_and_metres(pose, file.number("smpl_scaling"))
    fill(pose, gaps)
    pose, side_words = with_own_sides(pose)
    return replace(pose, warnings=(*warnings, *words, *side_words))


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
    vectors = file.rotations("pose", (24,))
    if len(vectors) != 1:
        raise _not_one_row(file, "pose", len(vectors))
    camera = ForeignCamera(np.eye(3), _one_row(file, "cam_t", 3), file.number("f"))
    return ForeignPose("SMPLify result", "smpl", _split_pose(vectors), None, camera=camera)


def _amass(file: ForeignFile) -> ForeignPose:
    """Read an AMASS file: z up, translation added after the turn about the pelvis; SMPL-X's parts are in its joints' order."""
    translation = file.rows_or_none("trans", (3,))
    if translation is None:
        translation = file.rows_or_none("transl", (3,))
    if file.has("poses"):
        vectors = file.rotations("poses", _POSE_JOINTS)
        kind = _POSE_KINDS[vectors.shape[1]]
        pose = ForeignPose("AMASS motion", kind, _split_pose(vectors), translation)
        return replace(pose, known_hands=() if kind == "smpl" else _HANDS, fps=_frame_rate(file), up="z")
    parts = {"root_orient": slice(PELVIS, PELVIS + 1), "pose_body": BODY_POSE, "pose_jaw": slice(JAW, JAW + 1),
             "pose_eye": slice(LEFT_EYE, RIGHT_EYE + 1), "pose_hand": slice(LEFT_HAND.start, RIGHT_HAND.stop)}  # fmt: skip
    rows_of = {
        key: rows
        for key, joints in parts.items()
        if (rows := file.rotations_or_none(key, (joints.stop - joints.start,))) is not None
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
    body = file.rotations("body_pose", _body_joints(file), (LATENT_SIZE,))
    if body.shape[1] > _SMPL_BODY_SIZE:
        body = body[:, 3:]  # EasyMocap leaves room for the root
    parts: list[_Part] = [(slice(PELVIS, PELVIS + 1), file.rotations("global_orient", _ONE))]
    latent = body if body.shape[1] == LATENT_SIZE else None
    if latent is None:
        parts.append((BODY_POSE, body[:, :_BODY_SIZE]))
    for key, joint in (("jaw_pose", JAW), ("leye_pose", LEFT_EYE), ("reye_pose", RIGHT_EYE)):
        rows = file.rotations_or_none(key, _ONE)
        if rows is not None:
            parts.append((slice(joint, joint + 1), rows))
    frames = max(len(rows) for _, rows in parts)
    hands = {side: rows for side in _HANDS if (rows := _hand(file, f"{side}_hand_pose", frames)) is not None}
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


def _body_joints(file: ForeignFile) -> tuple[int, ...]:
    """Return how many joints `body_pose` may have; EasyMocap's has the root as well."""
    return (
        (*_BODY_JOINTS, 24) if file.program is not None and file.program.turns_about_origin else _BODY_JOINTS
    )


def _hand(file: ForeignFile, key: str, frames: int) -> NumpyArray | None:
    """Return rotation vectors of 15 joints, or PCA coefficients, of which there are as many rows as frames."""
    if not file.has(key):
        return None
    if file.has_shape(key, (_FINGER_JOINTS[0], 3)) and frames == _FINGER_JOINTS[0]:
        return file.rows(key, range(1, HAND_SIZE + 1))
    return file.rotations(key, _FINGER_JOINTS, range(1, HAND_SIZE))


def _not_one_row(file: ForeignFile, key: str, count: int) -> ConversionError:
    return ConversionError(
        f"{file.path}: '{key}' has {count} rows where one is expected. Choose the result of one photo."
    )


def _one_row(file: ForeignFile, key: str, size: int) -> NumpyArray:
    rows = file.rows(key, (size,))
    if len(rows) != 1:
        raise _not_one_row(file, key, len(rows))
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
    hands = {f"{side}_hand_pose": rows for side, rows in pose.hands.items()}
    many = {"trans": pose.translation, "body_pose": pose.latent, **hands}
    for name, rows in many.items():
        if rows is not None and len(rows) not in (1, count):
            raise ConversionError(
                f"{file.path}: {count} frames of rotations and {len(rows)} of '{name}'. Every part needs as many as the others."
            )
    if count > MOST_FRAMES:
        raise ConversionError(f"{file.path}: {count} frames, and at most {MOST_FRAMES} are read.")


def _check_sizes(file: ForeignFile, pose: ForeignPose) -> None:
    """Refuse values that are none of rotations, of coefficients or of places, whatever their units."""
    hands = {f"{side}_hand_pose": rows for side, rows in pose.hands.items()}
    for name, rows in {"the pose": pose.rotations, "body_pose": pose.latent, **hands}.items():
        worst = 0.0 if rows is None else float(np.abs(rows).max())
        if worst > _LARGEST_TURN:
            raise ConversionError(
                f"{file.path}: {name} has a value of {worst:.3g}, and no joint turns more than {_LARGEST_TURN:g} radians. Give "
                "rotations in radians, or export the file again."
            )
    if pose.translation is not None and np.abs(pose.translation).max() > _FARTHEST_M:
        raise ConversionError(
            f"{file.path}: the body is {np.abs(pose.translation).max():.4g} m from the origin. Give the translation in metres."
        )


def _with_shape(file: ForeignFile, pose: ForeignPose) -> ForeignPose:
    """Add gender and shape. A shape that changes over time is taken at its mean: a body has one."""
    warnings = list(pose.warnings)
    shape = {
        key: _coefficients(file, key, most, warnings)
        for key, most in (("betas", _MOST_BETAS), ("expression", _MOST_EXPRESSIONS))
    }
    gender = file.texts.get("gender", "")
    return replace(
        pose,
        betas=shape["betas"],
        expression=shape["expression"],
        gender=gender if gender in ("neutral", "female", "male") else "",
        warnings=tuple(warnings),
    )


def _coefficients(file: ForeignFile, key: str, most: int, warnings: list[str]) -> NumpyArray:
    """Return the mean of an entry that the pose does without; nothing, with a word, where it cannot be used."""
    if not file.has(key):
        return np.zeros(0)
    value = file.arrays.get(key)
    fault = file.unusable.get(key, "") if value is None else _fault_of_shape(value, most)
    if value is None or fault or value.size == 0:
        if fault:
            warnings.append(f"'{key}' {fault}; it is left out.")
        return np.zeros(0)
    rows = value.reshape(1, -1) if value.ndim < 2 else value.reshape(len(value), -1)
    mean = rows.mean(axis=0, dtype=np.float64)
    worst = float(np.abs(mean).max())
    if not worst <= _LARGEST_COEFFICIENT:  # true for NaN
        warnings.append(
            f"'{key}' has a value of {worst:.3g}, beyond ±{_LARGEST_COEFFICIENT:g}: no such body is likely; it is left out."
        )
        return np.zeros(0)
    if np.ptp(rows, axis=0).max() > 1e-4:
        warnings.append(f"'{key}' changes over time; its mean is taken.")
    return mean


def _fault_of_shape(value: NumpyArray, most: int) -> str:
    if value.size == 0:
        return ""
    if value.dtype.kind not in "iuf":
        return f"holds {value.dtype} where numbers are expected"
    width = value.size if value.ndim < 2 else value.size // len(value)
    if not 1 <= width <= most:
        return f"has the shape {value.shape} where 1 to {most} numbers a frame are expected"
    return ""
