"""Every way a fit can be refused, one class a cause.

A message names the file, the value and the next step. Only `cli.main` turns one of these into text and an
exit code; nothing below it prints or exits.
"""

from __future__ import annotations

import reprlib
from typing import ClassVar

MOST_SHOWN = 80  # characters of a value from outside in a message
MOST_MESSAGE = 2000  # characters of a whole message

_short = reprlib.Repr()  # looks at the first few values only, however many there are
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 20
_short.maxstring = _short.maxother = 2 * MOST_SHOWN


def shown(value: object) -> str:
    """Return a value from outside as it may stand in a message: one line of at most 80 characters.

    Control, escape and unpaired surrogate characters are shown as `\\x1b` or `\\ud800`; what is cut off ends in "…".
    """
    if isinstance(value, str):
        text = value[: MOST_SHOWN + 1]
    elif isinstance(value, int) and value.bit_length() > 8 * MOST_SHOWN:
        return f"a number of {value.bit_length()} bits"  # its digits would take quadratic time
    else:
        text = _short.repr(value)
    text = printable(text)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def printable(text: str) -> str:
    """Return the text with every character that a terminal would obey or cannot show as its escape sequence."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


class FittingError(Exception):
    """A fit that cannot be done, for a reason that a user can act on.

    `exit_code` is what the command line returns; `code` is the stable word in ERROR messages. The text is one printable line
    whatever a file name or a value in it holds; values from outside are put into it by `shown`.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"

    def __init__(self, text: str = "") -> None:
        line = printable(text[: MOST_MESSAGE + 1])
        super().__init__(line if len(line) <= MOST_MESSAGE else f"{line[: MOST_MESSAGE - 1]}…")


class RequestError(FittingError):
    """An option or a combination of options makes no sense."""

    exit_code = 2
    code = "bad-request"


class PhotoError(FittingError):
    """The photo is missing, unreadable or of a size that cannot be fitted."""

    exit_code = 3
    code = "bad-photo"


class KeypointFileError(FittingError):
    """The keypoint file is missing, unreadable or not in a known dialect."""

    exit_code = 4
    code = "bad-keypoints"


class NobodyFoundError(KeypointFileError):
    """The keypoint file is sound, but no person in it can be fitted."""

    exit_code = 5
    code = "nobody-found"


class BodyModelError(FittingError):
    """The body model file is missing, damaged or not in the SMPL-X format."""

    exit_code = 6
    code = "bad-body-model"


class PriorFileError(FittingError):
    """A pose prior file is missing, damaged or of the wrong size."""

    exit_code = 7
    code = "bad-prior"


class OutputError(FittingError):
    """A result cannot be written where it was asked for."""

    exit_code = 8
    code = "cannot-write"


class EngineError(FittingError):
    """The requested engine or device is not there."""

    exit_code = 9
    code = "no-engine"


class CameraFileError(FittingError):
    """The camera file is missing, damaged, of another photo or of a camera that cannot be fitted."""

    exit_code = 10
    code = "bad-camera"


class ConversionError(FittingError):
    """A file of another program cannot be read as a pose or a motion."""

    exit_code = 11
    code = "bad-import"


class DetectorError(FittingError):
    """The user's detector is missing, cannot be run or is of another kind."""

    exit_code = 12
    code = "bad-detector"


class ClipError(FittingError):
    """The clip is missing, damaged or of a kind that is not read."""

    exit_code = 13
    code = "bad-clip"


class SceneFileError(FittingError):
    """The scene file is missing, damaged or names no thing of that name."""

    exit_code = 14
    code = "bad-scene"


class CancelledError(FittingError):
    """Whoever asked for the fit no longer wants it."""

    exit_code = 130
    code = "cancelled"
