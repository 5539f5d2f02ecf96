"""Measures the contacts of a fitted person with a scene, and how deep the skin lies in its things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.skin_points import skin_points
from fitting_core.fitting.parameters import ParameterLayout
from fitting_core.fitting.scene.contacts import SceneContacts
from fitting_core.fitting.terms.found_contacts import find_contacts
from fitting_core.results.person import FittedPerson

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class MetContact:
    """One contact of a person: the part or action, the thing, whether the user has named it, and the gap that is left.

    `place` is that of the nearest skin in the camera's frame, metres.
    """

    part: str
    thing: str
    is_named: bool
    gap_m: float
    place: Float[NumpyArray, "3"]


@dataclass(frozen=True, eq=False)
class SceneReport:
    """The contacts of a person with a scene, and the greatest depth of the mesh in one of its things."""

    contacts: tuple[MetContact, ...]
    depth_m: float
    deepest_in: str | None


def scene_report(scene: SceneContacts, layout: ParameterLayout, person: FittedPerson) -> SceneReport:
    """Measure how a person meets a scene."""
    pose, model = person.pose, person.model
    x = np.concatenate([pose.translation, pose.rotations.reshape(-1), pose.shape])[None]
    found = find_contacts(model, scene, layout, x)
    mesh = person.vertices.astype(np.float64)
    grids = scene.grids(numpy_double())
    skin = skin_points(model)
    contacts: list[MetContact] = []
    for number in np.flatnonzero(found.touching[0]):
        contact = found.contacts[int(number)]
        members = np.concatenate([skin.parts[part] for part in contact.parts])
        places = mesh[skin.vertices[members]]
        gaps: NumpyArray = grids[contact.thing].sample(places[None])[0][0]
        nearest = int(gaps.argmin())
        thing = scene.names[contact.thing]
        contacts.append(
            MetContact(contact.label, thing, contact.is_named, float(gaps[nearest]), places[nearest])
        )
    depths = [-float(grid.sample(mesh[None])[0].min()) for grid in grids]
    deepest = int(np.argmax(depths))
    if depths[deepest] <= 0:
        return SceneReport(tuple(contacts), 0.0, None)
    return SceneReport(tuple(contacts), depths[deepest], scene.names[deepest])


def scene_summary(report: SceneReport) -> dict[str, object]:
    """Return a report as summary.json has it."""
    return {
        "contacts": [
            {
                "part": contact.part,
                "thing": contact.thing,
                "named": contact.is_named,
                "gap_mm": round(1000 * contact.gap_m, 1),
                "place_m": [round(float(value), 4) for value in contact.place],
            }
            for contact in report.contacts
        ],
        "depth_mm": round(1000 * report.depth_m, 1),
        "deepest_in": report.deepest_in,
    }
