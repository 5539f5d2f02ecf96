"""In a real Blender window, with the installed extension: from a photo to a rig by clicks in the sidebar, and what can
go wrong on the way. Takes screenshots of every state of the panels.

BLENDER --enable-event-simulate --python-exit-code 1 --python sidebar_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import importlib
import os
import signal
import sys
from pathlib import Path

import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path.insert(0, driver_folder)
import gui_driver  # noqa: E402 - found through the line above

EXTENSION = "bl_ext.user_default.smplify"
PHOTO = Path(photo)


def module(name):
    return importlib.import_module(f"{EXTENSION}.smplify_blender.{name}")


def settings():
    return bpy.context.scene.smplify


def figures():
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def runs():
    return module("fit_run").fit_runs()


def running():
    return runs().current is not None


def looked_at():
    """The photo has been read, and nobody waits for an answer."""
    choices = module("scene_choices")
    found = choices.choices_of(bpy.context.scene, choices.engine_of(bpy.context))
    job, _ = choices.look_at(found)
    return job is not None and not job.running


def type_path(d, field, text):
    x, y = yield from d.find(field)
    yield from d.click(x, y)
    yield from d.key("A", ctrl=True)
    yield from d.type(text)
    yield from d.key("RET")


def press(d, what):
    x, y = yield from d.find(what)
    yield from d.click(x, y)


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
    yield from rest(d, "panel_result")


def test(d):
    assert EXTENSION in bpy.context.preferences.addons, "the extension was not enabled"
    yield from from_photo_to_rig(d)
    d.log("ALL GOOD")


gui_driver.run(test, shots)
