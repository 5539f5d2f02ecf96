"""Every way a fit can be refused, one class a cause. Free of bpy.

A message names the file, the value and the next step. Only `cli.main` turns one of these into text and an
exit code; nothing below it prints or exits.
"""

from __future__ import annotations

from typing import ClassVar


class FittingError(Exception):
    """A fit that cannot be done, for a reason that a user can act on.

    `exit_code` is what the command line returns; `code` is the stable word in ERROR messages.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"


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


class CancelledError(FittingError):
    """Whoever asked for the fit no longer wants it."""

    exit_code = 130
    code = "cancelled"
