"""In a real Blender window: import, look through the camera, grab bones, undo, redo. Takes screenshots.

BLENDER --enable-event-simulate --python-exit-code 1 --python import_in_window.py -- DRIVER_FOLDER RESULT SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, result, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import run  # noqa: E402 - found through the line above


def figures():
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def look(d, name, move):
    with d.ctx("WINDOW"):
        move()
    yield 0.5
    d.shot(name)


def bend(bones):
    """Pose mode, and the bones turned by 0.9 rad about their own X axes."""
    bpy.ops.object.mode_set(mode="POSE")
    for name in bones:
        bone = bpy.context.object.pose.bones[name]
        bone.rotation_mode = "XYZ"
        bone.rotation_euler.x += 0.9


def rest_pose():
    bpy.ops.pose.select_all(action="SELECT")
    bpy.ops.pose.transforms_clear()
    bpy.ops.view3d.view_axis(type="FRONT")
    bpy.ops.view3d.view_selected()


def test(d):
    before = sorted(bpy.data.objects.keys())
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo_push(message="before the import")
        assert bpy.ops.smplify.import_result("EXEC_DEFAULT", True, filepath=result) == {"FINISHED"}
    people = figures()
    assert people, "nothing was imported"
    yield from look(d, "1_imported", lambda: bpy.ops.view3d.view_selected())
    yield from look(d, "2_camera", lambda: bpy.ops.view3d.view_camera())
    yield from look(d, "3_side", lambda: bpy.ops.view3d.view_axis(type="LEFT"))

    with d.ctx("WINDOW"):
        bpy.ops.ed.undo()
    yield lambda: not figures()
    assert sorted(bpy.data.objects.keys()) == before, bpy.data.objects.keys()
    assert "Photo camera" not in bpy.data.cameras or not bpy.data.cameras["Photo camera"].users
    with d.ctx("WINDOW"):
        bpy.ops.ed.redo()
    yield lambda: figures() == people
    d.log("undone and redone")

    with d.ctx("WINDOW"):
        bpy.context.view_layer.objects.active = bpy.data.objects[people[0]]
        for thing in bpy.data.objects:
            if thing.type == "MESH" and "body" not in thing.name:
                thing.hide_set(True)
    yield from look(d, "4_bent", lambda: bend(["forearm.L", "forearm.R", "shin.L", "f_index.01.L"]))
    yield from look(d, "5_rest", rest_pose)
    with d.ctx("WINDOW"):
        assert not bpy.ops.smplify.import_result.poll()
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.ops.wm.call_menu(name="TOPBAR_MT_file_import")
    yield 0.5
    d.shot("6_menu")
    yield from d.key("ESC")
    d.log("ALL GOOD")


run(test, shots)
