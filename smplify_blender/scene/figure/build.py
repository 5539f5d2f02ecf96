# pyright: basic
"""A checked result in, one new collection with figures, camera and photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import bpy
import numpy as np

from ...result.camera_match import match_camera
from ...result.figure_pose import FigurePlacement, figure_pose, place_figure
from ...result.rest_bones import rest_bones
from ...result.result_folder import Body, Person, PhotoCamera, ResultFolder
from ...result.rotations import Array
from ...result.shaped_body import shaped_body
from ...result.standing import Standing
from ..collection import new_collection
from ..created import Created, all_or_nothing
from ..photo.camera import new_camera, place_camera, set_lens, set_scene_camera
from ..photo.camera_site import CAMERA_PROPERTY, CameraSite
from ..photo.plate import photo_plate
from ..placing.figures_place import FiguresPlace, figures_place
from .armature import new_armature
from .hinges import add_joint_limits
from .material import skin_material
from .mesh import new_body_mesh
from .pose import KEY_FRAME, key_pose, set_pose
from .shape_keys import add_shape_keys
from .stored_source import store_source

ARMATURE_MODIFIER = "Armature"


@dataclass(frozen=True)
class Figure:
    """One person in the scene; `standing` says how large and on what floor."""

    person: Person
    armature: bpy.types.Object
    mesh: bpy.types.Object
    standing: Standing


@dataclass(frozen=True)
class BuiltResult:
    """The objects that an import has made. `world_from_camera` (4, 4) is the photo's rigid transform, metres scaled to units."""

    collection: bpy.types.Collection
    figures: tuple[Figure, ...]
    camera: bpy.types.Object
    plate: bpy.types.Image | None
    world_from_camera: Array
    photo_camera: PhotoCamera
    units_per_metre: float = 1.0

    @property
    def shown_frame(self) -> int:
        """The frame at which the fitted pose is keyed."""
        return KEY_FRAME


def build_result(
    result: ResultFolder,
    people: Sequence[Person],
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    set_camera: bool,
    site: CameraSite | None = None,
) -> BuiltResult:
    """Build `people` of `result`, the camera and the photo in a new collection of `scene`, all or nothing.

    Each figure gets a collection of its own in that one. `view_layer` has to be the context's, in object mode. With
    `set_camera` the scene also renders through the camera at the photo's size; nothing else that was in the file changes.
    With `site` the figures join a camera that is there already and stand before it; no camera is made.
    """
    place = figures_place(result, site, scene)
    world_from_camera, lens = place.world_from_camera, match_camera(result.camera)
    with all_or_nothing(view_layer) as created:
        plate = None
        if result.photo is not None and (site is None or site.shows_photo):
            camera = result.camera
            plate = photo_plate(result.photo, camera.photo_orientation, camera.image_size, created)
        collection = None if site is None else site.collection
        if collection is None:
            collection = new_collection(scene.collection, result.name, created)
        figures = tuple(
            _build_figure(result.body, person, place, FigureTarget(collection, view_layer, created))
            for person in people
        )
        camera_object = site.camera if site is not None else None
        if camera_object is None:
            camera_object = new_camera(
                lens, world_from_camera, plate, collection, created, place.units_per_metre
            )
        for figure in figures:
            figure.armature[CAMERA_PROPERTY] = camera_object
    if site is not None and site.may_move:
        place_camera(camera_object, world_from_camera)
    if site is not None and (site.may_move or site.takes_lens):
        set_lens(camera_object, lens)
    if set_camera:
        set_scene_camera(scene, camera_object, lens.resolution)
    return BuiltResult(
        collection, figures, camera_object, plate, world_from_camera, result.camera, place.units_per_metre
    )


@dataclass(frozen=True)
class FigureTarget:
    """The scene, view layer and collection in which a figure is made."""

    collection: bpy.types.Collection  # gets a collection of the figure's own
    view_layer: bpy.types.ViewLayer
    created: Created


def _build_figure(body: Body, person: Person, place: FiguresPlace, target: FigureTarget) -> Figure:
    """A figure in its pose, which is keyed."""
    figure, _ = posed_figure(body, person, place, target)
    target.created.add(key_pose(figure.armature, f"{person.name} pose"))
    return figure


def posed_figure(
    body: Body, person: Person, place: FiguresPlace, target: FigureTarget
) -> tuple[Figure, FigurePlacement]:
    """A figure in its pose without keys, and where its armature stands."""
    collection = new_collection(target.collection, person.name, target.created)
    shaped = shaped_body(body, person)
    standing = place.standing(person, shaped, cast("bpy.types.Scene", target.view_layer.id_data))
    placement = place_figure(person, shaped, place.world_from_camera, standing.scale, place.ground)
    mesh_object = new_body_mesh(
        body, placement, skin_material(target.created), f"{person.name} body", target.created
    )
    add_shape_keys(mesh_object, body, person, placement)
    collection.objects.link(mesh_object)
    armature_object = new_armature(
        rest_bones(body, shaped), placement, person.name, collection, target.view_layer, target.created
    )
    armature = cast("bpy.types.Armature", armature_object.data)
    store_source(armature, body, person, placement, place.units_per_metre)
    mesh_object.parent = armature_object
    modifier = cast("bpy.types.ArmatureModifier", mesh_object.modifiers.new(ARMATURE_MODIFIER, "ARMATURE"))
    modifier.object = armature_object
    add_joint_limits(armature_object)
    set_pose(armature_object, figure_pose(body, person, shaped, placement, place.world_from_camera))
    return Figure(person, armature_object, mesh_object, standing), placement


def evaluated_vertices(figure: Figure, depsgraph: bpy.types.Depsgraph) -> Array:
    """Positions (V, 3) in the world, units of the scene, of the mesh as Blender shows it: shape keys and armature
    applied.
    """
    evaluated = figure.mesh.evaluated_get(depsgraph)
    mesh = cast("bpy.types.Mesh", evaluated.to_mesh())
    try:
        flat = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
        mesh.vertices.foreach_get("co", flat)
    finally:
        evaluated.to_mesh_clear()
    matrix = np.array(evaluated.matrix_world, dtype=np.float64)
    positions: Array = flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    return positions
