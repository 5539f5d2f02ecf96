# pyright: basic
"""A figure in, the places in the scene where it touches things out."""

from __future__ import annotations

import bpy
import numpy as np

from ...result.rotations import Array
from ..figure.lookup import stored_report
from ..placing.earlier_site import frame_before
from ..units import units_per_metre


def contact_places(armature: bpy.types.Object, scene: bpy.types.Scene) -> tuple[Array, Array]:
    """Return the places (n, 3) of the contacts that the user has named, and of those that the fit has found."""
    report = stored_report(armature)
    contacts = report.contacts if report is not None else ()
    frame = frame_before(armature)
    units = units_per_metre(scene)

    def placed(named: bool) -> Array:
        places = np.array([one.place for one in contacts if one.is_named == named]).reshape(-1, 3)
        return units * places @ frame[:3, :3].T + frame[:3, 3]

    return placed(True), placed(False)
