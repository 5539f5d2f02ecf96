"""What may stand in a message: one printable line of a bounded length, whatever the value; alike in both packages."""

from __future__ import annotations

import pytest

from fitting_core import errors
from smplify_blender.result import errors as result_errors

SHOWN: dict[str, tuple[object, str]] = {
    "a word": ("beam", "beam"),
    "a number": (12.5, "12.5"),
    "umlauts and other scripts": ("für 写真", "für 写真"),
    "a terminal's escape": ("\x1b[2Jgone", "\\x1b[2Jgone"),
    "lines": ("one\ntwo\r", "one\\ntwo\\r"),
    "a name that is not UTF-8": ("photo\udcff.jpg", "photo\\udcff.jpg"),
    "text that runs from right to left": ("\u202egpj.exe", "\\u202egpj.exe"),
    "80 characters": ("x" * 80, "x" * 80),
    "81 characters": ("x" * 81, "x" * 79 + "…"),
    "escapes longer than what they show": ("\x1b" * 80, "\\x1b" * 19 + "\\x1" + "…"),
    "a list": ([1] * 10_000_000, "[" + "1, " * 20 + "...]"),
}


@pytest.mark.parametrize("module", [errors, result_errors], ids=["core", "add-on"])
@pytest.mark.parametrize(("value", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_values_in_messages(module: object, value: object, text: str) -> None:
    assert module.shown(value) == text  # type: ignore[attr-defined]


def test_a_number_with_a_million_digits_is_not_written_out() -> None:
    assert errors.shown(1 << 4_000_000) == "a number of 4000001 bits"


@pytest.mark.parametrize("kind", [errors.PhotoError, result_errors.ResultError], ids=["core", "add-on"])
def test_a_message_is_one_line_with_an_end(kind: type[Exception]) -> None:
    assert str(kind("a\x07.jpg is missing. Choose another.")) == "a\\x07.jpg is missing. Choose another."
    assert str(kind("x" * 3_000_000)) == "x" * 1999 + "…"
