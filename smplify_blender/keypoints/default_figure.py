"""A stick figure for a photo without keypoints, and single parts of it set on a person.

The figure stands and faces the camera. Its shares of the standing height are about those of an adult, estimated by eye:
what matters is only that each point is near enough to be dragged.
"""

from __future__ import annotations

import math

import numpy as np

from .edited import GUESSED_CONFIDENCE, Array, EditedKeypoints, edited_from_table
from .names import BODY_COUNT, COUNT, FACE_MIRROR_PAIRS, PARTNERS, PARTS, Part, rows_named, rows_of

HEIGHT_SHARE = 0.8  # of the photo's height that the figure fills
WIDTH_SHARE = 0.9  # at most, of the photo's width

# x to the picture's right, y down from the top of the head, in standing heights; the person's right half, x < 0.
_RIGHT = {
    "right_shoulder": (-0.105, 0.180), "right_elbow": (-0.165, 0.335), "right_wrist": (-0.205, 0.480),
    "right_hip": (-0.055, 0.500), "right_knee": (-0.065, 0.735), "right_ankle": (-0.070, 0.955),
    "right_eye": (-0.018, 0.068), "right_ear": (-0.042, 0.078),
    "right_big_toe": (-0.090, 0.995), "right_small_toe": (-0.112, 0.985), "right_heel": (-0.064, 0.980),
}  # fmt: skip
_MIDDLE = {"nose": (0.0, 0.085), "neck": (0.0, 0.175), "mid_hip": (0.0, 0.500)}

# A hand along its forearm: (along, towards the thumb) from the wrist, in standing heights, finger by finger.
_HAND = (
    (0.0, 0.0),
    (0.020, 0.020), (0.040, 0.034), (0.055, 0.044), (0.068, 0.050),
    (0.055, 0.018), (0.078, 0.020), (0.092, 0.021), (0.104, 0.022),
    (0.057, 0.006), (0.083, 0.006), (0.100, 0.006), (0.113, 0.006),
    (0.055, -0.006), (0.078, -0.007), (0.093, -0.008), (0.105, -0.008),
    (0.050, -0.018), (0.066, -0.021), (0.077, -0.023), (0.087, -0.024),
)  # fmt: skip

# iBUG's points of the person's right half (x < 0) and of the midline, from the root of the nose, in ear-to-ear widths.
_FACE_RIGHT = {
    17: (-0.42, -0.14), 18: (-0.35, -0.19), 19: (-0.27, -0.21), 20: (-0.19, -0.20), 21: (-0.11, -0.16),
    31: (-0.10, 0.28), 32: (-0.05, 0.30),
    36: (-0.32, 0.00), 37: (-0.27, -0.04), 38: (-0.19, -0.04), 39: (-0.13, 0.00), 40: (-0.19, 0.03), 41: (-0.27, 0.03),
    48: (-0.19, 0.47), 49: (-0.12, 0.42), 50: (-0.05, 0.40), 58: (-0.05, 0.56), 59: (-0.12, 0.53),
    60: (-0.16, 0.47), 61: (-0.05, 0.45), 67: (-0.05, 0.49),
    68: (-0.23, 0.00),
}  # fmt: skip
_FACE_MIDDLE = {
    8: (0.0, 0.86), 27: (0.0, 0.00), 28: (0.0, 0.08), 29: (0.0, 0.16), 30: (0.0, 0.23), 33: (0.0, 0.31),
    51: (0.0, 0.41), 57: (0.0, 0.57), 62: (0.0, 0.455), 66: (0.0, 0.495),
}  # fmt: skip
_CHIN = 0.86
_FACE_WIDTH = 0.084  # standing heights from ear to ear
_FACE_TOP = 0.068  # of the eyes

_ANCHORS: dict[Part, tuple[tuple[int, ...], ...]] = {
    "body": (),
    "left_hand": (rows_named(("left_elbow", "left_wrist")),),
    "right_hand": (rows_named(("right_elbow", "right_wrist")),),
    "face": (rows_named(("nose", "right_eye", "left_eye", "right_ear", "left_ear")),),
}
_FEWEST_ANCHORS = 2
_OVERALL = slice(0, BODY_COUNT)
_WRISTS: dict[Part, int] = {
    "left_hand": rows_named(["left_wrist"])[0],
    "right_hand": rows_named(["right_wrist"])[0],
}


