"""A video through the product in Blender, as a movie to judge it by: the video, the figures over it, and from the side.

`python -m tools.video_beside dance.mp4 --out beside.mp4 [--results FOLDER] [options of smplify-fit sequence]` needs bpy and PyAV.
With a FOLDER that holds a result, that one is imported and nothing is fitted.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import bpy
import numpy as np
from mathutils import Euler, Vector
from PIL import Image

from smplify_blender import api
from smplify_blender.scene.photo.clip_pixels import clip_facts, reading_movie

HEIGHT_PX = 540
OPACITY = 0.85  # of the figures over the video
GREY = 128  # behind the figures from the side
SIDE_LENS_MM, SENSOR_MM, MARGIN = 70.0, 36.0, 1.1
SAMPLES = 4  # of Cycles: enough to see a shape move


def main() -> None:
    """Fit or import, then render and write frame by frame."""
    parser = argparse.ArgumentParser(prog="python -m tools.video_beside", description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--stills", type=Path, help="folder for every frame as a JPEG, too")
    options, of_the_fit = parser.parse_known_args()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    plan = api.SequencePlan()
    if options.results is not None and (options.results / "summary.json").is_file():
        made = api.import_clip(options.results, api.SequencePlan(clip=options.video))
    else:
        made = api.fit_clip(options.video, plan, options=tuple(of_the_fit), results=options.results)
    for warning in made.warnings:
        print(f"Warning: {warning}")
    print("Quality:", ", ".join(made.quality))
    _write(options.out, options.stills, _rows(made, options.video))


def _write(out: Path, stills: Path | None, rows: Iterator[Image.Image]) -> None:
    render = cast("bpy.types.Scene", bpy.context.scene).render
    rate = Fraction(render.fps) / Fraction(render.fps_base).limit_denominator(1001)
    with av.open(str(out), "w") as container:
        stream: Any = None
        for number, row in enumerate(rows):
            if stream is None:
                stream = container.add_stream("libx264", rate=rate)
                stream.width, stream.height, stream.pix_fmt = row.width, row.height, "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_image(row)))
            if stills is not None:
                stills.mkdir(parents=True, exist_ok=True)
                row.save(stills / f"{number:04d}.jpg", quality=88)
        container.mux(stream.encode())


def _rows(made: api.ImportedMotion, video: Path) -> Iterator[Image.Image]:
    """Yield the three pictures of each frame beside each other."""
    scene: Any = bpy.context.scene
    _set_up(scene)
    side = _side_camera(made)
    facts = clip_facts(video)
    first = made.built.plate.frame_start if made.built.plate is not None else 1
    width = 2 * round(HEIGHT_PX * facts.size[0] / facts.size[1] / 2)
    with reading_movie(video, facts, 10_000) as reader:
        for frame in range(math.floor(made.frames[0]), math.floor(made.frames[1]) + 1):
            seen = Image.fromarray(reader.pixels(frame - first)).resize((width, HEIGHT_PX))
            over = _rendered(scene, made.camera, frame, (width, HEIGHT_PX))
            beside = _rendered(scene, side, frame, (HEIGHT_PX, HEIGHT_PX))
            grey = Image.new("RGB", beside.size, (GREY, GREY, GREY))
            row = Image.new("RGB", (2 * width + HEIGHT_PX, HEIGHT_PX))
            row.paste(seen, (0, 0))
            row.paste(_over(seen, over, OPACITY), (width, 0))
            row.paste(_over(grey, beside, 1.0), (2 * width, 0))
            yield row


def _over(below: Image.Image, above: Image.Image, opacity: float) -> Image.Image:
    covers = above.getchannel("A").point(lambda value: value * opacity)
    return Image.composite(above.convert("RGB"), below, covers)


def _set_up(scene: Any) -> None:
    """Light, Cycles with few samples on the CPU, which needs no display, and a transparent film."""
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    cast("Any", sun.data).energy = 3.0
    sun.rotation_euler = Euler((0.7, 0.2, 0.4))
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("World")
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.max_bounces, scene.cycles.use_denoising = SAMPLES, 1, False
    scene.render.film_transparent = True
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"


def _rendered(scene: Any, camera: Any, frame: int, size: tuple[int, int]) -> Image.Image:
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.frame_set(frame)
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "frame.png")
        bpy.ops.render.render(write_still=True)
        with Image.open(scene.render.filepath) as picture:
            return picture.convert("RGBA")


def _side_camera(made: api.ImportedMotion) -> Any:
    """Add a still camera that looks along the width of the video, level, and holds everybody in all frames."""
    scene: Any = bpy.context.scene
    points: list[Any] = []
    for frame in range(math.floor(made.frames[0]), math.floor(made.frames[1]) + 1):
        scene.frame_set(frame)
        for armature in made.armatures:
            pose: Any = armature.pose
            points += [(armature.matrix_world @ bone.head)[:] for bone in pose.bones]
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    radius = MARGIN * float(np.linalg.norm(high - low)) / 2
    data: Any = bpy.data.cameras.new("Side")
    data.lens, data.sensor_width = SIDE_LENS_MM, SENSOR_MM
    camera = bpy.data.objects.new("Side", data)
    seen_by: Any = made.camera
    across = seen_by.matrix_world.to_3x3() @ Vector((1.0, 0.0, 0.0))
    across.z = 0.0
    distance = radius / math.sin(math.atan(SENSOR_MM / 2 / SIDE_LENS_MM))
    camera.location = Vector(((low + high) / 2).tolist()) + distance * across.normalized()
    camera.rotation_euler = across.to_track_quat("Z", "Y").to_euler()
    data.clip_end = 10 * distance
    scene.collection.objects.link(camera)
    return camera


if __name__ == "__main__":
    main()
