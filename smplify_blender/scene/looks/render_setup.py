# pyright: basic
"""*Set Up Render*: F12 shows the figures over their photo, with shadow and light; and the scene as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Vector

from ...result.errors import ResultError
from ...result.rotations import Array
from ..created import Created, remove_block
from ..figure.lookup import body_of, camera_of, figure_of
from ..photo.camera import MARK as CAMERA_MARK
from ..photo.camera import RENDERED_BEFORE, set_scene_camera
from ..photo.plate import size_px
from ..stored_values import StoredValues, stored_values
from .photo_light import PhotoLight
from .plate_nodes import add_plate, remove_plate
from .seen_surface import light_on, surface_of
from .shadow_floor import new_shadow_floor
from .sun_and_sky import new_sky, new_sun

BEFORE = "smplify_render_before"  # on a scene: its settings before, while a render is set up
WORLD_BEFORE = "smplify_world_before"  # on a scene: its world before
MARK = "smplify_render"  # on what a setup has made
DIMMED = "smplify_dimmed"  # on the startup file's light, while it is off
NAME = "SMPLify render"
PLAIN_VIEW = {"view_transform": "Standard", "look": "None", "exposure": 0.0, "gamma": 1.0, "use_curve_mapping": False,
              "use_white_balance": False}  # fmt: skip


def has_render_setup(scene: bpy.types.Scene) -> bool:
    """Return True if a render is set up in the scene."""
    return BEFORE in scene


def reason_against_setup(figure: bpy.types.Object | None) -> str:
    """Return why no render can be set up for a figure; empty if it can."""
    if figure is None:
        return "There is no figure: fit a photo first"
    if camera_of(figure) is None:
        return "The figure's camera is gone: fit the photo again"
    if photo_behind(cast("bpy.types.Object", camera_of(figure))) is None:
        return "The figure's camera shows no photo: give it a background image"
    return "" if body_of(figure) is not None else "The figure has lost its body: fit the photo again"


def photo_behind(camera: bpy.types.Object) -> bpy.types.Image | None:
    """Return the photo that a camera shows behind the scene; None where it shows none that can be read."""
    shown = [background.image for background in cast("bpy.types.Camera", camera.data).background_images]
    return next((image for image in shown if image is not None and 0 not in size_px(image)), None)


def set_up_render(
    scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, figure: bpy.types.Object
) -> tuple[str, ...]:
    """Set up the scene to render the figures of a photo over it; return sentences on what its user should know.

    Raises `ResultError`, and has changed nothing then. `take_back_render` undoes it.
    """
    reason = reason_against_setup(figure)
    if reason:
        raise ResultError(f"{reason}.")
    if has_render_setup(scene):
        raise ResultError("A render is set up already: take it back first.")
    camera = cast("bpy.types.Object", camera_of(figure))
    image = cast("bpy.types.Image", photo_behind(camera))
    view_layer.update()
    depsgraph = cast("bpy.types.Depsgraph", view_layer.depsgraph)
    bodies = [body for body in map(body_of, figures_before(scene, camera)) if body is not None]
    box = _box(bodies, depsgraph)
    light = light_on(bodies, camera, image, depsgraph)
    notes = _lights_that_stay(scene)
    _note(scene, camera)
    try:
        _add_light_and_floor(scene, light, box)
        _set_scene(scene, camera, image)
    except BaseException:
        take_back_render(scene)
        raise
    if cast("Any", scene).view_settings.view_transform != PLAIN_VIEW["view_transform"]:
        notes = (
            *notes,
            "The scene's colour management has no view “Standard”: the photo may look different.",
        )
    return notes


def take_back_render(scene: bpy.types.Scene) -> None:
    """Give the scene back what it was before a render was set up in it; without a setup nothing happens."""
    if not has_render_setup(scene):
        return
    noted = stored_values(scene, BEFORE)
    remove_plate(scene)
    _remove_ours(scene)
    _restore(scene, noted)
    for key in (BEFORE, WORLD_BEFORE):
        if key in scene:
            del scene[key]


def figures_before(scene: bpy.types.Scene, camera: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the figures of a scene that were fitted for a camera."""
    return [thing for thing in scene.objects if figure_of(thing) == thing and camera_of(thing) == camera]


def _box(bodies: Sequence[bpy.types.Object], depsgraph: bpy.types.Depsgraph) -> Array:
    """Return the lowest and highest corner (2, 3) of what the bodies fill in the world."""
    points = np.concatenate([surface_of(body, depsgraph)[0] for body in bodies])
    return np.stack([points.min(axis=0), points.max(axis=0)])


def _lights_that_stay(scene: bpy.types.Scene) -> tuple[str, ...]:
    own = [
        thing
        for thing in scene.objects
        if thing.type == "LIGHT" and not thing.hide_render and not _is_startup_light(thing)
    ]
    if not own:
        return ()
    return (
        f"“{own[0].name}”{f' and {len(own) - 1} more lights' if len(own) > 1 else ''} of yours stay on beside the photo's sun.",
    )


def _is_startup_light(thing: bpy.types.Object) -> bool:
    """Return True for the lamp of Blender's startup file, as it stands there."""
    light: Any = thing.data
    place = Vector((4.07625, 1.00545, 5.90386))
    return (
        thing.type == "LIGHT"
        and light.type == "POINT"
        and light.energy == 1000.0
        and (thing.location - place).length < 1e-3
    )


