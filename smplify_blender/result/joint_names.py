"""SMPL-X's joint names, and the joints that each key of a result turns."""

from __future__ import annotations

BODY_POSE_JOINTS = (
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
)
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
LEFT_HAND_JOINTS = tuple(f"left_{finger}{segment}" for finger in FINGERS for segment in (1, 2, 3))
RIGHT_HAND_JOINTS = tuple(f"right_{finger}{segment}" for finger in FINGERS for segment in (1, 2, 3))

# By the key of person_NN.npz: the joints whose rotation vectors it holds, in order.
POSE_KEYS: dict[str, tuple[str, ...]] = {
    "global_orient": ("pelvis",),
    "body_pose": BODY_POSE_JOINTS,
    "jaw_pose": ("jaw",),
    "leye_pose": ("left_eye",),
    "reye_pose": ("right_eye",),
    "left_hand_pose": LEFT_HAND_JOINTS,
    "right_hand_pose": RIGHT_HAND_JOINTS,
}
