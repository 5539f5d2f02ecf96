"""Draw figures before a known camera with and without contact, in Blender: docs/images/contact_*.jpg.

python -m benchmarks.contact_pictures --mocap DIR [--out DIR] [--samples N]

Photos of benchmarks/rendered, whose true cameras and things are those of benchmarks/contact.py, and one of two people by
benchmarks/contact_pair.py. The things are cubes of Blender's, the figures are fitted by the sidebar's own operators:
above without contact, below with it, as the buttons make it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image

from benchmarks.contact import Box, Room, made_room
from benchmarks.contact_pair import put_camera, render_pair
from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, read_truth, recipe_folder
from benchmarks.rendered.scenes import SEED
from fitting_core.arrays import NumpyArray
from smplify_blender import registration
from smplify_blender.session.fit_request import EVERYBODY

# Kind of scene, number of the photo, and what its figure is told to touch.
SCENES = (
    ("steps", 16, (("stand", "floor"), ("stand", "step"))),
    ("chair", 30, (("stand", "floor"), ("sit", "chair"))),
    ("wall", 27, (("stand", "floor"), ("lean", "wall"))),
)
PAIR = (16, 27)  # the numbers of the photos of the two
HEIGHT_PX, SIDE_M = 420, 2.6
FLOOR_M = 3.6
COLOURS = {
    "floor": (0.55, 0.55, 0.52),
    "chair": (0.65, 0.35, 0.15),
    "wall": (0.5, 0.6, 0.7),
    "step": (0.65, 0.35, 0.15),
}
_BLENDER_FROM_CAMERA = np.diag([1.0, -1.0, -1.0, 1.0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw one picture a scene."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--only", choices=(*(kind for kind, _, _ in SCENES), "pair"))
    options = parser.parse_args(arguments)
    folder = recipe_folder(options.cache, options.mocap, SEED)
    registration.register("smplify_blender")
    for kind, number, contacts in SCENES:
        if options.only in (None, kind):
            truth = read_truth(folder / f"case_{number:03d}.npz")
            picture = _picture(truth, made_room(truth, kind), contacts, options.samples)
            picture.save(options.out / f"contact_{kind}.jpg", quality=88)
    if options.only in (None, "pair"):
        photos = [folder / f"case_{number:03d}.jpg" for number in PAIR]
        _picture_of_pair(photos, options.samples).save(options.out / "contact_pair.jpg", quality=88)
    registration.unregister()


def _picture(truth: Truth, room: Room, contacts: Sequence[tuple[str, str]], samples: int) -> Image.Image:
    ops: Any = bpy.ops
    ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene: Any = bpy.context.scene
    photo = Image.open(truth.photo).convert("RGB")
    set_up(scene, truth, room, photo.size, samples)
    settings = scene.smplify
    settings.photo_path, settings.focal_mode, settings.floor = str(truth.photo), "SCENE_CAMERA", "NONE"
    settings.gender = "neutral"
    ops.smplify.fit_photo()
    rows = [_views(scene, photo)]
    for action, thing in contacts:
        ops.smplify.touch(action=action, thing=thing)
    rows.append(_views(scene, photo))
    return _stacked(rows)


def _picture_of_pair(photos: Sequence[Path], samples: int) -> Image.Image:
    """Fit two people of one photo, then let one after the other stand on the floor."""
    ops: Any = bpy.ops
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pair.jpg"
        render_pair(photos, file, samples)
        photo = Image.open(file).convert("RGB")
        ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        scene: Any = bpy.context.scene
        put_camera(scene)
        _put_things(scene, (), samples)
        settings = scene.smplify
        settings.photo_path, settings.focal_mode, settings.floor = str(file), "SCENE_CAMERA", "NONE"
        settings.gender, settings.person = "neutral", EVERYBODY
        ops.smplify.fit_photo()
        rows = [_views(scene, photo)]
        for armature in _figures(scene):
            bpy.context.view_layer.objects.active = armature
            ops.smplify.touch(action="stand", thing="floor")
        return _stacked([*rows, _views(scene, photo)])


def _stacked(rows: Sequence[Image.Image]) -> Image.Image:
    whole = Image.new("RGB", (rows[0].width, 2 * HEIGHT_PX + 6), "white")
    for number, row in enumerate(rows):
        whole.paste(row, (0, number * (HEIGHT_PX + 6)))
    return whole


def set_up(scene: Any, truth: Truth, room: Room, size: tuple[int, int], samples: int) -> None:
    """Put the true camera, the things and a light into an empty scene."""
    camera = bpy.data.objects.new("Matched", bpy.data.cameras.new("Matched"))
    scene.collection.objects.link(camera)
    camera.matrix_world = Matrix((room.level_from_camera @ _BLENDER_FROM_CAMERA).tolist())
    data: Any = camera.data
    data.lens = truth.focal_px * data.sensor_width / max(size)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = size
    _put_things(scene, room.boxes, samples)


def _put_things(scene: Any, boxes: Sequence[Box], samples: int) -> None:
    """Put boxes, a floor and a light into a scene."""
    ops: Any = bpy.ops
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, False
    half = 0.5 * FLOOR_M
    for box in (Box("floor", np.array([-half, -half, -0.08]), np.array([half, half, 0.0])), *boxes):
        low = box.low if box.name == "floor" else np.maximum(box.low, (-np.inf, -np.inf, 0.0))
        ops.mesh.primitive_cube_add(size=1.0, location=(0.5 * (low + box.high)).tolist())
        _named(box.name, box.high - low)
    sun: Any = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    scene.collection.objects.link(sun)
    sun.rotation_euler, sun.data.energy, sun.data.angle = (0.7, 0.4, 0.3), 2.5, 0.2
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = (0.8, 0.8, 0.8)


def _named(name: str, size: NumpyArray) -> None:
    """Give the object that was just made a name, a size and a colour."""
    thing: Any = bpy.context.object
    thing.name, thing.scale = name, size.tolist()
    material: Any = bpy.data.materials.new(name)
    material.diffuse_color = (*COLOURS[name], 1.0)
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*COLOURS[name], 1.0)
    thing.data.materials.append(material)


def _views(scene: Any, photo: Image.Image) -> Image.Image:
    """Return the figure over the photo, from the side of where it looks, and from above."""
    bodies: list[Any] = [
        child for armature in _figures(scene) for child in armature.children if child.type == "MESH"
    ]
    centre = np.mean(
        [body.matrix_world @ Vector(corner) for body in bodies for corner in body.bound_box], axis=0
    )
    pictures = [_over_photo(scene, photo)]
    aside = Matrix(((0, 0, -1, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1)))
    for turn, away in ((aside, (-6.0, 0.0, 0.0)), (Matrix.Identity(4), (0.0, 0.0, 6.0))):
        pictures.append(_parallel(scene, Matrix.Translation((centre + away).tolist()) @ turn))
    row = Image.new("RGB", (sum(picture.width for picture in pictures) + 12, HEIGHT_PX), "white")
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + 6
    return row


def _figures(scene: Any) -> list[Any]:
    return [thing for thing in scene.objects if thing.type == "ARMATURE"]


def _over_photo(scene: Any, photo: Image.Image) -> Image.Image:
    things = [thing for thing in scene.objects if thing.name in COLOURS]
    for thing in things:
        thing.hide_render = True
    scene.render.film_transparent = True
    figure = _rendered(scene, scene.camera, photo.size)
    scene.render.film_transparent = False
    for thing in things:
        thing.hide_render = False
    blended = photo.copy()
    blended.paste(
        figure.convert("RGB"), (0, 0), figure.getchannel("A").point(lambda alpha: int(0.75 * alpha))
    )
    return blended.resize((round(HEIGHT_PX * photo.width / photo.height), HEIGHT_PX))


def _parallel(scene: Any, place: Matrix) -> Image.Image:
    data: Any = bpy.data.cameras.new("Parallel")
    data.type, data.ortho_scale = "ORTHO", SIDE_M
    camera = bpy.data.objects.new("Parallel", data)
    scene.collection.objects.link(camera)
    camera.matrix_world = place
    picture = _rendered(scene, camera, (HEIGHT_PX, HEIGHT_PX)).convert("RGB")
    bpy.data.objects.remove(camera)
    return picture


def _rendered(scene: Any, camera: Any, size: tuple[int, int]) -> Image.Image:
    ops: Any = bpy.ops
    before = scene.camera, scene.render.resolution_x, scene.render.resolution_y
    scene.camera, scene.render.resolution_x, scene.render.resolution_y = camera, *size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.png"
        scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
        scene.render.filepath = str(path)
        ops.render.render(write_still=True)
        picture = Image.open(path).copy()
    scene.camera, scene.render.resolution_x, scene.render.resolution_y = before
    return picture


if __name__ == "__main__":
    main()
