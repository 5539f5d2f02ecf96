"""Takes that come after their figures: how many more, and which nobody waits for any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from smplify_blender.session.fit_request import EVERYBODY, MAIN_PERSON, FitChoices, FitOption
from smplify_blender.session.fit_run import FitRun
from smplify_blender.session.fit_session import Job
from smplify_blender.session.late_takes import LateFits

TAKES = FitOption("takes", of_a_search=True)
PHOTO, OTHER = Path("/a.jpg"), Path("/b.jpg")


def choices(photo: Path = PHOTO, person: int = MAIN_PERSON, takes: int = 3) -> FitChoices:
    return FitChoices(photo=photo, person=person, options=((TAKES, takes),))


def test_how_many_more_come() -> None:
    late, job = LateFits(), Job("1", "fit")
    late.begin(FitRun(job, "token", Path("out"), "Scene"), choices(takes=4))
    assert late.coming("token") == 3 and late.coming("another") == 0
    job.cancel_asked = True
    assert late.coming("token") == 0 and late.waiting
    late.end("token", has_come=False)
    assert not late.waiting and not late.arrived
    late.begin(FitRun(job, "token", Path("out"), "Scene"), choices())
    late.end("token", has_come=True)
    assert not late.waiting and late.arrived == {"token"}


# the fit that waits; the new fit and the token of the figure that it replaces; is the first in its way
NEW_FITS = {
    "the same photo again": (choices(), choices(takes=1), "", True),
    "another photo": (choices(), choices(OTHER), "", False),
    "another person of the photo": (choices(person=0), choices(person=1), "", False),
    "everybody after one": (choices(), choices(person=EVERYBODY), "", False),
    "a refit of the figure": (choices(), choices(person=0), "token", True),
    "a refit of another figure": (choices(), choices(), "another", False),
    "a refit of one of everybody": (choices(person=EVERYBODY), choices(person=1), "token", False),
}


@pytest.mark.parametrize(("first", "new", "replaced", "is_so"), NEW_FITS.values(), ids=NEW_FITS)
def test_what_is_in_the_way_of_a_new_fit(
    first: FitChoices, new: FitChoices, replaced: str, is_so: bool
) -> None:
    late, job = LateFits(), Job("1", "fit")
    late.begin(FitRun(job, "token", Path("out"), "Scene"), first)
    assert late.in_the_way(new, replaced) == ([job] if is_so else [])
