# pyright: basic
"""What one import has made, so that a failed one can take it back."""

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
        bpy.data.batch_remove([block])

    def remove_all(self) -> None:
        """Take everything back out of the file."""
        bpy.data.batch_remove(self._blocks)
        self._blocks.clear()


@contextmanager
def all_or_nothing() -> Generator[Created]:
    """Whatever was added to the yielded `Created` is removed again if the block raises."""
    created = Created()
    try:
        yield created
    except BaseException:
        created.remove_all()
        raise
