# pyright: basic
"""The edited points over the 3D view: bones, dots, pins, and the name of the one under the mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import bpy
import numpy as np

from ..keypoints.edited import Array, EditedKeypoints
from ..keypoints.facts import EDITING_KEYPOINTS
from ..keypoints.look import (
    HOVERED_FACTOR,
    OUTLINE,
    PIN_COLOUR,
    SELECTED_OUTLINE,
    Colour,
    Dot,
    bones_of,
    dots_of,
    label_of,
)
from ..result.errors import ResultError
from ..scene.keypoints.mesh import is_keypoints, read_keypoints, selected_rows

BONE_WIDTH, OUTLINE_WIDTH, PIN_WIDTH = 2.5, 1.5, 2.0  # px at a UI scale of 1
PIN_GAP = 4.0
REACH = 14.0  # px at a UI scale of 1 from which on the mouse is at a point
CORNERS = 20  # of a circle
TEXT_SIZE, TEXT_GAP = 12.0, 5.0
MARGIN = 14.0
BOX: Colour = (0.0, 0.0, 0.0, 0.65)
TEXT_COLOUR: Colour = (0.95, 0.95, 0.95, 1.0)


@dataclass
class Hover:
    """Keypoint under the mouse and its region, as the gizmo has seen them; None if there is none."""

    region: int = 0
    row: int | None = None


@dataclass
class _Canvas:
    """Triangles and lines that are collected and drawn at once."""

    corners: list[tuple[float, float]] = field(default_factory=list)
    fills: list[Colour] = field(default_factory=list)
    ends: list[tuple[float, float, float]] = field(default_factory=list)
    strokes: list[Colour] = field(default_factory=list)

    def disc(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        ring = _circle(centre, radius)
        for first, second in pairwise(ring):
            self.corners += [centre, first, second]
        self.fills += [colour] * (3 * CORNERS)

    def ring(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        ring = _circle(centre, radius)
        for first, second in pairwise(ring):
            self.line(first, second, colour)

    def line(self, first: tuple[float, float], second: tuple[float, float], colour: Colour) -> None:
        self.ends += [(*first, 0.0), (*second, 0.0)]
        self.strokes += [colour, colour]


hover = Hover()
_handles: list[Any] = []


def start_drawing_keypoints() -> None:
    """Draw in every 3D view from now on; not where Blender has no window."""
    if not bpy.app.background:
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def stop_drawing_keypoints() -> None:
    """Take it back."""
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")


def edited_object(context: Any) -> bpy.types.Object | None:
    """The object whose points are being edited now."""
    thing = context.active_object
    return thing if context.mode == "EDIT_MESH" and is_keypoints(thing) else None


def mode_of(context: Any) -> str:
    """Blender's mode, or `EDITING_KEYPOINTS`, for the panels."""
    return str(context.mode) if edited_object(context) is None else EDITING_KEYPOINTS


def shown_objects(context: Any) -> list[bpy.types.Object]:
    """Whose points are drawn in this view: while they are edited, and where the view looks through their photo's camera."""
    edited = edited_object(context)
    space = context.space_data
    in_camera = space.region_3d is not None and space.region_3d.view_perspective == "CAMERA"
    camera = (space.camera if space.use_local_camera else context.scene.camera) if in_camera else None
    return [
        thing
        for thing in context.view_layer.objects
        if is_keypoints(thing)
        and (thing == edited or (camera is not None and thing.parent == camera and thing.visible_get()))
    ]


def places_in_region(thing: bpy.types.Object, keypoints: EditedKeypoints, context: Any) -> Array:
    """(137, 2) px of the region; NaN for what lies behind the viewer."""
    points = np.column_stack(
        [keypoints.points * (1.0, -1.0), np.zeros(len(keypoints.points)), np.ones(len(keypoints.points))]
    )
    view = np.array(context.region_data.perspective_matrix) @ np.array(thing.matrix_world)
    clip = points @ view.T
    with np.errstate(divide="ignore", invalid="ignore"):
        ndc = np.where(clip[:, 3:] > 0, clip[:, :2] / clip[:, 3:], np.nan)
    return (ndc * 0.5 + 0.5) * (context.region.width, context.region.height)


def row_at(thing: bpy.types.Object, mouse: tuple[float, float], context: Any) -> int | None:
    """The point under the mouse; None where there is none near."""
    try:
        keypoints = read_keypoints(thing)
    except ResultError:
        return None
    away = np.linalg.norm(places_in_region(thing, keypoints, context) - mouse, axis=1)
    away = np.where(keypoints.present & np.isfinite(away), away, np.inf)
    nearest = int(np.argmin(away))
    return nearest if away[nearest] <= REACH * context.preferences.system.ui_scale else None


