"""The contacts that bodies may have with a scene: those that the user names, and parts that are near a thing and face it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from fitting_core.arguments.scene_request import BODY_PARTS
from fitting_core.arrays import Array, NumpyArray, array_namespace, numpy_double
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.skin_points import skin_points

from ..parameters import ParameterLayout
from ..scene.contacts import SceneContacts
from ..stages import CONTACT_SOFTNESS_M, FOUND_FACING, FOUND_NEAR_M
from .skin_arrays import skin_at

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
    """K possible contacts of a batch of bodies: `touching` says which of them hold.

    `log_shares` are the logarithms of f of every skin point in every contact (`scene_contact.py`).
    """

    contacts: tuple[PossibleContact, ...]
    log_shares: Float[NumpyArray, "batch contacts points"]
    touching: Bool[NumpyArray, "batch contacts"]


def find_contacts(
    model: BodyModel,
    scene: SceneContacts,
    layout: ParameterLayout,
    x: Float[NumpyArray, "batch columns"],
) -> FoundContacts:
    """Return the contacts that the user names and, unless none are to be found, all others that a body might have."""
    contacts = _possible(scene)
    places, normals = skin_at(model, layout, x)
    sampled = [grid.sample(places) for grid in scene.grids(numpy_double())]
    things = [contact.thing for contact in contacts]
    facing = np.stack([-(normals * slope).sum(axis=-1) for _, slope in sampled], axis=1)[:, things]
    distance = np.stack([values for values, _ in sampled], axis=1)[:, things]
    parts = skin_points(model).parts
    members = np.full((len(contacts), places.shape[1]), _NOT_ITS_OWN)
    for row, contact in enumerate(contacts):
        members[row, np.concatenate([parts[part] for part in contact.parts])] = 0.0
    log_shares = members + np.log(np.maximum(facing, _LEAST_FACING))
    share = soft_shares(distance, log_shares)
    is_near = np.abs((share * distance).sum(axis=-1)) < FOUND_NEAR_M
    faces = (share * facing).sum(axis=-1) > FOUND_FACING
    named = np.array([contact.is_named for contact in contacts], dtype=bool)
    return FoundContacts(contacts, log_shares, named | (is_near & faces))


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
        for number, thing in enumerate(scene.names)
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
