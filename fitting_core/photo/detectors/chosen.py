"""The user's detector of whatever kind: a picture in, its people in pixels of that picture out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray
from fitting_core.errors import DetectorError
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.photo.detectors.onnx_model import people_of_model
from fitting_core.photo.detectors.openpose_program import people_of_program

if TYPE_CHECKING:
    from jaxtyping import UInt8


def check_detector(detector: Path) -> None:
    """Raise DetectorError if there is no such file."""
    if not detector.is_file():
        raise DetectorError(
            f"--detector {detector}: there is no such file. Give a .onnx file or an openpose program."
        )


def people_of_detector(detector: Path, picture: UInt8[NumpyArray, "height width 3"]) -> KeypointFile:
    """Return the people whom a network file (`.onnx`) or a program (anything else) sees. Raises DetectorError."""
    return (
        people_of_model(detector, picture)
        if detector.suffix.lower() == ".onnx"
        else people_of_program(detector, picture)
    )
