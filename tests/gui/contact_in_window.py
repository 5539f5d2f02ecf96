"""In a real Blender window: the demo picture's figure is told to stand on a step by the Contact panel's button, the contact is
switched off by its row, and each is one undo. Takes screenshots of panel and view.

BLENDER --enable-event-simulate --python-exit-code 1 --python contact_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import chord, extension, fit_by, rest, run  # noqa: E402 - found through the line above

RISE, NEAR = 0.1, 0.015  # metres


def figure():
    return next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")


def lowest():
    (body,) = [child for child in figure().children if child.type == "MESH"]
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return min((evaluated.matrix_world @ vertex.co).z for vertex in evaluated.data.vertices)


def build_step():
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(0.0, 0.0, RISE / 2))
    step = bpy.context.object
    step.name, step.scale, step.display_type = "Step", (3.0, 3.0, RISE), "WIRE"
    bpy.context.view_layer.objects.active = figure()
    return step


def only_contact():
    """Other panels would push the contacts out of sight on a small screen."""
    closed = [
        cls
        for cls in extension("registration").CLASSES
        if cls.__name__.startswith("SMPLIFY_PT_")
        and cls.__name__ not in ("SMPLIFY_PT_result", "SMPLIFY_PT_contact")
    ]
    for panel in reversed(closed):
        bpy.utils.unregister_class(panel)
    contact = bpy.types.SMPLIFY_PT_contact
    bpy.utils.unregister_class(contact)
    contact.bl_options = set()
    bpy.utils.register_class(contact)
    return lambda: [bpy.utils.register_class(panel) for panel in closed]


def undo(d):
    x, y = d.region("WINDOW").x + 300, d.region("WINDOW").y + 200
    yield from d.move(x, y)
    yield from chord(d, "Z")
    yield 0.6


def contacts():
    return extension("scene.figure.lookup").stored_report(figure()).contacts


def test(d):
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.context.scene.smplify.photo_path = photo
    bpy.ops.smplify.fit_photo("EXEC_DEFAULT")
    bpy.context.scene.smplify.contact_object = build_step()
    bpy.ops.ed.undo_push(message="the step")
    put_back = only_contact()
    yield from d.open_tab("SMPLify")
    yield from rest(d, "contact_before")
    yield from fit_by(d, "smplify.touch", 0.25)
    d.log(f"the lowest skin stands at {lowest():.3f} m; {[one.words for one in contacts()]}")
    assert abs(lowest() - RISE) < NEAR and "Stand on Step" in {one.words for one in contacts()}
    yield from rest(d, "contact_after")
    yield from fit_by(d, "smplify.switch_contact", 0.2)
    assert "Stand on Step" not in {one.words for one in contacts()}
    yield from rest(d, "contact_off")
    yield from undo(d)
    assert "Stand on Step" in {one.words for one in contacts()}, "one undo brings the contact back"
    yield from undo(d)
    assert contacts() == () and abs(lowest()) < NEAR, "and one more the figure of before"
    put_back()
    d.log("ALL GOOD")


run(test, shots)
