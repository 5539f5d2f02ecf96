"""In a real Blender window: a control rig is added by its button, posed, and looked at from front and side; then clothes, a
render's setup and face actions by theirs. Takes screenshots.

BLENDER --enable-event-simulate --python-exit-code 1 --python rig_in_window.py -- DRIVER_FOLDER RESULT SHOTS
"""

import sys
from pathlib import Path

import bpy
from mathutils import Vector

driver_folder, result, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import extension, open_panel, press, rest, run  # noqa: E402 - found through the line above


def figure():
    return next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")


def look(d, name, side):
    with d.ctx("WINDOW"):
        bpy.ops.view3d.view_axis(type=side)
    view = d.area().spaces.active.region_3d
    view.view_distance, view.view_location = 3.2, figure().location + Vector((0.0, 0.0, 0.85))
    yield 0.5
    d.shot(name)


def pose():
    bones = figure().pose.bones
    for suffix, sign in ((".L", 1.0), (".R", -1.0)):
        bones[f"hand_ik{suffix}"].location += bones[
            f"hand_ik{suffix}"
        ].bone.matrix_local.to_3x3().inverted() @ (
            0.5 * (bones[f"upper_arm{suffix}"].head - bones[f"hand_ik{suffix}"].head)
        )
        bones[f"fingers_curl{suffix}"].rotation_euler.x = 0.9
        bones[f"foot_roll{suffix}"].rotation_euler.x = -0.4 * (sign > 0)
    bones["hips"].location.y -= 0.2


def picture(d):
    """The panel Picture: clothes on, a render set up by its button, and taken back by the one in its place."""
    scene = bpy.context.scene
    yield from press(d, "add_clothes()")
    yield lambda: [child.name for child in figure().children if "smplify_garment" in child.data]
    yield from press(d, "set_up_render()")
    yield lambda: "Photo sun" in scene.objects
    yield from look(d, "rig_4_dressed", "FRONT")
    yield from press(d, "take_back_render()")
    yield lambda: "Photo sun" not in scene.objects
    yield from press(d, "take_off_clothes()")
    yield lambda: not [child for child in figure().children if "smplify_garment" in child.data]


def face(d, panel):
    """The panel Face, with those of rig and picture out of the way: actions carry the expression, and give it back."""
    others = [bpy.types.SMPLIFY_PT_rig, bpy.types.SMPLIFY_PT_picture]
    for other in others:
        bpy.utils.unregister_class(other)
    panel.bl_options = set()
    bpy.utils.register_class(panel)
    actions = extension("scene.face.face_actions")
    yield 0.3
    yield from press(d, "use_face_actions()")
    yield lambda: actions.has_face_actions(figure())
    yield from rest(d, "rig_5_face")
    yield from press(d, "use_expression()")
    yield lambda: not actions.has_face_actions(figure())
    for other in others:
        bpy.utils.register_class(other)


def test(d):
    panel = bpy.types.SMPLIFY_PT_face
    bpy.utils.unregister_class(panel)  # a panel stays closed that was once drawn so
    for other in (bpy.types.SMPLIFY_PT_rig, bpy.types.SMPLIFY_PT_picture):
        open_panel(other)
    with d.ctx("WINDOW"):
        assert bpy.ops.smplify.import_result("EXEC_DEFAULT", True, filepath=result) == {"FINISHED"}
    with d.ctx("WINDOW"):
        bpy.context.view_layer.objects.active = figure()
        bpy.data.objects.remove(bpy.data.objects["Cube"])
    yield from d.open_tab("SMPLify")
    yield from rest(d, "rig_0_panel")
    yield from press(d, "add_control_rig()")
    yield lambda: "hand_ik.L" in figure().pose.bones
    with d.ctx("WINDOW"):
        bpy.ops.object.mode_set(mode="POSE")
    yield from look(d, "rig_1_front", "FRONT")
    with d.ctx("WINDOW"):
        pose()
    yield from look(d, "rig_2_posed", "FRONT")
    yield from look(d, "rig_3_side", "LEFT")
    with d.ctx("WINDOW"):
        before = figure().pose.bones["hand.L"].head.copy()
        assert bpy.ops.smplify.switch_limb(limb=0) == {"FINISHED"}
    yield 0.3
    assert (figure().pose.bones["hand.L"].head - before).length < 1e-4
    yield from press(d, "remove_control_rig()")
    yield lambda: "hand_ik.L" not in figure().pose.bones
    assert (figure().pose.bones["hand.L"].head - before).length < 1e-4
    yield from picture(d)
    yield from face(d, panel)
    d.log("ALL GOOD")


run(test, shots)
