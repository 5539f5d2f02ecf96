"""In a real Blender window: a dropped AMASS motion, its redo panel, one undo, and the import dialog. Takes screenshots.

BLENDER --enable-event-simulate --python-exit-code 1 --python motion_in_window.py -- DRIVER_FOLDER MOTION SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, motion, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import run  # noqa: E402 - found through the line above


def figures():
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def first_key():
    return bpy.data.objects[figures()[0]].animation_data.action.frame_range[0]


def test(d):
    before = sorted(bpy.data.objects.keys())
    end = bpy.context.scene.frame_end
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo_push(message="before the import")
        # as Blender does it for a file that is dropped onto the view
        assert bpy.ops.smplify.import_result("INVOKE_DEFAULT", True, filepath=motion) == {"FINISHED"}
    assert figures(), "nothing was imported"
    yield 0.5
    last = bpy.context.window_manager.operators[-1]
    assert last.bl_idname == "SMPLIFY_OT_import_result" and last.kind == "FOREIGN_MOTION", last.bl_idname
    with d.ctx("WINDOW"):
        bpy.ops.view3d.view_selected()
    d.area().spaces.active.show_region_hud = True
    yield 1.0
    d.shot("1_motion")
    with d.ctx("WINDOW"):
        bpy.ops.screen.redo_last("INVOKE_DEFAULT")
    yield 1.0
    d.shot("2_redo_panel")
    yield from d.key("ESC")

    with d.ctx("WINDOW"):
        bpy.ops.ed.undo()
    yield lambda: not figures()
    assert sorted(bpy.data.objects.keys()) == before and bpy.context.scene.frame_end == end
    assert not [action for action in bpy.data.actions if action.users]
    with d.ctx("WINDOW"):
        bpy.ops.ed.redo()
    yield lambda: bool(figures())
    assert first_key() == 1

    with d.ctx("WINDOW"):
        bpy.ops.smplify.import_result("INVOKE_DEFAULT")
    yield 1.5
    d.shot("3_dialog")
    d.log("ALL GOOD")


run(test, shots)
