"""The buttons of the person pickers, of a photo and of a video, from who was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..fit_process.messages import FoundPerson, FoundTrack
from ..session.fit_request import EVERYBODY, MAIN_PERSON

PEOPLE_IN_WORDS = 4  # more are buttons with numbers only, or Fit would be pushed out of sight
SHOWN_PEOPLE = 200  # the most that a result folder holds


@dataclass(frozen=True)
class PersonChoice:
    """One button of the person picker."""

    person: int
    text: str
    icon: str
    chosen: bool
    usable: bool = True


def people_choices(people: Sequence[FoundPerson], chosen: int) -> tuple[PersonChoice, ...]:
    """Buttons where there is a choice: everybody, and each person by number (from 1, as people count)."""
    if len(people) < 2:
        return ()
    usable = sum(person.is_usable for person in people)
    everybody = PersonChoice(EVERYBODY, f"Everybody ({usable})", "COMMUNITY", chosen == EVERYBODY)
    in_words = len(people) <= PEOPLE_IN_WORDS
    return (everybody, *(_person_choice(person, chosen, in_words) for person in people[:SHOWN_PEOPLE]))


def _person_choice(person: FoundPerson, chosen: int, in_words: bool) -> PersonChoice:
    is_chosen = chosen == person.number or (chosen == MAIN_PERSON and person.is_main)
    words = person.description if person.is_usable else "too little seen"
    text = f"{person.number + 1}: {words}" if in_words else str(person.number + 1)
    return PersonChoice(person.number, text, "USER", is_chosen and person.is_usable, person.is_usable)


def track_choices(tracks: Sequence[FoundTrack], chosen: int) -> tuple[PersonChoice, ...]:
    """Buttons for the people of a video: everybody, and each by number (from 1), with the frames that they are in."""
    if not tracks:
        return ()
    everybody = PersonChoice(EVERYBODY, f"Everybody ({len(tracks)})", "COMMUNITY", chosen == EVERYBODY)
    in_words = len(tracks) <= PEOPLE_IN_WORDS
    people = tuple(_track_choice(track, chosen, in_words) for track in tracks[:SHOWN_PEOPLE])
    return people if len(tracks) == 1 else (everybody, *people)


def _track_choice(track: FoundTrack, chosen: int, in_words: bool) -> PersonChoice:
    is_chosen = chosen == track.number or (chosen == MAIN_PERSON and track.number == 0)
    words = f": frames {track.first_frame + 1} to {track.last_frame + 1}" if in_words else ""
    return PersonChoice(track.number, f"{track.number + 1}{words}", "USER", is_chosen)
