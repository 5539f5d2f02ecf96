"""In a real Blender window: a scene with the camera that took the demo picture, and the floor that its figure stood on. Fitted
by a click before that camera, the figure stands on that floor, about as tall as it was. Takes screenshots of the Camera panel.

BLENDER --enable-event-simulate --python-exit-code 1 --python scene_camera_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import math
import sys
from pathlib import Path

import bpy
from bpy_extras.object_utils import world_to_camera_view

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import fit_by, rest, run  # noqa: E402 - found through the line above

PHOTO = Path(photo)
# tools/render_demo_photo/view.py: 50 mm, 1.25 m above the floor, 7° downwards
PLACE, PITCH, LENS_MM, SIZE = (-0.07, -3.15, 1.25), math.radians(7.0), 50.0, (900, 1200)
TRUE_METRES, NEAR_METRES = 1.729, 0.08  # of the demo figure at rest; the fit has its toes a little lower


def settings():
    return bpy.context.scene.smplify


def figure():
    return next((thing for thing in bpy.data.objects if thing.type == "ARMATURE"), None)


def open_camera_panel():
    """It is closed until somebody opens it; whether it is, is decided when it is first drawn."""
    panel = bpy.types.SMPLIFY_PT_camera
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


def build_scene():
    scene = bpy.context.scene
    for name in ("Cube", "Light"):
        bpy.data.objects.remove(bpy.data.objects[name])
    camera = scene.camera
    camera.location, camera.rotation_euler = PLACE, (math.pi / 2 - PITCH, 0.0, 0.0)
    camera.data.sensor_fit, camera.data.sensor_height, camera.data.lens = "VERTICAL", 36.0, LENS_MM
    camera.data.show_background_images = True
    background = camera.data.background_images.new()
    background.image = bpy.data.images.load(str(PHOTO))
    background.alpha = 1.0
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    mesh = bpy.data.meshes.new("Studio Floor")
    mesh.from_pydata([(-2, -1.5, 0), (2, -1.5, 0), (2, 3, 0), (-2, 3, 0)], [], [(0, 1, 2, 3)])
    floor = bpy.data.objects.new("Studio Floor", mesh)
    floor.display_type = "WIRE"
    scene.collection.objects.link(floor)
    return floor


def lowest():
    (body,) = [child for child in figure().children if child.type == "MESH"]
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return min((evaluated.matrix_world @ vertex.co).z for vertex in evaluated.data.vertices)


def ankles_px():
    scene = bpy.context.scene
    seen = [
        world_to_camera_view(scene, scene.camera, figure().matrix_world @ figure().pose.bones[name].head)
        for name in ("foot.L", "foot.R")
    ]
    return [(SIZE[0] * place.x, SIZE[1] * (1 - place.y)) for place in seen]


def before_the_fit(d, floor):
    settings().photo_path = str(PHOTO)
    yield from d.open_tab("SMPLify")
    settings().focal_mode = "ESTIMATE"
    yield 0.5
    yield from rest(d, "camera_estimate")
    settings().focal_mode, settings().floor = "SCENE_CAMERA", "OBJECT"
    yield 0.5
    yield from rest(d, "camera_no_floor")
    settings().floor_object = floor
    yield 0.5
    yield from rest(d, "camera_floor")


def on_the_floor(d):
    yield from fit_by(d, "smplify.fit_photo")
    stored = figure()["smplify_fit"]
    assert not stored["doubtful"] and "Stands on “Studio Floor”" in stored["standing"], stored["standing"]
    metres, alone = (float(part.split(" m")[0].split()[-1]) for part in stored["standing"].split(";"))
    assert abs(metres - TRUE_METRES) < min(NEAR_METRES, abs(alone - TRUE_METRES)), (metres, alone)
    assert abs(lowest()) < 1e-3, lowest()
    yield from rest(d, "camera_result")
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(shots) / "scene.blend"), copy=True)


def off_the_floor(d):
    """The floor moves nothing in the picture; one far below would make a giant, and nobody is put there."""
    before = ankles_px()
    settings().floor = "NONE"
    yield from fit_by(d, "smplify.refit")
    moved = max(math.dist(a, b) for a, b in zip(before, ankles_px(), strict=True))
    d.log(f"without the floor the ankles move by {moved:.3f} px, and stand {1000 * lowest():.0f} mm over it")
    assert moved < 3.0, moved  # what refitting the same keypoints moves
    settings().floor = "OBJECT"
    settings().floor_object.location.z = -1.0
    yield from fit_by(d, "smplify.refit")
    assert "check the scene's scale" in figure()["smplify_fit"]["standing"]
    yield from rest(d, "camera_doubtful")


def test(d):
    open_camera_panel()
    yield from before_the_fit(d, build_scene())
    yield from on_the_floor(d)
    yield from off_the_floor(d)
    d.log("ALL GOOD")


run(test, shots)
