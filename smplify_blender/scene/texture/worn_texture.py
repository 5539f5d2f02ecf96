# pyright: basic
"""The photo texture that a figure's body wears: put on, switched with the body's own materials, taken off.

It lies in material slots of the object, not of the mesh: the mesh keeps the materials that were there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import bpy
import numpy as np

from ..created import Created, remove_block
from ..figure.lookup import body_of
from ..figure.material import MARK as MATERIAL_MARK
from ..figure.material import give_nodes, shader_node
from ..figure.mesh import UV_NAME
from ..figure.stored_source import PROPERTY as SOURCE
from ..stored_values import stored_values

MARK = "photo"  # of the material and its image
MATERIAL = "smplify_texture"  # on a body object: the material
PHOTOS = "smplify_texture_photos"  # on a body object: by the names of the figures before the photos, their solutions then
OWN = "smplify_own_material"  # with a slot's number, on a body object: the material that its user had put into the object's slot
KEPT_PARTS = ("eyes", "mouth", "tongue")  # modelled better than a photo shows them
ROUGHNESS = 0.7
MOST_PHOTOS = 64


@dataclass(frozen=True)
class WornTexture:
    """A figure's photo texture: is it shown, and is it laid on with a solution that the figure no longer has."""

    material: bpy.types.Material
    is_shown: bool
    is_old: bool
    sources: tuple[
        bpy.types.Object, ...
    ]  # the figures before whose cameras the photos are, those that are still there


def worn_texture(armature: bpy.types.Object) -> WornTexture | None:
    """Return the photo texture of a figure; None for one without."""
    body = body_of(armature)
    material = body.get(MATERIAL) if body is not None else None
    if body is None or not isinstance(material, bpy.types.Material):
        return None
    photos = stored_values(body, PHOTOS)
    solutions = {name: photos.text(name) for name in list(photos)[:MOST_PHOTOS]}
    sources = [thing for thing in map(bpy.data.objects.get, solutions) if thing is not None]
    is_old = any(solution_mark(thing) != solutions[thing.name] for thing in sources)
    is_shown = any(slot.link == "OBJECT" and slot.material == material for slot in body.material_slots)
    return WornTexture(material, is_shown, is_old, tuple(sources))


def solution_mark(armature: bpy.types.Object) -> str:
    """Return a text that changes whenever a figure is given another solution."""
    source = stored_values(armature.data, SOURCE)
    numbers = [np.array(source.numbers(key)) for key in ("transl", "betas", "expression")]
    return hashlib.sha256(b"".join(values.tobytes() + b";" for values in numbers)).hexdigest()[:16]


def textured_slots(body: bpy.types.Object) -> list[int]:
    """Return the numbers of the body's material slots that a photo goes into."""
    materials = cast("bpy.types.Mesh", body.data).materials
    return [
        number
        for number, material in enumerate(materials)
        if material is None or material.get(MATERIAL_MARK) not in KEPT_PARTS
    ]


def wear_texture(
    body: bpy.types.Object, image: bpy.types.Image, sources: Sequence[bpy.types.Object], created: Created
) -> bpy.types.Material:
    """Give a body a material that shows an image, in the place of the one that it wore, and remember whose photos it is of."""
    material = _material(f"{body.name} photo", image, created)
    take_off_texture(body)
    body[MATERIAL] = material
    body[PHOTOS] = {source.name: solution_mark(source) for source in sources}
    show_texture(body)
    return material


def show_texture(body: bpy.types.Object) -> None:
    """Show a body's photo texture; the materials that are there stay in their slots."""
    for number in textured_slots(body):
        slot, key = body.material_slots[number], f"{OWN}_{number}"
        if slot.link == "OBJECT" and slot.material is not None and slot.material != body[MATERIAL]:
            body[key] = slot.material
        elif slot.link == "DATA" and key in body:
            del body[key]
        slot.link = "OBJECT"
        slot.material = body[MATERIAL]


def hide_texture(body: bpy.types.Object) -> None:
    """Show the materials that a body has without its photo texture, which stays at hand."""
    for number, slot in enumerate(body.material_slots):
        if slot.link != "OBJECT" or slot.material != body[MATERIAL]:
            continue
        own = body.get(f"{OWN}_{number}")
        slot.material = own if isinstance(own, bpy.types.Material) else None
        if slot.material is None:
            slot.link = "DATA"


def take_off_texture(body: bpy.types.Object) -> None:
    """Remove a body's photo texture from the file, unless something else uses it; nothing for a body without."""
    if MATERIAL not in body:
        return
    material: Any = body[MATERIAL]
    if isinstance(material, bpy.types.Material):
        hide_texture(body)
    keys = list(body.keys())
    for key in keys:
        if key in (MATERIAL, PHOTOS) or key.startswith(OWN):
            del body[key]
    if not isinstance(material, bpy.types.Material) or material.users:
        return
    images = [node.image for node in _nodes(material) if node.type == "TEX_IMAGE"]
    remove_block(material)
    for image in images:
        if image is not None and image.get(MATERIAL_MARK) == MARK and not image.users:
            remove_block(image)


def _material(name: str, image: bpy.types.Image, created: Created) -> bpy.types.Material:
    material = created.add(bpy.data.materials.new(name))
    material[MATERIAL_MARK] = MARK
    material.roughness = ROUGHNESS
    give_nodes(material)
    tree: Any = material.node_tree
    shader = shader_node(material, "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = ROUGHNESS
    places, picture = tree.nodes.new("ShaderNodeUVMap"), tree.nodes.new("ShaderNodeTexImage")
    places.uv_map = UV_NAME
    places.location, picture.location = (-620, 260), (-360, 300)
    picture.image = image
    tree.links.new(places.outputs["UV"], picture.inputs["Vector"])
    tree.links.new(picture.outputs["Color"], shader.inputs["Base Color"])
    return material


def _nodes(material: bpy.types.Material) -> list[Any]:
    return [] if material.node_tree is None else list(material.node_tree.nodes)
