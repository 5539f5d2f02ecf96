# pyright: basic
"""Figures and the camera before them in, the pixels of the photo that show them out, and its light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
import numpy as np

from ...result.colours import linear_from_srgb
from ...result.photo_projection import PhotoProjection, projection_from_clip
from ...result.rotations import Array
from ..figure.mesh import group_weights
from ..photo.plate import scaled_pixels, size_px
from .photo_light import Names, PhotoLight, SeenSurface, estimate_light

Flags = np.ndarray[Any, np.dtype[np.bool_]]
LONG_SIDE_PX = 384  # of the photo that is looked at: a pixel is a few centimetres of a person
CELLS = 96  # of the coarse depth picture, across the people
HIDDEN_BEHIND = 0.03  # of the people's depth in the picture: farther than that behind the nearest is hidden
FACING = 0.2  # least cosine between a normal and the ray to the camera


def linear_photo(image: bpy.types.Image) -> Array:
    """Return a small copy (H, W, 3) of a photo in linear sRGB, first row on top."""
    width, height = size_px(image)
    share = min(1.0, LONG_SIDE_PX / max(width, height, 1))
    encoded = scaled_pixels(image, max(1, round(width * share)), max(1, round(height * share)))
    return linear_from_srgb(encoded.astype(np.float64))


def light_on(
    bodies: Sequence[bpy.types.Object],
    camera: bpy.types.Object,
    image: bpy.types.Image,
    depsgraph: bpy.types.Depsgraph,
) -> PhotoLight:
    """Return the light of a photo, by what it shows of the figures' bodies through the camera."""
    photo = linear_photo(image)
    points = np.concatenate([surface_of(body, depsgraph)[0] for body in bodies])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    back = np.array(camera.matrix_world.translation) - middle
    seen = seen_surface(bodies, camera, photo, depsgraph)
    return estimate_light(seen, photo.reshape(-1, 3).mean(axis=0), back)


def seen_surface(
    bodies: Sequence[bpy.types.Object],
    camera: bpy.types.Object,
    photo: Array,
    depsgraph: bpy.types.Depsgraph,
) -> SeenSurface:
    """Return the points of the figures' bodies that the photo (H, W, 3) shows through the camera."""
    found = [surface_of(body, depsgraph) for body in bodies]
    points, normals = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    parts = np.concatenate([_parts(body, len(own)) for body, (own, _) in zip(bodies, found, strict=True)])
    projection = photo_projection(camera, (photo.shape[1], photo.shape[0]), depsgraph)
    pixels, depths = projection.project(points)
    seen = (depths > 0) & (np.einsum("nx,nx->n", normals, projection.rays(points)) > FACING)
    seen &= ((pixels >= 0) & (pixels < (photo.shape[1], photo.shape[0]))).all(axis=1)
    seen[seen] = _nearest(pixels[seen], depths[seen])
    columns, rows = pixels[seen].astype(np.int64).T
    return SeenSurface(photo[rows, columns], normals[seen], parts[seen])


def surface_of(body: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> tuple[Array, Array]:
    """Return the vertices (V, 3) and unit normals (V, 3), in the world, of a body as Blender shows it."""
    evaluated = body.evaluated_get(depsgraph)
    mesh: Any = evaluated.to_mesh()
    try:
        flat = np.empty((2, len(mesh.vertices) * 3), dtype=np.float32)
        mesh.vertices.foreach_get("co", flat[0])
        mesh.vertices.foreach_get("normal", flat[1])
    finally:
        evaluated.to_mesh_clear()
    points, normals = flat.reshape(2, -1, 3).astype(np.float64)
    matrix = np.array(evaluated.matrix_world, dtype=np.float64)
    normals = normals @ np.linalg.inv(matrix[:3, :3])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return points @ matrix[:3, :3].T + matrix[:3, 3], normals


def _parts(body: bpy.types.Object, count: int) -> Names:
    """Return the part of the body that each of `count` vertices belongs to, left and right as one.

    What a modifier of the user's has added, at the end, belongs to none.
    """
    names = np.array([*(_part(group.name) for group in body.vertex_groups), ""])
    weights = group_weights(body)
    strongest = weights.argmax(axis=1) if weights.shape[1] else np.zeros(len(weights), dtype=np.int64)
    return names[np.append(strongest, np.full(count, -1))[:count]]


def _part(bone: str) -> str:
    is_finger = bone.startswith(("f_", "thumb"))
    limb = bone.removesuffix(".L").removesuffix(".R").partition(".twist.")[0]
    return "hand" if is_finger else limb


def photo_projection(
    camera: bpy.types.Object, size: tuple[int, int], depsgraph: bpy.types.Depsgraph
) -> PhotoProjection:
    """Return a camera as the map from the world to the pixels of a photo of that size (width, height)."""
    width, height = size
    clip = cast("Any", camera).calc_matrix_camera(depsgraph, x=width, y=height)
    place = np.array(camera.matrix_world.normalized(), dtype=np.float64)
    return projection_from_clip(np.array(clip, dtype=np.float64), place, size)


def _nearest(pixels: Array, depths: Array) -> Flags:
    """Return which points (N,) nothing of the figures hides, by a coarse picture of the nearest depths."""
    if not len(pixels):
        return np.zeros(0, dtype=bool)
    cell = max(float(np.ptp(pixels, axis=0).max()) / CELLS, 1e-9)
    columns, rows = ((pixels - pixels.min(axis=0)) / cell).astype(np.int64).T
    flat = rows * (CELLS + 1) + columns
    nearest = np.full((CELLS + 1) ** 2, np.inf)
    np.minimum.at(nearest, flat, depths)
    near: Flags = depths <= nearest[flat] + HIDDEN_BEHIND * float(np.median(depths))
    return near
