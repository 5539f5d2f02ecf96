"""The one way a result folder is refused, and how values from outside stand in messages."""

from __future__ import annotations

import reprlib

MOST_SHOWN = 80  # characters of a value from outside in a message
MOST_MESSAGE = 2000  # characters of a whole message

_short = reprlib.Repr()  # looks at the first few values only, however many there are
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 20
_short.maxstring = _short.maxother = 2 * MOST_SHOWN


def shown(value: object) -> str:
    """Return a value from outside as it may stand in a message: one line of at most 80 characters.

    Control, escape and unpaired surrogate characters are shown as `\\x1b` or `\\ud800`; what is cut off ends in "…".
    """
    text = printable(value[: MOST_SHOWN + 1] if isinstance(value, str) else _short.repr(value))
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def printable(text: str) -> str:
    """Return the text with every character that a terminal would obey or cannot show as its escape sequence."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def one_line(text: str) -> str:
    """Return a text from outside as a whole message: printable, at most MOST_MESSAGE characters."""
    line = printable(text[: MOST_MESSAGE + 1])
    return line if len(line) <= MOST_MESSAGE else f"{line[: MOST_MESSAGE - 1]}…"


class ResultError(Exception):
    """A result folder cannot be imported; the text names the file, the key, the value and the next step.

    The text is one printable line whatever a file name or a value in it holds.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(one_line(text))
