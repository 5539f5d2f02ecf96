"""The sections of a body as rings of skin vertices, each rigid to one joint, and the change of each with shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.keypoints.sections import SECTIONS, Section

from .body_model import BodyModel

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_DIRECTIONS = 24  # of a ring's vertices about its bone
_SLAB_M = 0.02  # half the height of the slab of skin that a ring is chosen from


@dataclass(frozen=True, eq=False)
class SectionRings:
    """The rings of all sections: `joint` that each is rigid to, `vertices` of the mesh."""

    joint: Int[NumpyArray, " sections"]
    vertices: Int[NumpyArray, "sections ring"]


@lru_cache(maxsize=8)
def section_rings(model: BodyModel) -> SectionRings:
    """Choose the rings of a body model; remembered as long as the model is in use."""
    rings = [_ring(model, section) for section in SECTIONS]
    joint = [int(model.weights[ring].sum(axis=0).argmax()) for ring in rings]
    return SectionRings(np.array(joint), np.stack(rings))


def _ring(model: BodyModel, section: Section) -> Int[NumpyArray, " ring"]:
    """Return, for every direction about the bone, the farthest vertex of the slab that the section cuts."""
    places = dict(zip(model.joint_names, model.joints_template, strict=True))
    start, end = section.ends(places)
    axis = (end - start) / np.linalg.norm(end - start)
    middle = section.point(places)
    owned = np.isin(model.weights.argmax(axis=1), [model.joint_names.index(name) for name in section.owners])
    from_middle = model.v_template - middle
    slab = np.flatnonzero(owned & (np.abs(from_middle @ axis) < _SLAB_M))
    flat = from_middle[slab] - np.outer(from_middle[slab] @ axis, axis)
    across, around = _square_to(axis)
    angles = 2.0 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    reach = np.outer(np.cos(angles), flat @ across) + np.outer(np.sin(angles), flat @ around)
    return slab[reach.argmax(axis=1)]


def _square_to(axis: Float[NumpyArray, "3"]) -> tuple[Float[NumpyArray, "3"], Float[NumpyArray, "3"]]:
    across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    across /= np.linalg.norm(across)
    return across, np.cross(axis, across)
