# pyright: basic
"""Figures of other photos hidden from a photo's camera, and shown again as they were."""

from __future__ import annotations

from typing import cast

import bpy

from ..figure.lookup import camera_of, figure_of
from ..stored_values import stored_values

HIDDEN = (
    "smplify_hidden_from_camera"  # on an object: hidden by us; whether its user had hidden it from renders
)


def has_other_photos(scene: bpy.types.Scene, figure: bpy.types.Object) -> bool:
    """Return True if figures of a scene stand before another camera than one figure's."""
    own = camera_of(figure)
    return any(camera_of(other) not in (own, None) for other in _figures(scene))


def _figures(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [thing for thing in scene.objects if thing.type == "ARMATURE" and figure_of(thing) == thing]


def show_only(view_layer: bpy.types.ViewLayer, camera: bpy.types.Object | None) -> int:
    """Hide the figures of other photos' cameras, in view and render, and show those that this has hidden before.

    None shows all. What the user has hidden stays hidden. Returns how many figures are hidden now.
    """
    scene = cast("bpy.types.Scene", view_layer.id_data)
    hidden = 0
    for figure in _figures(scene):
        is_other = camera is not None and camera_of(figure) not in (camera, None)
        hidden += is_other
        for part in (figure, *figure.children_recursive):
            if part.library is None and part.name in view_layer.objects:
                _hide(part, view_layer) if is_other else _show(part, view_layer)
    return hidden


def _hide(part: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    if HIDDEN in part or part.hide_get(view_layer=view_layer):
        return
    part[HIDDEN] = {"render": part.hide_render}
    part.hide_set(True, view_layer=view_layer)
    part.hide_render = True


def _show(part: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    if HIDDEN not in part:
        return
    part.hide_render = stored_values(part, HIDDEN).flag("render")
    part.hide_set(False, view_layer=view_layer)
    del part[HIDDEN]
