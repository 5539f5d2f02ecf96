"""Keys of a motion: frames, and quaternions and places in each bone's own axes."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import Any, Literal, cast

import numpy as np

from .axes import BLENDER_FROM_BODY
from .errors import ResultError
from .read_motion import Motion
from .rotations import Array, quaternion_from_matrix

FrameRate = Literal["TRUE_TIME", "ONE_PER_FRAME"]
Rows = np.ndarray[Any, np.dtype[np.intp]]
Floor = Literal["AUTO", "FILE", "SOLES"]
RootMotion = Literal["BONE", "OBJECT"]
# 223 curves of a whole body, some 70 bytes a key: half a gigabyte of .blend.
MAX_KEYS = 40_000
# Two people of different size differ by less than this in the height of the hips; more means that nobody stands.
MOST_SOLES_OFF = 0.15
# Radians within which a joint counts as still: it gets one key.
STILL = 1e-6


@dataclass(frozen=True)
class MotionTiming:
    """Scene frames of a motion's keys. Every nth frame of the file is taken, the first one is at scene frame `start`.

    TRUE_TIME keeps the scene's frame rate and places keys at their time, between frames where they fall there;
    ONE_PER_FRAME puts each on the next frame. `root_motion`: the root bone carries the walk, or the armature object.
    """

    start: int = 1
    rate: FrameRate = "TRUE_TIME"
    frame_step: int = 1
    floor: Floor = "AUTO"
    every: InitVar[int | None] = None  # the frame step, as scripts have called it before
    root_motion: RootMotion = "BONE"

    def __post_init__(self, every: int | None) -> None:
        """Take the frame step under its earlier name."""
        if every is not None:
            object.__setattr__(self, "frame_step", every)


def keyed_rows(motion: Motion, timing: MotionTiming) -> Rows:
    """List the frames of the motion that are keyed. Raises `ResultError` if they are too many."""
    if timing.frame_step < 1:
        raise ResultError(f"Frame Step is {timing.frame_step}. Choose 1 or more.")
    rows: Rows = np.arange(0, motion.frame_count, timing.frame_step)
    if len(rows) > MAX_KEYS:
        needed = -(-motion.frame_count // MAX_KEYS)
        raise ResultError(
            f"The motion has {len(rows)} frames to key, and at most {MAX_KEYS} are. Set Frame Step to {needed} or more."
        )
    return rows


def scene_frames(motion: Motion, rows: Rows, timing: MotionTiming, scene_fps: float) -> Array:
    """The scene's frame (with fractions) of each keyed frame."""
    if timing.rate == "ONE_PER_FRAME":
        return timing.start + np.arange(len(rows), dtype=np.float64)
    frames: Array = timing.start + rows * (scene_fps / motion.fps)
    return frames


def floor_lift(motion: Motion, floor: Floor) -> float:
    """Compute the height by which the figure is raised, metres.

    AUTO trusts the file's floor if the body is the file's own person.

    A body that stands in for a person of another size has its soles put on the floor; so has one of a file without a floor.
    """
    if floor == "FILE":
        return 0.0
    if floor == "AUTO" and motion.has_floor:
        stands_in = not motion.has_own_shape and abs(motion.sole_height) <= MOST_SOLES_OFF
        return -motion.sole_height if stands_in else 0.0
    return -motion.sole_height


def bone_quaternions(vectors: Array, rest: Array) -> Array:
    """(N, 4) in a bone's own axes, w x y z, for rotation vectors (N, 3) of its joint in the body frame.

    With A = BLENDER_FROM_BODY and B the bone's rest axes the rotation is Bᵀ A R Aᵀ B: the vector turns by Bᵀ A.
    """
    return continuous(quaternions(vectors.astype(np.float64) @ (rest.T @ BLENDER_FROM_BODY).T))


def root_quaternions(vectors: Array, rest: Array) -> Array:
    """The same for the root, whose rotation vectors go from the body frame to the world: Bᵀ (R Aᵀ) B."""
    turn = quaternion_from_matrix(rest.T @ BLENDER_FROM_BODY.T @ rest)
    # Bᵀ R Aᵀ B = (Bᵀ R B) (Bᵀ Aᵀ B)
    return continuous(product(quaternions(vectors.astype(np.float64) @ rest), turn))


def quaternions(vectors: Array) -> Array:
    """Unit quaternions (N, 4) of rotation vectors (N, 3)."""
    half = np.linalg.norm(vectors, axis=1, keepdims=True) / 2.0
    scale = 0.5 * cast("Array", np.sinc(half / np.pi))  # sin(h) / 2h
    return np.concatenate([np.cos(half), scale * vectors], axis=1)


def product(first: Array, second: Array) -> Array:
    """Quaternion products (N, 4); either may be one (4,) for all. First comes what `second` does, then `first`."""
    w, v = first[..., :1], first[..., 1:]
    other_w, other_v = second[..., :1], second[..., 1:]
    real = w * other_w - np.sum(v * other_v, axis=-1, keepdims=True)
    return np.concatenate([real, w * other_v + other_w * v + np.cross(v, other_v)], axis=-1)


def continuous(rotations: Array) -> Array:
    """The same rotations (N, 4) with the signs that leave no jump between neighbours: q and −q are one rotation."""
    steps = np.sum(rotations[1:] * rotations[:-1], axis=1)
    signs = np.cumprod(np.where(steps < 0, -1.0, 1.0))
    found = rotations.copy()
    found[1:] *= signs[:, None]
    return found


def is_still(values: Array) -> bool:
    """True if a track never changes, so that one key says it all."""
    return len(values) < 2 or float(np.ptp(values, axis=0).max()) < STILL
