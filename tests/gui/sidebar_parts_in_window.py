"""In a real Blender window: the person picker, an image that is in Blender already, a file dropped onto the view, the export
dialog, the preferences and the dialog that makes an environment. Each with a picture.

BLENDER --enable-event-simulate --python-exit-code 1 --python sidebar_parts_in_window.py -- DRIVER_FOLDER PHOTO SHOTS

PHOTO shows three people, of whom the third has too few keypoints; beside it lies alone.jpg with one person.
"""

import importlib.util
import os
import sys
from pathlib import Path

import addon_utils
import bpy

driver_folder, photo, shots = sys.argv[sys.argv.index("--") + 1 :]
sys.path[:0] = [driver_folder, str(Path(__file__).parent)]
from window_steps import EXTENSION, extension, looked_at, press, rest, run  # noqa: E402 - found through the line above

TRIO = Path(photo)
ALONE = TRIO.with_name("alone.jpg")


def settings():
    return bpy.context.scene.smplify


def figures():
    return sorted(thing.name for thing in bpy.data.objects if thing.type == "ARMATURE")


def ended():
    runs = extension("session.fit_run").fit_runs()
    assert not runs.error, runs.error
    return runs.current is None


def fit(d):
    """Fit as the button does, which sidebar_in_window.py clicks."""
    with d.ctx("WINDOW"):
        bpy.ops.smplify.fit_photo("INVOKE_DEFAULT")


def looks(d):
    yield 0.3
    yield looked_at
    yield 0.3


def person_picker(d):
    """Two who can be fitted, one of whom too little is seen; a click on each, and everybody."""
    settings().photo_path = str(TRIO)
    yield from looks(d)
    state = extension("sidebar.people_state").people_choices
    choices = extension("settings.scene_choices")
    inspection = choices.inspection_for(
        choices.choices_of(bpy.context.scene, choices.engine_of(bpy.context))
    )[1]
    shown = state(inspection.people, settings().person)
    assert [choice.usable for choice in shown] == [True, True, True, False], shown
    yield from rest(d, "people_main")
    yield from press(d, "choose_person(person=1)")
    yield lambda: settings().person == 1
    with d.ctx("WINDOW"):
        bpy.ops.smplify.set_up_camera()
    yield from rest(d, "people_second")
    fit(d)
    yield lambda: ended() and len(figures()) == 1
    assert bpy.data.objects[figures()[0]]["smplify_fit"]["number"] == 1
    yield from press(d, "choose_person(person=-2)")
    yield lambda: settings().person == -2
    yield 0.3
    fit(d)
    yield lambda: ended() and len(figures()) == 2
    yield from rest(d, "people_everybody")


def clear(d):
    with d.ctx("WINDOW"):
        for thing in list(bpy.data.objects):
            bpy.data.objects.remove(thing)
        for image in list(bpy.data.images):
            bpy.data.images.remove(image)
        bpy.ops.outliner.orphans_purge(do_recursive=True)
    yield 0.2


def image_mode(d):
    """An image of this file: none yet, one that was never saved, one on disk, one that is packed and whose file has gone."""
    yield from clear(d)
    yield from press(d, "photo_source", 0.5)
    yield lambda: settings().photo_source == "IMAGE"
    yield from rest(d, "image_none")
    settings().photo_image = bpy.data.images.new("Drawn", 64, 64)
    yield 0.4
    yield from rest(d, "image_unsaved")
    copy = ALONE.with_name("passing.jpg")
    copy.write_bytes(ALONE.read_bytes())
    settings().photo_image = bpy.data.images.load(str(ALONE))
    yield from looks(d)
    assert settings().keypoints_path.endswith("alone_keypoints.json"), settings().keypoints_path
    yield from rest(d, "image_on_disk")
    packed = bpy.data.images.load(str(copy))
    packed.pack()
    os.remove(copy)
    settings().photo_image = packed
    yield from looks(d)
    settings().keypoints_path = str(ALONE.with_name("alone_keypoints.json"))
    yield from looks(d)
    fit(d)
    yield lambda: ended() and len(figures()) == 1
    yield from rest(d, "image_packed")


def dropped(d):
    """Through Blender's own operator for dropped files, which asks our file handler."""
    yield from clear(d)
    settings().photo_source, settings().photo_path, settings().keypoints_path = "FILE", "", ""
    with d.ctx("WINDOW"):
        bpy.ops.wm.drop_import_file(
            "INVOKE_DEFAULT", directory=f"{ALONE.parent}{os.sep}", files=[{"name": "alone_keypoints.json"}]
        )
    yield from looks(d)
    assert settings().photo_path == str(ALONE), settings().photo_path
    fit(d)
    yield lambda: ended() and len(figures()) == 1
    token = bpy.data.objects[figures()[0]]["smplify_fit"]["token"]
    result = extension("session.result_store").record_of(token).folder
    with d.ctx("WINDOW"):
        bpy.ops.wm.drop_import_file(
            "INVOKE_DEFAULT", directory=f"{result}{os.sep}", files=[{"name": "person_00.npz"}]
        )
    yield lambda: len(figures()) == 2
    yield from rest(d, "dropped")


