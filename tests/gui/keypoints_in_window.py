"""In a real Blender window: a stick figure on a bare photo, dragged by the mouse and fitted; then its wrist dragged and refitted.

BLENDER --enable-event-simulate --python-exit-code 1 --python keypoints_in_window.py -- DRIVER_FOLDER PHOTO SHOTS

PHOTO has no keypoint file beside it; NAME_points.json holds, by name, where the person's 25 body points are (px).
"""

import json
import sys
import time
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import (  # noqa: E402 - found through the line above
    DRAG_PX,
    View,
    editor,
    extension,
    near,
    only_keypoints,
    points,
    press,
    row,
    run,
)

TARGETS = json.loads(Path(photo).with_name(f"{Path(photo).stem}_points.json").read_text(encoding="utf-8"))


def figures():
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]


def wrist_pixel():
    scene = bpy.context.scene
    bpy.context.view_layer.update()
    (armature,) = figures()
    bone = armature.pose.bones["hand.L"]
    seen = world_to_camera_view(scene, scene.camera, armature.matrix_world @ bone.head)
    return np.array((seen.x * scene.render.resolution_x, (1 - seen.y) * scene.render.resolution_y))


def fitted():
    runs = extension("session.fit_run").fit_runs()
    assert not runs.error, runs.error
    return runs.current is None and bpy.context.mode == "OBJECT" and len(figures()) == 1


def test(d):
    bpy.context.preferences.view.show_tooltips = False
    for name in ("Cube", "Light", "Camera"):
        if name in bpy.data.objects:
            bpy.data.objects.remove(bpy.data.objects[name])
    bpy.context.scene.smplify.photo_path = photo
    yield from d.open_tab("SMPLify")
    choices, look = extension("settings.scene_choices"), extension("settings.scene_choices").inspection_for
    yield lambda: look(choices.choices_of(bpy.context.scene, choices.engine_of(bpy.context)))[1] is not None
    yield 0.5
    d.shot("1_bare_photo")
    put_back = only_keypoints()
    yield 0.5
    yield from new_figure(d)
    yield from fit_and_refit(d)
    yield from keys(d)
    put_back()
    d.log("ALL GOOD")


def new_figure(d):
    view = View(d)
    yield from press(d, "smplify.new_stick_figure")
    yield lambda: bpy.context.mode == "EDIT_MESH"
    yield 0.5
    with d.ctx("WINDOW"):
        bpy.ops.view3d.view_center_camera()
    yield 0.5
    d.shot("2_new_figure")
    with d.ctx("WINDOW"):
        bpy.ops.mesh.select_all(action="DESELECT")
    for name in ("left_wrist", "right_knee"):
        yield from view.drag(name, TARGETS[name])
        near(name, TARGETS[name], DRAG_PX)
    assert set(points().moved_rows()) == {row("left_wrist"), row("right_knee")}, points().moved_rows()
    x, y = view.window_of(points().points[row("left_wrist")])
    yield from d.move(x + 1, y)
    yield 0.3
    assert extension("keypoint_editor.drawing").hover.row == row("left_wrist"), extension(
        "keypoint_editor.drawing"
    ).hover
    d.shot("3_two_points_dragged")


def keys(d):
    """X, P and Ctrl Z over the view mean what the help line says."""
    view = View(d)
    yield from press(d, "smplify.edit_keypoints")
    yield lambda: bpy.context.mode == "EDIT_MESH"
    yield 0.5
    count = int(points().present.sum())
    d._pos = view.window_of(points().points[row("nose")])
    yield from d.click(*d._pos)
    assert extension("scene.keypoints.mesh").selected_rows(editor()) == (row("nose"),)
    yield from d.key("P")
    yield 0.2
    assert points().pinned_names() == ("nose", "left_wrist"), points().pinned_names()
    yield from d.key("X")
    yield 0.2
    assert int(points().present.sum()) == count - 1
    yield from d.key("Z", ctrl=True)
    yield 0.2
    assert int(points().present.sum()) == count, "undo brings a deleted point back"
    assert points().pinned_names() == ("nose", "left_wrist")
    yield from d.key("Z", ctrl=True)
    yield 0.2
    assert points().pinned_names() == ("left_wrist",), "undo takes a pin back"


def fit_and_refit(d):
    yield from fit_on_the_person(d)
    yield from drag_the_wrist(d)


def fit_on_the_person(d):
    body = extension("keypoints.names").BODY_NAMES
    with d.ctx("WINDOW"):
        target = np.array([TARGETS[name] for name in body])
        moved = points().moved([row(name) for name in body], target)
        extension("scene.keypoints.mesh").write_keypoints(editor(), moved)
        bpy.ops.ed.undo_push(message="all points on the person")
    yield 0.3
    d.shot("4_on_the_person")
    yield from press(d, "smplify.fit_keypoints")
    yield fitted
    yield 0.5
    d.shot("5_fitted")
    assert np.linalg.norm(wrist_pixel() - TARGETS["left_wrist"]) < 30, (wrist_pixel(), TARGETS["left_wrist"])


def drag_the_wrist(d):
    view, before = View(d), wrist_pixel()
    yield from press(d, "smplify.edit_keypoints")
    yield lambda: bpy.context.mode == "EDIT_MESH"
    yield 0.3
    with d.ctx("WINDOW"):
        bpy.ops.mesh.select_all(action="DESELECT")
    target = np.array(TARGETS["left_wrist"]) + np.array((25.0, -60.0))
    yield from view.drag("left_wrist", target)
    near("left_wrist", target, DRAG_PX)
    d._pos = view.window_of(points().points[row("left_wrist")])
    yield from d.move(*d._pos)
    yield from d.key("P")
    yield 0.3
    assert points().pinned_names() == ("left_wrist",)
    d.shot("6_wrist_dragged")
    xy = yield from d.find("smplify.fit_keypoints")
    began = time.perf_counter()
    yield from d.click(*xy)
    yield fitted
    refit_seconds = extension("session.fit_run").fit_runs().last_seconds
    d.log(f"refit in {refit_seconds:.2f} s ({time.perf_counter() - began:.2f} s with the click)")
    yield 0.5
    d.shot("7_refitted")
    after = wrist_pixel()
    d.log(f"wrist: {before} -> {after}, dragged to {target}")
    assert np.linalg.norm(after - target) < 0.4 * np.linalg.norm(before - target)


run(test, shots)
