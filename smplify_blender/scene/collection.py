# pyright: basic
"""The one new collection that an import fills."""

from __future__ import annotations

import bpy

from .created import Created


def new_collection(scene: bpy.types.Scene, name: str, created: Created) -> bpy.types.Collection:
    """A new collection under the scene's own; Blender makes the name unique."""
    collection = created.add(bpy.data.collections.new(name))
    scene.collection.children.link(collection)
    return collection
