"""Contacts of a figure with the things of a scene: those that the user chooses, and those that a fit has met."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

GROUND = "the ground"  # the plane z = 0, as a thing
# The parts and actions of the core (docs/scene.md), as they are shown.
ACTIONS = {"stand": "Stand on", "sit": "Sit on", "lean": "Lean on", "hold": "Hold"}
PARTS = {
    "left_sole": "Left sole",
    "right_sole": "Right sole",
    "buttocks": "Buttocks",
    "left_thigh": "Left thigh",
    "right_thigh": "Right thigh",
    "back": "Back",
    "left_palm": "Left palm",
    "right_palm": "Right palm",
    "left_forearm": "Left forearm",
    "right_forearm": "Right forearm",
}
MOST_CONTACTS = 64  # the core's limit
MOST_TEXT = 300


@dataclass(frozen=True)
class ContactChoice:
    """A contact that the user has chosen, or (not `is_on`) switched off: a part or an action, and an object or a collection."""

    part: str
    thing: str
    is_collection: bool = False
    is_on: bool = True

    @property
    def label(self) -> str:
        """The thing's name in the scene file: an object and a collection of one name are two things."""
        return f"{self.thing} (collection)" if self.is_collection else self.thing

    @property
    def words(self) -> str:
        """The contact as it is shown."""
        return contact_words(self.part, self.label)

    @property
    def for_core(self) -> str:
        """The contact as the core reads it."""
        return f"{self.part}={self.label}"


@dataclass(frozen=True)
class MetContact:
    """A contact of a finished fit: `place` is that of the touching skin in the camera's frame, metres."""

    part: str
    thing: str
    is_named: bool
    gap_mm: float
    place: tuple[float, float, float]

    @property
    def words(self) -> str:
        """The contact as it is shown."""
        return contact_words(self.part, self.thing)


def contact_words(part: str, thing: str) -> str:
    """Return “Sit on Chair” or “Left palm: Table”."""
    return f"{ACTIONS[part]} {thing}" if part in ACTIONS else f"{PARTS.get(part, part)}: {thing}"


def with_contact(contacts: tuple[ContactChoice, ...], chosen: ContactChoice) -> tuple[ContactChoice, ...]:
    """Return contacts with one more, or with that one switched as it says."""
    kept = tuple(one for one in contacts if (one.part, one.label) != (chosen.part, chosen.label))
    return (*kept, chosen)[-MOST_CONTACTS:]


def without_contact(contacts: tuple[ContactChoice, ...], part: str, label: str) -> tuple[ContactChoice, ...]:
    """Return contacts without one."""
    return tuple(one for one in contacts if (one.part, one.label) != (part, label))


def switched_contacts(
    contacts: tuple[ContactChoice, ...], part: str, label: str
) -> tuple[ContactChoice, ...]:
    """Return contacts with one switched on or off; one that the fit has found itself is switched off."""
    for one in contacts:
        if (one.part, one.label) == (part, label):
            return tuple(replace(each, is_on=not each.is_on) if each is one else each for each in contacts)
    name = label.removesuffix(" (collection)")
    return with_contact(contacts, ContactChoice(part, name, name != label, is_on=False))


def met_contacts(person: dict[str, Any]) -> tuple[MetContact, ...]:
    """Return the contacts in a person's entry of summary.json; ValueError for numbers that are none."""
    entries = list(dict(person.get("scene", {})).get("contacts", []))[:MOST_CONTACTS]
    return tuple(_met(dict(entry)) for entry in entries)


def _met(entry: dict[str, Any]) -> MetContact:
    x, y, z = (float(value) for value in entry["place_m"])
    numbers = (float(entry["gap_mm"]), x, y, z)
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a contact that is nowhere")
    part, thing = str(entry["part"])[:MOST_TEXT], str(entry["thing"])[:MOST_TEXT]
    return MetContact(part, thing, bool(entry["named"]), numbers[0], (x, y, z))
