# pyright: basic
"""Fit, control rig, a second pose, F12, Rigify, a Mixamo character, every export read again: pictures and numbers.

`python -m tools.rig_walk PHOTO [KEYPOINTS] --out DIR` writes a picture a step and prints what was measured;
`python -m tools.rig_walk docs/demo/demo_photo.jpg --out DIR --docs docs/images` also makes `rig.jpg` and `retarget.jpg`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

from smplify_blender import api
from smplify_blender.result.export_targets import EXPORT_TARGETS
from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape
from smplify_blender.scene.figure.lookup import body_of, remove_figure
from tools.figure_studio import (
    JPEG_QUALITY,
    render_from,
    render_over,
    set_up_studio,
    side_by_side,
    update,
    use_flat_lens,
)
from tools.rig_walk.exported import Shown, append, differences_mm, shown_figure, write_all
from tools.rig_walk.handles import draw_handles, remove_handles
from tools.rig_walk.posing import POSED_FRAME, pose_by_handles

SIZE_PX = (340, 460)
SIDES = {"front": (0, -1), "left": (1, 0), "back": (0, 1), "right": (-1, 0)}
MARGIN = 1.12  # around the figure
CHARACTER_SHAPE = {"Height": -2.5, "Weight": 2.0, "Leg length": -1.0}
CHARACTER_BESIDE_METRES = 1.0
RENDER_HEIGHT_PX = 520


@dataclass(frozen=True)
class Walk:
    """The folder of the pictures, a folder for what is thrown away, and the pictures of the documentation, if any."""

    out: Path
    work: Path
    docs: Path | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Walk through the steps."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.rig_walk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("photo", type=Path)
    parser.add_argument("keypoints", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--docs", type=Path)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        walk = Walk(options.out, Path(work), options.docs)
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        fitted = api.fit_photo(options.photo, options.keypoints, results=walk.work / "fit")
        print(f"fitted: {len(fitted.armatures)} of {options.photo.name}, {fitted.quality[0]}")
        _render_over_photo(fitted.armatures[0], walk)
        remade = _character(walk)
        set_up_studio()
        shown, files = _control_rig(fitted.armatures[0], walk)
        _rigify(walk)
        _retarget(remade, walk)
        for name, (file, deviation_mm) in files.items():
            target = EXPORT_TARGETS[name]
            joints, vertices = differences_mm(file, target, POSED_FRAME, shown)
            print(
                f"{name}: read again, joints {joints:.3f} mm, vertices {vertices:.3f} mm at most, of which bones a vertex "
                f"({target.influences or 'all'}) {deviation_mm:.3f} mm"
            )


def _render_over_photo(figure: bpy.types.Object, walk: Walk) -> None:
    """Render F12's picture."""
    scene: Any = bpy.context.scene
    api.set_up_render(figure)
    scene.render.engine, scene.cycles.samples = "CYCLES", 16
    scene.render.resolution_percentage = round(100 * RENDER_HEIGHT_PX / scene.render.resolution_y)
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(walk.out / "f12.png")
    bpy.ops.render.render(write_still=True)
    api.take_back_render()


def _character(walk: Walk) -> Path:
    """Make the file of a Mixamo-named character of another build, at rest."""
    settings = replace(api.export_settings("mixamo"), is_at_rest=True)
    character = _again("Character", walk)
    keys = cast("Any", cast("Any", body_of(character)).data.shape_keys).key_blocks
    for name, value in CHARACTER_SHAPE.items():
        keys[name].value = value
    fit_bones_to_shape(character, cast("Any", bpy.context.view_layer))
    path = walk.work / "character.fbx"
    api.export_figure(character, path, settings)
    remove_figure(character)
    return path


def _again(name: str, walk: Walk) -> bpy.types.Object:
    """Build the fit's first person once more."""
    target = api.Target(set_camera=False)
    return api.import_result(walk.work / "fit", people=[0], name=name, target=target).armatures[0]


