"""Readers of the joints that regressors of SMPL bodies save: their places in the photo as keypoints, and their depths.

PHALP and 4D-Humans' video demo: a table a picture, of lists with an entry a person: `2d_joints` (45, 2), 0–1 of the picture
padded to a square, and `3d_joints` (45, 3). ROMP and BEV: `pj2d_org` (people, 71 or 54, 2) in pixels, `joints` or `j3d`. VIBE:
`joints2d_img_coord` and `joints3d` (frames, 49, 3) a person. HybrIK: `pred_uvd` (frames, 29, 3) of the person's box,
`pred_xyz_29`. All of them look along z and have y down. Their focal lengths are conventions of the programs, not of the photo,
and are not taken. Sources: brjathu/PHALP, phalp/models/hmar/hmar.py and phalp/utils/smpl_utils.py; Arthur151/ROMP,
simple_romp/README.md; mkocabas/VIBE, README.md; Jeff-sjtu/HybrIK, scripts/demo_video.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.frames import Dialect
from fitting_core.keypoints.layouts import BODY_25, BodyLayout
from fitting_core.keypoints.openpose import canvas_of
from fitting_core.keypoints.other_layouts import PointLayout
from fitting_core.keypoints.raw_people import JsonObject, RawKeypoints
from fitting_core.keypoints.whole_person import WholePerson, check_people_count, person_in, raw_keypoints

VIBE_JOINTS, PICTURES = "joints2d_img_coord", "img_path"
_WORTH = 1.0  # of a depth, as of SAM 3D Body's
_FARTHEST_M = 1000.0
_MOST_COORDINATE = 1e6
_HYBRIK_METRES = 2.2  # of HybrIK's unit, the side of its box
_HYBRIK_JOINTS = 29
_SQUARE = 0.01  # of its side: what numbers in half precision differ by

# SMPL's own neck and pelvis are not what detectors mean by neck and mid-hip: those are made of shoulders and hips.
_SMPL_24 = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle", "spine3",
    "left_foot", "right_foot", "smpl_neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
_OPENPOSE_25 = tuple({"neck": "smpl_neck", "mid_hip": "pelvis"}.get(name, name) for name in BODY_25.names)
_ROMP_35 = (
    *_SMPL_24, "nose", "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip
_HYBRIK_29 = (*_SMPL_24, "crown", "left_middle", "right_middle", "left_big_toe", "right_big_toe")


def _layout(names: tuple[str, ...]) -> PointLayout:
    return PointLayout(BodyLayout("SMPL's joints", names, ()), "regressors of SMPL bodies", len(names))


@dataclass(frozen=True)
class _Joints:
    """One person's joints in one frame: in the photo, in space (metres, None where the file has none), and their order."""

    points: NumpyArray
    space: NumpyArray | None
    layout: PointLayout


def _array(value: JsonValue, columns: tuple[int, ...]) -> NumpyArray | None:
    """Return rows of finite numbers of the first of these widths that fits; None for anything else."""
    try:
        flat = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if not flat.size or not np.isfinite(flat).all() or np.abs(flat).max() > _MOST_COORDINATE:
        return None
    if flat.ndim == 1:
        width = next((width for width in columns if flat.size % width == 0), None)
        return None if width is None else flat.reshape(-1, width)
    return flat if flat.ndim == 2 and flat.shape[1] in columns else None


def _person(points: NumpyArray | None, space: NumpyArray | None, layout: PointLayout) -> _Joints | None:
    """Return the joints of a layout, which other points may follow; None where there are fewer."""
    if points is None or len(points) < layout.count:
        return None
    whole = None if space is None or len(space) < layout.count else space[: layout.count]
    return _Joints(points[: layout.count, :2], whole, layout)


def _raw(found: list[_Joints | None], program: str, canvas: tuple[float, float] | None) -> RawKeypoints:
    """Return people with the depths of their joints; every joint counts, as no program says how sure it is of it."""
    people = [
        None
        if joints is None
        else WholePerson(
            person_in(np.column_stack([joints.points, np.ones(len(joints.points))]), joints.layout),
            joints.layout,
        )
        for joints in found
    ]
    raw = raw_keypoints(people, program, canvas)
    depths = tuple(None if joints is None else _depths(joints) for joints in found)
    return raw if all(one is None for one in depths) else replace(raw, depths=depths)


def _depths(joints: _Joints) -> NumpyArray | None:
    """Return (25, 2): the depth of each of BODY_25's points (m) and its worth; None without joints in space."""
    if joints.space is None or np.abs(joints.space[:, 2]).max() > _FARTHEST_M:
        return None
    depths = np.zeros((BODY_25.count, 2))
    for number, name in enumerate(BODY_25.names):
        if name in joints.layout.body.indices:
            depths[number] = (joints.space[joints.layout.body.index(name), 2], _WORTH)
    return depths


def _at(document: JsonObject, key: str, index: int) -> JsonValue:
    value = document.get(key)
    return value[index] if isinstance(value, list) and index < len(value) else None


def _count(document: JsonObject, key: str) -> int:
    value = document.get(key)
    return len(value) if isinstance(value, list) else 0


def _has(document: JsonValue, *keys: str) -> bool:
    return isinstance(document, dict) and all(isinstance(document.get(key), list) for key in keys)


def _is_phalp(document: JsonValue) -> bool:
    return _has(document, "2d_joints", "3d_joints", "size")


