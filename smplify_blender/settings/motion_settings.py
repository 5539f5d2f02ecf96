# pyright: basic
"""The sliders of a figure's motion, which act at once."""

from __future__ import annotations

from typing import Any, cast

import bpy

from ..result.errors import ResultError
from ..scene.motion.shape_motion import MotionShape, raw_strip, shape_motion

NAME = "smplify_motion"  # of an object
ROOT_MOTIONS = (
    ("BONE", "Root Bone", "The hips carry the figure through the world, and its object stays where it is"),
    (
        "OBJECT",
        "Object",
        "The object goes along the floor below the hips and turns with them; height, tilt and sway stay with the hips",
    ),
)

_notes: dict[str, str] = {}  # what there is to say after a slider was moved, by the armature's name


def _shape(self: SmplifyMotion, context: bpy.types.Context) -> None:
    armature = cast("bpy.types.Object", self.id_data)
    scene = context.scene
    if scene is None or not armature.is_editable:
        return
    try:
        shaped = shape_motion(armature, scene, MotionShape(self.smoothness, self.foot_lock))
        _notes[armature.name] = shaped.words
    except ResultError as error:
        _notes[armature.name] = str(error)


class SmplifyMotion(bpy.types.PropertyGroup):
    """How a figure's solved motion is shown."""

    smoothness: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Smoothness",
        description="How much smoother the motion is than it was solved: 0 as solved, 1 keeps nothing faster than once a second. "
        "Frames that fit badly follow their neighbours. The raw take stays in the NLA, and bones that you have keyed otherwise "
        "stay as they are",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_shape,
    )
    foot_lock: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Foot Lock",
        description="How far a foot that stands is held in its place: 1 lets none slide. Legs bend for it, the hips stay",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_shape,
    )


def shape_again(armature: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Have the sliders act on a raw take that has changed. Raises `ResultError`."""
    chosen = motion_settings_of(armature)
    if raw_strip(armature) is not None:
        shape_motion(armature, scene, MotionShape(chosen.smoothness, chosen.foot_lock))


def motion_settings_of(armature: bpy.types.Object) -> SmplifyMotion:
    """Return the sliders of a figure."""
    return getattr(armature, NAME)


def motion_note(armature: bpy.types.Object) -> str:
    """Return what there is to say after the last move of a slider; empty for nothing."""
    return _notes.get(armature.name, "")


def add_to_objects() -> None:
    """Give every object its sliders; after the class is registered."""
    setattr(bpy.types.Object, NAME, bpy.props.PointerProperty(type=SmplifyMotion))


def remove_from_objects() -> None:
    """Take them away; what files have stored stays in them."""
    object_class: Any = bpy.types.Object
    delattr(object_class, NAME)
    _notes.clear()
