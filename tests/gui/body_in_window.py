"""In a real Blender window: the body's pictures in the sidebar, and a click on one that fits the figure anew.

BLENDER --enable-event-simulate --python-exit-code 1 --python body_in_window.py -- DRIVER_FOLDER PHOTO SHOTS
"""

import sys
from pathlib import Path

import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import extension, fit_by, press, run  # noqa: E402 - found through the line above

COLUMN_OF_CHILD, COLUMN_OF_NEUTRAL = 0.87, 0.38  # of the sidebar's width


def settings():
    return bpy.context.scene.smplify


def figure():
    found = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    return found[0] if len(found) == 1 else None


def body_of_figure():
    return figure().data["smplify"]["gender"] if figure() is not None else ""


def running():
    return extension("session.fit_run").fit_runs().current is not None


def open_from_the_start(name, class_name):
    """Panels that are closed at first are open."""
    panel = getattr(extension(name), class_name)
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


def test(d):
    open_from_the_start("sidebar.body_panel", "SMPLIFY_PT_body")
    with d.ctx("WINDOW"):
        bpy.data.meshes.remove(bpy.data.meshes["Cube"])  # and the object with it
    yield from d.open_tab("SMPLify")
    settings().photo_path = photo
    yield 1.0
    pictures = extension("sidebar.gender_pictures")
    icons = {pictures.gender_icon(gender) for gender in extension("sidebar.body_panel").PICTURED}
    assert len(icons) == 4 and 0 not in icons, icons
    yield from press(d, "choose_gender(gender='neutral')", COLUMN_OF_NEUTRAL)
    yield lambda: settings().gender == "neutral"
    assert figure() is None and not running(), "there is no figure to be fitted anew"
    yield from fit_by(d, "smplify.fit_photo")
    assert body_of_figure() == "neutral"
    name = figure().name
    yield from fit_by(d, "choose_gender(gender='child')", COLUMN_OF_CHILD)
    assert body_of_figure() == "child"
    assert figure().name == name and settings().gender == "child"
    yield 0.5
    d.shot("panel_body")
    yield from fit_by(d, "choose_gender(gender='automatic')")
    assert settings().gender == "automatic" and figure() is not None
    yield lambda: bool(figure()["smplify_fit"]["gender"])
    yield from d.move(d.region("WINDOW").x + 300, d.region("WINDOW").y + 60)
    yield 0.5
    d.shot("panel_body_automatic")
    d.log("ALL GOOD")


run(test, shots)
