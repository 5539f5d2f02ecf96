"""In a real Blender window: a keypoint file explained from the sidebar, and a motion from the import dialog. Takes screenshots.

BLENDER --enable-event-simulate --python-exit-code 1 --python explain_in_window.py -- DRIVER_FOLDER PHOTO MOTION SHOTS
"""

import os
import sys
from pathlib import Path

import bpy

driver_folder, photo, motion, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import looked_at, press, run  # noqa: E402 - found through the line above


def copied():
    return bpy.context.window_manager.clipboard


def browser():
    """The import dialog's window and its file browser; None before it is drawn."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "FILE_BROWSER" and area.spaces.active.params is not None:
                return window, area
    return None


def test(d):
    yield from d.open_tab("SMPLify")
    bpy.context.scene.smplify.photo_path = photo
    yield looked_at
    yield 1.0
    yield from press(d, "smplify.explain_file", 0.83)
    yield 1.5
    d.shot("explained_keypoints")
    yield from d.key("RET")
    yield lambda: "What to do: smplify-fit fit" in copied()
    assert copied().startswith(f"{Path(photo).stem}_keypoints.json"), copied()

    with d.ctx("WINDOW"):
        bpy.ops.smplify.import_result("INVOKE_DEFAULT")
    yield lambda: browser() is not None
    window, area = browser()
    area.spaces.active.params.directory = os.fsencode(Path(motion).parent)
    area.spaces.active.params.filename = Path(motion).name
    yield 1.5
    d.shot("import_dialog")
    options = next(part for part in area.regions if part.type == "TOOL_PROPS")
    x, y = options.x + options.width * 2 // 3, options.y + options.height - 18  # the topmost of its buttons
    for kind, value in (("MOUSEMOVE", "NOTHING"), ("LEFTMOUSE", "PRESS"), ("LEFTMOUSE", "RELEASE")):
        window.event_simulate(type=kind, value=value, x=x, y=y)
        yield 0.1
    yield 1.5
    d.shot("explained_motion")
    window.event_simulate(type="RET", value="PRESS", x=x, y=y)
    yield lambda: "AMASS motion" in copied()
    d.log("ALL GOOD")


run(test, shots)
