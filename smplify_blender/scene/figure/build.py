# pyright: basic
"""A checked result in, its figures, camera and photo in the scene out: new ones in a new collection, or those that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import bpy
import numpy as np

from ...result.camera_match import match_camera
from ...result.figure_names import figure_collection_name, figure_name, number_in, photo_file_name, photo_part
from ...result.figure_pose import FigurePlacement, figure_pose, place_figure
from ...result.rest_bones import rest_bones
from ...result.result_folder import Body, Person, PhotoCamera, ResultFolder
from ...result.rotations import Array
from ...result.shaped_body import shaped_body
from ...result.standing import Standing
from ..collection import new_collection
from ..created import Created, all_or_nothing
from ..looks.body_materials import add_materials
from ..photo.camera import new_camera, place_camera, set_lens, set_scene_camera
from ..photo.camera_site import CAMERA_PROPERTY, CameraSite
from ..photo.plate import photo_plate
from ..placing.beside import Footprint
from ..placing.figures_place import FiguresPlace, figures_place
from .armature import new_armature
from .figure_body import FigureAsMade
from .fitted_action import key_pose
from .hinges import add_joint_limits
from .mesh import new_body_mesh
from .pose import KEY_FRAME, set_pose
from .shape_keys import add_shape_keys
from .stored_source import store_source
from .update import NewSolution, update_figure

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
    """The objects of a photo in the scene. `world_from_camera` (4, 4) is the photo's rigid transform, metres scaled to units.

    `shown_frame` is the frame at which the fitted pose is keyed. `notes` are sentences on figures that were there before.
    """

    collection: bpy.types.Collection
    figures: tuple[Figure, ...]
    camera: bpy.types.Object
    plate: bpy.types.Image | None
    world_from_camera: Array
    photo_camera: PhotoCamera
    units_per_metre: float = 1.0
    shown_frame: int = KEY_FRAME
    notes: tuple[str, ...] = ()
    shares_floor: bool = False


@dataclass(frozen=True)
class FigureNames:
    """The names of a figure and of its own collection."""

    figure: str
    collection: str


@dataclass(frozen=True)
class BuildPlan:
    """The manner in which the people of a result come into a scene.

    `site` is a camera that is there already; `existing` are the figures, by file name, that are given the new solution in place;
    `name` is the photo's, empty for the folder's; `numbers` are those of the people in the photo, by file name; `frame` that of
    new keys; `occupied` the ground that figures of other photos cover. `moves`: existing figures go before another camera.
    """

    set_camera: bool = True
    site: CameraSite | None = None
    existing: Mapping[str, FigureAsMade] = field(default_factory=dict[str, FigureAsMade])
    name: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    frame: int = KEY_FRAME
    occupied: Sequence[Footprint] = ()
    moves: bool = False

    def named(self, result: ResultFolder, person: Person) -> FigureNames:
        """Return the names of a person's figure."""
        number = self.numbers.get(person.file_name, number_in(person.file_name))
        photo = self.name or result.name
        return FigureNames(figure_name(photo, number), figure_collection_name(photo, number))


def build_result(
    result: ResultFolder,
    people: Sequence[Person],
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    set_camera: bool,
    site: CameraSite | None = None,
) -> BuiltResult:
    """Build `people` of `result`, the camera and the photo, with the names of the folder; see `bring_in`."""
    return bring_in(result, people, scene, view_layer, BuildPlan(set_camera, site))


