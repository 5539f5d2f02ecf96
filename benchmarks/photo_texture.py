# pyright: basic
"""Measure and draw the photo textures of figures, in Blender.

python -m benchmarks.photo_texture [PHOTO …] [--sheet JPG] [--height PX] [--samples N]

Without a photo: the demo photo. Each is fitted, and its figure rendered through its camera in the light of *Set Up Render*, with
its own skin, with the photo as it is, and with the photo's light divided out. The error is the mean difference from the photo, in
steps of 8 bits, over the pixels of the body without a border of 3. The seam is the mean step between the texels on both sides of
a seam of the UV map. `--sheet` draws the last photo: itself, the figure's own skin, and the texture from the camera and from 30,
90 and 180° aside.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Matrix
from PIL import Image

from fitting_core.arrays import NumpyArray
from smplify_blender import api
from smplify_blender.scene.figure.lookup import body_of, camera_of
from smplify_blender.scene.looks.render_setup import photo_behind
from smplify_blender.scene.looks.seen_surface import photo_projection, surface_of
from smplify_blender.scene.photo.plate import image_pixels, scaled_pixels
from smplify_blender.scene.texture.depth import eroded
from smplify_blender.scene.texture.worn_texture import hide_texture, show_texture

DEMO = Path("docs/demo/demo_photo.jpg")
BORDER_PX = 3
SEEN = 0.99  # alpha of a pixel that is all the body's
SLIM = 0.55  # of a figure's height: a sheet's pictures are no narrower
MARGIN = 0.06  # of the figure's height, around it in the sheet
ASIDE_DEGREES = (30, 90, 180)
GREY = (120, 120, 130)
LOOKS = {"skin": None, "photo": False, "divided": True}  # is its light divided out; None: no texture


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a photo, and write the sheet that was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--height", type=int, default=400, help="of the renders, px (default 400)")
    parser.add_argument("--samples", type=int, default=16)
    options = parser.parse_args(arguments)
    print(f"{'photo':<22}{'shown':>7}{'skin':>8}{'photo':>8}{'divided':>9}{'seam':>7}")
    for photo in options.photos or [DEMO]:
        figure = _fitted(photo)
        api.set_up_render(figure)
        _prepare(options.samples, options.height)
        errors = {look: _error(figure, divides) for look, divides in LOOKS.items()}
        shown = _texture(figure, divides_light=True)
        row = f"{photo.stem:<22}{shown:>7}{errors['skin']:>8.1f}{errors['photo']:>8.1f}{errors['divided']:>9.1f}"
        print(f"{row}{_seam_step(figure):>7.1f}", flush=True)
        if options.sheet is not None:
            _sheet(figure, photo, options.height).save(options.sheet, quality=88, optimize=True)


def _fitted(photo: Path) -> bpy.types.Object:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    keypoints = photo.with_name(f"{photo.stem}_keypoints.json")
    return api.fit_photo(photo, keypoints if keypoints.is_file() else None).armatures[0]


def _texture(figure: bpy.types.Object, divides_light: bool) -> str:
    """Lay the photo on the figure; return how much of the body it shows."""
    said = api.add_photo_texture(figure, choices=api.TextureChoices(divides_light=divides_light))[0]
    return next(word for word in said.split() if word.endswith("%"))


def _error(figure: bpy.types.Object, divides_light: bool | None) -> float:
    if divides_light is not None:
        _texture(figure, divides_light)
    shown = _rendered()
    image = cast("bpy.types.Image", photo_behind(cast("bpy.types.Object", camera_of(figure))))
    photo = scaled_pixels(image, shown.shape[1], shown.shape[0])
    inside = eroded(shown[..., 3] > SEEN, BORDER_PX)
    return float(255.0 * np.abs(shown[..., :3] - photo)[inside].mean())


def _seam_step(figure: bpy.types.Object) -> float:
    """Return the mean difference, in steps of 8 bits, between the texels of one vertex on the two sides of a seam."""
    mesh = cast("Any", body_of(figure)).data
    places: dict[int, set[tuple[float, float]]] = {}
    for loop, uv in zip(mesh.loops, mesh.uv_layers[0].uv, strict=True):
        places.setdefault(loop.vertex_index, set()).add((round(uv.vector.x, 5), round(uv.vector.y, 5)))
    nodes = cast("Any", body_of(figure)).material_slots[0].material.node_tree.nodes
    pixels = image_pixels(next(node.image for node in nodes if node.type == "TEX_IMAGE"))[::-1, :, :3]
    pairs = np.array([sorted(found)[:2] for found in places.values() if len(found) > 1])
    columns, rows = (pairs * len(pixels)).astype(int).clip(0, len(pixels) - 1).transpose(2, 0, 1)
    colours = pixels[rows, columns]
    return float(255.0 * np.abs(colours[:, 0] - colours[:, 1]).mean())


def _prepare(samples: int, height_px: int) -> None:
    scene: Any = bpy.context.scene
    render = scene.render
    render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", samples
    scene.cycles.use_denoising = True
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
    render.use_compositing = False
    render.resolution_percentage = max(1, round(100 * height_px / render.resolution_y))
    for thing in scene.objects:
        if thing.name.startswith("Shadow floor"):
            thing.hide_render = True


def _rendered() -> NumpyArray:
    """Return the render (H, W, 4) through the scene's camera, first row on top."""
    scene: Any = bpy.context.scene
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "shot.png")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        try:
            return image_pixels(image)
        finally:
            bpy.data.images.remove(image)


