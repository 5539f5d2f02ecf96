# pyright: basic
"""Figures that are in the scene: which is meant, what is known of it, and taking one out without a rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any, cast

import bpy

from ...result.read_report import FitReport, FocalEstimate, LimbQuality
from ...result.rotations import Array
from ...result.standing import Standing
from ..created import remove_block
from ..keypoints.mesh import is_keypoints
from ..photo.camera import give_back_scene_camera
from ..photo.camera_site import CAMERA_PROPERTY
from ..photo.plate import MARK as PLATE_MARK
from .material import MARK as MATERIAL_MARK
from .mesh import MARK as BODY_MARK
from .stored_source import PROPERTY as SOURCE_PROPERTY

PROPERTY = "smplify_fit"  # one group on the armature object: what the sidebar shows; no path
SEPARATOR = "\n"


def figure_of(thing: bpy.types.Object | None) -> bpy.types.Object | None:
    """The armature of the figure that `thing` is or belongs to."""
    while thing is not None:
        if thing.type == "ARMATURE" and thing.data is not None and SOURCE_PROPERTY in thing.data:
            return thing
        thing = thing.parent
    return None


def chosen_figure(
    scene: bpy.types.Scene, active: bpy.types.Object | None, first_choice: str = ""
) -> bpy.types.Object | None:
    """The active object's figure, else the one of that name, else the last one of the scene."""
    found = figure_of(active)
    if found is not None:
        return found
    figures = [thing for thing in scene.objects if figure_of(thing) == thing]
    named = [figure for figure in figures if figure.name == first_choice]
    return (named or figures or [None])[-1]


def body_of(armature: bpy.types.Object) -> bpy.types.Object | None:
    """The figure's own mesh object."""
    return next(
        (child for child in armature.children if child.data is not None and BODY_MARK in child.data), None
    )


def camera_of(armature: bpy.types.Object) -> bpy.types.Object | None:
    """The camera that the figure was fitted for, while it is in the file."""
    camera = armature.get(CAMERA_PROPERTY)
    return camera if isinstance(camera, bpy.types.Object) and camera.type == "CAMERA" else None


def store_report(
    armature: bpy.types.Object,
    report: FitReport | None,
    file_name: str,
    token: str,
    world_from_camera: Array,
    standing: Standing,
) -> None:
    """Keep on the armature what the sidebar shows. `token` names this session's result; it is no path."""
    group: dict[str, Any] = {
        "token": token,
        "file": file_name,
        "world_from_camera": [float(value) for value in world_from_camera.ravel()],
        "standing": standing.text,
        "doubtful": standing.doubtful,
    }
    if report is not None:
        group |= {
            "quality": report.quality,
            "reasons": SEPARATOR.join(report.reasons),
            "takes": SEPARATOR.join(report.takes),
            "number": report.number,
            "focal": [] if report.focal is None else [float(value) for value in astuple(report.focal)],
            "limbs": {limb.name: limb.word for limb in report.limbs},
            "residuals": {
                limb.name: -1.0 if limb.residual is None else limb.residual for limb in report.limbs
            },
        }
    armature[PROPERTY] = group


def stored_report(armature: bpy.types.Object) -> FitReport | None:
    """What `store_report` kept; None where this figure came without a report."""
    group = stored_group(armature)
    if not group.get("quality"):
        return None
    residuals = dict(group.get("residuals", {}))
    limbs = tuple(
        LimbQuality(
            name, str(word), residual if (residual := float(residuals.get(name, -1.0))) >= 0 else None
        )
        for name, word in dict(group.get("limbs", {})).items()
    )
    return FitReport(
        quality=str(group["quality"]),
        reasons=_parts(group, "reasons"),
        takes=_parts(group, "takes"),
        number=int(group.get("number", 0)),
        limbs=limbs,
        focal=_focal(group),
    )


def _focal(group: dict[str, Any]) -> FocalEstimate | None:
    values = [float(value) for value in group.get("focal", ())]
    return FocalEstimate(bool(values[0]), *values[1:]) if len(values) == len(fields(FocalEstimate)) else None


def stored_group(armature: bpy.types.Object) -> dict[str, Any]:
    """The raw group as a dictionary; empty where there is none."""
    group = armature.get(PROPERTY)
    return dict(group.to_dict()) if hasattr(group, "to_dict") else {}


def _parts(group: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(part for part in str(group.get(key, "")).split(SEPARATOR) if part)


def remove_figure(armature: bpy.types.Object) -> None:
    """Take a figure out of the file with all that was made for it; what others use or the user has added stays.

    The photo's camera, plate and collection go with the last figure that stood before that camera.
    """
    camera, homes = camera_of(armature), list(armature.users_collection)
    photo_homes = [
        parent for parent in bpy.data.collections for home in homes if home.name in parent.children
    ]
    _release_children(armature)
    body = body_of(armature)
    for thing in (body, armature):
        if thing is not None:
            _remove_object(thing)
    for home in homes:
        _remove_if_empty(home)
    for home in photo_homes:
        _remove_camera(home, camera)
        _remove_if_empty(home)


def _release_children(armature: bpy.types.Object) -> None:
    """What the user has parented to the figure stays where it is."""
    for child in list(armature.children):
        if child.data is None or BODY_MARK not in child.data:
            place = child.matrix_world.copy()
            child.parent = None
            child.matrix_world = place


def _remove_object(thing: bpy.types.Object) -> None:
    data, animation = thing.data, thing.animation_data
    action = animation.action if animation is not None else None
    materials = list(getattr(data, "materials", ()))
    remove_block(thing)
    _remove_unused([data, action])
    _remove_unused(
        [material for material in materials if material is not None and material.get(MATERIAL_MARK)]
    )


def _remove_camera(home: bpy.types.Collection, camera: bpy.types.Object | None) -> None:
    """The camera of a photo before which nobody stands any more."""
    if camera is None or camera.name not in home.objects:
        return
    if any(thing.get(CAMERA_PROPERTY) == camera for thing in bpy.data.objects):
        return
    if any(
        is_keypoints(child) for child in camera.children
    ):  # points that the user has set stay on their photo
        return
    data = cast("bpy.types.Camera", camera.data)
    plates = [background.image for background in data.background_images]
    give_back_scene_camera(camera)
    remove_block(camera)
    _remove_unused([data])
    _remove_unused([plate for plate in plates if plate is not None and plate.get(PLATE_MARK)])


def _remove_unused(blocks: Sequence[bpy.types.ID | None]) -> None:
    for block in blocks:
        if block is not None and block.users == 0 and block.library is None:
            remove_block(block)


def _remove_if_empty(collection: bpy.types.Collection) -> None:
    if not collection.objects and not collection.children and collection.library is None:
        remove_block(collection)