def bring_in(
    result: ResultFolder,
    people: Sequence[Person],
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    plan: BuildPlan,
) -> BuiltResult:
    """Build the figures of `people`, the camera and the photo in a new collection of `scene`, all or nothing.

    Each figure gets a collection of its own in that one. `view_layer` has to be the context's, in object mode. With
    `set_camera` the scene also renders through the camera at the photo's size; nothing else that was in the file changes.
    With a site the figures join a camera that is there already and stand before it; no camera is made.
    """
    site = plan.site
    place = figures_place(result, site, scene, plan.occupied)
    new = [person for person in people if person.file_name not in plan.existing]
    with all_or_nothing(view_layer) as created:
        plate = None
        if result.photo is not None and (site is None or site.shows_photo):
            camera = result.camera
            name = photo_file_name(plan.name, result.photo) if plan.name else ""
            plate = photo_plate(result.photo, camera.photo_orientation, camera.image_size, created, name)
        collection = None if site is None else site.collection
        if collection is None:
            collection = new_collection(scene.collection, photo_part(plan.name or result.name), created)
        target = FigureTarget(collection, view_layer, created)
        built = {
            person.file_name: posed_figure(
                result.body_of(person), person, place, target, plan.named(result, person)
            )[0]
            for person in new
        }
        for figure in built.values():
            created.add(key_pose(figure.armature, f"{figure.armature.name} pose", plan.frame))
        camera_object = _camera(result, plan, place, plate, target)
    notes: list[str] = []
    for person in people:
        if person.file_name in plan.existing:
            built[person.file_name] = _update(result.body_of(person), person, place, plan, view_layer, notes)
    figures = tuple(built[person.file_name] for person in people)
    _settle_camera(result, scene, plan, place, camera_object)
    if camera_object is not None:
        for figure in figures:
            figure.armature[CAMERA_PROPERTY] = camera_object
    return BuiltResult(
        collection,
        figures,
        cast("bpy.types.Object", camera_object),
        plate,
        place.world_from_camera,
        result.camera,
        place.units_per_metre,
        plan.frame,
        tuple(notes),
        place.shares_floor,
    )


def _camera(
    result: ResultFolder,
    plan: BuildPlan,
    place: FiguresPlace,
    plate: bpy.types.Image | None,
    target: FigureTarget,
) -> bpy.types.Object | None:
    """Return the site's camera, else a new one; None where the user has deleted it and none is wanted."""
    site = plan.site
    if site is not None and (site.camera is not None or not site.makes_camera):
        return site.camera
    lens, placed = match_camera(result.camera), place.world_from_camera
    return new_camera(lens, placed, plate, target.collection, target.created, place.units_per_metre)


def _settle_camera(
    result: ResultFolder,
    scene: bpy.types.Scene,
    plan: BuildPlan,
    place: FiguresPlace,
    camera: bpy.types.Object | None,
) -> None:
    if camera is None:
        return
    site, lens = plan.site, match_camera(result.camera)
    if site is not None and site.may_move:
        place_camera(camera, place.world_from_camera)
    if site is not None and site.takes_lens:
        set_lens(camera, lens)
    if plan.set_camera:
        set_scene_camera(scene, camera, lens.resolution)


def _update(
    body: Body,
    person: Person,
    place: FiguresPlace,
    plan: BuildPlan,
    view_layer: bpy.types.ViewLayer,
    notes: list[str],
) -> Figure:
    made = plan.existing[person.file_name]
    solution = NewSolution(body, person, place, plan.frame, plan.moves)
    standing, said = update_figure(made, solution, view_layer)
    notes += [f"{made.armature.name}: {text}" for text in said]
    return Figure(person, made.armature, made.mesh, standing)


@dataclass(frozen=True)
class FigureTarget:
    """The scene, view layer and collection in which a figure is made."""

    collection: bpy.types.Collection  # gets a collection of the figure's own
    view_layer: bpy.types.ViewLayer
    created: Created


def posed_figure(
    body: Body, person: Person, place: FiguresPlace, target: FigureTarget, names: FigureNames
) -> tuple[Figure, FigurePlacement]:
    """Build a figure in its pose without keys; return it and where its armature stands."""
    collection = new_collection(target.collection, names.collection, target.created)
    shaped = shaped_body(body, person)
    standing = place.standing(person, shaped, cast("bpy.types.Scene", target.view_layer.id_data))
    placement = place_figure(person, shaped, place.world_from_camera, standing.scale, place.ground)
    mesh_object = new_body_mesh(body, placement, f"{names.figure} body", target.created)
    add_materials(cast("bpy.types.Mesh", mesh_object.data), body, target.created)
    add_shape_keys(mesh_object, body, person, placement)
    collection.objects.link(mesh_object)
    armature_object = new_armature(
        rest_bones(body, shaped), placement, names.figure, collection, target.view_layer, target.created
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
