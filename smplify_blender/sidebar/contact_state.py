"""The contacts of a figure as the rows of its panel: those that the user has chosen, and those that the fit has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..result.contacts import ContactChoice, MetContact

TOUCHES_MM = 5.0  # a gap that nobody sees


@dataclass(frozen=True)
class ContactRow:
    """One contact: `thing` is its name in the scene file; `gap` is empty for one that is switched off."""

    part: str
    thing: str
    words: str
    is_on: bool
    is_chosen: bool
    gap: str


def contact_rows(chosen: Sequence[ContactChoice], met: Sequence[MetContact]) -> tuple[ContactRow, ...]:
    """Return a row for every chosen contact, and then for every other that the fit has met."""
    gaps = {(one.part, one.thing): _gap_words(one.gap_mm) for one in met}
    own = [
        ContactRow(one.part, one.label, one.words, one.is_on, True, gaps.get((one.part, one.label), ""))
        for one in chosen
    ]
    known = {(row.part, row.thing) for row in own}
    others = [
        ContactRow(one.part, one.thing, one.words, True, False, _gap_words(one.gap_mm))
        for one in met
        if (one.part, one.thing) not in known
    ]
    return (*own, *others)


def _gap_words(gap_mm: float) -> str:
    if abs(gap_mm) <= TOUCHES_MM:
        return "touches"
    return f"{gap_mm / 10:.1f} cm off" if gap_mm > 0 else f"{-gap_mm / 10:.1f} cm in it"
