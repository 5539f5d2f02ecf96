"""Arrays without names, as text-to-motion and motion data sets save them in .npy: told by how many numbers a frame has."""

from __future__ import annotations

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.border import RefusedError

from .pose_tables import Table

# Motion-X: root, body, hands, jaw, face expression, face shape, place, betas (IDEA-Research/Motion-X, README).
_MOTION_X = 322
ALONE = "the array"  # in place of a name
_POSE_SIZES = (66, 72, 156, 165)
_JOINT_COUNTS = (22, 24, 52, 55)
_KNEES, _ELBOWS = (4, 5), (18, 19)  # left and right; knees bend about +x, elbows about −y and +y
_NAMED = {
    263: "HumanML3D's features of a motion (263 numbers a frame), which hold no rotations of a body",
    251: "KIT-ML's features of a motion (251 numbers a frame), which hold no rotations of a body",
}


def _bends(poses: NumpyArray) -> float:
    """Return how far knees and elbows bend the way they can; of two orders of the numbers the right one bends them more."""
    bends = poses[:, [*(3 * joint for joint in _KNEES), *(3 * joint + 1 for joint in _ELBOWS)]]
    sums = np.where(np.isfinite(bends), bends, 0.0).sum(axis=0)
    return float(sums @ [1.0, 1.0, -1.0, 1.0])


def table_of_array(array: NumpyArray) -> Table:
    """Return the entries that an array without names stands for; RefusedError, in words, for what is no pose."""
    if array.dtype.kind not in "iuf":
        raise RefusedError("it is a NumPy array (.npy) without numbers")
    width = array.shape[-1] if array.ndim else 0
    rows = array.reshape(-1, width) if array.ndim == 2 else array
    if array.ndim == 2 and width == _MOTION_X:
        return {
            "poses": np.concatenate(
                [rows[:, :66], rows[:, 156:159], np.zeros((len(rows), 6)), rows[:, 66:156]], axis=1
            ),
            "trans": rows[:, 309:312],
            "betas": rows[:, 312:],
        }  # fmt: skip
    if array.ndim == 2 and width - 3 in _POSE_SIZES:
        first, last = (
            {"trans": rows[:, :3], "poses": rows[:, 3:]},
            {"trans": rows[:, -3:], "poses": rows[:, :-3]},
        )
        return last if _bends(last["poses"]) > _bends(first["poses"]) else first
    if array.ndim in (1, 2) and width in _POSE_SIZES:
        return {"poses": array}
    if array.ndim >= 2 and (
        (array.shape[-2] in _JOINT_COUNTS and width in (6, 4)) or array.shape[-2:] == (3, 3)
    ):
        return {"poses": array}
    words = _NAMED.get(width, f"an array of {' × '.join(map(str, array.shape))} numbers")
    if array.ndim == 3 and width == 3:
        words = (
            f"{words}, likely places of joints in space, which are no rotations: let the program that made it write SMPL "
            "parameters (MDM: visualize.render_mesh)"
        )
    raise RefusedError(f"it is a NumPy array (.npy): {words}")
