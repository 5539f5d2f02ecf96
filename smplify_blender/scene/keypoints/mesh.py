# pyright: basic
"""Edited keypoints as an object of loose vertices before the photo's camera, written and read back.

A mesh, because every standard tool then edits points: click and drag, box select, G, R, S, proportional editing, undo. One
vertex a point, one unit of the mesh a pixel of the photo (x right, y = −row); the object's scale and place put it onto the plate.
What belongs to a point is stored with its vertex, so that Blender's undo in edit mode covers all of it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

from ...keypoints.edited import Array, EditedKeypoints
from ...keypoints.names import COUNT
from ...keypoints.sources import MAX_COORDINATE_PX, MAX_PEOPLE, PhotoPeople
from ...result.camera_match import unmatch_camera
from ...result.errors import ResultError
from ..created import Created
from ..photo.camera import scene_camera_facts
from ..stored_values import StoredValues, stored_values

NAME = "SMPLify Keypoints"
PROPERTY = "smplify_keypoints"  # one group on the object; names no path
POINT, PINNED = (
    "smplify_point",
    "smplify_pinned",
)  # whole numbers; a point's row + 1, as new vertices start at 0
ORIGIN_X, ORIGIN_Y, CONFIDENCE = "smplify_origin_x", "smplify_origin_y", "smplify_confidence"
DISTANCE = 1.0  # metres before the camera; any will do, the points are drawn in front of everything
CLIP_MARGIN = 2.0  # times the camera's near clipping
SAME_SCALE = 1e-6  # single precision
SAME_PX = 1e-3  # single precision at 10,000 px
MAX_SIDE = 100_000  # px of a photo


@dataclass(frozen=True)
class EditedPhoto:
    """Whose points an object holds: the photo by its file's name (never a path), size and EXIF orientation; the people of its
    keypoint file, of whom number `people.number` is edited.
    """

    photo_name: str
    size: tuple[int, int]
    orientation: int
    people: PhotoPeople


def is_keypoints(thing: bpy.types.Object | None) -> bool:
    """Return True for an object that holds keypoints that are edited."""
    return thing is not None and thing.type == "MESH" and PROPERTY in thing


def keypoint_objects(scene: bpy.types.Scene, photo_name: str) -> list[bpy.types.Object]:
    """Return the scene's keypoint objects for a photo of this name, in the order of the people."""
    found = [
        thing for thing in scene.objects if is_keypoints(thing) and _group(thing).text("photo") == photo_name
    ]
    return sorted(found, key=number_of)


def number_of(thing: bpy.types.Object) -> int:
    """Return the number in the keypoint file, from 0, of the person that an object holds."""
    return _group(thing).whole("number", highest=MAX_PEOPLE - 1)


def new_keypoints(
    camera: bpy.types.Object, photo: EditedPhoto, keypoints: EditedKeypoints, created: Created
) -> bpy.types.Object:
    """An object with these points, in the camera's collection where that can be changed, not on its plate yet (`put_on_plate`,
    `put_in_sight`).
    """
    mesh = created.add(bpy.data.meshes.new(NAME))
    thing = created.add(bpy.data.objects.new(NAME, mesh))
    thing[PROPERTY] = {
        "photo": photo.photo_name,
        "size": list(photo.size),
        "orientation": photo.orientation,
        "number": photo.people.number,
        "detector": photo.people.detector,
        "people": [float(value) for table in photo.people.people for value in table.ravel()],
    }
    thing.hide_render = thing.show_in_front = True
    locks = cast("Any", thing)
    locks.lock_location = locks.lock_rotation = locks.lock_scale = (True, True, True)
    local = (collection for collection in camera.users_collection if collection.library is None)
    collection = next(local, None)
    if collection is not None:
        collection.objects.link(thing)
    write_keypoints(thing, keypoints)
    return thing