def _note(scene: Any, camera: bpy.types.Object) -> None:
    render, view = scene.render, scene.view_settings
    scene[BEFORE] = {
        "through": camera.name,
        "camera": "" if scene.camera is None else scene.camera.name,
        "noted": camera[RENDERED_BEFORE].to_dict() if RENDERED_BEFORE in camera else {},
        "size": [render.resolution_x, render.resolution_y, render.resolution_percentage],
        "aspect": [render.pixel_aspect_x, render.pixel_aspect_y],
        "transparent": render.film_transparent,
        "compositing": render.use_compositing,
        "nodes": bool(getattr(scene, "node_tree", None) is not None and scene.use_nodes),
        "view": {name: getattr(view, name) for name in PLAIN_VIEW if hasattr(view, name)},
    }
    if scene.world is not None:
        scene[WORLD_BEFORE] = scene.world


def _add_light_and_floor(scene: bpy.types.Scene, light: PhotoLight, box: Array) -> None:
    created = Created()
    height = float(box[1, 2] - box[0, 2])
    middle = (float(box[:, 0].mean()), float(box[:, 1].mean()), float(box[0, 2]))
    sky, sun = new_sky(light, created), new_sun(light, created)
    sun.location = Vector(middle) + Vector(light.towards.tolist()) * height * 2
    floor = new_shadow_floor(middle, height, sun, sky, created)
    collection = created.add(bpy.data.collections.new(NAME))
    scene.collection.children.link(collection)
    for thing in (sun, floor):
        collection.objects.link(thing)
        thing[MARK] = True
        cast("Any", thing.data)[MARK] = True
    for block in (collection, sky, *cast("bpy.types.Mesh", floor.data).materials):
        cast("Any", block)[MARK] = True
    scene.world = sky
    for thing in scene.objects:
        if _is_startup_light(thing) and not thing.hide_render:
            thing.hide_render = True
            thing[DIMMED] = True


def _set_scene(scene: Any, camera: bpy.types.Object, image: bpy.types.Image) -> None:
    add_plate(scene, image)
    scene.render.use_compositing = scene.render.film_transparent = True
    for name, value in PLAIN_VIEW.items():
        if hasattr(scene.view_settings, name):
            with suppress(TypeError):  # a colour configuration of the user's own may lack that view
                setattr(scene.view_settings, name, value)
    if CAMERA_MARK in cast("bpy.types.Camera", camera.data):
        set_scene_camera(scene, camera, size_px(image))
    else:  # the user's own, with the size that they have set for it
        scene.camera = camera


def _remove_ours(scene: bpy.types.Scene) -> None:
    if scene.world is not None and MARK in scene.world:
        sky, scene.world = scene.world, None
        _remove_unused([sky])
    for thing in [thing for thing in scene.objects if MARK in thing]:
        data = cast("Any", thing.data)
        materials = list(getattr(data, "materials", ()))
        remove_block(thing)
        _remove_unused([data, *materials])
    for collection in [child for child in scene.collection.children if MARK in child]:
        _release(scene, collection)
        remove_block(collection)
    for thing in scene.objects:
        if DIMMED in thing:
            thing.hide_render = False
            del thing[DIMMED]


def _remove_unused(blocks: Sequence[bpy.types.ID | None]) -> None:
    for block in blocks:
        if block is not None and MARK in block and not block.users:
            remove_block(block)


def _release(scene: bpy.types.Scene, collection: bpy.types.Collection) -> None:
    """Leave in the scene what its user has put into a collection of ours."""
    for thing in collection.objects:
        if thing.name not in scene.collection.objects:
            scene.collection.objects.link(thing)
    for child in collection.children:
        if child.name not in scene.collection.children:
            scene.collection.children.link(child)


def _restore(scene: Any, noted: StoredValues) -> None:
    render, world = scene.render, scene.get(WORLD_BEFORE)
    if scene.world is None and isinstance(world, bpy.types.World):
        scene.world = world
    _restore_camera(scene, noted)
    render.film_transparent = noted.flag("transparent")
    render.use_compositing = noted.flag("compositing", True)
    if hasattr(scene, "node_tree") and scene.node_tree is not None:
        scene.use_nodes = noted.flag("nodes")
    view = noted.group("view")
    for name in PLAIN_VIEW:
        if name in view and hasattr(scene.view_settings, name):
            with suppress(TypeError):
                setattr(scene.view_settings, name, type(PLAIN_VIEW[name])(cast("Any", view.value(name))))


def _restore_camera(scene: Any, noted: StoredValues) -> None:
    """Give the scene the camera and size of before, unless its user has changed the camera meanwhile."""
    camera, render = scene.camera, scene.render
    if camera is None or camera.name != noted.text("through"):
        return
    if RENDERED_BEFORE in camera:
        del camera[RENDERED_BEFORE]
    if noted.group("noted"):
        camera[RENDERED_BEFORE] = cast("Any", noted.value("noted"))
    before = noted.text("camera")
    scene.camera = scene.objects.get(before) if before else None
    size, aspect = noted.numbers("size", 3), noted.numbers("aspect", 2)
    if size:
        render.resolution_x, render.resolution_y, render.resolution_percentage = map(int, size)
    if aspect:
        render.pixel_aspect_x, render.pixel_aspect_y = aspect
