# pyright: basic
"""The picture of docs/render.md, made by the product: the demo photo, F12 over it in Cycles and in EEVEE, and the figure's face.

`python -m tools.render_pictures --out docs/images/render.jpg`; EEVEE needs OpenGL, if only in software.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, cast

import bpy
from mathutils import Matrix, Vector
from PIL import Image

from smplify_blender import api

PHOTO = Path("docs/demo/demo_photo.jpg")
HEIGHT_PX = 520
GAP_PX = 8
SAMPLES, EEVEE_SAMPLES = 24, 8  # software OpenGL takes seconds a sample
FACE_METRES = 0.62  # from the eyes to the camera that looks at the face
ENGINES = ("CYCLES", "BLENDER_EEVEE_NEXT", "BLENDER_EEVEE")


def main() -> None:
    """Fit, dress, set up, render four pictures and join them."""
    parser = argparse.ArgumentParser(prog="python -m tools.render_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/render.jpg"))
    options = parser.parse_args()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    fitted = api.fit_photo(PHOTO, PHOTO.with_name("demo_photo_keypoints.json"))
    api.add_clothes(fitted.armatures)
    api.set_up_render(fitted.armatures[0])
    with tempfile.TemporaryDirectory() as folder:
        pictures = [Image.open(PHOTO).convert("RGB")]
        pictures += [_rendered(engine, Path(folder)) for engine in ("CYCLES", _eevee())]
        api.take_back_render()
        pictures.append(_face(fitted, Path(folder)))
    _joined(pictures).save(options.out, quality=88, optimize=True)


def _eevee() -> str:
    known = bpy.context.scene.render.bl_rna.properties["engine"].enum_items.keys()  # type: ignore[union-attr]
    return next(name for name in ENGINES[1:] if name in known)


def _rendered(engine: str, folder: Path) -> Image.Image:
    scene: Any = bpy.context.scene
    scene.render.engine = engine
    scene.render.resolution_percentage = round(100 * HEIGHT_PX / scene.render.resolution_y)
    scene.cycles.samples, scene.cycles.use_denoising, scene.eevee.taa_render_samples = (
        SAMPLES,
        False,
        EEVEE_SAMPLES,
    )
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(folder / f"{engine}.png")
    bpy.ops.render.render(write_still=True)
    return Image.open(scene.render.filepath).convert("RGB")


def _face(fitted: api.FittedPhoto, folder: Path) -> Image.Image:
    """Render the face from before it, in grey light."""
    scene: Any = bpy.context.scene
    armature: Any = fitted.armatures[0]
    bpy.context.view_layer.update()  # type: ignore[union-attr]
    head = armature.pose.bones["head"]
    turn = (armature.matrix_world @ head.matrix @ head.bone.matrix_local.inverted()).to_3x3()
    eyes = armature.matrix_world @ (
        (armature.pose.bones["eye.L"].head + armature.pose.bones["eye.R"].head) / 2
    )
    forward = turn @ Vector((0.25, -1.0, 0.05)).normalized()
    up = turn @ Vector((0.0, 0.0, 1.0))
    across = up.cross(forward).normalized()
    camera: Any = bpy.data.objects.new("Face", bpy.data.cameras.new("Face"))
    axes = Matrix((across, forward.cross(across), forward)).transposed().to_4x4()
    camera.matrix_world = Matrix.Translation(eyes + FACE_METRES * forward - 0.03 * up) @ axes
    lamp: Any = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    lamp.data.energy, lamp.rotation_euler = 2.0, (0.9, 0.2, 0.5)
    for thing in (camera, lamp):
        scene.collection.objects.link(thing)
    scene.world = cast("Any", bpy.data.worlds.new("Grey"))
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.5, 0.5, 0.5, 1.0)
    scene.camera, scene.view_settings.view_transform = camera, "Standard"
    return _rendered("CYCLES", folder)


def _joined(pictures: list[Image.Image]) -> Image.Image:
    scaled = [
        picture.resize(
            (round(picture.width * HEIGHT_PX / picture.height), HEIGHT_PX), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    width = sum(picture.width for picture in scaled) + GAP_PX * (len(scaled) - 1)
    joined, left = Image.new("RGB", (width, HEIGHT_PX), "white"), 0
    for picture in scaled:
        joined.paste(picture, (left, 0))
        left += picture.width + GAP_PX
    return joined


if __name__ == "__main__":
    main()
