# pyright: basic
"""The modes that a figure can be fitted from: Object Mode and Pose Mode, to which an operator goes back."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import bpy

USABLE = ("OBJECT", "POSE")


def poll_mode(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Return True in a mode that a figure can be fitted from; else the button says why it is grey."""
    if context.mode in USABLE:
        return True
    cls.poll_message_set("Leave the current mode for Object or Pose Mode first")
    return False


@contextmanager
def out_of_pose_mode(context: bpy.types.Context) -> Generator[None]:
    """Go to Object Mode, in which bones can be made, and back to the armatures that were being posed."""
    if context.mode != "POSE":
        yield
        return
    view_layer = cast("bpy.types.ViewLayer", context.view_layer)
    active = view_layer.objects.active
    posed = [thing for thing in view_layer.objects if thing.mode == "POSE"]
    selected = [thing for thing in view_layer.objects if thing.select_get(view_layer=view_layer)]
    bpy.ops.object.mode_set(mode="OBJECT")
    try:
        yield
    finally:
        if view_layer.objects.active == active and all(thing.name in view_layer.objects for thing in posed):
            _pose_again(view_layer, posed, selected)


def _pose_again(
    view_layer: bpy.types.ViewLayer, posed: list[bpy.types.Object], selected: list[bpy.types.Object]
) -> None:
    """Enter Pose Mode with the armatures that were in it; the selection is as before."""
    for thing in view_layer.objects:
        thing.select_set(thing in posed, view_layer=view_layer)
    bpy.ops.object.mode_set(mode="POSE")
    for thing in view_layer.objects:
        thing.select_set(thing in selected, view_layer=view_layer)
