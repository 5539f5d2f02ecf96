# pyright: basic
"""Pictures of docs/rig.md, docs/render.md and the README, made by the product: limbs with and without twist bones, and the face.

`python -m tools.figure_pictures --out docs/images` fits the demo photo and renders `twist_bones.jpg` and `face.jpg`.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import bpy
from mathutils import Quaternion, Vector
from PIL import Image

from smplify_blender import api
from smplify_blender.scene.figure.shape_keys import expression_keys_of

PHOTO = Path("docs/demo/demo_photo.jpg")
SAMPLES = 24
GAP_PX = 6
JPEG_QUALITY = 85
LIMB_SIZE_PX, FACE_SIZE_PX = (420, 240), (360, 360)
# The bone that is turned about its axis, by how many degrees, and how many metres the picture is wide.
TURNS: Mapping[str, tuple[float, float]] = {
    "hand.L": (90, 0.5),
    "forearm.L": (90, 0.75),
    "upper_arm.L": (-90, 0.85),
}
# Values of face actions, and where the camera stands from the face, metres.
FACES: Sequence[tuple[Mapping[str, float], tuple[float, float, float]]] = (
    ({}, (0.12, -0.5, 0.02)),
    ({"jawOpen": 0.3, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "mouthUpperUpLeft": 0.6, "mouthUpperUpRight": 0.6,
      "browInnerUp": 0.6}, (0.0, -0.52, -0.02)),
    ({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0, "jawOpen": 0.5, "tongueOut": 1.0}, (0.2, -0.48, 0.02)),
)  # fmt: skip


def main() -> None:
    """Fit, pose, render and join."""
    parser = argparse.ArgumentParser(prog="python -m tools.figure_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    fitted = api.fit_photo(PHOTO, PHOTO.with_name("demo_photo_keypoints.json"))
    figure: Any = fitted.armatures[0]
    figure.animation_data.action = None
    body = next(child for child in figure.children if child.data.shape_keys is not None)
    for key in expression_keys_of(body.data):
        key.value = 0.0
    _set_up_studio()
    with tempfile.TemporaryDirectory() as folder:
        _twists(figure, Path(folder)).save(options.out / "twist_bones.jpg", quality=JPEG_QUALITY)
        _faces(figure, body, Path(folder)).save(options.out / "face.jpg", quality=JPEG_QUALITY)


def _set_up_studio() -> None:
    scene: Any = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, False
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "Standard"
    lamp: Any = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 2.0, (0.9, 0.2, 0.5)
    scene.collection.objects.link(lamp)
    scene.world = cast("Any", bpy.data.worlds.new("Grey"))
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.5, 0.5, 1.0)
    scene.camera = bpy.data.objects.new("Studio", bpy.data.cameras.new("Studio"))
    scene.collection.objects.link(scene.camera)


def _twists(figure: Any, folder: Path) -> Image.Image:
    """Render each turned limb, without twist bones in the first row and with them in the second."""
    rows: list[list[Image.Image]] = []
    for has_twists in (False, True):
        if has_twists:
            api.add_twist_bones(figure)
        rows.append([_turned(figure, name, folder) for name in TURNS])
    return _joined(rows)


def _turned(figure: Any, name: str, folder: Path) -> Image.Image:
    degrees, width = TURNS[name]
    _to_rest(figure)
    figure.pose.bones[name].rotation_quaternion = Quaternion((0, 1, 0), math.radians(degrees))
    _update()
    at = figure.matrix_world @ figure.pose.bones[name].head
    camera: Any = cast("Any", bpy.context.scene).camera
    camera.data.type, camera.data.ortho_scale = "ORTHO", width
    return _rendered(at, Vector((0.0, -2.0, 0.8)), LIMB_SIZE_PX, folder)


def _faces(figure: Any, body: Any, folder: Path) -> Image.Image:
    """Render the face without the parts, then with them and each expression."""
    _to_rest(figure)
    _update()
    camera: Any = cast("Any", bpy.context.scene).camera
    camera.data.type, camera.data.lens = "PERSP", 85.0
    eyes = [figure.matrix_world @ figure.pose.bones[name].head for name in ("eye.L", "eye.R")]
    at = (eyes[0] + eyes[1]) / 2 - Vector((0.0, 0.0, 0.03))
    pictures = [_rendered(at, Vector(FACES[0][1]), FACE_SIZE_PX, folder)]
    api.add_face_parts(figure)
    keys = body.data.shape_keys.key_blocks
    for values, place in FACES:
        for name, value in values.items():
            keys[name].value = value
        pictures.append(_rendered(at, Vector(place), FACE_SIZE_PX, folder))
        for name in values:
            keys[name].value = 0.0
    return _joined([pictures])


def _to_rest(figure: Any) -> None:
    for bone in figure.pose.bones:
        bone.matrix_basis.identity()


def _update() -> None:
    cast("Any", bpy.context.view_layer).update()


def _rendered(at: Vector, away: Vector, size: tuple[int, int], folder: Path) -> Image.Image:
    """Render what a camera that is `away` from a point sees of it."""
    scene: Any = bpy.context.scene
    scene.camera.location = at + away
    scene.camera.rotation_euler = (-away).to_track_quat("-Z", "Y").to_euler()
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.filepath = str(folder / "picture.png")
    bpy.ops.render.render(write_still=True)
    with Image.open(scene.render.filepath) as picture:
        return picture.convert("RGB")


def _joined(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    width, height = rows[0][0].size
    count = len(rows[0])
    joined = Image.new(
        "RGB", (count * (width + GAP_PX) - GAP_PX, len(rows) * (height + GAP_PX) - GAP_PX), "white"
    )
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            joined.paste(picture, (column * (width + GAP_PX), row * (height + GAP_PX)))
    return joined


if __name__ == "__main__":
    main()
