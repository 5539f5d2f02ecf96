# pyright: basic
"""The collections that an import fills: one of the photo, and in it one a figure."""

from __future__ import annotations

import bpy

from .created import Created


def new_collection(parent: bpy.types.Collection, name: str, created: Created) -> bpy.types.Collection:
    """A new collection under `parent`; Blender makes the name unique."""
    collection = created.add(bpy.data.collections.new(name))
    parent.children.link(collection)
    return collection
