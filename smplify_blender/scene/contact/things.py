# pyright: basic
"""Names of the scene in, the contacts and the things that they name out; and the other people who are in a figure's way."""

from __future__ import annotations

import bpy

from ...result.contacts import GROUND, ContactChoice
from ...result.errors import ResultError, shown
from ..figure.lookup import body_of, camera_of, figure_of, stored_group
from ..placing.place_fit import photo_mark_of
from .surface import SURFACE_TYPES

Thing = bpy.types.Object | bpy.types.Collection
GROUND_WORDS = (GROUND, "ground")  # that name the plane z = 0 where no object and no collection is called so
MOST_NAMED = 10  # of the scene's objects, in a message


def contact_with(scene: bpy.types.Scene, part: str, name: str) -> ContactChoice:
    """Return the contact of a part, or an action, with the object, the collection or the ground of this name.

    Raises `ResultError` where the scene has nothing of that name.
    """
    if name in scene.objects:
        return ContactChoice(part, name)
    if any(one.name == name for one in scene.collection.children_recursive):
        return ContactChoice(part, name, is_collection=True)
    if name in GROUND_WORDS:
        return ContactChoice(part, GROUND)
    things = [one for one in scene.objects if one.type in SURFACE_TYPES and figure_of(one) is None]
    names = ", ".join(["ground", *(f"“{shown(one.name)}”" for one in things[:MOST_NAMED])])
    raise ResultError(
        f"There is no object and no collection “{shown(name)}” in the scene. Name one of its things: {names}."
    )


def is_ground(scene: bpy.types.Scene, contact: ContactChoice) -> bool:
    """Return True for a contact with the plane z = 0."""
    return contact.thing == GROUND and not contact.is_collection and GROUND not in scene.objects


def thing_of(scene: bpy.types.Scene, armature: bpy.types.Object, contact: ContactChoice) -> Thing:
    """Return what a figure touches: an object, a collection, or the body of somebody else.

    Raises `ResultError` where it is gone, or is the figure's own.
    """
    found: Thing | None
    if contact.is_collection:
        found = next((one for one in scene.collection.children_recursive if one.name == contact.thing), None)
    else:
        found = scene.objects.get(contact.thing)
    if found is None:
        kind = "collection" if contact.is_collection else "object"
        raise ResultError(
            f"There is no {kind} “{contact.thing}” in this scene any more: take “{contact.words}” away, or choose another."
        )
    person = figure_of(found) if isinstance(found, bpy.types.Object) else None
    if person == armature:
        raise ResultError(f"“{contact.thing}” is the figure itself: choose what it touches.")
    return found if person is None else body_of(person) or found


def others_before(scene: bpy.types.Scene, armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the figures that are shown before the same camera; not other copies of the same person of the same photo."""
    camera = camera_of(armature)
    if camera is None:
        return []
    return [
        other
        for other in scene.objects
        if other.type == "ARMATURE"
        and other != armature
        and figure_of(other) == other
        and camera_of(other) == camera
        and _is_shown(other)
        and not _is_same_person(armature, other)
    ]


def _is_shown(armature: bpy.types.Object) -> bool:
    body = body_of(armature)
    return body is not None and body.visible_get()


def _is_same_person(one: bpy.types.Object, other: bpy.types.Object) -> bool:
    mark = photo_mark_of(one)
    numbers = {stored_group(figure).whole("number") for figure in (one, other)}
    return bool(mark) and photo_mark_of(other) == mark and len(numbers) == 1
