"""The table of a batch's people: each with the gender of their own body, in results of an earlier version that of the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.people_table import people_of

PEOPLE: dict[str, tuple[list[dict[str, object]], list[str]]] = {
    "one body each": ([{"gender": "male"}, {"gender": "child"}], ["male", "child"]),
    "an earlier version": ([{}, {}], ["male", "male"]),
    "no text": ([{"gender": 7}], [""]),
}


@pytest.mark.parametrize(("people", "genders"), PEOPLE.values(), ids=PEOPLE)
def test_everybody_has_the_gender_of_their_body(
    tmp_path: Path, people: list[dict[str, object]], genders: list[str]
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "summary.json").write_text(json.dumps({"gender": "male", "people": people}))
    lines = people_of(tmp_path / "a", PhotoRow("a.jpg", "done", len(people), folder="a"))
    assert [line["gender"] for line in lines] == genders