def _read_phalp(document: JsonValue) -> RawKeypoints:
    table = cast(JsonObject, document)
    count = _count(table, "2d_joints")
    check_people_count(count)
    found: list[_Joints | None] = []
    canvas: tuple[float, float] | None = None
    for person in range(count):
        size = _array(_at(table, "size", person), (2,))
        points = _array(_at(table, "2d_joints", person), (2,))
        if size is None or points is None or not (size > 0).all():
            found.append(None)
            continue
        height, width = size[0]
        side = max(width, height)
        canvas = (float(width), float(height))
        in_picture = points * side - [(side - width) // 2, (side - height) // 2]
        found.append(
            _person(in_picture, _array(_at(table, "3d_joints", person), (3,)), _layout(_OPENPOSE_25))
        )
    return _raw(found, "PHALP", canvas)


def _is_romp(document: JsonValue) -> bool:
    return _has(document, "pj2d_org")


def _read_romp(document: JsonValue) -> RawKeypoints:
    table = cast(JsonObject, document)
    if _array(table["pj2d_org"], (2,)) is not None:  # one person without a list around
        table = {key: cast(JsonValue, [value]) for key, value in table.items()}
    count = _count(table, "pj2d_org")
    check_people_count(count)
    space_key = next((key for key in ("joints", "j3d", "j3d_all54") if key in table), "joints")
    found = [
        _person(
            _array(_at(table, "pj2d_org", person), (2,)),
            _array(_at(table, space_key, person), (3,)),
            _layout(_ROMP_35),
        )
        for person in range(count)
    ]
    return _raw(found, "ROMP or BEV", None)


def _vibe_people(document: JsonValue) -> list[JsonObject]:
    """Return the people of VIBE's file, which may be one alone."""
    if not isinstance(document, dict):
        return []
    people = [document] if VIBE_JOINTS in document else list(document.values())
    are_vibe = bool(people) and all(_has(person, VIBE_JOINTS) for person in people)
    return cast("list[JsonObject]", people) if are_vibe else []


def _frames_of_vibe(document: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return the people of each frame of the video, by `frame_ids` where the file has them."""
    frames: dict[int, list[JsonValue]] = {}
    for person in _vibe_people(document):
        for row in range(_count(person, VIBE_JOINTS)):
            number = _at(person, "frame_ids", row)
            frame = int(number) if isinstance(number, float) and 0 <= number < _MOST_COORDINATE else row
            joints = {key: _at(person, key, row) for key in (VIBE_JOINTS, "joints3d")}
            frames.setdefault(frame, []).append(cast(JsonValue, joints))
    return [(str(number), cast(JsonValue, frames[number])) for number in sorted(frames)]


def _read_vibe(document: JsonValue) -> RawKeypoints:
    people = cast("list[JsonObject]", document)
    check_people_count(len(people))
    found = [
        _person(
            _array(person[VIBE_JOINTS], (2, 3)),
            _array(person["joints3d"], (3,)),
            _layout(_OPENPOSE_25),
        )
        for person in people
    ]
    return _raw(found, "VIBE", None)


def _is_hybrik(document: JsonValue) -> bool:
    return _has(document, "pred_uvd", "bbox")


def _frames_of_hybrik(document: JsonValue) -> list[tuple[str, JsonValue]]:
    table = cast(JsonObject, document)
    keys = ("pred_uvd", "pred_xyz_29", "bbox", "height", "width", PICTURES)
    rows = [{key: _at(table, key, row) for key in keys} for row in range(_count(table, "pred_uvd"))]
    return [(path if isinstance(path := row[PICTURES], str) else "", cast(JsonValue, row)) for row in rows]


def _read_hybrik(document: JsonValue) -> RawKeypoints:
    frame = cast(JsonObject, document)
    points, box = _array(frame["pred_uvd"], (3,)), _array(frame["bbox"], (4,))
    space = _array(frame["pred_xyz_29"], (3,))
    if points is None or box is None or len(points) < _HYBRIK_JOINTS:
        return _raw([None], "HybrIK", None)
    middle, side = _middle_and_side(box[0])
    metres = None if space is None else space * _HYBRIK_METRES
    joints = _person(points[:, :2] * side + middle, metres, _layout(_HYBRIK_29))
    return _raw([joints], "HybrIK", canvas_of({key: _number(frame[key]) for key in ("width", "height")}))


def _middle_and_side(box: NumpyArray) -> tuple[NumpyArray, float]:
    """Return the middle and the side of HybrIK's square box, which has two corners, or, in some copies, its middle and sides."""
    across, down = box[2:] - box[:2]
    if abs(across - down) <= _SQUARE * abs(across):
        return (box[:2] + box[2:]) / 2, float(across)
    return box[:2], float(box[2])


def _number(value: JsonValue) -> JsonValue:
    """Return a picture's side; None for what is none, as if the file did not say it."""
    return value if isinstance(value, float) and 1 <= value <= _MOST_COORDINATE else None


def _recognises_vibe(document: JsonValue) -> bool:
    return bool(_vibe_people(document))


REGRESSORS = (
    Dialect("PHALP", _is_phalp, _read_phalp),
    Dialect("ROMP or BEV", _is_romp, _read_romp),
    Dialect("VIBE", _recognises_vibe, _read_vibe, _frames_of_vibe),
    Dialect("HybrIK", _is_hybrik, _read_hybrik, _frames_of_hybrik),
)
