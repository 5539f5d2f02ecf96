# pyright: basic
"""Brows, lashes, teeth and gums of the open body: one mesh that follows its shape, its expression and its pose.

A vertex is a sum of some of the body's vertices and an offset (tools/build_face_parts). Brows and lashes go along with the skin
in every shape key, and lashes turn with the lid where the face moves. Teeth and gums go along in the shape components; otherwise
they are rigid, the upper ones with the head and the lower ones with the jaw, which the face actions of the jaw move as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np

from ...result.rotations import Array
from ..created import Created, all_or_nothing
from ..figure.bone_joints import bones_by_joint
from ..figure.figure_body import FigureAsMade, figure_as_made, stored_joint_names
from ..figure.lookup import GARMENT_MARK, body_of, garments_of, remove_garments
from ..figure.material import marked_material, new_plain_material
from ..figure.mesh import coordinates, group_weights
from ..figure.shape_keys import shape_keys_of
from ..figure.update_mesh import to_armature
from .lash_turns import turned_with_lids
from .worn import follow_key, new_worn, renew_mesh, weigh

FILE = Path(__file__).with_name("open_body_face_parts.npz")
NAME = "face"
SKIN, SKULL, JAW = range(3)  # carriers, as the file numbers them
JAW_ACTIONS = "jaw"  # begin the names of the face actions that move the jaw
HAIR_VERTICES = 8  # of a lash
LEAST_MOVE_METRES = 5e-5  # of a vertex by a shape key; below, the key is left out
# Linear sRGB and roughness, by the file's names of looks.
LOOKS: dict[str, tuple[tuple[float, float, float], float]] = {
    "brows": ((0.030, 0.018, 0.011), 0.6),
    "lashes": ((0.012, 0.008, 0.006), 0.5),
    "teeth": ((0.74, 0.68, 0.56), 0.2),
    "gums": ((0.42, 0.13, 0.12), 0.35),
}


@dataclass(frozen=True)
class FaceParts:
    """The file's N vertices and F faces: vertex n is Σ shares[n] · body[anchors[n]] + offsets[n], metres in the body frame."""

    corners_sha256: str
    looks: tuple[str, ...]
    quads: Array
    look_of_face: Array
    anchors: Array
    shares: Array
    offsets: Array
    carriers: Array

    def mean(self, values: Array) -> Array:
        """Return what the body's `values` (V, K) come to at the vertices (N, K)."""
        found: Array = np.zeros((len(self.anchors), values.shape[1]))
        for anchors, shares in zip(self.anchors.T, self.shares.T, strict=True):
            found += shares[:, None] * values[anchors]
        return found

    def vertices_of(self, look: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the vertices (H, K) of a look's H hairs, the root's first: each hair is bound to the skin by itself."""
        found = np.unique(self.quads[self.look_of_face == self.looks.index(look)]).astype(np.int64)
        return found.reshape(-1, HAIR_VERTICES)


@lru_cache(maxsize=1)
def shipped_parts() -> FaceParts:
    """Return the parts that come with the add-on."""
    with np.load(FILE, allow_pickle=False) as file:
        return FaceParts(
            str(file["corners_sha256"]),
            tuple(str(look) for look in file["looks"]),
            file["quads"].astype(np.int32),
            file["look_of_face"].astype(np.int32),
            file["anchors"].astype(np.int64),
            file["shares"].astype(np.float64),
            file["offsets"].astype(np.float64),
            file["carriers"].astype(np.int64),
        )


def face_parts_of(armature: bpy.types.Object) -> bpy.types.Object | None:
    """Return the mesh object of a figure's face parts; None for a figure without."""
    worn = (thing for thing in garments_of(armature) if cast("Any", thing.data)[GARMENT_MARK] == NAME)
    return next(worn, None)


def reason_against_face_parts(armature: bpy.types.Object | None) -> str:
    """Return why a figure cannot be given brows, lashes and teeth; empty if it can."""
    if armature is None:
        return "There is no figure: fit a photo first"
    if face_parts_of(armature) is not None:
        return "The figure has brows, lashes and teeth"
    body = body_of(armature)
    names = bones_by_joint(armature)
    if body is None or "head" not in names or "jaw" not in names or not _fits(body):
        return "Brows, lashes and teeth are made for the open body: this figure has another"
    return ""


def add_face_parts(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bpy.types.Object:
    """Give a figure of the open body brows, lashes, teeth and gums, all or nothing.

    Raises `FigureChangedError` where its body was changed too much.
    """
    view_layer.update()
    made = figure_as_made(armature, view_layer)
    with all_or_nothing(view_layer) as created:
        mesh = created.add(bpy.data.meshes.new(f"{armature.name} {NAME}"))
        for look in shipped_parts().looks:
            mesh.materials.append(_material(look, created))
        thing = new_worn(made, mesh, created)
        _fill(thing, made)
        return thing


def remake_face_parts(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Fit the face parts that a figure has to another body; a body that they are not made for loses them."""
    thing, body = face_parts_of(armature), body_of(armature)
    if thing is None or body is None:
        return
    if not _fits(body):
        remove_face_parts(armature)
        return
    view_layer.update()
    renew_mesh(thing, partial(_fill, thing, figure_as_made(armature, view_layer)))


def remove_face_parts(armature: bpy.types.Object) -> None:
    """Remove the face parts that a figure was given; nothing for a figure without."""
    thing = face_parts_of(armature)
    if thing is not None:
        remove_garments([thing])


def _fits(body: bpy.types.Object) -> bool:
    mesh = cast("bpy.types.Mesh", body.data)
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    return hashlib.sha256(corners.astype("<i4").tobytes()).hexdigest() == shipped_parts().corners_sha256


def _fill(thing: bpy.types.Object, made: FigureAsMade) -> None:
    """Give an object with an empty mesh the parts' faces, weights and shape keys."""
    parts, body = shipped_parts(), cast("Any", made.mesh.data)
    mesh = cast("bpy.types.Mesh", thing.data)
    keys = body.shape_keys.key_blocks if body.shape_keys is not None else []
    into_mesh = np.linalg.inv(to_armature(made))
    offsets = made.placement.armature_directions(parts.offsets) @ into_mesh[:3, :3].T
    own = parts.mean(coordinates(keys[0].points if keys else body.vertices)) + offsets
    mesh[GARMENT_MARK] = NAME
    mesh.vertices.add(len(own))
    mesh.vertices.foreach_set("co", own.astype(np.float32).ravel())
    mesh.loops.add(parts.quads.size)
    mesh.loops.foreach_set("vertex_index", parts.quads.ravel())
    mesh.polygons.add(len(parts.quads))
    mesh.polygons.foreach_set("loop_start", np.arange(0, parts.quads.size, 4, dtype=np.int32))
    mesh.polygons.foreach_set("material_index", parts.look_of_face)
    mesh.update(calc_edges=True)
    mesh.shade_smooth()
    _weigh(thing, made)
    shapes = {key.name for key in shape_keys_of(body)}
    lashes, eyes = parts.vertices_of("lashes"), _eyes(made) @ into_mesh[:3, :3].T + into_mesh[:3, 3]
    for key in keys[1:]:
        shift = parts.mean(coordinates(key.points) - coordinates(key.relative_key.points))
        if key.name not in shapes:
            still = parts.carriers == SKULL
            if not key.name.startswith(JAW_ACTIONS):
                still |= parts.carriers == JAW
            shift[still] = 0.0
            turned = turned_with_lids(own[lashes], shift[lashes[:, 0]], eyes)
            shift[lashes.ravel()] = turned.reshape(-1, 3)
        if np.abs(shift).max() > LEAST_MOVE_METRES * made.placement.scale:
            follow_key(thing, key, body.shape_keys, own + shift)


def _eyes(made: FigureAsMade) -> Array:
    """Return the middles of the eyes (2, 3) of the mean shape in the armature's frame."""
    joints = np.array(made.source.numbers("joints_template")).reshape(-1, 3)
    names = stored_joint_names(made.source)
    return made.placement.armature_points(joints[[names.index("left_eye"), names.index("right_eye")]])


def _weigh(thing: bpy.types.Object, made: FigureAsMade) -> None:
    """Weigh brows and lashes as the skin under them, teeth and gums by the head and the jaw."""
    parts, names = shipped_parts(), bones_by_joint(made.armature)
    groups = [group.name for group in made.mesh.vertex_groups]
    weights = parts.mean(group_weights(made.mesh))
    for carrier, joint in ((SKULL, "head"), (JAW, "jaw")):
        weights[parts.carriers == carrier] = [name == names[joint] for name in groups]
    weigh(thing, weights, groups)


def _material(look: str, created: Created) -> bpy.types.Material:
    colour, roughness = LOOKS[look]
    return marked_material(look) or new_plain_material(
        look, f"SMPLify {look}", (*colour, 1.0), roughness, created
    )
