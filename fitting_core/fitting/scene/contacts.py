"""The scene that a fit stands in, with the user's word on what touches what."""

from __future__ import annotations

from dataclasses import dataclass

from fitting_core.arguments.scene_request import NamedContact
from fitting_core.arrays import ArrayMaker

from .distance_grid import DistanceGrid, GridArrays, grid_arrays


@dataclass(frozen=True, eq=False)
class SceneContacts:
    """The things of a scene, the contacts that the user names, and those that are left out.

    `finds`: parts that are near a thing and face it touch it.
    """

    things: tuple[DistanceGrid, ...]
    named: tuple[NamedContact, ...] = ()
    left_out: tuple[NamedContact, ...] = ()
    finds: bool = True

    def grids(self, make: ArrayMaker) -> tuple[GridArrays, ...]:
        """Return all things, ready to be sampled."""
        return tuple(grid_arrays(thing, make) for thing in self.things)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the things."""
        return tuple(thing.name for thing in self.things)

    def may_touch(self, part: str, thing: DistanceGrid) -> bool:
        """Return False for a contact that is left out, and for one with another person."""
        return not thing.is_person and not any(
            part in contact.parts and thing.name == contact.thing for contact in self.left_out
        )
