# pyright: basic
"""A fit's result folder in, figures out, before the right camera, or in the place of an earlier figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import bpy
import numpy as np

from ...result.camera_match import BlenderLens, match_camera
from ...result.read_report import read_report
from ...result.read_result import read_result
from ...result.result_folder import Person, ResultFolder
from ...result.rotations import Array
from ..figure.build import BuiltResult, Figure, build_result
from ..figure.lookup import body_of, camera_of, remove_figure, store_report, stored_group
from ..photo.camera import has_lens, world_from_camera_of
from ..photo.camera_site import CAMERA_PROPERTY, CameraSite, find_site, scene_camera_site
from .floor import NO_FLOOR, Floor, floor_of, remember_floor

PLACED_TOLERANCE = 1e-4  # of a camera's rotation and, units of the scene, its place


@dataclass(frozen=True)
class FitPlacement:
    """A solution of a fit and the place that it goes to. `take` counts from 0; `token` names the fit in this session.

    `scene_camera` is the user's own, before which the figures stand, on `floor`; else they stand before the photo's. `replaces`
    is the armature of a figure that makes room. `person` is a file's name; empty: everybody in the folder.
    """

    folder: Path
    token: str
    take: int = 0
    scene_camera: bpy.types.Object | None = None
    set_camera: bool = False
    replaces: bpy.types.Object | None = None
    person: str = ""
    floor: Floor = NO_FLOOR


def place_fit(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, placement: FitPlacement
) -> BuiltResult:
    """Build the figures, all or nothing. Raises `ResultError`; `view_layer` has to be the context's, in object mode."""
    result, people = _read(placement)
    # read before anything is built: a damaged summary.json must not leave figures behind
    reports = {
        person.file_name: read_report(placement.folder, person.file_name, person.keypoint_residual_px)
        for person in people
    }
    view_layer.update()  # the cameras' places are asked below
    old = placement.replaces
    site = _site_of(old, scene, result, placement) if old is not None else _site(scene, result, placement)
    set_camera = placement.set_camera and (old is None or site is None or site.camera is None)
    built = build_result(result, people, scene, view_layer, set_camera, site)
    for figure in built.figures:
        store_report(
            figure.armature,
            reports[figure.person.file_name],
            figure.person.file_name,
            placement.token,
            built.world_from_camera,
            figure.standing,
        )
        if site is not None and site.is_users_own:
            remember_floor(figure.armature, site.floor)
    if old is not None:
        _replace(old, built.figures[0])
        view_layer.update()  # it still lists the removed objects, as None
    return built


def _read(placement: FitPlacement) -> tuple[ResultFolder, tuple[Person, ...]]:
    """The folder with the wanted take; a person without that many takes keeps the best one."""
    base = placement.person or "person_00.npz"
    take = base.replace(".npz", f"_take_{placement.take}.npz") if placement.take else None
    result = read_result(placement.folder, take if take and (placement.folder / take).is_file() else None)
    chosen = {base, take} if placement.person else {person.file_name for person in result.people}
    return result, tuple(person for person in result.people if person.file_name in chosen)


def _site(scene: bpy.types.Scene, result: ResultFolder, placement: FitPlacement) -> CameraSite | None:
    if placement.scene_camera is not None:
        return scene_camera_site(placement.scene_camera, placement.floor)
    return find_site(scene, result)


def _site_of(
    old: bpy.types.Object, scene: bpy.types.Scene, result: ResultFolder, placement: FitPlacement
) -> CameraSite | None:
    """Return the place of a figure that is replaced; before the user's own camera that is where the camera is now."""
    parents = [
        parent
        for parent in bpy.data.collections
        for collection in old.users_collection
        if collection in _children(parent)
    ]
    collection = parents[0] if parents else None
    if placement.scene_camera is not None:
        return replace(scene_camera_site(placement.scene_camera, placement.floor), collection=collection)
    camera, floor = camera_of(old), floor_of(old)
    if camera is None:
        return None
    if floor is not None and not placement.person:  # refitted with a camera of the photo's own
        return _site(scene, result, placement)
    stored = stored_group(old).numbers("world_from_camera", 16)
    site = CameraSite(
        camera=camera,
        collection=collection,
        world_from_camera=np.array(stored).reshape(4, 4) if stored else world_from_camera_of(camera),
        shows_photo=False,
        is_users_own=floor is not None,
        floor=floor or NO_FLOOR,
    )
    if floor is not None:
        return site
    if placement.person and _may_move_for(old, camera, site.world_from_camera):
        return replace(site, may_move=True)
    return _with_lens(site, camera, old, match_camera(result.camera))


def _may_move_for(old: bpy.types.Object, camera: bpy.types.Object, put: Array) -> bool:
    """Return True if the photo's camera is where it was put, for this figure alone.

    It then moves so that another take, too, stands on the floor.
    """
    if camera.library is not None or camera.parent is not None or camera.animation_data or camera.constraints:
        return False
    others = any(thing.get(CAMERA_PROPERTY) == camera and thing != old for thing in bpy.data.objects)
    return not others and bool(np.allclose(world_from_camera_of(camera), put, atol=PLACED_TOLERANCE))


def _with_lens(
    site: CameraSite, camera: bpy.types.Object, old: bpy.types.Object, lens: BlenderLens
) -> CameraSite:
    """The photo's camera; where a refit has come to another lens and others stand before it with theirs, a new one there."""
    data = cast("bpy.types.Camera", camera.data)
    if has_lens(data, lens):
        return site
    others = any(thing.get(CAMERA_PROPERTY) == camera and thing != old for thing in bpy.data.objects)
    if others or data.users > 1 or data.library is not None:
        return replace(site, camera=None, shows_photo=True)
    return replace(site, takes_lens=True)


def _children(collection: bpy.types.Collection) -> list[bpy.types.Collection]:
    return list(collection.children)


def _replace(old: bpy.types.Object, new: Figure) -> None:
    """The new figure takes over the old one's names and materials, and the old one goes."""
    body = body_of(old)
    names = (old.name, body.name if body is not None else new.mesh.name)
    own = [collection.name for collection in old.users_collection if collection.name in bpy.data.collections]
    if body is not None:
        _take_materials(cast("bpy.types.Mesh", body.data), cast("bpy.types.Mesh", new.mesh.data))
    remove_figure(old)
    new.armature.name, new.mesh.name = names
    new.armature.data.name, new.mesh.data.name = names  # type: ignore[union-attr]
    gone = [name for name in own if name not in bpy.data.collections]  # one of the user's is still there
    if gone:
        new.armature.users_collection[0].name = gone[0]


def _take_materials(source: bpy.types.Mesh, target: bpy.types.Mesh) -> None:
    target.materials.clear()
    for material in source.materials:
        target.materials.append(material)
