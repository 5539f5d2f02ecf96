# pyright: basic
"""Figures that are in the scene: the one that is meant, its stored facts, and taking one out without a rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any, cast

import bpy

from ...result.contacts import MOST_CONTACTS, MetContact
from ...result.read_report import QUALITY_WORDS, FitReport, FocalEstimate, LimbQuality
from ...result.rotations import Array
from ...result.standing import Standing
from ..created import remove_block
from ..keypoints.mesh import is_keypoints
from ..photo.camera import give_back_scene_camera
from ..photo.camera_site import CAMERA_PROPERTY
from ..photo.clip_plate import MARK as CLIP_MARK
from ..photo.plate import MARK as PLATE_MARK
from ..stored_values import StoredValues, has_group, stored_values
from .material import MARK as MATERIAL_MARK
from .mesh import MARK as BODY_MARK
from .stored_source import PROPERTY as SOURCE_PROPERTY

PROPERTY = "smplify_fit"  # one group on the armature object: the facts that the sidebar shows; no path
SEPARATOR = "\n"
LIMB_WORDS = (*QUALITY_WORDS, "guessed")
GARMENT_MARK = (
    "smplify_garment"  # on the mesh of clothes or parts of the face that a figure was given: their name
)
MOST_LIMBS, MOST_PARTS, MOST_LIST_CHARACTERS = 20, 20, 8000  # as read_report.py reads


def figure_of(thing: bpy.types.Object | None) -> bpy.types.Object | None:
    """Return the armature of the figure that `thing` is or belongs to; one read from another program's file is none."""
    while thing is not None:
        if thing.type == "ARMATURE" and has_group(thing.data, SOURCE_PROPERTY):
            return thing
        thing = thing.parent
    return None


def chosen_figure(
    scene: bpy.types.Scene, active: bpy.types.Object | None, first_choice: str = ""
) -> bpy.types.Object | None:
    """Return the active object's figure, else the one of that name, else the last one of the scene."""
    found = figure_of(active)
    if found is not None:
        return found
    figures = [thing for thing in scene.objects if figure_of(thing) == thing]
    named = [figure for figure in figures if figure.name == first_choice]
    return (named or figures or [None])[-1]


def body_of(armature: bpy.types.Object) -> bpy.types.Object | None:
    """Return the figure's own mesh object: its child, or one that its user has parented to something else."""
    own = next((child for child in armature.children if _is_body(child)), None)
    return own or next(
        (thing for thing in bpy.data.objects if _is_body(thing) and _follows(thing, armature)), None
    )


def _is_body(thing: bpy.types.Object) -> bool:
    return thing.type == "MESH" and thing.data is not None and BODY_MARK in thing.data


def _follows(thing: bpy.types.Object, armature: bpy.types.Object) -> bool:
    return any(
        modifier.type == "ARMATURE" and cast("bpy.types.ArmatureModifier", modifier).object == armature
        for modifier in thing.modifiers
    )


def camera_of(armature: bpy.types.Object) -> bpy.types.Object | None:
    """Return the camera that the figure was fitted for, while it is in the file."""
    camera = armature.get(CAMERA_PROPERTY)
    is_camera = isinstance(camera, bpy.types.Object) and camera.type == "CAMERA"
    # one that its user has deleted stays in memory while a figure names it
    return camera if is_camera and (camera.library is not None or camera.users_scene) else None


def store_report(
    armature: bpy.types.Object, report: FitReport | None, file_name: str, facts: Mapping[str, Any]
) -> None:
    """Keep on the armature what the sidebar shows: the report, the file that is shown, and further `facts` by name."""
    group: dict[str, Any] = {"file": file_name, **facts}
    if report is not None:
        group |= {
            "quality": report.quality,
            "reasons": SEPARATOR.join(report.reasons),
            "takes": SEPARATOR.join(report.takes),
            "number": report.number,
            "gender": report.gender,
            "focal": [] if report.focal is None else [float(value) for value in astuple(report.focal)],
            **limb_values(report.limbs),
            "contacts": {str(number): _contact_values(one) for number, one in enumerate(report.contacts)},
        }
    armature[PROPERTY] = group


def add_stored_takes(armature: bpy.types.Object, takes: Sequence[str]) -> None:
    """Name further takes in what `store_report` kept; all else stays."""
    group: Any = armature[PROPERTY]
    group["takes"] = SEPARATOR.join(takes)


def limb_values(limbs: Sequence[LimbQuality]) -> dict[str, Any]:
    """Return the judgements of a figure's limbs as they are stored; see `stored_limbs`."""
    return {
        "limbs": {limb.name: limb.word for limb in limbs},
        "residuals": {limb.name: -1.0 if limb.residual is None else limb.residual for limb in limbs},
    }


def place_facts(world_from_camera: Array, standing: Standing, shares_floor: bool) -> dict[str, Any]:
    """Return where a figure was placed, and how it stands, as they are stored."""
    return {
        "world_from_camera": [float(value) for value in world_from_camera.ravel()],
        "standing": standing.text,
        "doubtful": standing.doubtful,
        "shares_floor": shares_floor,
    }


def stored_report(armature: bpy.types.Object) -> FitReport | None:
    """Return the report that `store_report` kept; None where this figure came without a report that can be read."""
    group = stored_group(armature)
    quality = group.text("quality")
    if quality not in QUALITY_WORDS:
        return None
    return FitReport(
        quality=quality,
        reasons=_parts(group, "reasons"),
        takes=_parts(group, "takes"),
        number=group.whole("number"),
        limbs=stored_limbs(group),
        focal=_focal(group),
        gender=group.text("gender"),
        contacts=_contacts(group.group("contacts")),
    )


