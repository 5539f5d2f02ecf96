# pyright: basic
"""The data-blocks that one import has made, so that a failed one can take them back."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

import bpy

Datablock = TypeVar("Datablock", bound=bpy.types.ID)


class Created:
    """Data-blocks in the order in which they were made."""

    def __init__(self) -> None:
        self._blocks: list[bpy.types.ID] = []

    def add(self, block: Datablock) -> Datablock:
        """Remember `block`, and hand it back."""
        self._blocks.append(block)
        return block

    def discard(self, block: bpy.types.ID) -> None:
        """Remove one block that is no longer needed."""
        self._blocks.remove(block)
        remove_block(block)

    def forget(self, block: bpy.types.ID) -> None:
        """Let go of a block that somebody else takes out of the file."""
        self._blocks.remove(block)

    def remove_all(self) -> None:
        """Take everything back out of the file."""
        while self._blocks:
            remove_block(self._blocks.pop())


# One by one through each kind's own list: `batch_remove` "can break Blender", says its manual.
LISTS = {
    "ACTION": "actions",
    "ARMATURE": "armatures",
    "CAMERA": "cameras",
    "COLLECTION": "collections",
    "CURVE": "curves",
    "IMAGE": "images",
    "LATTICE": "lattices",
    "LIGHT": "lights",
    "MATERIAL": "materials",
    "MESH": "meshes",
    "MOVIECLIP": "movieclips",
    "NODETREE": "node_groups",
    "OBJECT": "objects",
    "SCENE": "scenes",
    "TEXT": "texts",
    "TEXTURE": "textures",
    "WORLD": "worlds",
}


def remove_block(block: bpy.types.ID) -> None:
    """Take one data-block out of the file, out of everything that uses it too."""
    getattr(bpy.data, LISTS[block.id_type]).remove(block)


@contextmanager
def all_or_nothing(view_layer: bpy.types.ViewLayer) -> Generator[Created]:
    """Whatever was added to the yielded `Created` is removed again if the block raises.

    `view_layer` is updated then: its list of objects has holes until it is.
    """
    created = Created()
    try:
        yield created
    except BaseException:
        created.remove_all()
        view_layer.update()
        raise


# Objects before their data: Blender removes an object with its data.
REMOVAL_ORDER = ("OBJECT", "COLLECTION", *(kind for kind in LISTS if kind not in ("OBJECT", "COLLECTION")))


@contextmanager
def everything_new_removed() -> Generator[None]:
    """Whatever data-blocks the block adds to the file are gone after it; for one photo of many in one Blender."""
    before = {kind: {block.as_pointer() for block in getattr(bpy.data, LISTS[kind])} for kind in LISTS}
    try:
        yield
    finally:
        for kind in REMOVAL_ORDER:
            blocks = getattr(bpy.data, LISTS[kind])
            for block in [block for block in blocks if block.as_pointer() not in before[kind]]:
                remove_block(block)
