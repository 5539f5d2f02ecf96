"""In a real Blender window: every way in which an edit of keypoints ends gives the figure, the tool and the status bar back and
keeps the points; undo and redo inside the edit and across its ends; the edit before a camera of the user's.

BLENDER --enable-event-simulate --python-exit-code 1 --python editor_ends_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import sys
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import (  # noqa: E402 - found through the line above
    DRAG_PX,
    EXTENSION,
    View,
    chord,
    editor,
    extension,
    near,
    only_keypoints,
    points,
    press,
    row,
    run,
)

OWN_TOOL, OWN_SELECT_MODE = "builtin.select_lasso", (False, True, True)  # the user's, whom nothing surprises
ALONG_PX = np.array((60.0, -90.0))  # of a drag, px of the photo
SAME_PX = 0.01


def tool():
    workspace = bpy.context.window_manager.windows[0].workspace
    return workspace.tools.from_space_view3d_mode("EDIT_MESH", create=True).idname


def hidden():
    layer = bpy.context.window_manager.windows[0].view_layer
    return sorted(thing.name for thing in layer.objects if thing.hide_get(view_layer=layer))


def telling():
    """True if the status bar tells the keys of the editor."""
    return bpy.types.STATUSBAR_HT_header.draw is extension("keypoint_editor.status")._draw


def state():
    settings = bpy.context.window_manager.windows[0].scene.tool_settings
    return tool(), tuple(settings.mesh_select_mode), hidden(), telling()


def edits():
    return state() == ("builtin.select", (True, False, False), ["demo_photo", "demo_photo body"], True)


def ended():
    return state() == (OWN_TOOL, OWN_SELECT_MODE, [], False)


def becomes(d, wanted, word):
    """Wait for a state; in words what it is where it does not come."""

    def is_there():
        wait["left"] -= 1
        assert wait["left"] > 0, f"{word}: {state()} in {bpy.context.mode}"
        return wanted()

    wait = {"left": 60}
    yield is_there
    yield 0.1
    assert wanted(), f"{word}: {state()}"
    d.log(word)


def table():
    return points().table()


def same(first, second):
    return first.shape == second.shape and float(np.abs(first - second).max()) < SAME_PX


def call(d, operator, **options):
    """As from a menu: with an undo step."""
    with d.ctx("WINDOW"):
        return operator("EXEC_DEFAULT", True, **options)


def undo(d):
    yield from over_the_view(d)
    yield from chord(d, "Z")
    yield 0.3


def redo(d):
    yield from over_the_view(d)
    yield from chord(d, "Z", shift=True)
    yield 0.3


def until_changed(d, step):
    """A drag is two undo steps: the point is selected, then moved."""
    before = table()
    for _ in range(3):
        yield from step(d)
        if not same(table(), before):
            return
    raise AssertionError(f"{step.__name__} changes nothing")


def over_the_view(d):
    area = d.region("WINDOW")
    d._pos = (area.x + 120, area.y + 120)
    yield from d.move(*d._pos)


def tab(d):
    yield from over_the_view(d)
    yield from d.key("TAB")
    yield 0.2


def edit(d):
    call(d, bpy.ops.smplify.edit_keypoints)
    yield from becomes(d, edits, "editing")


def set_up(d):
    bpy.context.preferences.view.show_tooltips = False
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    scene = bpy.context.scene
    scene.smplify.photo_path = photo
    yield from d.open_tab("SMPLify")
    choices = extension("settings.scene_choices")
    yield (
        lambda: (
            choices.inspection_for(choices.choices_of(scene, choices.engine_of(bpy.context)))[1] is not None
        )
    )
    scene.tool_settings.mesh_select_mode = OWN_SELECT_MODE
    thing = bpy.data.objects.new("own mesh", bpy.data.meshes.new("own mesh"))
    scene.collection.objects.link(thing)
    with d.ctx("WINDOW"):
        bpy.context.view_layer.objects.active = thing
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.wm.tool_set_by_id(name=OWN_TOOL)
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.data.objects.remove(thing)
        bpy.ops.ed.undo_push(message="the user's own settings")
    call(d, bpy.ops.smplify.fit_photo)
    yield from becomes(d, ended, "fitted")


def enlarge(d):
    """The photo fills the view, so that a pixel of the screen is one of the photo or two."""
    with d.ctx("WINDOW"):
        bpy.ops.view3d.view_center_camera()
    yield 0.4


def undo_inside(d):
    """Drag, undo, redo, and a drag after an undo: each point is where it was put and the others nowhere else."""
    yield from enlarge(d)
    view, elbow, knee = View(d), row("left_elbow"), row("right_knee")
    with d.ctx("WINDOW"):
        bpy.ops.mesh.select_all(action="DESELECT")
        bpy.ops.ed.undo_push(message="nothing selected")
    tables = [table()]
    for name in ("left_elbow", "right_knee"):
        yield from view.drag(name, points().points[row(name)] + ALONG_PX)
        near(name, tables[0][row(name), :2] + ALONG_PX, DRAG_PX)
        tables.append(table())
    for step in (1, 0):
        yield from until_changed(d, undo)
        assert same(table(), tables[step]), f"undo to {step}"
    yield from until_changed(d, redo)
    assert same(table(), tables[1]), "redo"
    yield from view.drag("right_knee", tables[1][knee, :2] - ALONG_PX)
    near("right_knee", tables[1][knee, :2] - ALONG_PX, DRAG_PX)
    others = [number for number in range(len(tables[0])) if number not in (elbow, knee)]
    assert same(table()[others], tables[0][others]) and same(table()[elbow], tables[1][elbow])
    assert set(points().moved_rows()) == {elbow, knee}
    yield from until_changed(d, undo)
    assert same(table(), tables[1]), "a drag after an undo, undone"
    yield from until_changed(d, redo)
    assert edits(), state()
    d.shot("1_editing")


def tab_and_undo(d):
    """Out and in by Tab, undo and redo across both ends of the edit."""
    kept = table()
    yield from tab(d)
    yield from becomes(d, ended, "left by Tab")
    assert bpy.context.mode == "OBJECT" and same(table(), kept)
    d.shot("2_left_by_tab")
    yield from undo(d)
    yield from becomes(d, edits, "undone into the edit")
    assert same(table(), kept)
    yield from until_changed(d, undo)  # inside the edit that undo came back to
    assert edits(), state()
    yield from until_changed(d, redo)
    assert same(table(), kept)
    yield from redo(d)
    yield from becomes(d, ended, "redone out of the edit")
    assert same(table(), kept)
    yield from tab(d)
    yield from becomes(d, edits, "back by Tab")
    yield from View(d).drag("left_ankle", kept[row("left_ankle"), :2] + ALONG_PX)
    yield from tab(d)
    yield from becomes(d, ended, "left by Tab again")
    kept = table()
    yield from until(d, bpy.ops.ed.undo, gone)
    yield from becomes(d, gone, "undone to before the edit")
    assert state()[0] == OWN_TOOL and not hidden() and not telling(), state()
    yield from until(d, bpy.ops.ed.redo, lambda: not bpy.ops.ed.redo.poll())
    yield from becomes(d, ended, "redone to the end")
    assert same(table(), kept)


def gone():
    return not any("smplify_keypoints" in thing for thing in bpy.data.objects)


def until(d, step, reached):
    for _ in range(30):
        with d.ctx("WINDOW"):
            if reached():
                return
            step()
        yield 0.1
    raise AssertionError("too many steps")


def other_ends(d):
    """The mode menu, the Done button, another scene and back, the object removed; the fit."""
    kept = table()
    put_back = only_keypoints()
    yield from edit(d)
    call(d, bpy.ops.object.mode_set, mode="OBJECT")
    yield from becomes(d, ended, "left by the mode menu")
    yield from edit(d)
    yield 0.4
    d.shot("3_panel")
    yield from press(d, "smplify.finish_keypoints")
    yield from becomes(d, ended, "Done")
    yield from edit(d)
    first, other = d.win.scene, bpy.data.scenes.new("Other")
    other.tool_settings.mesh_select_mode = OWN_SELECT_MODE
    d.win.scene = other
    yield from becomes(d, lambda: tool() == OWN_TOOL and not telling(), "another scene")
    d.win.scene = first
    yield from becomes(d, edits, "back in the scene of the edit")
    assert same(table(), kept)
    yield from press(d, "smplify.fit_keypoints")
    yield lambda: extension("session.fit_run").fit_runs().current is None
    yield from becomes(d, ended, "fitted from the editor")
    assert same(table(), kept)
    yield from edit(d)
    bpy.data.objects.remove(editor())
    yield from becomes(d, ended, "the points are deleted")
    put_back()


def in_a_file(d):
    """Saved in the middle of an edit: the file opens with the figure in sight and the points as they were."""
    blend = str(Path(photo).with_name("edit.blend"))
    yield from edit(d)
    kept = table()
    with d.ctx("WINDOW"):
        bpy.ops.wm.save_as_mainfile(filepath=blend)
        bpy.ops.wm.open_mainfile(filepath=blend)
    yield 1.0
    if bpy.context.window_manager.windows[0].view_layer.objects.active.mode == "EDIT":
        yield from becomes(d, lambda: edits(), "the file has opened in the edit")
        yield from tab(d)
    yield from becomes(d, ended, "opened again")
    assert same(table(), kept)


def own_camera(d):
    """A camera with no picture behind it: the photo stands there while points are edited."""
    scene = d.win.scene
    with d.ctx("WINDOW"):
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
        scene.collection.objects.link(camera)
        camera.location, camera.rotation_euler, camera.scale = (
            (3.0, -4.0, 1.5),
            (1.5, 0.1, 0.7),
            (2.0, 0.5, 3.0),
        )
        camera.data.lens = 50.0
        scene.camera = camera
        scene.render.resolution_x, scene.render.resolution_y = 900, 1200
        scene.smplify.focal_mode = "SCENE_CAMERA"
        bpy.ops.ed.undo_push(message="own camera")
    yield 1.0
    call(d, bpy.ops.smplify.edit_keypoints)
    yield from becomes(d, lambda: telling() and tool() == "builtin.select", "editing before the own camera")
    assert len(camera.data.background_images) == 1
    yield from enlarge(d)
    with d.ctx("WINDOW"):
        bpy.ops.mesh.select_all(action="DESELECT")
    target = points().points[row("left_elbow")] + ALONG_PX
    yield from View(d).drag("left_elbow", target)
    near("left_elbow", target, DRAG_PX)
    x, y = points().points[row("left_elbow")]
    seen = world_to_camera_view(scene, camera, editor().matrix_world @ Vector((x, -y, 0.0)))
    assert abs(seen.x - x / 900) < 1e-4 and abs(1 - seen.y - y / 1200) < 1e-4, (seen, x, y)
    d.shot("4_own_camera")
    yield from tab(d)
    yield from becomes(d, lambda: not camera.data.background_images, "left the own camera")
    yield from undo(d)
    yield from becomes(d, lambda: len(camera.data.background_images) == 1 and telling(), "undone into it")
    call(d, bpy.ops.smplify.fit_keypoints)
    yield from becomes(d, lambda: not telling() and not camera.data.background_images, "fitted before it")
    figure = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    assert figure.get("smplify_camera") == camera and not hidden()
    call(d, bpy.ops.smplify.edit_keypoints)
    yield from becomes(d, lambda: telling() and len(hidden()) == 2, "editing its figure")


def test(d):
    yield from set_up(d)
    yield from edit(d)
    yield from undo_inside(d)
    yield from tab_and_undo(d)
    yield from other_ends(d)
    yield from in_a_file(d)
    yield from own_camera(d)
    bpy.ops.preferences.addon_disable(module=EXTENSION)
    yield 0.3
    assert tool() == OWN_TOOL and not hidden(), "disabled in the middle of an edit"
    d.log("ALL GOOD")


run(test, shots)
