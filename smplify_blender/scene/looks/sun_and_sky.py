# pyright: basic
"""The light of a photo as a sun and a world of Blender's."""

from __future__ import annotations

import math
from typing import cast

import bpy
from mathutils import Vector

from ..created import Created
from ..figure.material import give_nodes, shader_node
from .photo_light import PhotoLight

SUN_ANGLE = math.radians(9.0)  # of the light's source as seen from the ground: shadows with soft edges


def new_sun(light: PhotoLight, created: Created) -> bpy.types.Object:
    """Make a sun that shines from the light's direction, not yet in any collection."""
    sun = cast("bpy.types.SunLight", created.add(bpy.data.lights.new("Photo sun", "SUN")))
    sun.energy = math.pi * light.sun  # a white surface that faces a sun of strength π is as bright as white
    sun.angle = SUN_ANGLE
    sun.color = light.colour.tolist()
    sun_object = created.add(bpy.data.objects.new("Photo sun", sun))
    sun_object.rotation_euler = Vector(light.towards.tolist()).to_track_quat("Z", "Y").to_euler()
    return sun_object


def new_sky(light: PhotoLight, created: Created) -> bpy.types.World:
    """Make a world that is even all around."""
    world = created.add(bpy.data.worlds.new("Photo light"))
    give_nodes(world)
    background = shader_node(world, "BACKGROUND")
    background.inputs["Color"].default_value = (*light.colour.tolist(), 1.0)
    background.inputs["Strength"].default_value = light.sky
    return world
