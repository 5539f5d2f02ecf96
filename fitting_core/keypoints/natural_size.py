"""The size of the picture that keypoints are of, where no photo is at hand."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import numpy as np

from fitting_core.keypoints.frames import FrameChoice, choose_frame
from fitting_core.keypoints.keypoint_files import ReadingOptions, keypoint_border, read_frames
from fitting_core.keypoints.pixels import in_unit_square
from fitting_core.keypoints.raw_people import RawKeypoints

_MARGIN = 1.05


def raw_frame(path: Path, options: ReadingOptions) -> RawKeypoints:
    """Return one frame of a file as written. Raises KeypointFileError naming the file and the next step."""
    frames = read_frames(path)
    with keypoint_border(path):
        number, _ = choose_frame(frames, FrameChoice(options.frame, options.photo_name))
        return frames.read(number)


def natural_size(raw: RawKeypoints) -> tuple[int, int] | None:
    """Return the width and height that points as written are pixels of: their canvas, or what holds them all.

    None where they are from 0 to 1 and no canvas is named.
    """
    if raw.canvas is not None:
        return round(raw.canvas[0]), round(raw.canvas[1])
    parts = [part[part[:, 2] > 0, :2] for person in raw.people for part in person.parts()]
    seen = np.concatenate(parts) if parts else np.zeros((0, 2))
    if not seen.size:
        return 1, 1
    if all(
        in_unit_square(part) for person in raw.people for part in person.parts() if np.any(part[:, 2] > 0)
    ):
        return None
    reach = np.maximum(seen.max(axis=0) * _MARGIN, 1.0)
    return ceil(reach[0]), ceil(reach[1])
