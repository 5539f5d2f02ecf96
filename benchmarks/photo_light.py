"""Measure the light that *Set Up Render* finds in photos whose sun is known: those of benchmarks/rendered.

python -m benchmarks.photo_light --mocap DIR [--cases N] [--first F]

Every photo is fitted in Blender as a user does it. The sun of a rendered photo is drawn again from its seed. Told are the angle
between the two suns, how far off the direction is in which shadows fall (the turn about the vertical), how far the height of the
sun is off, and the same for the light that is taken where a photo tells nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from benchmarks.rendered.cache import DEFAULT_CACHE, Truth, read_truth, recipe_folder
from benchmarks.rendered.picture import drawn_sun
from benchmarks.rendered.scenes import SEED
from fitting_core.arrays import NumpyArray
from smplify_blender import api, registration
from smplify_blender.scene.looks.photo_light import SeenSurface, estimate_light
from smplify_blender.scene.looks.render_setup import photo_behind
from smplify_blender.scene.looks.seen_surface import linear_photo, seen_surface

_NOTHING = SeenSurface(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, dtype=str))
_CV_FROM_BLENDER = np.diag([1.0, -1.0, -1.0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row a photo, and the means and medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(arguments)
    folder = recipe_folder(options.cache, options.mocap, SEED)
    registration.register("smplify_blender")
    rows: list[NumpyArray] = []
    for number in range(options.first, options.first + options.cases):
        truth = read_truth(folder / f"case_{number:03d}.npz")
        rows.append(_errors(truth, number))
        print(f"{number:3d} {truth.kind:16s}", *(f"{value:6.1f}" for value in rows[-1]), flush=True)
    print("angle, turn, height in degrees as found; the same for the usual light")
    for name, values in (("mean", np.mean(rows, axis=0)), ("median", np.median(rows, axis=0))):
        print(f"{name:20s}", *(f"{value:6.1f}" for value in values))
    registration.unregister()


def _errors(truth: Truth, number: int) -> NumpyArray:
    """Return the errors of the sun that is found, and of the usual one."""
    ops: Any = bpy.ops
    ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    fitted = api.fit_photo(truth.photo, options=("--focal-px", str(truth.focal_px)))
    camera, depsgraph = fitted.camera, bpy.context.evaluated_depsgraph_get()
    image = photo_behind(camera)
    assert image is not None, "a fit shows its photo"
    photo = linear_photo(image)
    seen = seen_surface(fitted.meshes, camera, photo, depsgraph)
    middle = np.mean([np.array(mesh.matrix_world.translation) for mesh in fitted.meshes], axis=0)
    back: NumpyArray = np.array(camera.matrix_world.translation) - middle
    level = _level_from_camera(truth.up)
    wanted = drawn_sun((SEED, number, 1), truth.person, truth.kind == "chair")
    found: list[float] = []
    for surface in (seen, _NOTHING):
        light = estimate_light(surface, photo.reshape(-1, 3).mean(axis=0), back)
        turn = np.array(camera.matrix_world)[:3, :3]
        found += _apart(level @ _CV_FROM_BLENDER @ turn.T @ light.towards, wanted)
    return np.array(found)


def _level_from_camera(up: NumpyArray) -> NumpyArray:
    """Return the rotation (3, 3) from the camera's frame to one with x right, y away from the camera and z up."""
    up = up / np.linalg.norm(up)
    right = np.array([1.0, 0.0, 0.0]) - up[0] * up
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(up, right), up])


def _apart(found: NumpyArray, wanted: NumpyArray) -> list[float]:
    turn = np.arctan2(found[1], found[0]) - np.arctan2(wanted[1], wanted[0])
    turned = abs((np.degrees(turn) + 180.0) % 360.0 - 180.0)
    height = np.degrees(np.arcsin(np.clip(found[2], -1, 1)) - np.arcsin(wanted[2]))
    return [float(np.degrees(np.arccos(np.clip(found @ wanted, -1, 1)))), float(turned), float(abs(height))]


if __name__ == "__main__":
    main()