def default_points() -> Array:
    """(137, 2) the whole figure, x from its midline to the picture's right, y from the top of its head, in standing heights."""
    points = np.zeros((COUNT, 2))
    for name, place in (_RIGHT | _MIDDLE).items():
        points[rows_named([name])[0]] = place
    points[PARTS["right_hand"]] = _right_hand(points)
    points[PARTS["face"]] = _face()
    for row in (*rows_of("body"), *rows_of("right_hand")):
        if PARTNERS[row] != row and points[row].any():
            points[PARTNERS[row]] = points[row] * (-1.0, 1.0)
    return points


def _right_hand(points: Array) -> Array:
    elbow, wrist = points[list(rows_named(("right_elbow", "right_wrist")))]
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    thumb = np.array([along[1], -along[0]])  # towards the body's midline
    return wrist + np.array(_HAND) @ np.stack([along, thumb])


def _face() -> Array:
    face = np.zeros((PARTS["face"].stop - PARTS["face"].start, 2))
    for row in range(8):
        angle = math.pi * row / 16
        face[row] = (-0.5 * math.cos(angle), _CHIN * math.sin(angle))
    for row, place in (_FACE_RIGHT | _FACE_MIDDLE).items():
        face[row] = place
    for right, left in FACE_MIRROR_PAIRS:
        face[left] = face[right] * (-1.0, 1.0)
    return face * _FACE_WIDTH + (0.0, _FACE_TOP)


def new_figure(image_size: tuple[int, int]) -> EditedKeypoints:
    """Return the default body, without hands and face, in the middle of a photo of this width and height."""
    width, height = image_size
    body = default_points()[_OVERALL]
    span = float(np.ptp(body[:, 0]))
    scale = min(HEIGHT_SHARE * height, WIDTH_SHARE * width / span)
    table = np.zeros((COUNT, 3))
    table[_OVERALL, :2] = body * scale + (width / 2, height / 2 - 0.5 * scale)
    table[_OVERALL, 2] = GUESSED_CONFIDENCE
    return edited_from_table(table)


def with_part(keypoints: EditedKeypoints, part: Part) -> EditedKeypoints:
    """Set the missing points of a part on the person: brought back if they were deleted, else the default figure's,
    turned and scaled to the points nearby (forearm, head), or to the whole body where these are missing.
    """
    back = keypoints.restored(rows_of(part))
    missing = [row for row in rows_of(part) if not back.present[row]]
    if not missing:
        return back
    placed = _default_on(back, part)[missing]
    return back.added(missing, placed, GUESSED_CONFIDENCE)


def _default_on(keypoints: EditedKeypoints, part: Part) -> Array:
    default, rows = default_points(), np.arange(COUNT)
    own = np.array([row for row in rows_of(part) if keypoints.present[row]], dtype=np.int64)
    near = [np.array(anchors) for anchors in _ANCHORS[part]]
    near = [anchors[keypoints.present[anchors]] for anchors in near]
    body = rows[_OVERALL][keypoints.present[_OVERALL]]
    for anchors in (own, *near, body):
        fitted = _similarity(default[anchors], keypoints.points[anchors])
        if fitted is not None:
            placed = fitted.of(default)
            return placed + _to_wrist(keypoints, part, placed) if anchors is body else placed
    return default * float(np.ptp(keypoints.points, axis=0).max() or 1.0)


def _to_wrist(keypoints: EditedKeypoints, part: Part, placed: Array) -> Array:
    wrist = _WRISTS.get(part)
    if wrist is None or not keypoints.present[wrist]:
        return np.zeros(2)
    return keypoints.points[wrist] - placed[wrist]


class _Similarity:
    """The map of z to a z + b in the complex plane: a turn, a scale and a shift, never a mirror image."""

    def __init__(self, a: complex, b: complex) -> None:
        self._a, self._b = a, b

    def of(self, points: Array) -> Array:
        moved: Array = self._a * (points[:, 0] + 1j * points[:, 1]) + self._b
        return np.column_stack([moved.real, moved.imag])


def _similarity(source: Array, target: Array) -> _Similarity | None:
    """Return the least-squares similarity between two sets of points (n, 2); None where they do not say one."""
    if len(source) < _FEWEST_ANCHORS:
        return None
    z: Array = source[:, 0] + 1j * source[:, 1]
    w: Array = target[:, 0] + 1j * target[:, 1]
    middle_z, middle_w = complex(z.mean()), complex(w.mean())
    centred_z, centred_w = z - middle_z, w - middle_w
    spread = float(np.vdot(centred_z, centred_z).real)
    if spread <= 0 or float(np.vdot(centred_w, centred_w).real) <= 0:
        return None
    a = complex(np.vdot(centred_z, centred_w)) / spread
    return _Similarity(a, middle_w - a * middle_z)
