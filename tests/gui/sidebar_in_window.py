"""In a real Blender window, with the installed extension: from a photo to a rig by clicks in the sidebar, and what can
go wrong on the way. Takes screenshots of every state of the panels.

BLENDER --enable-event-simulate --python-exit-code 1 --python sidebar_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import EXTENSION, extension, fit_by, looked_at, press, run, takes_have_come  # noqa: E402 - found through the line above

PHOTO = Path(photo)

HEAD_BELOW_BUTTON_PX = 31  # from the middle of a panel's last button to the head of the sub-panel under it


def settings():
    return bpy.context.scene.smplify


def figures():
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def runs():
    return extension("session.fit_run").fit_runs()


def running():
    return runs().current is not None


def type_path(d, field, text):
    x, y = yield from d.find(field)
    yield from d.click(x, y)
    yield from d.key("A", ctrl=True)
    yield from d.type(text)
    yield from d.key("RET")


def away(d):
    """Off the sidebar, so that Blender's popup with the error closes."""
    for x in (600, 300, 100):
        yield from d.move(d.region("WINDOW").x + x, d.region("WINDOW").y + 60)
        yield 0.2
    yield from d.key("ESC")
    yield 0.3


def rest(d, name):
    """A screenshot with the mouse where it lights up nothing."""
    area = d.region("WINDOW")
    yield from d.move(area.x + 300, area.y + 60)
    yield 0.4
    d.shot(name)


def from_photo_to_rig(d):
    yield from d.open_tab("SMPLify")
    yield from rest(d, "panel_empty")
    yield from type_path(d, "photo_path", str(PHOTO))
    yield lambda: settings().photo_path == str(PHOTO)
    assert settings().keypoints_path.endswith(f"{PHOTO.stem}_keypoints.json"), settings().keypoints_path
    yield looked_at
    yield from rest(d, "panel_ready")
    yield from press(d, "smplify.fit_photo")
    yield running
    yield lambda: not running() or runs().current.job.fraction > 0.3
    d.shot("panel_running")
    yield lambda: not running()
    assert not runs().error, runs().error
    d.log(f"from the button to the rig: {runs().last_seconds:.2f} s")
    assert len(figures()) == 1, figures()
    assert d.area().spaces.active.region_3d.view_perspective == "CAMERA"
    yield from takes_have_come()
    yield from rest(d, "panel_result")


def takes_after_their_figure(d):
    """The figure stands before its other takes, which Fit's one undo step takes away with it and redo brings back with it."""
    yield from press(d, "smplify.remove_figure")
    yield lambda: not figures()
    settings().takes = 16
    late = extension("session.late_takes").late_fits()
    yield from press(d, "smplify.fit_photo")
    yield running
    yield lambda: not running()
    (name,) = figures()
    assert late.waiting, "the takes came with the figure"
    assert takes_of(name) == ["person_00.npz"]
    first = pose_of(name)
    tell_core(signal.SIGSTOP)
    yield 0.5
    d.shot("panel_takes_coming")
    tell_core(signal.SIGCONT)
    yield from takes_have_come()
    count = len(takes_of(name))
    assert count > 1 and pose_of(name) == first
    undo_and_redo = (("undo", []), ("redo", [name]), ("undo", []), ("redo", [name]))
    for step, there in undo_and_redo:
        with d.ctx("WINDOW"):
            getattr(bpy.ops.ed, step)()
        yield 0.3
        assert figures() == there, (step, figures())
    assert len(takes_of(name)) == count and pose_of(name) == first
    with d.ctx("WINDOW"):
        bpy.ops.smplify.choose_take("EXEC_DEFAULT", True, take=1)
    yield 0.3
    assert chosen_take(name) == 1
    for step, take in (("undo", 0), ("redo", 1), ("undo", 0)):
        with d.ctx("WINDOW"):
            getattr(bpy.ops.ed, step)()
        yield 0.3
        assert chosen_take(name) == take and len(takes_of(name)) == count, step
    settings().takes = 3


def given_up_among_the_takes(d):
    """A click on the cross beside the takes that come: the figure stays with the best one."""
    yield from press(d, "smplify.remove_figure")
    yield lambda: not figures()
    settings().takes = 16
    late = extension("session.late_takes").late_fits()
    yield from press(d, "smplify.fit_photo")
    yield lambda: late.waiting
    tell_core(signal.SIGSTOP)  # however long it takes to find the cross, the takes are not there before
    yield 0.5
    yield from press(d, "smplify.cancel_fit", 0.82)
    yield lambda: not late.waiting or late.waiting[0].job.cancel_asked
    tell_core(signal.SIGCONT)
    yield from takes_have_come()
    (name,) = figures()
    assert takes_of(name) == ["person_00.npz"] and not runs().error
    settings().takes = 3
    yield from fit_by(d, "smplify.fit_photo")
    assert figures() == [name] and len(takes_of(name)) > 1


def takes_of(name):
    return bpy.data.objects[name]["smplify_fit"]["takes"].split("\n")


def takes_and_refit(d):
    """Another take and back, a refit, and what undo brings back; the figure keeps its name."""
    name = figures()[0]
    first = pose_of(name)
    lookup = extension("scene.figure.lookup")
    last = len(lookup.stored_report(bpy.data.objects[name]).takes) - 1
    for take, x_frac in (
        (last, 0.8),
        (0, 0.4),
    ):  # however many there are, these are where the last and the first stand
        yield from press(d, f"choose_take(take={take})", x_frac)
        yield lambda wanted=take: figures() == [name] and chosen_take(name) == wanted
        assert (pose_of(name) == first) == (take == 0)
    token = bpy.data.objects[name]["smplify_fit"]["token"]
    yield from fit_by(d, "smplify.refit")
    assert bpy.data.objects[name]["smplify_fit"]["token"] != token
    d.log(f"refitted: {runs().last_seconds:.2f} s")
    assert figures() == [name]
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo()
    yield 0.3
    assert figures() == [name] and pose_of(name) == first


