"""Steps that the scripts in a real Blender window share: the add-on's modules, the edited points, drags, clicks, panels."""

import importlib

import bpy
import gui_driver
import numpy as np

EXTENSION = "bl_ext.user_default.smplify"
WHOLE_TEST_S = 550  # the one limit: on a busy machine a single step may take as long as it takes
DRAG_PX = 12.0  # of the photo: Blender starts a drag a few pixels of the screen after the press


def run(test, shots):
    """Run a test's steps in the window; the driver itself would give up a condition after 20 seconds."""

    def patient(d):
        for step in test(d):
            while callable(step) and not step():
                yield 0.05
            yield 0.01 if callable(step) else step

    gui_driver.run(patient, shots, timeout=WHOLE_TEST_S)


def extension(name):
    return importlib.import_module(f"{EXTENSION}.smplify_blender.{name}")


def editor():
    (thing,) = [thing for thing in bpy.data.objects if "smplify_keypoints" in thing]
    return thing


def points():
    return extension("scene.keypoints.mesh").read_keypoints(editor())


def row(name):
    return extension("keypoints.names").INDEX[name]


class View:
    """The 3D view's main region, with the map between pixels of the photo and of the window."""

    def __init__(self, d):
        self.d = d

    def window_of(self, pixel):
        """Through Blender's own projection, not the one that is tested."""
        from bpy_extras.view3d_utils import location_3d_to_region_2d

        area = self.d.area()
        region, view = self.d.region("WINDOW", area), area.spaces.active.region_3d
        world = editor().matrix_world @ bpy_vector((pixel[0], -pixel[1], 0.0))
        found = location_3d_to_region_2d(region, view, world)
        return round(region.x + found.x), round(region.y + found.y)

    def drag(self, name, target):
        """As a hand does: press on the point, move in steps, let go."""
        x, y = self.window_of(points().points[row(name)])
        to_x, to_y = self.window_of(target)
        yield from self.d.move(x, y)
        self.d.win.event_simulate(type="LEFTMOUSE", value="PRESS", x=x, y=y)
        yield 0.4
        for step in range(
            1, 21
        ):  # Blender takes the place where it notices the drag for its start: notice it near the point
            self.d.win.event_simulate(type="MOUSEMOVE", value="NOTHING", x=x + 2 * step, y=y)
            yield 0.1
            if moves(self.d):
                break
        assert moves(self.d), f"a drag on {name} moves nothing"
        for place in ((x + to_x) // 2, (y + to_y) // 2), (to_x - 1, to_y), (to_x, to_y):
            self.d.win.event_simulate(type="MOUSEMOVE", value="NOTHING", x=place[0], y=place[1])
            yield 0.1
        yield 0.3
        self.d.win.event_simulate(type="LEFTMOUSE", value="RELEASE", x=to_x, y=to_y)
        yield lambda: not moves(self.d)
        yield 0.2


def moves(d):
    """True while Blender is in the middle of a drag."""
    return "TRANSFORM_OT_translate" in [operator.bl_idname for operator in d.win.modal_operators]


def bpy_vector(values):
    from mathutils import Vector

    return Vector(values)


def near(name, target, tolerance_px):
    away = float(np.linalg.norm(points().points[row(name)] - np.array(target)))
    assert away < tolerance_px, f"{name} is {away:.1f} px from where the mouse has put it"


def press(d, what, x_frac=0.6):
    xy = yield from d.find(what, x_frac)
    yield from d.click(*xy)


def fit_by(d, what, x_frac=0.6):
    """Press a button that fits, and wait for the end of its run: a refit may be over before anybody looks."""
    runs = extension("session.fit_run").fit_runs()
    ends, end = [], runs.end

    def noted(*arguments, **named):
        end(*arguments, **named)
        ends.append(True)

    runs.end = noted
    yield from press(d, what, x_frac)
    while not ends:  # the whole test has a limit
        yield 0.1
    del runs.end
    assert not runs.error, runs.error
    yield from takes_have_come()
    yield 0.5


def takes_have_come():
    """Wait for the takes that come after their figure."""
    yield lambda: not extension("session.late_takes").late_fits().waiting
    error = extension("session.fit_run").fit_runs().error
    assert not error, error


def looked_at():
    """The photo has been read, and nobody waits for an answer."""
    choices = extension("settings.scene_choices")
    found = choices.choices_of(bpy.context.scene, choices.engine_of(bpy.context))
    job, _ = choices.inspection_for(found)
    return job is not None and not job.running


def rest(d, name):
    """A screenshot with the mouse where it lights up nothing."""
    area = d.region("WINDOW")
    yield from d.move(area.x + 300, area.y + 60)
    yield 0.4
    d.shot(name)


def chord(d, key, shift=False):
    """Ctrl and a key as a hand does it, with Shift or without; a simulated Ctrl that is never let go stays down for drags."""
    held = [("LEFT_CTRL", {"ctrl": True})] + [("LEFT_SHIFT", {"ctrl": True, "shift": True})] * shift
    x, y = d._pos
    for name, modifiers in held:
        d.win.event_simulate(type=name, value="PRESS", x=x, y=y, **modifiers)
        yield 0.02
    yield from d.key(key, ctrl=True, shift=shift)
    for name, modifiers in ([("LEFT_SHIFT", {"ctrl": True})] * shift) + [("LEFT_CTRL", {})]:
        d.win.event_simulate(type=name, value="RELEASE", x=x, y=y, **modifiers)
        yield 0.02


def open_panel(panel):
    """Open a panel that is closed to begin with; a window's panels remember nothing that a script could set."""
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


PANELS = (
    "photo",
    "photo_display",
    "camera",
    "body",
    "fit",
    "fit_options",
    "result",
    "shape",
    "rig",
    "retarget",
)


def only_keypoints():
    """Take the other panels away, so that every button is in sight on a small screen; what puts them back is returned."""
    classes = [
        getattr(bpy.types, f"SMPLIFY_PT_{name}")
        for name in PANELS
        if hasattr(bpy.types, f"SMPLIFY_PT_{name}")
    ]
    for panel in reversed(classes):
        bpy.utils.unregister_class(panel)
    return lambda: [bpy.utils.register_class(panel) for panel in classes]
