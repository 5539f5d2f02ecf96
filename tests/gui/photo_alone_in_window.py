"""In a real Blender window: a photo without a keypoint file is chosen, Fit is pressed, and a rig stands there. Takes screenshots.

BLENDER --enable-event-simulate --python-exit-code 1 --python photo_alone_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import extension, fit_by, looked_at, only_keypoints, press, rest, run  # noqa: E402 - found through the line above


def settings():
    return bpy.context.scene.smplify


def runs():
    return extension("session.fit_run").fit_runs()


def test(d):
    with d.ctx("WINDOW"):
        bpy.data.meshes.remove(bpy.data.meshes["Cube"])
    yield from d.open_tab("SMPLify")
    x, y = yield from d.find("photo_path")
    yield from d.click(x, y)
    yield from d.key("A", ctrl=True)
    yield from d.type(photo)
    yield from d.key("RET")
    yield looked_at
    assert not settings().keypoints_path
    yield from rest(d, "panel_found")
    images = set(bpy.data.images)
    yield from fit_by(d, "smplify.fit_photo")
    d.log(f"from the button to the rig: {runs().last_seconds:.2f} s")
    (figure,) = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    new = [image for image in set(bpy.data.images) - images if "smplify_material" not in image]
    assert len(new) == 1, "the plate beside the eyes' picture, and no copy that the core has looked at"
    yield from rest(d, "panel_fitted")
    put_back = only_keypoints()  # their panel lies below the end of a small screen
    yield 0.3
    yield from press(d, "smplify.edit_keypoints")
    yield lambda: bpy.context.mode == "EDIT_MESH"
    yield from rest(d, "points_found")
    put_back()
    d.log(f"{figure.name}: ALL GOOD")


run(test, shots)