def _sheet(figure: bpy.types.Object, photo: Path, height_px: int) -> Image.Image:
    camera, body = cast("bpy.types.Object", camera_of(figure)), cast("bpy.types.Object", body_of(figure))
    points, _ = surface_of(body, bpy.context.evaluated_depsgraph_get())
    plate = Image.open(photo).convert("RGB")
    left, top, right, bottom = _cut(camera, points, height_px)
    cut = (left * plate.width, top * plate.height, right * plate.width, bottom * plate.height)
    pictures = [plate.crop(cast("Any", tuple(map(round, cut))))]
    hide_texture(body)
    pictures.append(_on_grey(_rendered()))
    show_texture(body)
    place = np.array(camera.matrix_world)
    to_middle, back = np.eye(4), np.eye(4)
    to_middle[:3, 3] = (points.min(axis=0) + points.max(axis=0)) / 2
    back[:3, 3] = -to_middle[:3, 3]
    for degrees in (0, *ASIDE_DEGREES):
        turn = np.array(Matrix.Rotation(math.radians(degrees), 4, "Z"))
        camera.matrix_world = Matrix((to_middle @ turn @ back @ place).tolist())
        pictures.append(_on_grey(_rendered()))
    sized = [one.resize((round(one.width * height_px / one.height), height_px)) for one in pictures]
    sheet = Image.new("RGB", (sum(one.width for one in sized), height_px))
    at = 0
    for one in sized:
        sheet.paste(one, (at, 0))
        at += one.width
    return sheet


def _cut(camera: bpy.types.Object, points: NumpyArray, height_px: int) -> tuple[float, float, float, float]:
    """Let the scene render only the part of the photo with the figure; return it in shares: left, top, right, bottom."""
    render: Any = cast("Any", bpy.context.scene).render
    size = (render.resolution_x, render.resolution_y)
    pixels, _ = photo_projection(camera, size, bpy.context.evaluated_depsgraph_get()).project(points)
    pixels = np.clip(pixels, 0, size)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    tall = high[1] - low[1]
    middle, half = (low[0] + high[0]) / 2, max(high[0] - low[0], SLIM * tall) / 2
    left, right = ((middle + side * (half + MARGIN * tall)) / size[0] for side in (-1, 1))
    top, bottom = (low[1] - MARGIN * tall) / size[1], (high[1] + MARGIN * tall) / size[1]
    found = tuple(float(np.clip(share, 0.0, 1.0)) for share in (left, top, right, bottom))
    render.resolution_percentage = max(1, round(100 * height_px / (tall * (1 + 2 * MARGIN))))
    render.use_border = render.use_crop_to_border = True
    render.border_min_x, render.border_max_x = found[0], found[2]
    render.border_min_y, render.border_max_y = 1.0 - found[3], 1.0 - found[1]
    return cast("Any", found)


def _on_grey(shown: NumpyArray) -> Image.Image:
    colours = shown[..., :3] * shown[..., 3:] + np.array(GREY) / 255.0 * (1.0 - shown[..., 3:])
    return Image.fromarray(np.rint(255.0 * np.clip(colours, 0.0, 1.0)).astype(np.uint8))


if __name__ == "__main__":
    main()
