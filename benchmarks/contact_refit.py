"""Time the buttons of contact in Blender: a rendered photo before a known camera, on a floor and a chair, again and again.

python -m benchmarks.contact_refit --mocap DIR [--times N]

Told apart are a press with a thing that has just changed, whose distances are measured anew, and one with things that are known.
Seconds are those that a user waits (median), processor seconds those of Blender's own process; the core computes in another.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import bpy
from PIL import Image

from benchmarks.contact import made_room
from benchmarks.contact_pictures import set_up
from benchmarks.rendered.cache import DEFAULT_CACHE, read_truth, recipe_folder
from benchmarks.rendered.scenes import SEED
from smplify_blender import registration

_PHOTO = 30  # somebody on a chair
_SHIFT_M = 1e-4  # a thing that has moved by this is another one


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long each kind of press takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args(arguments)
    truth = read_truth(recipe_folder(options.cache, options.mocap, SEED) / f"case_{_PHOTO:03d}.npz")
    registration.register("smplify_blender")
    ops: Any = bpy.ops
    ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene: Any = bpy.context.scene
    set_up(scene, truth, made_room(truth, "chair"), Image.open(truth.photo).size, samples=1)
    settings = scene.smplify
    settings.photo_path, settings.focal_mode, settings.floor = str(truth.photo), "SCENE_CAMERA", "NONE"
    settings.gender = "neutral"
    ops.smplify.fit_photo()
    ops.smplify.touch(action="stand", thing="floor")
    print("| press | s | processor s of Blender |\n|---|---|---|")
    for words, moves in (("a thing that has changed", True), ("things that are known", False)):
        spent: list[tuple[float, float]] = []
        for _ in range(options.times):
            if moves:
                bpy.data.objects["chair"].location.x += _SHIFT_M
            began, own = perf_counter(), process_time()
            ops.smplify.touch(action="sit", thing="chair")
            spent.append((perf_counter() - began, process_time() - own))
        waited, computed = (statistics.median(values) for values in zip(*spent, strict=True))
        print(f"| {words} | {waited:.2f} | {computed:.2f} |")
    registration.unregister()


if __name__ == "__main__":
    main()
