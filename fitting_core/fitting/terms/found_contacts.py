"""The contacts that bodies may have with a scene: those that the user names, and parts that are near a thing and face it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.scene_request import BODY_PARTS
from fitting_core.arrays import Array, NumpyArray, array_namespace, numpy_double
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.skin_points import skin_points

from ..parameters import ParameterLayout
from ..scene.contacts import SceneContacts
from ..stages import CONTACT_SOFTNESS_M, FOUND_FACING, FOUND_NEAR_M
from .skin_arrays import skin_at

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_LEAST_FACING = 0.02  # a part that faces a thing nowhere is still pulled, by whatever it has
_NOT_ITS_OWN = -1e4  # logarithm of the share of points that are no part of a contact


@dataclass(frozen=True)
class PossibleContact:
    """A part of the body or an action, the parts of which the nearest touches, and the number of the thing."""

    label: str
    parts: tuple[str, ...]
    thing: int
    is_named: bool


@dataclass(frozen=True, eq=False)
class FoundContacts:
    """K possible contacts of a batch of bodies, those that the user names first.

    `log_shares` are the logarithms of f of every skin point in every contact (`scene_contact.py`); `gaps` are the distances D,
    `faces` the cosines between the touching skin's normal and the thing's, turned around, and `nearest` the distances of the
    points to all things, `hiding` those to things that are no people.
    """

    contacts: tuple[PossibleContact, ...]
    log_shares: Float[NumpyArray, "batch contacts points"]
    gaps: Float[NumpyArray, "batch contacts"]
    faces: Float[NumpyArray, "batch contacts"]
    nearest: Float[NumpyArray, "batch points"]
    hiding: Float[NumpyArray, "batch points"]

    @property
    def touching(self) -> Bool[NumpyArray, "batch contacts"]:
        """True for the contacts that hold: the named, and parts that are near and facing."""
        named = np.array([contact.is_named for contact in self.contacts], dtype=bool)
        return named | ((np.abs(self.gaps) < FOUND_NEAR_M) & (self.faces > FOUND_FACING))


def find_contacts(
    model: BodyModel, scene: SceneContacts, layout: ParameterLayout, x: Float[NumpyArray, "batch columns"]
) -> FoundContacts:
    """Return the contacts that the user names and, unless none are to be found, all others that bodies x might have."""
    return contacts_at(model, scene, *skin_at(model, layout, x))


def contacts_at(
    model: BodyModel,
    scene: SceneContacts,
    places: Float[NumpyArray, "batch points 3"],
    normals: Float[NumpyArray, "batch points 3"],
) -> FoundContacts:
    """Return the contacts of bodies whose skin points are at `places` in the camera's frame, with these normals."""
    contacts = _possible(scene)
    sampled = [grid.sample(places) for grid in scene.grids(numpy_double())]
    distance = np.stack([values for values, _ in sampled], axis=1)
    nearest = distance.min(axis=1)
    hiding = distance[:, [not thing.is_person for thing in scene.things]].min(axis=1, initial=np.inf)
    things = [contact.thing for contact in contacts]
    facing = np.stack([-(normals * slope).sum(axis=-1) for _, slope in sampled], axis=1)[:, things]
    distance = distance[:, things]
    parts = skin_points(model).parts
    members = np.full((len(contacts), places.shape[1]), _NOT_ITS_OWN)
    for row, contact in enumerate(contacts):
        members[row, np.concatenate([parts[part] for part in contact.parts])] = 0.0
    log_shares = members + np.log(np.maximum(facing, _LEAST_FACING))
    share = soft_shares(distance, log_shares)
    gaps, faces = (share * distance).sum(axis=-1), (share * facing).sum(axis=-1)
    return FoundContacts(contacts, log_shares, gaps, faces, nearest, hiding)


def _possible(scene: SceneContacts) -> tuple[PossibleContact, ...]:
    named = [
        PossibleContact(contact.part, contact.parts, scene.names.index(contact.thing), True)
        for contact in scene.named
    ]
    if not scene.finds:
        return tuple(named)
    said = {(contact.label, contact.thing) for contact in named}
    others = [
        PossibleContact(part, (part,), number, False)
        for number, thing in enumerate(scene.things)
        for part in BODY_PARTS
        if scene.may_touch(part, thing) and (part, number) not in said
    ]
    return (*named, *others)


def soft_shares(
    distances: Float[Array, "batch contacts points"], log_shares: Float[Array, "batch contacts points"]
) -> Float[Array, "batch contacts points"]:
    """Return a, the shares of a contact's points in its distance, which sum to 1 (`scene_contact.py`)."""
    xp = array_namespace(distances)
    height = log_shares - distances / CONTACT_SOFTNESS_M
    raised = xp.exp(height - xp.max(height, axis=-1, keepdims=True))
    return raised / xp.sum(raised, axis=-1, keepdims=True)
