"""Numbers the vertices so that the ids by which SMPL-X tools know nose, eyes, ears, feet and finger tips point at those places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# SMPL-X's own vertex ids (published with the model).
SMPLX_VERTEX_IDS = {
    "nose": 9120, "right_eye": 9929, "left_eye": 9448, "right_ear": 616, "left_ear": 6,
    "left_big_toe": 5770, "left_small_toe": 5780, "left_heel": 8846,
    "right_big_toe": 8463, "right_small_toe": 8474, "right_heel": 8635,
    "left_thumb": 5361, "left_index": 4933, "left_middle": 5058, "left_ring": 5169, "left_pinky": 5286,
    "right_thumb": 8079, "right_index": 7669, "right_middle": 7794, "right_ring": 7905, "right_pinky": 8022,
}  # fmt: skip
# MakeHuman base mesh vertex at the left tragus, picked by eye.
LEFT_TRAGUS_BASE_ID = 12213
_FINGER_NUMBER = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}
_FORWARD = np.array([0.0, 0.0, 1.0])


def find_places(
    mean: Floats, bone_names: list[str], bone_weights: Floats, base_ids: Integers, mirror: Integers
) -> dict[str, int]:
    """Vertex of each named place in the T-pose mean (V, 3); `bone_weights` (V, 163), `mirror` (V,)."""

    def farthest(bone: str, direction: Floats) -> int:
        members = np.flatnonzero(bone_weights[:, bone_names.index(bone)] > 0.5)
        return int(members[np.argmax(mean[members] @ direction)])

    places = {
        "nose": _nose_tip(mean),
        "left_eye": farthest("eye.L", _FORWARD),
        "left_ear": int(np.flatnonzero(base_ids == LEFT_TRAGUS_BASE_ID)[0]),
        "left_big_toe": farthest("toe1-2.L", _FORWARD),
        "left_small_toe": farthest("toe5-3.L", _FORWARD),
        "left_heel": farthest("foot.L", np.array([0.0, -0.4, -1.0])),
    }
    for finger, number in _FINGER_NUMBER.items():
        direction = np.array([1.0, 0.0, 0.0]) if finger != "thumb" else np.array([0.74, -0.28, 0.61])
        places[f"left_{finger}"] = farthest(f"finger{number}-3.L", direction)
    right = {
        name.replace("left", "right"): int(mirror[vertex])
        for name, vertex in places.items()
        if name != "nose"
    }
    return places | right


def smplx_order(vertex_count: int, places: dict[str, int]) -> Integers:
    """`order` (V,) such that new vertex i is old vertex `order[i]`; only the named vertices and those they displace move."""
    order = np.arange(vertex_count)
    where = np.arange(vertex_count)
    for name, target in SMPLX_VERTEX_IDS.items():
        source = where[places[name]]
        displaced = order[target]
        order[target], order[source] = order[source], displaced
        where[order[target]], where[order[source]] = target, source
    return order


def _nose_tip(mean: Floats) -> int:
    middle = np.flatnonzero((np.abs(mean[:, 0]) < 1e-4) & (mean[:, 1] > 0.6 * mean[:, 1].max()))
    return int(middle[np.argmax(mean[middle, 2])])