def export_dialog(d):
    """From the button to the file; the name's ending follows the format."""
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    yield from press(d, "smplify.export_figure")
    yield lambda: any(area.type == "FILE_BROWSER" for area in d.win.screen.areas)
    yield 0.8
    area = d.area("FILE_BROWSER")
    space = area.spaces.active
    space.params.directory = str(TRIO.parent).encode()
    yield 0.4
    d.shot("export")
    yield from next_format(d, area)
    assert space.params.filename.endswith(".fbx"), space.params.filename
    with bpy.context.temp_override(window=d.win, area=area, region=d.region("WINDOW", area)):
        bpy.ops.file.execute("INVOKE_DEFAULT")
    yield lambda: not any(area.type == "FILE_BROWSER" for area in d.win.screen.areas)
    yield 0.5
    written = [path.suffix for path in TRIO.parent.iterdir() if path.suffix in (".fbx", ".glb", ".usdc")]
    assert written == [".fbx"], written


def next_format(d, area):
    """Ctrl and the wheel over the enumeration, wherever it is in the dialog's sidebar."""
    region, operator = d.region("TOOL_PROPS", area), area.spaces.active.active_operator
    x = region.x + region.width // 2
    for y in range(region.y + region.height - 10, region.y, -12):
        yield from d.move(x, y)
        d.win.event_simulate(type="WHEELDOWNMOUSE", value="PRESS", x=x, y=y, ctrl=True)
        yield 0.15
        if operator.target != "own":  # the wheel was over the programs, above the format
            operator.target = "own"
            area.tag_redraw()
            yield 0.15
        if operator.file_format == ".fbx":
            d.win.event_simulate(type="LEFT_CTRL", value="RELEASE", x=x, y=y)
            yield 0.3
            return
    raise LookupError("the format is not in the dialog")


def own_preferences():
    return bpy.context.preferences.addons[EXTENSION].preferences


def find_in(d, area, what):
    """Hover down the middle of an area until a button is under the mouse whose command contains `what`."""
    region = d.region("WINDOW", area)
    x = region.x + int(region.width * 0.6)
    for y in range(region.y + region.height * 5 // 6, region.y + 8, -13):
        yield from d.move(x, y)
        with bpy.context.temp_override(window=d.win, screen=d.win.screen, area=area, region=region):
            found = under_mouse()
        if what in found:
            d._pos = (x, y)
            return x, y
    raise LookupError(f"{what} is not in the preferences")


def under_mouse():
    manager = bpy.context.window_manager
    for operator in (bpy.ops.ui.copy_python_command_button, bpy.ops.ui.copy_data_path_button):
        manager.clipboard = ""
        try:
            if operator.poll():
                operator()
        except RuntimeError:
            continue
        if manager.clipboard:
            return manager.clipboard
    return ""


def preferences(d):
    """In the place of the 3D view: both engines and a check."""
    area = max(d.win.screen.areas, key=lambda area: area.width * area.height)
    area.type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "smplify"
    bpy.context.window_manager.addon_filter = "All"
    yield 0.5
    if not addon_utils.module_bl_info(sys.modules[EXTENSION])["show_expanded"]:
        with bpy.context.temp_override(window=d.win, area=area):
            bpy.ops.preferences.addon_expand(module=EXTENSION)
    yield from aside(d, area)
    xy = yield from find_in(d, area, "smplify.check_engine")
    yield from d.click(*xy)
    check = extension("session.engine_checks")
    yield lambda: check.last_check(None) is not None and check.last_check(None).done is not None
    yield from aside(d, area)
    d.shot("preferences_built_in")
    own_preferences().engine = "PYTHON"
    yield from aside(d, area)
    d.shot("preferences_python")
    own_preferences().python_path = sys.executable
    assert check.last_check(Path(sys.executable)) is None, (
        "what was found out about another Python is not shown"
    )
    yield from aside(d, area)
    yield from environment_dialog(d, area)
    area.type = "VIEW_3D"
    yield 0.3


def environment_dialog(d, area):
    """Its commands are shown without the network, too; confirmed, it says why nothing is done."""
    pretend_ensurepip()
    xy = yield from find_in(d, area, "smplify.create_environment")
    yield from d.click(*xy)
    yield 0.8
    d.shot("environment_offline")
    yield from d.key("RET")
    yield 0.5
    d.shot("environment_refused")
    yield from leave_dialog(d)
    bpy.context.preferences.system.use_online_access = True
    yield 0.3
    xy = yield from find_in(d, area, "smplify.create_environment")
    yield from d.click(*xy)
    yield 0.8
    d.shot("environment_online")
    yield from leave_dialog(d)
    assert extension("torch_environment.state").last_run() is None, "nothing was begun"


def aside(d, area):
    """The mouse where it lights up nothing, and everything drawn again."""
    area.tag_redraw()
    yield from d.move(area.x + 5, area.y + 5)
    yield 0.4


def pretend_ensurepip():
    """Debian leaves it out of its Python; then the add-on says so, and there is no dialog to look at. Nothing is run here."""
    if importlib.util.find_spec("ensurepip") is None:
        folder = TRIO.with_name("ensurepip")
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text("def version():\n    return '25.0'\n")
        sys.path.append(str(TRIO.parent))
        importlib.invalidate_caches()


def leave_dialog(d):
    yield from d.key("ESC")
    yield 0.3


def test(d):
    bpy.context.preferences.view.show_tooltips = False
    with d.ctx("WINDOW"):
        bpy.data.meshes.remove(bpy.data.meshes["Cube"])
    yield from d.open_tab("SMPLify")
    yield from person_picker(d)
    yield from image_mode(d)
    yield from dropped(d)
    yield from export_dialog(d)
    yield from preferences(d)
    d.log("ALL GOOD")


run(test, shots)
