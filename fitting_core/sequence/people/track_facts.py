"""The facts of a track as a program shows them to choose from: when somebody is there, and where they are seen best."""

from __future__ import annotations

from collections.abc import Sequence

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import Keypoints2D

from .tracking import Track, extent


def track_facts(
    track: Track, number: int, people: Sequence[Sequence[Keypoints2D]], numbers: NumpyArray
) -> dict[str, object]:
    """Return the content of a TRACK message, ready for JSON (docs/resident-process.md).

    `people` are those of each frame, `numbers` (N,) the frames' numbers in the clip. The best frame is that in which the person
    is largest and surest; `box` is left, top, right, bottom of their confident points there, px of the upright picture.
    """
    seen = [people[frame][index] for frame, index in zip(track.frames, track.indices, strict=True)]
    best = max(range(len(seen)), key=lambda place: extent(seen[place]) * float(seen[place].body[:, 2].mean()))
    points = seen[best].stacked()
    points = points[points[:, 2] >= CONFIDENT, :2]
    return {
        "number": number,
        "first_frame": int(numbers[track.frames[0]]),
        "last_frame": int(numbers[track.frames[-1]]),
        "frames_seen": len(track.frames),
        "best_frame": int(numbers[track.frames[best]]),
        "box": [round(float(side), 1) for side in (*points.min(axis=0), *points.max(axis=0))],
    }