def _contact_values(contact: MetContact) -> dict[str, Any]:
    return {
        "part": contact.part,
        "thing": contact.thing,
        "named": contact.is_named,
        "numbers": [contact.gap_mm, *contact.place],
    }


def _contacts(group: StoredValues) -> tuple[MetContact, ...]:
    found: list[MetContact] = []
    for key in list(group)[:MOST_CONTACTS]:
        values = group.group(key)
        numbers = values.numbers("numbers", 4)
        if numbers and values.text("part") and values.text("thing"):
            gap_mm, x, y, z = numbers
            found.append(
                MetContact(values.text("part"), values.text("thing"), values.flag("named"), gap_mm, (x, y, z))
            )
    return tuple(found)


def stored_limbs(group: StoredValues) -> tuple[LimbQuality, ...]:
    """Return the judgements of a figure's limbs in a group; those with a word that there is not are left out."""
    words, residuals = group.group("limbs"), group.group("residuals")
    return tuple(
        LimbQuality(name, words.text(name), _residual(residuals.number(name, -1.0)))
        for name in list(words)[:MOST_LIMBS]
        if words.text(name) in LIMB_WORDS
    )


def _residual(stored: float) -> float | None:
    return stored if stored >= 0 else None


def _focal(group: StoredValues) -> FocalEstimate | None:
    values = group.numbers("focal", len(fields(FocalEstimate)))
    return FocalEstimate(bool(values[0]), *values[1:]) if values else None


def stored_group(armature: bpy.types.Object) -> StoredValues:
    """Return the group that `store_report` kept; empty where there is none."""
    return stored_values(armature, PROPERTY)


def _parts(group: StoredValues, key: str) -> tuple[str, ...]:
    return tuple(part for part in group.text(key, most=MOST_LIST_CHARACTERS).split(SEPARATOR) if part)[
        :MOST_PARTS
    ]


def remove_figure(armature: bpy.types.Object) -> None:
    """Take a figure out of the file with all that was made for it; what others use or the user has added stays.

    The photo's camera, plate and collection go with the last figure that stood before that camera.
    """
    camera, own = camera_of(armature), list(armature.users_collection)
    photo_collections = [
        parent for parent in bpy.data.collections for collection in own if collection.name in parent.children
    ]
    remove_garments(garments_of(armature))
    _release_children(armature)
    body = body_of(armature)
    for thing in (body, armature):
        if thing is not None:
            _remove_object(thing)
    for collection in own:
        _remove_if_empty(collection)
    for collection in photo_collections:
        _remove_camera(collection, camera)
        _remove_if_empty(collection)


def garments_of(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the clothes and parts of the face that a figure was given; not those that its user has made."""
    return [
        child
        for child in armature.children
        if child.data is not None and child.data.library is None and GARMENT_MARK in child.data
    ]


def remove_garments(garments: Sequence[bpy.types.Object]) -> None:
    """Remove what a figure was given to wear, with its materials where nothing else has them."""
    for garment in garments:
        _remove_object(garment)


def _release_children(armature: bpy.types.Object) -> None:
    """Leave the things where they are that the user has parented to the figure."""
    for child in list(armature.children):
        if child.data is None or BODY_MARK not in child.data:
            place = child.matrix_world.copy()
            child.parent = None
            child.matrix_world = place


def _remove_object(thing: bpy.types.Object) -> None:
    data, actions = thing.data, _actions_of(thing, getattr(thing.data, "shape_keys", None))
    materials = [*getattr(data, "materials", ()), *(slot.material for slot in thing.material_slots)]
    materials = list(dict.fromkeys(materials))
    remove_block(thing)
    _remove_unused([data, *actions])
    _remove_unused(
        [material for material in materials if material is not None and material.get(MATERIAL_MARK)]
    )
    _remove_unused([image for image in bpy.data.images if image.get(MATERIAL_MARK)])


def _actions_of(*blocks: Any) -> list[bpy.types.Action | None]:
    """Return the actions that move any of the blocks, those in their NLA included, each once."""
    moved = [
        block.animation_data for block in blocks if block is not None and block.animation_data is not None
    ]
    strips = [strip for animation in moved for track in animation.nla_tracks for strip in track.strips]
    return list(dict.fromkeys(animation.action for animation in (*moved, *strips)))


def _remove_camera(collection: bpy.types.Collection, camera: bpy.types.Object | None) -> None:
    """Remove the camera of a photo before which nobody stands any more."""
    if camera is None or camera.name not in collection.objects:
        return
    if any(thing.get(CAMERA_PROPERTY) == camera for thing in bpy.data.objects):
        return
    if any(
        is_keypoints(child) for child in camera.children
    ):  # points that the user has set stay on their photo
        return
    data = cast("bpy.types.Camera", camera.data)
    plates = [background.image for background in data.background_images]
    clips = [background.clip for background in data.background_images]
    give_back_scene_camera(camera)
    remove_block(camera)
    _remove_unused([data])
    _remove_unused([plate for plate in plates if plate is not None and plate.get(PLATE_MARK)])
    _remove_unused([clip for clip in clips if clip is not None and clip.get(CLIP_MARK)])


def _remove_unused(blocks: Sequence[bpy.types.ID | None]) -> None:
    for block in blocks:
        if block is not None and block.users == 0 and block.library is None:
            remove_block(block)


def _remove_if_empty(collection: bpy.types.Collection) -> None:
    if not collection.objects and not collection.children and collection.library is None:
        remove_block(collection)