def put_on_plate(thing: bpy.types.Object, camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Set the points before this camera so that each lies on its pixel. Raises `ResultError` for a camera that cannot have
    taken the photo.
    """
    size = stored_photo(thing).size
    focal_px, (centre_x, centre_y) = unmatch_camera(scene_camera_facts(camera, scene), size)
    distance = max(DISTANCE, CLIP_MARGIN * cast("bpy.types.Camera", camera.data).clip_start)
    scale = distance / focal_px  # metres a pixel at that distance
    thing.parent = camera
    thing.matrix_parent_inverse = _without_scale(camera)
    thing.rotation_mode, thing.rotation_euler = "XYZ", (0.0, 0.0, 0.0)
    thing.location = (-centre_x * scale, centre_y * scale, -distance)
    thing.scale = (scale, scale, scale)


def _without_scale(camera: bpy.types.Object) -> Matrix:
    """Return the inverse that leaves a child the camera's place and rotation only, as Blender's cameras themselves have."""
    place = camera.matrix_world
    scales = np.array(place.to_scale())
    if scales.all() and np.abs(scales - 1.0).max() > SAME_SCALE:
        return place.inverted() @ place.normalized()
    return Matrix.Identity(4)


def put_in_sight(thing: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer) -> None:
    """Have the points in the view layer, whatever is hidden or excluded there: the camera's collection may be."""
    view_layer.update()
    thing.hide_viewport = False
    if thing.name in view_layer.objects:
        thing.hide_set(False, view_layer=view_layer)
    if thing.name not in view_layer.objects or not thing.visible_get(view_layer=view_layer):
        scene.collection.objects.link(thing)
        view_layer.update()
        thing.hide_set(False, view_layer=view_layer)


def stored_photo(thing: bpy.types.Object) -> EditedPhoto:
    """Return the photo that `new_keypoints` kept. Raises `ResultError` where somebody has changed it to something else."""
    group = _group(thing)
    size, values = group.numbers("size", 2), group.numbers("people")
    number, orientation = group.whole("number", -1), group.whole("orientation")
    if not size or len(values) % (COUNT * 3) or not all(1 <= side <= MAX_SIDE for side in size):
        raise _damaged(thing)
    people = np.array(values, dtype=np.float64).reshape(-1, COUNT, 3)
    sound = float(np.abs(people).max(initial=0.0)) <= MAX_COORDINATE_PX and 1 <= orientation <= 8
    if not sound or not 0 <= number < len(people) <= MAX_PEOPLE:
        raise _damaged(thing)
    found = PhotoPeople(tuple(people), number, group.text("detector"))
    return EditedPhoto(group.text("photo"), (int(size[0]), int(size[1])), orientation, found)


def read_keypoints(thing: bpy.types.Object) -> EditedKeypoints:
    """The points as they are now, also in the middle of edit mode. Raises `ResultError` for a damaged object."""
    base = stored_photo(thing).people.chosen
    points, origin, confidence = base.points.copy(), base.origin.copy(), base.confidence.copy()
    present, pinned = np.zeros(COUNT, dtype=bool), np.zeros(COUNT, dtype=bool)
    with _opened(thing, write=False) as (_, layers, vertices):
        for row, vertex in vertices.items():
            points[row] = _pixel(thing, vertex)
            origin[row] = vertex[layers[ORIGIN_X]], vertex[layers[ORIGIN_Y]]
            confidence[row] = vertex[layers[CONFIDENCE]]
            present[row], pinned[row] = True, vertex[layers[PINNED]] > 0
    if not (np.isfinite(points).all() and np.isfinite(origin).all() and np.isfinite(confidence).all()):
        raise _damaged(thing)
    return EditedKeypoints(points, origin, np.clip(confidence, 0.0, 1.0), present, pinned)


def write_keypoints(thing: bpy.types.Object, keypoints: EditedKeypoints) -> None:
    """Make the object hold these points: vertices of absent ones and strays go, the selection of the others stays."""
    with _opened(thing, write=True) as (mesh, layers, vertices):
        kept = {vertices[row] for row in vertices if keypoints.present[row]}
        for vertex in [vertex for vertex in mesh.verts if vertex not in kept]:
            mesh.verts.remove(vertex)
        for row in (int(row) for row in np.flatnonzero(keypoints.present)):
            place = tuple(float(value) for value in keypoints.points[row])
            vertex = vertices[row] if row in vertices else _new_vertex(mesh)
            if np.abs(_pixel(thing, vertex) - place).max() > SAME_PX:
                vertex.co = (place[0], -place[1], 0.0)
            vertex[layers[POINT]], vertex[layers[PINNED]] = row + 1, int(keypoints.pinned[row])
            vertex[layers[ORIGIN_X]], vertex[layers[ORIGIN_Y]] = map(float, keypoints.origin[row])
            vertex[layers[CONFIDENCE]] = float(keypoints.confidence[row])


def _new_vertex(mesh: Any) -> Any:
    vertex = mesh.verts.new((0.0, 0.0, 0.0))
    vertex.select_set(False)
    return vertex


def selected_rows(thing: bpy.types.Object) -> tuple[int, ...]:
    """Return the rows of the selected points."""
    with _opened(thing, write=False) as (_, _layers, vertices):
        return tuple(row for row, vertex in sorted(vertices.items()) if vertex.select)


def select_rows(thing: bpy.types.Object, rows: tuple[int, ...]) -> None:
    """Select these points and no others."""
    with _opened(thing, write=True) as (mesh, _, vertices):
        for row, vertex in vertices.items():
            vertex.select_set(row in rows)
        mesh.select_flush_mode()


def _group(thing: bpy.types.Object) -> StoredValues:
    return stored_values(thing, PROPERTY)


def _damaged(thing: bpy.types.Object) -> ResultError:
    return ResultError(
        f"“{thing.name}” no longer holds keypoints that can be read. Discard it and edit anew."
    )


def _pixel(thing: bpy.types.Object, vertex: Any) -> Array:
    """Return the pixel at which the camera sees a vertex, also one that was moved out of the plate's plane."""
    x, y, z = vertex.co
    scale, (place_x, place_y, place_z) = thing.scale[0], thing.location
    depth = -(place_z + scale * z)  # of the camera's plane, metres; the plate's own is −place_z
    if depth <= 0:
        return np.array((x, -y), dtype=np.float64)
    stretch = -place_z / depth if place_z < 0 else 1.0
    centre_x, centre_y = -place_x / scale, place_y / scale
    return np.array((centre_x + (x - centre_x) * stretch, centre_y - (y + centre_y) * stretch))


@contextmanager
def _opened(thing: bpy.types.Object, *, write: bool) -> Generator[tuple[Any, dict[str, Any], dict[int, Any]]]:
    """The mesh as a BMesh, its layers by name, and its vertices by row; the first of several with one row counts."""
    data = cast("bpy.types.Mesh", thing.data)
    editing = data.is_editmode
    mesh: Any = bmesh.from_edit_mesh(data) if editing else bmesh.new()
    try:
        if not editing:
            mesh.from_mesh(data)
        layers = {name: _layer(mesh.verts.layers.int, name) for name in (POINT, PINNED)}
        layers |= {name: _layer(mesh.verts.layers.float, name) for name in (ORIGIN_X, ORIGIN_Y, CONFIDENCE)}
        vertices: dict[int, Any] = {}
        for vertex in mesh.verts:
            row = vertex[layers[POINT]] - 1
            if 0 <= row < COUNT:
                vertices.setdefault(row, vertex)
        yield mesh, layers, vertices
        if write and editing:
            bmesh.update_edit_mesh(data, loop_triangles=False, destructive=True)
        elif write:
            mesh.to_mesh(data)
            data.update()
    finally:
        if not editing:
            mesh.free()


def _layer(layers: Any, name: str) -> Any:
    found = layers.get(name)
    return layers.new(name) if found is None else found
