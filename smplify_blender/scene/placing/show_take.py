# pyright: basic
"""Another of the solutions that a figure keeps, shown by the figure itself: no file is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...result.errors import ResultError
from ...result.result_folder import ResultFolder
from ..figure.build import BuildPlan, BuiltResult, bring_in
from ..figure.figure_body import figure_as_made, figure_body
from ..figure.lookup import PROPERTY, limb_values, place_facts
from ..figure.solutions import stored_camera, stored_take
from .earlier_site import site_of_earlier


def show_take(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, armature: bpy.types.Object, name: str
) -> BuiltResult:
    """Give a figure its kept solution of this name, in place. Raises `ResultError` before anything is changed.

    `view_layer` has to be the context's, in object mode.
    """
    view_layer.update()
    made = figure_as_made(armature, view_layer)
    body = figure_body(made)
    take = stored_take(armature, name, body)
    camera = stored_camera(armature)
    if camera is None:
        raise ResultError(f"“{armature.name}” does not hold the camera of its fit. Fit the photo again.")
    result = ResultFolder(Path(), {take.person.file_name: body}, (take.person,), camera, None)
    site = site_of_earlier([made], result, makes_camera=False)
    plan = BuildPlan(set_camera=False, site=site, existing={take.person.file_name: made})
    built = bring_in(result, result.people, scene, view_layer, plan)
    group: Any = armature[PROPERTY]
    facts = place_facts(built.world_from_camera, built.figures[0].standing, built.shares_floor)
    for key, value in {"file": name, **facts, **limb_values(take.limbs)}.items():
        group[key] = value
    return built
