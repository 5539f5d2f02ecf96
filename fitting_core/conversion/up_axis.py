"""The upward axis of a file's world, told by the figure itself: in most frames of most motions the head is over the feet."""

from __future__ import annotations

import numpy as np

from fitting_core.arguments.request import UpAxis
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.geometry.rotations import matrix_from_vector

from .foreign_pose import ForeignPose
from .pose_on_body import BodyPose

# Upward axis in the axes of a file.
_AXES: dict[UpAxis, tuple[float, float, float]] = {
    "z": (0, 0, 1),
    "y": (0, 1, 0),
    "camera": (0, -1, 0),
    "x": (1, 0, 0),
    "x-down": (-1, 0, 0),
    "z-down": (0, 0, -1),
}
_IN_WORDS: dict[UpAxis, str] = {
    "z": "z up",
    "y": "y up",
    "camera": "a camera's frame (y down)",
    "x": "x up",
    "x-down": "x down",
    "z-down": "z down",
}
_RARE = ("x", "x-down", "z-down")  # no program is known to write them
_FRAMES_LOOKED_AT = 200
# Bones of an adult (m), along the body's height at rest: to the head, and to the ankles.
_SPINE = (("pelvis", 0.11), ("spine1", 0.13), ("spine2", 0.05), ("spine3", 0.21), ("neck", 0.09))
_LEGS = tuple(
    (("pelvis", -0.08), (f"{side}_hip", -0.39), (f"{side}_knee", -0.41)) for side in ("left", "right")
)
# Cosines between the line from feet to head and an axis: clearly upright, and not upright at all.
_UPRIGHT, _NOT_UPRIGHT = 0.75, 0.4
_MOST_FRAMES = 0.6  # the share of frames that have to agree
# Heights of somebody's pelvis over the floor: lying, and standing or sitting (m).
_LYING_M, _STANDING_M = (-0.1, 0.45), (0.5, 1.6)
_MOST_RISE_M = 0.5  # of somebody who lies all the time


def noticed_up(pose: ForeignPose, body: BodyPose) -> tuple[UpAxis, str | None]:
    """Return the file's upward axis and, where it is another than is usual for its kind of file, a word about it.

    A figure that lies, or hangs head down, in most frames under the usual axis, and stands under another, is turned. One that
    lies on a floor, as its height over the floor tells, is left alone; so is one that stands under a rare axis, unless its height
    tells that, too.
    """
    usual = pose.up or "y"
    lines = _feet_to_head(body)
    upright: dict[UpAxis, float] = {
        axis: float(np.mean(lines @ np.array(way) > _UPRIGHT)) for axis, way in _AXES.items()
    }
    on_its_back = float(np.mean(lines @ np.array(_AXES[usual]) < _NOT_UPRIGHT))
    best: UpAxis = max(_AXES, key=lambda axis: upright[axis])
    if best == usual or upright[best] < _MOST_FRAMES or on_its_back < _MOST_FRAMES:
        return usual, _word_about_lying(usual, on_its_back, upright)
    is_head_down = float(np.median(lines @ np.array(_AXES[usual]))) < -_UPRIGHT
    if best in _RARE:
        is_left = not _stands_by_its_height(pose.translation, usual, best)
    else:
        is_left = not is_head_down and _lies_on_floor(pose.translation, usual, best)
    if is_left:
        return usual, _word_about_lying(usual, on_its_back, upright)
    lies = "is head down" if is_head_down else "lies"
    return best, (
        f"With {_IN_WORDS[usual]}, as is usual for such files, the figure {lies} in most frames: {_IN_WORDS[best]} is taken "
        f"instead. If that is wrong: --up {usual}."
    )


def _word_about_lying(usual: UpAxis, on_its_back: float, upright: dict[UpAxis, float]) -> str | None:
    """Return a word about a figure that is left lying, with the axis that would make it stand; without one, all the others."""
    if on_its_back <= _MOST_FRAMES:
        return None
    standing = [axis for axis in _AXES if axis != usual and upright[axis] >= _MOST_FRAMES]
    return (
        f"The figure is not upright in most frames with {_IN_WORDS[usual]}. If it should stand: --up "
        f"{' or '.join(standing or [axis for axis in _AXES if axis != usual])}."
    )


def _stands_by_its_height(translation: NumpyArray | None, usual: UpAxis, other: UpAxis) -> bool:
    """True if the figure is as high as somebody who stands under the other axis, and not as somebody who lies under the usual."""
    if translation is None or usual == "camera":
        return False
    heights, other_heights = (translation @ np.array(_AXES[axis]) for axis in (usual, other))
    is_low = _LYING_M[0] < float(np.median(heights)) < _LYING_M[1] and np.ptp(heights) < _MOST_RISE_M
    return not is_low and _STANDING_M[0] < float(np.median(other_heights)) < _STANDING_M[1]


def _lies_on_floor(translation: NumpyArray | None, usual: UpAxis, other: UpAxis) -> bool:
    """True if the figure is as high as somebody who lies under the usual axis, and as nobody who stands under the other."""
    if translation is None or usual == "camera" or not np.ptp(translation) > 0:
        return False
    low = float(np.median(translation @ np.array(_AXES[usual])))
    high = float(np.median(translation @ np.array(_AXES[other])))
    return _LYING_M[0] < low < _LYING_M[1] and not _STANDING_M[0] < high < _STANDING_M[1]


def _feet_to_head(body: BodyPose) -> NumpyArray:
    """Return (F, 3) unit vectors from the ankles to the head, in the file's axes, of frames that are spread evenly."""
    count = len(body.rotations)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _FRAMES_LOOKED_AT)).astype(int))
    local = matrix_from_vector(body.rotations[chosen].astype(np.float64))
    head = _end_of(_SPINE, local)
    ankles = sum(_end_of(leg, local) for leg in _LEGS) / len(_LEGS)
    lines = head - ankles
    return lines / np.maximum(np.linalg.norm(lines, axis=1, keepdims=True), 1e-9)


def _end_of(chain: tuple[tuple[str, float], ...], local: NumpyArray) -> NumpyArray:
    """Return the end of a chain of joints that begins at the pelvis; each joint carries a bone along its own y axis."""
    turned = np.broadcast_to(np.eye(3), (len(local), 3, 3))
    end = np.zeros((len(local), 3))
    for name, length_m in chain:
        turned = turned @ local[:, SMPLX_JOINT_NAMES.index(name)]
        end = end + turned[:, :, 1] * length_m
    return end
