# pyright: basic
"""The take that an edit begins from, kept in a muted track of the NLA, while the edit goes on in a copy of its action."""

from __future__ import annotations

from typing import Any, cast

import bpy

TRACK = "Raw take"


def keep_raw_take(armature: bpy.types.Object, ending: str) -> bpy.types.Action:
    """Put the armature's action into a new muted NLA track, and give the armature a copy of it; return the copy.

    The copy is named as the action with `ending`.
    """
    animation: Any = armature.animation_data
    raw, slot = animation.action, getattr(animation, "action_slot", None)
    track = animation.nla_tracks.new()
    track.name = TRACK
    strip = track.strips.new(raw.name, round(raw.frame_range[0]), raw)
    if slot is not None:
        strip.action_slot = slot
    track.mute = True
    edited = cast("bpy.types.Action", raw.copy())
    edited.name = f"{raw.name} {ending}"
    animation.action = edited
    if slot is not None:
        animation.action_slot = cast("Any", edited).slots[slot.identifier]
    return edited
