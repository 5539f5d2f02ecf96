"""Numbers the vertices so that SMPL-X's ids of nose, eyes, ears, feet and finger tips point at those places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

# SMPL-X's own vertex ids (published with the model).
SMPLX_VERTEX_IDS = {
    "nose": 9120, "right_eye": 9929, "left_eye": 9448, "right_ear": 616, "left_ear": 6,
    "left_big_toe": 5770, "left_small_toe": 5780, "left_heel": 8846,
    "right_big_toe": 8463, "right_small_toe": 8474, "right_heel": 8635,
    "left_thumb": 5361, "left_index": 4933, "left_middle": 5058, "left_ring": 5169, "left_pinky": 5286,
    "right_thumb": 8079, "right_index": 7669, "right_middle": 7794, "right_ring": 7905, "right_pinky": 8022,
}  # fmt: skip
# The same places on MakeHuman's base mesh: nose tip, middle of the cornea, tragus, tips of big and small toe, back of the heel,
# finger tips. Found as the outermost vertices of their bones on the mean body (the tragus by eye).
BASE_IDS = {
    "nose": 5054, "left_eye": 14607, "left_ear": 12213,
    "left_big_toe": 11551, "left_small_toe": 13280, "left_heel": 12442,
    "left_thumb": 9348, "left_index": 8595, "left_middle": 8787, "left_ring": 9090, "left_pinky": 9171,
}  # fmt: skip


def find_places(base_ids: Integers, mirror: Integers) -> dict[str, int]:
    """Vertex of each named place; `base_ids` (V,) are MakeHuman's ids, `mirror` (V,) each vertex's counterpart."""
    left = {name: int(np.flatnonzero(base_ids == base)[0]) for name, base in BASE_IDS.items()}
    return left | {
        name.replace("left", "right"): int(mirror[vertex]) for name, vertex in left.items() if name != "nose"
    }


def smplx_order(vertex_count: int, places: dict[str, int]) -> Integers:
    """Return `order` (V,): new vertex i is old vertex `order[i]`; only the named vertices and those they displace move."""
    order = np.arange(vertex_count)
    where = np.arange(vertex_count)
    for name, target in SMPLX_VERTEX_IDS.items():
        source = where[places[name]]
        displaced = order[target]
        order[target], order[source] = order[source], displaced
        where[order[target]], where[order[source]] = target, source
    return order
