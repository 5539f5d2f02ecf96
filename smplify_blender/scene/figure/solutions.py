# pyright: basic
"""Every solution of a figure's fit, kept on the figure as plain numbers, so that takes and refits outlive the session.

One group of custom properties on the armature object: the camera, the keypoints, the choices of the fit, and for each take the
numbers of its person_NN.npz without the mesh, which the figure itself has. No path is stored, and nothing in it is run.
"""

from __future__ import annotations

import array
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import bpy
import numpy as np

from ...result.errors import ResultError
from ...result.joint_names import POSE_KEYS
from ...result.read_report import FitReport, LimbQuality
from ...result.read_result import (
    MAX_COEFFICIENT,
    MAX_METRES,
    PERSON_PATTERN,
    camera_of_values,
    legs_are_seen,
    names_a_person,
)
from ...result.result_folder import Array, Body, Person, PhotoCamera
from ...result.shaped_body import posed_vertices, shaped_body
from ..stored_values import StoredValues, stored_values
from .lookup import limb_values, stored_limbs
from .stored_source import PROPERTY as SOURCE_PROPERTY

PROPERTY = "smplify_solutions"
SCHEMA_VERSION = 1
KEYPOINTS = 137
MOST_TAKES = 16


@dataclass(frozen=True)
class Take:
    """One solution of a person's fit, and how well it meets each limb."""

    person: Person
    limbs: tuple[LimbQuality, ...] = ()


@dataclass(frozen=True)
class KeptFit:
    """A person's fit as it is kept: the report, the takes by file name, the camera, the photo and the choices of the fit."""

    file_name: str
    report: FitReport | None
    takes: Mapping[str, Take]
    camera: PhotoCamera
    photo_mark: str = ""
    photo_name: str = ""
    choices: Mapping[str, Any] | None = None


def store_solutions(armature: bpy.types.Object, kept: KeptFit) -> None:
    """Write the group of solutions; what there was of an earlier fit goes."""
    camera, first = kept.camera, next(iter(kept.takes.values())).person
    armature[PROPERTY] = {
        "schema_version": SCHEMA_VERSION,
        "photo_name": kept.photo_name,
        "focal_px": camera.focal_px,
        "principal_point": list(camera.principal_point),
        "image_size": list(camera.image_size),
        "photo_orientation": camera.photo_orientation,
        "keypoints": _floats(first.keypoints if first.keypoints is not None else np.zeros((KEYPOINTS, 3))),
        "choices": dict(kept.choices or {}),
        "takes": {name: _take_values(take) for name, take in list(kept.takes.items())[:MOST_TAKES]},
    }


def add_solutions(armature: bpy.types.Object, kept: KeptFit) -> None:
    """Add the takes that the group of solutions does not hold yet; those that it holds stay as they are."""
    takes: Any = cast("Any", armature[PROPERTY])["takes"]
    for name, take in list(kept.takes.items())[:MOST_TAKES]:
        if name not in takes:
            takes[name] = _take_values(take)


def has_solutions(armature: bpy.types.Object) -> bool:
    """Return True if solutions are kept on a figure; whether they are sound is seen when they are read."""
    return PROPERTY in armature


def stored_choices(armature: bpy.types.Object) -> StoredValues:
    """Return the choices of the figure's fit as plain values."""
    return _stored(armature).group("choices")


def stored_photo_name(armature: bpy.types.Object) -> str:
    """Return the file name of the figure's photo; empty where it is not known."""
    return _stored(armature).text("photo_name", most=255)


def stored_camera(armature: bpy.types.Object) -> PhotoCamera | None:
    """Return the camera of the figure's fit; None where none that could be is stored."""
    values = _stored(armature)
    principal = values.numbers("principal_point", 2)
    size = [int(side) for side in values.numbers("image_size", 2)]
    if not principal or not size:
        return None
    entries = {
        "focal_px": values.number("focal_px"),
        "principal_point": principal,
        "image_size": size,
        "photo_orientation": values.whole("photo_orientation"),
    }
    try:
        return camera_of_values(armature.name, entries)
    except ResultError:
        return None


def stored_keypoints(armature: bpy.types.Object) -> Array | None:
    """Return the keypoints (137, 3) that the figure was fitted to; None where there are none."""
    values = _stored(armature).numbers("keypoints", 3 * KEYPOINTS)
    return np.array(values).reshape(KEYPOINTS, 3) if values else None


def stored_take(armature: bpy.types.Object, name: str, body: Body) -> Take:
    """Return a solution of a figure whose own body is given. Raises `ResultError` where it is not there or not sound."""
    keypoints = stored_keypoints(armature)
    values = _stored_take(armature, name)
    if not values or keypoints is None:
        raise ResultError(f"“{armature.name}” does not hold this take. Fit the photo again.")
    person = _person(armature.name, name, values, body)
    person = replace(person, keypoints=keypoints, legs_seen=legs_are_seen(keypoints))
    vertices = posed_vertices(body, person, shaped_body(body, person))
    return Take(replace(person, vertices=vertices), stored_limbs(values))


