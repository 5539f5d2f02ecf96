"""The left hand of the open body as a chain: where its joints are, which way each one bends, how far.

Everything is done on left hands; right hands are mirrored in (x negated) and out (y and z of rotation vectors
negated). Frame: the body's, T-pose: left fingers along +x, palm down (−y), thumb towards +z.

Each joint has three anatomical axes in that frame, the rows of its `axes (3,3)`: flexion (towards the palm),
abduction, twist about the bone. A joint's rotation vector is axesᵀ · (flexion, abduction, twist).
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fitting_core.body_model.joints import LEFT_HAND, LEFT_WRIST
from tools.train_pose_prior.mocap import Array

FINGERS = ("index", "middle", "pinky", "ring", "thumb")
"""SMPL-X's order of the fingers, three joints each."""
INDEX, PINKY, THUMB = FINGERS.index("index"), FINGERS.index("pinky"), FINGERS.index("thumb")
LEFT_TIP_VERTICES = {"thumb": 5361, "index": 4933, "middle": 5058, "ring": 5169, "pinky": 5286}
OPENPOSE_FIRST_POINT = {"thumb": 1, "index": 5, "middle": 9, "ring": 13, "pinky": 17}
"""OpenPose numbers a hand's points wrist 0, then four a finger, thumb to little finger."""
THUMB_HINGE_TURN = np.deg2rad(80.0)
"""The turn of the thumb's flexion axis about its bone, from the axis that bends it straight down: the value
with the smallest residual over all tracked poses (`--hinge` prints the scan)."""

# Ranges of motion in degrees from the straight finger, (flexion, abduction, twist): American Academy of
# Orthopaedic Surgeons, "Joint Motion", 1965, widened by 5–10 degrees; hinges keep a little play for the skin.
RANGES_DEG = {
    "finger1": ((-35, 100), (-25, 25), (-12, 12)),
    "finger2": ((-8, 115), (-6, 6), (-6, 6)),
    "finger3": ((-15, 90), (-6, 6), (-6, 6)),
    "thumb1": ((-40, 40), (-45, 45), (-30, 30)),
    "thumb2": ((-20, 65), (-15, 15), (-12, 12)),
    "thumb3": ((-35, 90), (-6, 6), (-6, 6)),
}


@dataclass(frozen=True)
class HandSkeleton:
    """The left hand at rest, metres.

    `wrist (3)`; `bones (5,4,3)`: for each finger the three joints and the tip; `axes (5,3,3,3)`: for each finger
    and joint the flexion, abduction and twist axes as rows; `lower`, `upper (5,3,3)`: limits in radians from rest.
    """

    wrist: Array
    bones: Array
    axes: Array
    lower: Array
    upper: Array

    def with_points(self, palm: Array, lengths: Array) -> "HandSkeleton":
        """Return the hand with first joints at `palm (5,3)` and bones of given `lengths (5,3)`, same directions."""
        direction = np.diff(self.bones, axis=1)
        direction /= np.linalg.norm(direction, axis=2, keepdims=True)
        steps = np.concatenate([palm[:, None], direction * lengths[:, :, None]], axis=1)
        return replace(self, bones=np.cumsum(steps, axis=1))

    def moved_wrist(self, wrist: Array) -> "HandSkeleton":
        """Return the hand with its wrist at another place (3)."""
        return replace(self, wrist=wrist)


def load_left_hand(body_file: Path, thumb_turn: float = THUMB_HINGE_TURN) -> HandSkeleton:
    """Read the left hand of a body file in SMPL-X's format; see `fitting_core.body_model`."""
    with np.load(body_file, allow_pickle=False) as model:
        vertices = model["v_template"].astype(np.float64)
        joints = model["J_regressor"].astype(np.float64) @ vertices
    first = joints[LEFT_HAND].reshape(5, 3, 3)
    tips = np.stack([vertices[LEFT_TIP_VERTICES[finger]] for finger in FINGERS])
    bones = np.concatenate([first, tips[:, None]], axis=1)
    palmward = _palmward(joints[LEFT_WRIST], bones)
    axes = np.stack([_finger_axes(bones[i], palmward, thumb_turn * (i == THUMB)) for i in range(5)])
    limits = np.stack([_finger_limits(bones[i], axes[i], FINGERS[i]) for i in range(5)])
    return HandSkeleton(joints[LEFT_WRIST], bones, axes, limits[..., 0], limits[..., 1])


def _palmward(wrist: Array, bones: Array) -> Array:
    """Return the direction (3) that the palm faces: across wrist, index and little finger, downwards."""
    normal = np.cross(bones[PINKY, 0] - wrist, bones[INDEX, 0] - wrist)
    return -normal / np.linalg.norm(normal) * np.sign(normal[1])


def _finger_axes(bones: Array, palmward: Array, turn: float) -> Array:
    """Return the axes (3,3,3) of one finger's joints: one hinge for the whole finger, bending palmwards.

    `turn` (radians) turns the hinge about the finger, for the thumb.
    """
    whole = bones[3] - bones[0]
    along = whole / np.linalg.norm(whole)
    hinge = np.cross(along, palmward)
    hinge /= np.linalg.norm(hinge)
    hinge = np.cos(turn) * hinge + np.sin(turn) * np.cross(along, hinge)
    axes = np.empty((3, 3, 3))
    for joint in range(3):
        bone = bones[joint + 1] - bones[joint]
        twist = bone - hinge * (bone @ hinge)
        twist /= np.linalg.norm(twist)
        axes[joint] = hinge, np.cross(twist, hinge), twist
    return axes


def _finger_limits(bones: Array, axes: Array, finger: str) -> Array:
    """Return limits (3 joints, 3 axes, lower and upper) in radians, less what the finger bends at rest."""
    kind = "thumb" if finger == "thumb" else "finger"
    limits = np.deg2rad([RANGES_DEG[f"{kind}{joint + 1}"] for joint in range(3)])
    if finger == "thumb":
        return limits
    bend = np.array([0.0, *(_signed_angle(axes[j - 1, 2], axes[j, 2], axes[j, 0]) for j in (1, 2))])
    limits[:, 0, :] -= bend[:, None]
    return limits


def _signed_angle(start: Array, end: Array, axis: Array) -> float:
    """Return the angle about `axis` that turns `start` into `end`; all of length one."""
    return float(np.arctan2(np.cross(start, end) @ axis, start @ end))