def _control_rig(figure: bpy.types.Object, walk: Walk) -> tuple[Shown, dict[str, tuple[Path, float]]]:
    """Add handles, pose by them, and export that; return what was shown then and the files."""
    before = shown_figure(figure)
    handles = api.add_rig(figure, "control")
    update()
    print(f"control rig: joints moved {_joint_mm(before, shown_figure(figure)):.4f} mm")
    fitted = _sides(figure, walk)
    with_handles = [_with_handles(handles, "front", walk)]
    pose_by_handles(handles)
    posed = _sides(figure, walk)
    side_by_side([fitted, posed]).save(walk.out / "posed.png")
    with_handles += [_with_handles(handles, side, walk) for side in ("front", "left")]
    picture = side_by_side([with_handles])
    picture.save(walk.out / "rig.png")
    if walk.docs is not None:
        picture.save(walk.docs / "rig.jpg", quality=JPEG_QUALITY)
    shown = shown_figure(figure)
    files = write_all(figure, walk.work)
    remove_figure(figure)
    return shown, files


def _rigify(walk: Walk) -> None:
    figure = _again("Rigged", walk)
    update()
    before = shown_figure(figure)
    rig = api.add_rig(figure, "rigify")
    update()
    print(f"Rigify: joints moved {_joint_mm(before, shown_figure(figure)):.4f} mm")
    picture = _with_handles(rig, "front", walk, of=figure)
    picture.save(walk.out / "rigify.png")
    bpy.data.objects.remove(rig)
    remove_figure(figure)


def _retarget(character: Path, walk: Walk) -> None:
    """Pose the character as the figure, beside it, from the front and from behind."""
    figure = _again("Source", walk)
    earlier = set(bpy.data.objects)
    append(character)
    new = [thing for thing in bpy.data.objects if thing not in earlier]
    other = next(thing for thing in new if thing.type == "ARMATURE")
    other.animation_data_clear()
    place = figure.matrix_world.translation.copy()
    other.location = place + Vector((CHARACTER_BESIDE_METRES, 0.0, 0.0))
    cast("Any", bpy.context.scene).frame_set(1)
    frames = api.retarget(figure, other, keep_place=True)
    update()
    print(f"retargeted: {frames} frame(s) onto {len(cast('Any', other.data).bones)} Mixamo-named bones")
    meshes = [cast("Any", body_of(figure)), *(thing for thing in new if thing.type == "MESH")]
    pictures = [_rendered(meshes, side, walk) for side in ("front", "back")]
    picture = side_by_side([pictures])
    picture.save(walk.out / "retarget.png")
    if walk.docs is not None:
        picture.save(walk.docs / "retarget.jpg", quality=JPEG_QUALITY)


def _sides(figure: bpy.types.Object, walk: Walk) -> list[Image.Image]:
    return [_rendered([cast("Any", body_of(figure))], side, walk) for side in SIDES]


def _with_handles(
    handles: bpy.types.Object, side: str, walk: Walk, of: bpy.types.Object | None = None
) -> Image.Image:
    body = cast("bpy.types.Object", body_of(of or handles))
    picture = _rendered([body], side, walk)
    drawn = draw_handles(handles)
    picture = render_over(picture, [body], walk.work)
    remove_handles(drawn)
    return picture


def _rendered(meshes: Sequence[bpy.types.Object], side: str, walk: Walk) -> Image.Image:
    """Render what a camera at one side sees of meshes, as they are shown."""
    update()
    depsgraph = cast("Any", bpy.context).evaluated_depsgraph_get()
    corners = np.concatenate([_vertices_of(mesh.evaluated_get(depsgraph)) for mesh in meshes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = SIDES[side]
    width, height = float(abs(high - low)[0 if x == 0 else 1]), float((high - low)[2])
    use_flat_lens(MARGIN * max(height, width * SIZE_PX[1] / SIZE_PX[0]))
    away = 4.0 * Vector((x, y, 0.0))
    return render_from(Vector(((low + high) / 2).tolist()), away, SIZE_PX, walk.work)


def _vertices_of(evaluated: Any) -> Any:
    flat = np.empty(3 * len(evaluated.data.vertices), dtype=np.float32)
    evaluated.data.vertices.foreach_get("co", flat)
    world = np.array(evaluated.matrix_world)
    return flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def _joint_mm(one: Shown, other: Shown) -> float:
    return 1000 * max(float(np.linalg.norm(other.joints[name] - place)) for name, place in one.joints.items())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # after a USD file has been read, bpy may wait for ever while Python winds down
