"""The rows of the Contact panel, and what a click on one of them makes of the contacts."""

from __future__ import annotations

from smplify_blender.result.contacts import (
    ContactChoice,
    MetContact,
    switched_contacts,
    with_contact,
    without_contact,
)
from smplify_blender.sidebar.contact_state import contact_rows

_SIT = ContactChoice("sit", "Chair")
_ROOM = ContactChoice("lean", "Room", is_collection=True)


def _met(part: str, thing: str, gap_mm: float, is_named: bool = False) -> MetContact:
    return MetContact(part, thing, is_named, gap_mm, (0.0, 0.0, 3.0))


def test_chosen_contacts_come_first_and_found_ones_once() -> None:
    met = [
        _met("sit", "Chair", 2.0, True),
        _met("left_sole", "the ground", -12.0),
        _met("lean", "Room (collection)", 31.0, True),
    ]
    rows = contact_rows((_SIT, _ROOM), met)
    assert [(row.words, row.gap, row.is_on, row.is_chosen) for row in rows] == [
        ("Sit on Chair", "touches", True, True),
        ("Lean on Room (collection)", "3.1 cm off", True, True),
        ("Left sole: the ground", "1.2 cm in it", True, False),
    ]


def test_what_is_switched_off_stays_in_the_list_without_a_gap() -> None:
    (row,) = contact_rows(switched_contacts((_SIT,), "sit", "Chair"), ())
    assert (row.is_on, row.is_chosen, row.gap) == (False, True, "")


def test_a_found_contact_is_switched_off_and_on_again() -> None:
    off = switched_contacts((_SIT,), "left_palm", "Room (collection)")
    assert off == (_SIT, ContactChoice("left_palm", "Room", is_collection=True, is_on=False))
    on = switched_contacts(off, "left_palm", "Room (collection)")
    assert on[1].is_on and on[1].for_core == "left_palm=Room (collection)"


def test_a_contact_is_there_once_and_can_be_taken_away() -> None:
    off = ContactChoice("sit", "Chair", is_on=False)
    assert with_contact((off, _ROOM), _SIT) == (_ROOM, _SIT)
    assert without_contact((_SIT, _ROOM), "lean", "Room (collection)") == (_SIT,)
    object_of_that_name = ContactChoice("lean", "Room")
    assert without_contact((object_of_that_name, _ROOM), "lean", "Room") == (_ROOM,)
