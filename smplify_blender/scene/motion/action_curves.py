# pyright: basic
"""The F-curves of an object's action, in every Blender from 4.2 on: layers and slots since 4.4, no `Action.fcurves` since 5.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import bpy

from ..created import Created


def object_curves(thing: bpy.types.Object) -> Any:
    """The collection of F-curves that animate `thing` itself; an empty tuple where nothing does."""
    return _curves(object_channels(thing))


def object_channels(thing: bpy.types.Object) -> Any:
    """Return the holder (`fcurves`, `groups`) of the curves that animate `thing` itself; None where nothing does."""
    animation: Any = thing.animation_data
    action: Any = animation.action if animation is not None else None
    return None if action is None else _slot_channels(action, getattr(animation, "action_slot", None))


def strip_curves(strip: bpy.types.NlaStrip) -> Any:
    """The collection of F-curves that a strip of the NLA plays; an empty tuple where there are none."""
    return _curves(strip_channels(strip))


def strip_channels(strip: bpy.types.NlaStrip) -> Any:
    """Return the holder (`fcurves`, `groups`) of the curves that a strip of the NLA plays; None where there are none."""
    slot = getattr(strip, "action_slot", None)
    return _slot_channels(strip.action, slot) if strip.action is not None else None


def _curves(channels: Any) -> Any:
    return () if channels is None else channels.fcurves


def _slot_channels(action: Any, slot: Any) -> Any:
    if not hasattr(action, "slots"):  # up to 4.3
        return action
    # `Action.fcurves` of 4.4 and 4.5 are the first slot's, whoever's that is
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(slot) if slot is not None else None
            if bag is not None:
                return bag
    return None


def bone_curves(curves: Iterable[Any], bone: str, channel: str) -> dict[int, Any]:
    """The curves of one channel (`location`, `rotation_quaternion` …) of a pose bone, or of the object itself (""), by index."""
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].{channel}' if bone else channel
    return {curve.array_index: curve for curve in curves if curve.data_path == path}


def new_channels(action: bpy.types.Action, thing: bpy.types.Object | bpy.types.Key) -> Any:
    """Return the holder of the curves of `thing` in an action: the action itself until Blender 4.3, the bag of a slot since."""
    animation: Any = thing.animation_data_create()
    animation.action = action
    new: Any = action
    if not hasattr(action, "slots"):
        return new
    slot = new.slots.new(id_type=thing.id_type, name=thing.name)
    animation.action_slot = slot
    layer = new.layers[0] if new.layers else new.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def channels_beside(
    action: bpy.types.Action, thing: bpy.types.Object | bpy.types.Key, ending: str, created: Created
) -> Any:
    """Return the holder of the curves of another `thing`: a slot of the same action; until Blender 4.3, an action of its own.

    Such an action is called as the other with `ending`.
    """
    if not hasattr(action, "slots"):
        action = created.add(bpy.data.actions.new(f"{action.name} {ending}"))
    return new_channels(action, thing)


def own_channels(thing: bpy.types.Object, name: str) -> Any:
    """Return the holder (`fcurves`, `groups`) of the curves of an object's action, for adding to them.

    An action of that name is made where there is none; one that moves something else as well is copied first.
    """
    animation = cast("bpy.types.AnimData", thing.animation_data_create())
    action: Any = animation.action
    if action is None:
        return new_channels(bpy.data.actions.new(name), thing)
    if action.users - action.use_fake_user > 1 or action.library is not None:
        slot = getattr(animation, "action_slot", None)
        action = animation.action = action.copy()
        if slot is not None:
            cast("Any", animation).action_slot = action.slots[slot.identifier]
    if not hasattr(action, "slots"):
        return action
    slot = cast("Any", animation).action_slot
    if slot is None:
        slot = action.slots.new(id_type="OBJECT", name=thing.name)
        cast("Any", animation).action_slot = slot
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)
