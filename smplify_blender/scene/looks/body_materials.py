# pyright: basic
"""Skin, lips, nails, mouth, tongue and eyes of a body as material slots, the faces that they are on, and the eyes' own UVs."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np

from ...result.result_folder import Array, Body
from ..created import Created
from ..figure.material import MARK, marked_material, new_plain_material, shader_node, skin_material
from .eye_image import HALF_SIDE_IRISES, eye_image

TABLE = Path(__file__).with_name("open_body_faces.json")
EYE_UV_NAME = "Eyes"
EYE_JOINTS = ("left_eye", "right_eye")
EYE_SHARE = 0.5  # of a vertex's weight
IRIS_METRES = 0.0059  # radius; people's differ by a tenth
# Linear sRGB and roughness: no brand of skin, plain enough for any light.
PARTS: dict[str, tuple[tuple[float, float, float], float]] = {
    "lips": ((0.47, 0.20, 0.17), 0.4),
    "nails": ((0.68, 0.47, 0.40), 0.25),
    "mouth": ((0.20, 0.045, 0.04), 0.35),
    "tongue": ((0.42, 0.14, 0.13), 0.35),
}
EYE_ROUGHNESS = 0.08


def add_materials(mesh: bpy.types.Mesh, body: Body, created: Created) -> None:
    """Give a new mesh of a body a slot for each part that its surface tells apart: skin, and what else there is."""
    mesh.materials.append(skin_material(created))
    for name in _parts_of(body):
        mesh.materials.append(_part_material(name, created))
    mark_parts(mesh, body)


def mark_parts(mesh: bpy.types.Mesh, body: Body) -> None:
    """Set the slot of every face, and the eyes' UVs, on a mesh with the faces of a body and the slots of `add_materials`."""
    slots = np.zeros(len(body.faces.sizes), dtype=np.int32)
    for slot, faces in enumerate(_parts_of(body).values(), 1):
        slots[faces] = slot
    mesh.polygons.foreach_set("material_index", slots)
    eyes = _eye_vertices(body)
    if not eyes or EYE_UV_NAME in mesh.uv_layers:
        return
    layer: Any = mesh.uv_layers.new(name=EYE_UV_NAME)
    layer.uv.foreach_set("vector", _eye_uv(body, eyes)[body.faces.corners].astype(np.float32).ravel())
    mesh.uv_layers.active_index = 0
    mesh.uv_layers[0].active_render = True


def put_eyes_into_first_uvs(mesh: bpy.types.Mesh) -> None:
    """Give faces with the eyes' material the UVs of their picture in the first layer, too.

    For files that do not say which layer a picture is for, such as FBX.
    """
    slots = [
        slot
        for slot, material in enumerate(mesh.materials)
        if material is not None and material.get(MARK) == "eyes"
    ]
    eyes = mesh.uv_layers.get(EYE_UV_NAME)
    if not slots or eyes is None:
        return
    sizes, found = (np.empty(len(mesh.polygons), dtype=np.int32) for _ in range(2))
    mesh.polygons.foreach_get("loop_total", sizes)
    mesh.polygons.foreach_get("material_index", found)
    corners = np.repeat(np.isin(found, slots), sizes)
    first, own = (np.empty(2 * len(mesh.loops), dtype=np.float32) for _ in range(2))
    mesh.uv_layers[0].uv.foreach_get("vector", first)
    eyes.uv.foreach_get("vector", own)
    mesh.uv_layers[0].uv.foreach_set("vector", np.where(np.repeat(corners, 2), own, first))


def _parts_of(body: Body) -> dict[str, Array]:
    """Return the indices of the faces of each part besides the skin; empty for a surface that nobody knows and without eyes."""
    found = dict(_known_faces(_corners_hash(body)))
    eyes = _eye_vertices(body)
    if eyes:
        inside = np.zeros(len(body.v_template), dtype=np.int64)
        inside[np.concatenate(list(eyes.values()))] = 1
        starts = body.faces.starts
        found["eyes"] = np.flatnonzero(np.minimum.reduceat(inside[body.faces.corners], starts))
    return {name: faces for name, faces in found.items() if len(faces)}


def _corners_hash(body: Body) -> str:
    return hashlib.sha256(body.faces.corners.astype("<i4").tobytes()).hexdigest()


@lru_cache(maxsize=4)
def _known_faces(corners_sha256: str) -> dict[str, Array]:
    """Return the parts of the open body's surface; nothing for another one."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    if corners_sha256 != table["corners_sha256"]:
        return {}
    runs = cast("dict[str, list[list[int]]]", table["faces"])
    return {
        name: np.concatenate([np.arange(first, first + count) for first, count in runs[name]])
        for name in PARTS
    }


def _eye_vertices(body: Body) -> dict[int, Array]:
    """Return the vertices of each eyeball by the joint that turns it."""
    joints = [index for index, name in enumerate(body.joint_names) if name in EYE_JOINTS]
    found = {joint: np.flatnonzero(body.weights[:, joint] > EYE_SHARE) for joint in joints}
    return {joint: vertices for joint, vertices in found.items() if len(vertices)}


def _eye_uv(body: Body, eyes: dict[int, Array]) -> Array:
    """Return UVs (V, 2): the angle from straight ahead, and its direction, about the middle of the picture.

    At rest an eye looks along the body's +z. What is no eye lies in the white of the picture's corner.
    """
    uv: Array = np.zeros((len(body.v_template), 2))
    for joint, vertices in eyes.items():
        offset = body.v_template[vertices].astype(np.float64) - body.joints_template[joint]
        across = np.linalg.norm(offset[:, :2], axis=1)
        angle = np.arctan2(across, offset[:, 2])
        direction = offset[:, :2] / np.maximum(across, 1e-9)[:, None]
        iris = np.arcsin(min(1.0, IRIS_METRES / max(float(np.linalg.norm(offset, axis=1).mean()), 1e-9)))
        uv[vertices] = 0.5 + 0.5 * (angle / (HALF_SIDE_IRISES * iris))[:, None] * direction
    return uv


def _part_material(name: str, created: Created) -> bpy.types.Material:
    """The file's material of a part; made by the first figure, used again by the next ones."""
    found = marked_material(name)
    if found is not None:
        return found
    colour, roughness = PARTS.get(name, ((0.8, 0.8, 0.8), EYE_ROUGHNESS))
    material = new_plain_material(name, f"SMPLify {name}", (*colour, 1.0), roughness, created)
    if name == "eyes":
        _show_eye_image(material, shader_node(material, "BSDF_PRINCIPLED"), created)
    return material


def _show_eye_image(material: bpy.types.Material, shader: Any, created: Created) -> None:
    tree: Any = material.node_tree
    places, picture = tree.nodes.new("ShaderNodeUVMap"), tree.nodes.new("ShaderNodeTexImage")
    places.uv_map = EYE_UV_NAME
    places.location, picture.location = (-620, 260), (-360, 300)
    picture.image, picture.extension = eye_image(created), "EXTEND"
    tree.links.new(places.outputs["UV"], picture.inputs["Vector"])
    tree.links.new(picture.outputs["Color"], shader.inputs["Base Color"])
