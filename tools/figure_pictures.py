# pyright: basic
"""Pictures of docs/rig.md, docs/render.md, docs/face.md and the README, made by the product: twist bones and faces.

`python -m tools.figure_pictures --out docs/images` fits the demo photo and renders `twist_bones.jpg`, `face.jpg` and
`face_sliders.jpg`; `--only face_sliders` one of them.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
from mathutils import Quaternion, Vector
from PIL import Image

from smplify_blender import api
from smplify_blender.scene.figure.shape_keys import expression_keys_of
from smplify_blender.scene.looks.face_parts import face_parts_of
from tools.figure_studio import (
    JPEG_QUALITY,
    render_from,
    set_up_studio,
    side_by_side,
    update,
    use_flat_lens,
    use_long_lens,
)

PHOTO = Path("docs/demo/demo_photo.jpg")
LIMB_SIZE_PX, FACE_SIZE_PX, SLIDER_SIZE_PX = (420, 240), (360, 360), (144, 168)
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
    parser.add_argument("--only", choices=tuple(PICTURES))
    options = parser.parse_args()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    fitted = api.fit_photo(PHOTO, PHOTO.with_name("demo_photo_keypoints.json"))
    figure: Any = fitted.armatures[0]
    figure.animation_data.action = None
    body = next(child for child in figure.children if child.data.shape_keys is not None)
    for key in expression_keys_of(body.data):
        key.value = 0.0
    set_up_studio()
    with tempfile.TemporaryDirectory() as folder:
        for name, make in PICTURES.items():
            if options.only in (None, name):
                make(figure, body, Path(folder)).save(options.out / f"{name}.jpg", quality=JPEG_QUALITY)


def _twists(figure: Any, body: Any, folder: Path) -> Image.Image:
    """Render each turned limb, without twist bones in the first row and with them in the second."""
    del body
    rows: list[list[Image.Image]] = []
    for has_twists in (False, True):
        if has_twists:
            api.add_twist_bones(figure)
        rows.append([_turned(figure, name, folder) for name in TURNS])
    return side_by_side(rows)


def _turned(figure: Any, name: str, folder: Path) -> Image.Image:
    degrees, width = TURNS[name]
    _to_rest(figure)
    figure.pose.bones[name].rotation_quaternion = Quaternion((0, 1, 0), math.radians(degrees))
    update()
    at = figure.matrix_world @ figure.pose.bones[name].head
    use_flat_lens(width)
    return render_from(at, Vector((0.0, -2.0, 0.8)), LIMB_SIZE_PX, folder)


def _faces(figure: Any, body: Any, folder: Path) -> Image.Image:
    """Render the face without the parts, then with them and each expression."""
    _to_rest(figure)
    update()
    use_long_lens()
    at = _face_of(figure)
    pictures = [render_from(at, Vector(FACES[0][1]), FACE_SIZE_PX, folder)]
    api.add_face_parts(figure)
    keys = body.data.shape_keys.key_blocks
    for values, place in FACES:
        for name, value in values.items():
            keys[name].value = value
        pictures.append(render_from(at, Vector(place), FACE_SIZE_PX, folder))
        for name in values:
            keys[name].value = 0.0
    return side_by_side([pictures])


def _sliders(figure: Any, body: Any, folder: Path) -> Image.Image:
    """Render each slider of the expression at its upper end, and below at its lower end, on the face with its parts."""
    _to_rest(figure)
    update()
    use_long_lens()
    if face_parts_of(figure) is None:
        api.add_face_parts(figure)
    at = _face_of(figure)
    rows: list[list[Image.Image]] = [[], []]
    for key in expression_keys_of(body.data):
        for row, value in zip(rows, (key.slider_max, key.slider_min), strict=True):
            key.value = value
            row.append(render_from(at, Vector((0.0, -0.62, -0.02)), SLIDER_SIZE_PX, folder))
        key.value = 0.0
    return side_by_side(rows)


def _face_of(figure: Any) -> Vector:
    """Return the middle of the face in the world."""
    eyes = [figure.matrix_world @ figure.pose.bones[name].head for name in ("eye.L", "eye.R")]
    return (eyes[0] + eyes[1]) / 2 - Vector((0.0, 0.0, 0.03))


def _to_rest(figure: Any) -> None:
    for bone in figure.pose.bones:
        bone.matrix_basis.identity()


PICTURES = {"twist_bones": _twists, "face": _faces, "face_sliders": _sliders}


if __name__ == "__main__":
    main()
