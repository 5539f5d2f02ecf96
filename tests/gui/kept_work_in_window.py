"""In a real Blender window, with the installed extension: what an artist makes of a figure stays through takes, refits, Pose
Mode, a second photo and a deleted camera.

BLENDER --enable-event-simulate --python-exit-code 1 --python kept_work_in_window.py -- DRIVER_FOLDER PHOTO SECOND SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, photo, second, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import extension, fit_by, looked_at, press, rest, run  # noqa: E402 - found through the line above


def settings():
    return bpy.context.scene.smplify


def figures():
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]


def choose(path):
    settings().photo_path = path
    yield 0.3
    yield looked_at


def work_on(figure):
    """A hat on the head bone, a Subdivision, a coat of the rig, and the figure moved with G."""
    lookup = extension("scene.figure.lookup")
    names = extension("scene.figure.bone_joints").bones_by_joint(figure)
    mesh = bpy.data.meshes.new("Hat")
    corners = [(0.14, 0, 0.14), (-0.14, 0, 0.14), (-0.14, 0, -0.14), (0.14, 0, -0.14), (0, 0.3, 0)]
    mesh.from_pydata(corners, [], [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4), (3, 2, 1, 0)])
    hat = bpy.data.objects.new("Hat", mesh)
    bpy.context.scene.collection.objects.link(hat)
    hat.parent, hat.parent_type, hat.parent_bone = figure, "BONE", names["head"]
    hat.location = (0.0, -0.05, 0.0)
    body = lookup.body_of(figure)
    body.modifiers.new("Smooth", "SUBSURF").levels = 1
    figure.location.x += 0.25
    return hat, body


def hat_on_head(figure, hat):
    """The hat's place above the head bone, in the bone's own axes."""
    bpy.context.view_layer.update()
    bone = figure.pose.bones[hat.parent_bone]
    place = (figure.matrix_world @ bone.matrix).inverted() @ hat.matrix_world.translation
    return [round(place.x, 3), round(place.y - bone.length, 3), round(place.z, 3)]


def the_whole_photo_is_seen(d):
    """The frame of the camera lies between toolbar and sidebar."""
    view = extension("operators.camera_view")
    area, region = d.area(), d.region("WINDOW")
    first, last = view._frame_columns(region, area.spaces.active.region_3d)
    left, right = view._free_columns(area, region)
    assert left - 2 <= first < last <= right + 2, (left, first, last, right)


def fitted_with_work(d):
    yield from d.open_tab("SMPLify")
    yield from choose(photo)
    yield from fit_by(d, "smplify.fit_photo", 0.4)
    assert bpy.context.scene.camera is not None and "Cube" in bpy.data.objects
    yield from rest(d, "kept_cube")
    yield from press(d, "smplify.hide_cube")
    yield lambda: bpy.data.objects["Cube"].hide_get()
    yield from rest(d, "kept_fit")
    the_whole_photo_is_seen(d)
    work_on(figures()[0])
    yield from rest(d, "kept_work")


def take_and_refit(d):
    (figure,), hat = figures(), bpy.data.objects["Hat"]
    body = extension("scene.figure.lookup").body_of(figure)
    place, above = tuple(figure.location), hat_on_head(figure, hat)
    last = len(str(figure["smplify_fit"]["takes"]).split("\n")) - 1
    yield from press(d, f"choose_take(take={last})", 0.8)
    yield lambda: figure["smplify_fit"]["file"].endswith(f"take_{last}.npz")
    assert figures() == [figure] and tuple(figure.location) == place
    assert hat_on_head(figure, hat) == above and [one.name for one in body.modifiers] == [
        "Armature",
        "Smooth",
    ]
    yield from rest(d, "kept_take")
    yield from fit_by(d, "smplify.refit", 0.4)
    assert figures() == [figure] and tuple(figure.location) == place and hat_on_head(figure, hat) == above
    yield from rest(d, "kept_refit")


def pose_mode(d):
    (figure,) = figures()
    with d.ctx("WINDOW"):
        bpy.context.view_layer.objects.active = figure
        figure.select_set(True)
        bpy.ops.object.mode_set(mode="POSE")
    yield 0.5
    yield from fit_by(d, "smplify.refit", 0.4)
    assert bpy.context.mode == "POSE" and figures() == [figure]
    yield from rest(d, "kept_pose_mode")
    with d.ctx("WINDOW"):
        bpy.ops.object.mode_set(mode="OBJECT")


def second_photo(d):
    (figure,), hat = figures(), bpy.data.objects["Hat"]
    yield from choose(second)
    yield from fit_by(d, "smplify.fit_photo", 0.4)
    assert len(figures()) == 2
    yield from rest(d, "kept_second")
    settings().hide_others = True
    yield 0.5
    assert figure.hide_get() and hat.hide_get()
    settings().hide_others = False
    assert not figure.hide_get()
    d.area().spaces.active.region_3d.view_perspective = "PERSP"
    with d.ctx("WINDOW"):
        bpy.ops.view3d.view_all()
    yield from rest(d, "kept_beside")


def deleted_camera(d):
    camera = bpy.context.scene.camera
    with d.ctx("WINDOW"):
        for thing in bpy.context.view_layer.objects:
            thing.select_set(thing == camera)
        bpy.ops.object.delete()
    yield 1.0
    first = bpy.context.scene.camera
    assert first is not None and first.users_scene, "the first photo's camera is not the scene's again"
    left = [thing.name for thing in bpy.data.objects if thing.type == "CAMERA" and not thing.users_scene]
    assert not left, left


def test(d):
    yield from fitted_with_work(d)
    yield from take_and_refit(d)
    yield from pose_mode(d)
    yield from second_photo(d)
    yield from deleted_camera(d)
    d.log("ALL GOOD")


run(test, shots)
