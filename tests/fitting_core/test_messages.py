"""Messages are bounded and printable, for a program, a terminal and a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest

from fitting_core.batch.messages import JsonBatchMessenger, Pace, PhotoRow, csv_text, text_table
from fitting_core.messages import JsonMessenger, TextMessenger, write_text
from smplify_blender.fit_process.messages import MAX_LINE_BYTES, Done, Warned, parse_answer

_HOSTILE = "\x1b[2J\n" + "x" * 2_000_000


def test_every_line_of_json_is_one_that_the_add_on_reads() -> None:
    stream = io.StringIO()
    messenger = JsonBatchMessenger(stream)
    messenger.warning(_HOSTILE)
    messenger.photo(1, 1, PhotoRow(_HOSTILE, "failed", reason=_HOSTILE), Pace(1e-9, 1e12))
    JsonMessenger(stream).done("out", [f"person_{index:04d}.npz" for index in range(100_000)], 100_000)
    lines = stream.getvalue().encode("ascii").splitlines()
    assert len(lines) == 3 and max(map(len, lines)) < MAX_LINE_BYTES / 8
    warned, done = parse_answer(lines[0]), parse_answer(lines[2])
    assert warned is not None and isinstance(warned[1], Warned) and len(warned[1].text) == 2000
    assert done is not None and isinstance(done[1], Done) and done[1].people == 100_000
    assert "\x1b" not in json.loads(lines[0])["text"]


def test_lines_for_a_terminal_are_short_and_obeyed_by_none() -> None:
    stream = io.StringIO()
    TextMessenger(stream).warning(_HOSTILE)
    text = stream.getvalue() + text_table([PhotoRow(_HOSTILE, "failed", reason=_HOSTILE[:1000])])
    assert "\x1b" not in text and max(map(len, text.splitlines())) < 2100


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_spreadsheet_computes_nothing(start: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text([PhotoRow(f"{start}1.jpg", "done", seconds=-1.5)]))))
    assert rows[1][0] == f"'{start}1.jpg"
    assert rows[1][4] == "-1.5"


def test_a_terminal_that_lacks_a_letter_gets_its_escape() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write_text(stream, "ä\udcff█")
    assert raw.getvalue() == rb"\xe4\udcff\u2588"