def shape(d):
    """A slider moved, and the bones after it; the panel is opened by a click on its head, below the last button."""
    name = figures()[0]
    body = next(child for child in bpy.data.objects[name].children if child.type == "MESH")
    x, y = yield from d.find("smplify.export_figure")
    yield from d.click(x, y - HEAD_BELOW_BUTTON_PX)
    yield 0.5
    before = pose_of(name)
    fitted = body.data.shape_keys.key_blocks["Height"].value
    body.data.shape_keys.key_blocks["Height"].value = -3.0
    yield 0.3
    yield from rest(d, "panel_shape")
    yield from press(d, "smplify.fit_bones")
    yield lambda: pose_of(name) != before
    assert not bpy.ops.smplify.fit_bones.poll(), "the bones are still behind"
    with d.ctx("WINDOW"):
        bpy.ops.ed.undo()
    yield 0.3
    assert pose_of(name) == before
    body = next(child for child in bpy.data.objects[name].children if child.type == "MESH")
    body.data.shape_keys.key_blocks["Height"].value = fitted
    x, y = yield from d.find("smplify.export_figure")
    yield from d.click(x, y - HEAD_BELOW_BUTTON_PX)
    yield 0.5


def tell_core(signal_number):
    os.kill(extension("session.fit_session").session().process_id, signal_number)


def pose_of(name):
    """Places of the joints in the world, rounded to a tenth of a millimetre."""
    armature = bpy.data.objects[name]
    places = [armature.matrix_world @ bone.head for bone in armature.pose.bones]
    return [tuple(round(value, 4) for value in place) for place in places]


def chosen_take(name):
    stored = bpy.data.objects[name]["smplify_fit"]
    return list(stored["takes"].split("\n")).index(stored["file"])


def cancel_and_errors(d):
    """Esc and the button give a fit up; a core that dies, and keypoints that are none, are told in words."""
    before = sorted(bpy.data.objects.keys())
    for give_up in (lambda: d.key("ESC"), lambda: press(d, "smplify.cancel_fit", 0.835)):
        tell_core(signal.SIGSTOP)  # however long it takes to find the button, the fit is not done before
        yield from press(d, "smplify.fit_photo")
        yield running
        job = runs().current.job
        yield from give_up()
        yield lambda asked=job: asked.cancel_asked
        tell_core(signal.SIGCONT)
        yield lambda: not running()
        assert job.cancelled and sorted(bpy.data.objects.keys()) == before, job.failed
        d.log("given up")
    tell_core(signal.SIGSTOP)
    yield from press(d, "smplify.fit_photo")
    yield running
    tell_core(signal.SIGKILL)
    yield lambda: not running()
    yield from away(d)
    assert "stopped unexpectedly" in runs().error, runs().error
    yield from rest(d, "panel_error")
    broken = PHOTO.with_name("broken_keypoints.json")
    broken.write_text('{"people": [{"pose_keypoints_2d": [1, 2]}]}')
    settings().keypoints_path = str(broken)
    yield 0.3
    yield looked_at
    yield from rest(d, "panel_bad_keypoints")
    assert not runs().error, "an error of other files is still shown"
    settings().keypoints_path = str(PHOTO.with_name(f"{PHOTO.stem}_keypoints.json"))
    yield 0.3
    yield looked_at


def crowd(d):
    """Twelve people: every one can be chosen by a click on a picture of them, and Fit stays in sight."""
    many = PHOTO.with_name("crowd.jpg")
    shutil.copy(PHOTO, many)
    document = json.loads(PHOTO.with_name(f"{PHOTO.stem}_keypoints.json").read_text(encoding="utf-8"))
    document["people"] *= 12
    many.with_name("crowd_keypoints.json").write_text(json.dumps(document), encoding="utf-8")
    settings().photo_path = str(many)
    yield 0.3
    yield looked_at
    yield 0.3
    preview = extension("session.photo_preview")
    icons = [preview.person_icon(many, number) for number in range(12)]
    assert all(icons) and len(set(icons)) == 12, icons
    yield from press(d, "choose_person(person=10)")
    yield lambda: settings().person == 10
    yield from rest(d, "panel_people")
    yield from press(d, "choose_person(person=-2)")
    yield lambda: settings().person == -2
    yield from d.find("smplify.fit_photo")
    settings().photo_path = str(PHOTO)
    yield 0.3
    yield looked_at
    assert settings().person == -1, "another photo, nobody chosen yet"


def remove(d):
    """Nothing that was made for the figure is left."""
    yield from press(d, "smplify.remove_figure")
    yield lambda: not figures()
    pictures = [image for image in bpy.data.images if image.type == "IMAGE"]  # not Blender's own two
    left = [*bpy.data.armatures, *pictures, *bpy.data.actions, *bpy.data.meshes, *bpy.data.shape_keys]
    assert not left, left
    assert "Photo camera" not in bpy.data.objects


def test(d):
    assert EXTENSION in bpy.context.preferences.addons, "the extension was not enabled"
    with d.ctx("WINDOW"):
        bpy.data.meshes.remove(bpy.data.meshes["Cube"])  # and the object with it
    yield from from_photo_to_rig(d)
    yield from takes_after_their_figure(d)
    yield from given_up_among_the_takes(d)
    yield from takes_and_refit(d)
    yield from shape(d)
    yield from cancel_and_errors(d)
    yield from crowd(d)
    yield from remove(d)
    d.log("ALL GOOD")


run(test, shots)
