# pyright: basic
"""An armature of another .blend file, with everything that hangs on it, in the open file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...result.errors import ResultError, shown
from ...result.output_file import reason_in
from ..created import remove_block


class AppendError(ResultError):
    """An armature cannot be taken from a file; the text says why and what to do."""


def append_armature(path: Path, name: str, scene: bpy.types.Scene) -> bpy.types.Object:
    """Append the armature object of a name, or the only one of the file, into a collection of its own.

    Its children, what it hangs on and what these use come along; other objects of the file do not. Raises `AppendError`; nothing
    of the file is left then.
    """
    objects = _all_objects(path)
    kept: list[bpy.types.Object] = []
    try:
        armature = _chosen(path, name, objects)
        kept = _family(armature, list(objects.values()))
    finally:
        needed = _needed(kept)
        for thing in [thing for thing in objects.values() if thing not in needed]:
            remove_block(thing)
    collection = bpy.data.collections.new(armature.name)
    scene.collection.children.link(collection)
    for thing in kept:
        collection.objects.link(thing)
    return armature


def check_armature(path: Path, name: str) -> None:
    """Raise `AppendError` for an armature that cannot be appended; nothing of the file is left."""
    objects = _all_objects(path)
    try:
        _chosen(path, name, objects)
    finally:
        for thing in objects.values():
            remove_block(thing)


def _all_objects(path: Path) -> dict[str, bpy.types.Object]:
    """Append every object of a file; return them by the names that they have there."""
    data: Any = bpy.data
    before = set(data.libraries)
    try:
        with data.libraries.load(str(path), link=False) as (found, wanted):
            names = list(found.objects)
            wanted.objects = list(names)
    except OSError as problem:
        raise AppendError(
            f"{path}: this Blender can read no .blend file there ({reason_in(str(problem))}). Name another."
        ) from problem
    for library in [one for one in data.libraries if one not in before and not one.users_id]:
        data.libraries.remove(library)
    return {name: thing for name, thing in zip(names, wanted.objects, strict=True) if thing is not None}


def _chosen(path: Path, name: str, objects: Mapping[str, bpy.types.Object]) -> bpy.types.Object:
    armatures = {there: thing for there, thing in objects.items() if thing.type == "ARMATURE"}
    if name in armatures:
        return armatures[name]
    if not name and len(armatures) == 1:
        return next(iter(armatures.values()))
    if not armatures:
        raise AppendError(f"{path} holds no armature. Name a file that does.")
    names = ", ".join(f"“{shown(there)}”" for there in sorted(armatures))
    if name:
        raise AppendError(f"{path} holds no armature “{shown(name)}”, but {names}. Name one of these.")
    raise AppendError(f"{path} holds several armatures: {names}. Name one behind a colon.")


def _family(armature: bpy.types.Object, objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Return the armature, what it hangs on, and what hangs on it by parent or by modifier."""
    family = [armature]
    while family[-1].parent is not None:
        family.append(family[-1].parent)
    waiting = [armature]
    while waiting:
        above = waiting.pop()
        below = [thing for thing in objects if thing not in family and _hangs_on(thing, above)]
        family += below
        waiting += below
    return family


def _hangs_on(thing: bpy.types.Object, above: bpy.types.Object) -> bool:
    modifiers: Any = thing.modifiers
    return thing.parent == above or any(
        modifier.type == "ARMATURE" and modifier.object == above for modifier in modifiers
    )


def _needed(kept: Sequence[bpy.types.Object]) -> set[bpy.types.ID]:
    """Return what is kept, and every data-block that it uses."""
    users: Any = bpy.data.user_map()
    needed: set[bpy.types.ID] = set(kept)
    found = needed
    while found:
        found = {block for block, by in users.items() if block not in needed and not by.isdisjoint(found)}
        needed |= found
    return needed
