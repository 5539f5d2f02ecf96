# pyright: basic
"""A 3D view through the photo's camera, with the whole photo in it and beside the sidebar."""

from __future__ import annotations

import math
from typing import Any, cast

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d

TRIAL_OFFSET = 0.05  # of a view's camera offset; how many pixels it comes to is measured
LEAST_FREE_SHARE = 0.3  # of a view's width that the sidebar has to leave; else the photo lies behind it


def fit_view_to_camera(area: bpy.types.Area) -> None:
    """Zoom a 3D view that looks through the scene's camera so that the whole photo is seen, beside the sidebar."""
    region = next((region for region in area.regions if region.type == "WINDOW"), None)
    if region is None:
        return
    center: Any = bpy.ops.view3d.view_center_camera
    with bpy.context.temp_override(area=area, region=region):
        if not center.poll():
            return
        center()
    left, right = _free_columns(area, region)
    if right - left >= LEAST_FREE_SHARE * region.width:
        _move_into(area, region, left, right)


def _free_columns(area: bpy.types.Area, region: bpy.types.Region) -> tuple[float, float]:
    """Return the first and last column of a view's main region, px, that toolbar and sidebar leave free."""
    left, right = 0.0, float(region.width)
    for other in area.regions:
        if other.width <= 1 or not region.x <= other.x < region.x + region.width:
            continue
        if other.type == "UI":
            right = min(right, float(other.x - region.x))
        elif other.type == "TOOLS":
            left = max(left, float(other.x + other.width - region.x))
    return left, right


def _move_into(area: bpy.types.Area, region: bpy.types.Region, left: float, right: float) -> None:
    view: Any = cast("Any", area.spaces.active).region_3d
    first, last = _frame_columns(region, view)
    if last - first <= 0.0:
        return
    share = min(1.0, (right - left) / (last - first))
    # Blender's zoom z magnifies by (√2 + z / 50)² / 4
    magnified = share * (math.sqrt(2.0) + view.view_camera_zoom / 50.0) ** 2 / 4.0
    view.view_camera_zoom = 50.0 * (2.0 * math.sqrt(magnified) - math.sqrt(2.0))
    before = sum(_frame_columns(region, view)) / 2.0
    view.view_camera_offset = (TRIAL_OFFSET, 0.0)
    step = (sum(_frame_columns(region, view)) / 2.0 - before) / TRIAL_OFFSET
    wanted = ((left + right) / 2.0 - before) / step if step else 0.0
    view.view_camera_offset = (min(max(wanted, -1.0), 1.0), 0.0)


def _frame_columns(region: bpy.types.Region, view: Any) -> tuple[float, float]:
    """Return the columns of the camera's frame in a view, px; (0, 0) where they cannot be told."""
    scene = cast("bpy.types.Scene", bpy.context.scene)
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        return 0.0, 0.0
    view.update()
    corners = cast("Any", camera.data).view_frame(scene=scene)
    places = [location_3d_to_region_2d(region, view, camera.matrix_world @ corner) for corner in corners]
    columns = [place.x for place in places if place is not None]
    return (min(columns), max(columns)) if len(columns) == len(places) else (0.0, 0.0)