def start_file(armature: bpy.types.Object, name: str) -> bytes:
    """Return a solution as a person_NN.npz from which the core refits: its parameters alone. Raises `ResultError`."""
    values = _stored_take(armature, name)
    arrays = {
        key: np.array(values.numbers(key), dtype=np.float32) for key in ("betas", "expression", "transl")
    }
    arrays |= {
        key: np.array(values.numbers(key, 3 * len(joints)), dtype=np.float32)
        for key, joints in POSE_KEYS.items()
    }
    source = stored_values(armature.data, SOURCE_PROPERTY)
    model = source.text("model_sha256")
    if not model or not names_a_person(name) or any(not len(values) for values in arrays.values()):
        raise ResultError(f"“{armature.name}” does not hold this take. Fit the photo again.")
    file = io.BytesIO()
    body = {"model_sha256": np.array(model), "gender": np.array(source.text("gender"))}
    np.savez_compressed(file, **body, **cast("Any", arrays))
    return file.getvalue()


def best_of(file_name: str) -> str:
    """Return the name of the best take of the person whom a file's name names."""
    found = PERSON_PATTERN.match(f"{file_name.split('_take_')[0].removesuffix('.npz')}.npz")
    return found[0] if found else file_name


def _stored(armature: bpy.types.Object) -> StoredValues:
    """Return the group but for its takes: panels read it each time they are drawn, and takes may be long."""
    group: Any = armature.get(PROPERTY)
    values = {key: group[key] for key in group.keys() if key != "takes"} if hasattr(group, "to_dict") else {}  # noqa: SIM118
    return StoredValues({key: _plain(value) for key, value in values.items()})


def _stored_take(armature: bpy.types.Object, name: str) -> StoredValues:
    group: Any = armature.get(PROPERTY)
    takes: Any = group.get("takes") if hasattr(group, "to_dict") else None
    take: Any = takes.get(name) if hasattr(takes, "to_dict") else None
    return StoredValues(take.to_dict() if hasattr(take, "to_dict") else {})


def _plain(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else value


def _take_values(take: Take) -> dict[str, Any]:
    person = take.person
    values: dict[str, Any] = {
        "betas": _floats(person.betas),
        "expression": _floats(person.expression),
        "transl": _floats(person.transl),
        **limb_values(take.limbs),
    }
    for key, joints in POSE_KEYS.items():
        values[key] = _floats(np.concatenate([person.rotations.get(joint, np.zeros(3)) for joint in joints]))
    if person.pose_offsets is not None:
        values["pose_offsets"] = _floats(person.pose_offsets)
    return values


def _floats(values: Array) -> array.array[float]:
    """Return numbers in single precision, as the files have them: half the size in the .blend."""
    return array.array("f", np.asarray(values, dtype=np.float32).ravel().tolist())


def _person(figure: str, name: str, values: StoredValues, body: Body) -> Person:
    offsets = values.numbers("pose_offsets", 3 * len(body.v_template)) if "pose_offsets" in values else ()
    sizes = {"betas": body.shape_directions.shape[2], "expression": body.expression_directions.shape[2]}
    rotations: dict[str, Array] = {}
    for key, joints in POSE_KEYS.items():
        vectors = _checked(figure, values, key, 3 * len(joints), MAX_METRES).reshape(-1, 3)
        rotations |= dict(zip(joints, vectors, strict=True))
    coefficients = {
        key: _resized(_checked(figure, values, key, None, MAX_COEFFICIENT), count)
        for key, count in sizes.items()
    }
    return Person(
        file_name=name,
        betas=coefficients["betas"],
        expression=coefficients["expression"],
        rotations=rotations,
        transl=_checked(figure, values, "transl", 3, MAX_METRES),
        vertices=np.zeros((0, 3)),
        pose_offsets=np.array(offsets).reshape(-1, 3) if offsets else None,
        legs_seen=False,
    )


def _checked(figure: str, values: StoredValues, key: str, count: int | None, most: float) -> Array:
    numbers = np.array(values.numbers(key, count), dtype=np.float64)
    if (
        key not in values
        or (count is not None and len(numbers) != count)
        or np.abs(numbers).max(initial=0.0) > most
    ):
        raise ResultError(f"“{figure}” holds a damaged take (“{key}”). Fit the photo again.")
    return numbers


def _resized(values: Array, count: int) -> Array:
    """Return as many coefficients as the figure has sliders: a shape key that its user has removed counts no more."""
    return np.append(values, np.zeros(count))[:count]