def _draw() -> None:
    context: Any = bpy.context
    if context.scene is None or context.region is None or context.space_data is None:
        return
    if not context.space_data.overlay.show_overlays:
        return
    edited = edited_object(context)
    for thing in shown_objects(context):
        try:
            keypoints = read_keypoints(thing)
        except ResultError:  # the panel says so
            continue
        _draw_person(thing, keypoints, context, thing == edited)


def _draw_person(thing: bpy.types.Object, keypoints: EditedKeypoints, context: Any, editing: bool) -> None:
    scale = context.preferences.system.ui_scale
    found = places_in_region(thing, keypoints, context)
    places = [(float(x), float(y)) for x, y in found]
    usable = np.isfinite(found).all(axis=1)
    lines, dots = _Canvas(), _Canvas()
    for first, second, colour in bones_of(keypoints):
        if usable[first] and usable[second]:
            lines.line(places[first], places[second], colour)
    selected = set(selected_rows(thing)) if editing else set()
    hovered = _hovered(context) if editing else None
    for dot in dots_of(keypoints):
        if usable[dot.row]:
            _add_dot(
                dots,
                dot,
                places[dot.row],
                scale * (HOVERED_FACTOR if dot.row == hovered else 1.0),
                dot.row in selected,
            )
    _paint(lines, BONE_WIDTH * scale)
    _paint(dots, OUTLINE_WIDTH * scale)
    named = hovered if hovered is not None else next(iter(selected)) if len(selected) == 1 else None
    if named is not None and usable[named] and keypoints.present[named]:
        _draw_label(label_of(keypoints, named), places[named], context)


def _hovered(context: Any) -> int | None:
    return hover.row if hover.region == context.region.as_pointer() else None


def _add_dot(canvas: _Canvas, dot: Dot, place: tuple[float, float], scale: float, selected: bool) -> None:
    radius = dot.radius * scale
    canvas.disc(place, radius, dot.colour)
    canvas.ring(place, radius, SELECTED_OUTLINE if selected else OUTLINE)
    if selected:
        canvas.ring(place, radius + 1.0 * scale, SELECTED_OUTLINE)
    if dot.pinned:
        canvas.ring(place, radius + PIN_GAP * scale, PIN_COLOUR)


def _circle(centre: tuple[float, float], radius: float) -> list[tuple[float, float]]:
    return [
        (centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle))
        for angle in (2 * math.pi * corner / CORNERS for corner in range(CORNERS + 1))
    ]


def _paint(canvas: _Canvas, width: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    gpu.state.blend_set("ALPHA")
    if canvas.corners:
        shader = gpu.shader.from_builtin("SMOOTH_COLOR")
        corners = [(*corner, 0.0) for corner in canvas.corners]
        batch_for_shader(shader, "TRIS", {"pos": corners, "color": canvas.fills}).draw(shader)
    if canvas.ends:
        shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
        batch = batch_for_shader(shader, "LINES", {"pos": canvas.ends, "color": canvas.strokes})
        shader.bind()
        shader.uniform_float("viewportSize", cast("Any", gpu.state.viewport_get())[2:])
        shader.uniform_float("lineWidth", width)
        batch.draw(shader)
    gpu.state.blend_set("NONE")


def _draw_label(text: str, place: tuple[float, float], context: Any) -> None:
    """Beside the point, on the side where there is room: the sidebar may lie over the view."""
    import blf

    scale = context.preferences.system.ui_scale
    blf.size(0, TEXT_SIZE * scale)
    wide = blf.dimensions(0, text)[0]
    sidebar = next((region.width for region in context.area.regions if region.type == "UI"), 0)
    room = context.region.width - (sidebar if context.preferences.system.use_region_overlap else 0)
    left = place[0] + MARGIN * scale
    if left + wide > room:
        left = place[0] - MARGIN * scale - wide
    _draw_boxed(text, left, place[1] + MARGIN * scale, scale)


def _draw_boxed(text: str, left: float, bottom: float, scale: float) -> None:
    import blf

    font, gap, high = 0, TEXT_GAP * scale, TEXT_SIZE * scale
    wide = blf.dimensions(font, text)[0]
    box = _Canvas()
    corners = [
        (left - gap, bottom - gap),
        (left + wide + gap, bottom - gap),
        (left + wide + gap, bottom + high + gap),
        (left - gap, bottom + high + gap),
    ]
    box.corners = [corners[index] for index in (0, 1, 2, 0, 2, 3)]
    box.fills = [BOX] * 6
    _paint(box, 1.0)
    blf.position(font, left, bottom + 1.0 * scale, 0.0)
    blf.color(font, *TEXT_COLOUR)
    blf.draw(font, text)
