"""The user's word on the scene: its file, what touches what in it, and what does not.

A contact is written PART=THING, such as left_palm=Table. A part is one of the body's own, or an action, of whose parts the
nearest touches: sit=Chair.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitting_core.errors import RequestError, shown

BODY_PARTS = (
    "left_sole", "right_sole", "buttocks", "left_thigh", "right_thigh", "back", "left_palm", "right_palm", "left_forearm",
    "right_forearm",
)  # fmt: skip
ACTIONS = {
    "stand": ("left_sole", "right_sole"),
    "sit": ("buttocks", "left_thigh", "right_thigh"),
    "lean": ("back", "buttocks", "left_palm", "right_palm", "left_forearm", "right_forearm"),
    "hold": ("left_palm", "right_palm"),
}
MOST_CONTACTS = 64
FOUND = "found"  # in place of a contact: all that nobody has named


@dataclass(frozen=True)
class NamedContact:
    """A part of the body, or an action, and the thing that it touches."""

    part: str
    thing: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The body's parts of which the nearest touches."""
        return ACTIONS.get(self.part, (self.part,))


@dataclass(frozen=True)
class SceneRequest:
    """A scene file, the contacts that hold (`PART=THING`), and those that do not although they seem to, or "found" for all."""

    file: Path | None = None
    contacts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.file is None and (self.contacts or self.without):
            raise RequestError("--contact and --no-contact name things of a scene: give its file as --scene.")
        if max(len(self.contacts), len(self.without)) > MOST_CONTACTS:
            raise RequestError(f"--contact: name at most {MOST_CONTACTS} contacts.")
        for text in self.contacts:
            _contact(text, "--contact")
        for text in self.without:
            if text != FOUND:
                _contact(text, "--no-contact")

    @property
    def named(self) -> tuple[NamedContact, ...]:
        """The contacts that hold."""
        return tuple(_contact(text, "--contact") for text in self.contacts)

    @property
    def left_out(self) -> tuple[NamedContact, ...]:
        """The contacts that do not hold."""
        return tuple(_contact(text, "--no-contact") for text in self.without if text != FOUND)

    @property
    def finds(self) -> bool:
        """True if parts that are near a thing and face it count as touching it."""
        return FOUND not in self.without


NO_SCENE = SceneRequest()


def _contact(text: str, option: str) -> NamedContact:
    part, equals, thing = text.partition("=")
    if not equals or not thing.strip():
        raise RequestError(f"{option} {shown(text)}: write PART=THING, such as sit=Chair.")
    if part.strip() not in ACTIONS and part.strip() not in BODY_PARTS:
        raise RequestError(
            f"{option} {shown(text)}: a body has no part '{shown(part.strip())}'. Name one of "
            f"{', '.join((*ACTIONS, *BODY_PARTS))}."
        )
    return NamedContact(part.strip(), thing.strip())
