"""The frames of one keypoint file, each for its photo of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fitting_core.errors import RequestError
from fitting_core.keypoints.keypoint_files import read_frames


def frames_of_photos(
    keypoints: Path | None, photos: Sequence[Path], frame: int | None
) -> tuple[int | None, ...]:
    """Return the frame of each photo, in the photos' order; None where the photo's own file or its name decides.

    Raises RequestError where one file is given that has neither a frame for every photo nor the photos' names, and
    KeypointFileError where it cannot be read.
    """
    if keypoints is None or keypoints.is_dir() or len(photos) == 1:
        return (frame,) * len(photos)
    if frame is not None:
        raise RequestError(
            f"--frame: {len(photos)} photos cannot all have frame {frame} of {keypoints}. Leave it out: each takes its own."
        )
    frames = read_frames(keypoints)
    count = len(frames.frames)
    if frames.has_names and any(frames.named(photo.name) is not None for photo in photos):
        return (None,) * len(photos)
    if count != len(photos):
        raise RequestError(
            f"--keypoints {keypoints} holds {count} {'frame' if count == 1 else 'frames'}, and there are {len(photos)} photos: a "
            "frame for every photo is needed. Give the folder of the keypoint files, or the photos that the file is of."
        )
    return tuple(range(count))
