"""One person's motion file as it is kept with a figure: its frames with their keypoints, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from .bounded_file import damage_border
from .errors import ResultError
from .read_body import NEXT_STEP, SIZE_LIMITS
from .read_motion import JOINT_COUNT, MAX_FRAMES
from .rotations import Array
from .safe_npz import ArraySpec, NpzReader

KEYPOINTS = 137
MOST_KEPT_FRAMES = 2400  # of one person: their file takes some 4 MB of a .blend
MAX_COORDINATE_PX = 1e6
SPECS = {
    "joint_names": ArraySpec("U", (JOINT_COUNT,), max_itemsize=4 * 63),
    "rotations": ArraySpec("f", ("N", JOINT_COUNT, 3)),
    "transl": ArraySpec("f", ("N", 3)),
    "clip_frames": ArraySpec("i", ("N",)),
    "keypoints": ArraySpec("f", ("N", KEYPOINTS, 3)),
    "keypoint_error_px": ArraySpec("f", ("N",), nan_allowed=True),
    "frame_words": ArraySpec("i", ("N",)),
    "contacts": ArraySpec("i", ("N", 4)),
    "image_size": ArraySpec("i", (2,)),
    "detector": ArraySpec("U", (), max_itemsize=4 * 40),
    "model": ArraySpec("U", (), max_itemsize=4 * 400),
}


@dataclass(frozen=True)
class MotionFrames:
    """N frames of a person: rotation vectors (N, 3) by joint, `transl` (N, 3), the frames' numbers in the clip (N,), keypoints
    (N, 137, 3) in px of pictures of `image_size`, errors (N,) in px, words (N,) and contacts (N, 4).
    """

    rotations: dict[str, Array]
    transl: Array
    clip_frames: Array
    keypoints: Array
    errors: Array
    words: Array
    contacts: np.ndarray
    image_size: tuple[int, int]
    detector: str
    model: str

    def changed_rows(self, other: MotionFrames) -> Array:
        """Return the rows of the frames that are posed otherwise in another version of the same motion."""
        same = np.isclose(self.transl, other.transl, rtol=0.0, atol=1e-7).all(axis=1)
        for joint, vectors in self.rotations.items():
            same &= np.isclose(vectors, other.rotations[joint], rtol=0.0, atol=1e-7).all(axis=1)
        return np.flatnonzero(~same)


def read_motion_frames(content: bytes, label: str) -> MotionFrames:
    """Read a person_NN_motion.npz from memory. Raises `ResultError`, also for one of an earlier version, without these keys."""
    with damage_border(f"{label} is damaged"):
        reader = NpzReader(content, label, {}, {**SIZE_LIMITS, "N": MAX_FRAMES})
        values: dict[str, Any] = {key: reader.read(key, spec) for key, spec in SPECS.items()}
        names = [str(name) for name in cast("Array", values["joint_names"])]
        keypoints = values["keypoints"].astype(np.float64)
        if not len(keypoints) or np.abs(keypoints).max() > MAX_COORDINATE_PX:
            raise ResultError(f"{label} has no keypoints that can be edited. {NEXT_STEP}")
        return MotionFrames(
            {name: values["rotations"][:, row] for row, name in enumerate(names)},
            values["transl"],
            values["clip_frames"],
            keypoints,
            values["keypoint_error_px"],
            values["frame_words"],
            values["contacts"] != 0,
            (int(values["image_size"][0]), int(values["image_size"][1])),
            str(values["detector"]),
            str(values["model"]),
        )
