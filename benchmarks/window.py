# pyright: basic
"""Speed in a real Blender window: from the button to the rig, and how long the add-on ever holds Blender up.

    blender --enable-event-simulate --python benchmarks/window.py -- [PHOTO KEYPOINTS] [--repeat 5] [--kinds next ...]

with the extension installed and enabled; the demo photo unless others are named. A table on stdout, then Blender quits. Cold:
the resident core has not been started. Warm: it runs. Photo alone: nothing but the photo is chosen, and the core looks for the
person itself; the photo is copied to a folder of its own, where no file lies beside it. Next photo: another photo is chosen in
the sidebar, looked at, and then *Fit* is pressed, as one works through a folder. Each press is told phase by phase
(`window_phases.py`). The longest callbacks are those of our timers, the modal operator, the panels and the drawing over the view
while the core works; the step that builds the figure is told apart. Where other programs are at work the clock tells of them too:
beside it stands the processor time of Blender's own thread.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import statistics
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from window_phases import Phases  # beside this file, which Blender runs

blender: Any = bpy
DEMO = Path(__file__).resolve().parents[1] / "docs" / "demo"
EXTENSION = "smplify"
LONGEST_FIT_SECONDS = 120.0
POLL_SECONDS = 0.02
TARGETS = {
    "button to rig, cold": 3.0,
    "button to rig, warm": 1.0,
    "button to rig, photo alone, cold": 5.0,
    "button to rig, photo alone, warm": 3.0,
    "button to rig, next photo": 0.7,
}
KINDS = ("cold", "warm", "next", "alone-cold", "alone-warm")
LOOK_SECONDS = 2.0  # from the choice of a photo to the press of the button
CALLBACK_TARGET = 0.020
REST_SECONDS = 2.0  # after the figure stands: whatever comes later comes in this time
WORDS = {
    "cold": "cold",
    "warm": "warm",
    "next": "next photo",
    "alone-cold": "photo alone, cold",
    "alone-warm": "photo alone, warm",
}

seconds: dict[str, list[float]] = defaultdict(list)
processor_seconds: dict[str, list[float]] = defaultdict(list)
nested: list[float] = [0.0, 0.0]  # the figure's building inside a callback: by the clock, by the processor
began = [0.0, 0.0]


def main() -> None:
    """Wait for the window, then measure from a timer."""
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    parser = argparse.ArgumentParser(prog="window.py")
    parser.add_argument("photo", nargs="?", type=Path, default=DEMO / "demo_photo.jpg")
    parser.add_argument("keypoints", nargs="?", type=Path, default=DEMO / "demo_photo_keypoints.json")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args(arguments)
    blender.context.preferences.view.show_splash = False
    steps = measure(options)
    bpy.app.timers.register(lambda: advance(steps), first_interval=1.0, persistent=True)


def advance(steps: Any) -> float | None:
    """Take the next step; end Blender with code 1 where one fails."""
    try:
        return next(steps)
    except StopIteration:
        code = 0
    except BaseException:  # noqa: BLE001 - anything at all must end this Blender
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    os._exit(code)


def measure(options: argparse.Namespace) -> Any:
    """Run all fits, one after another; yield while Blender works."""
    addons = blender.context.preferences.addons
    package = next(addon.module for addon in addons if addon.module.endswith(f".{EXTENSION}"))
    module = lambda name: importlib.import_module(f"{package}.smplify_blender.{name}")  # noqa: E731
    phases = Phases(module)
    watch_callbacks(module, phases)
    window = blender.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    yield 0.5
    sidebar = next(region for region in area.regions if region.type == "UI")
    sidebar.active_panel_category = "SMPLify"
    yield 0.5
    folder = Path(tempfile.mkdtemp())
    kinds = [kind for kind in KINDS if kind in options.kinds for _ in range(options.repeat)]
    for number, kind in enumerate(kinds):
        if kind.endswith("cold"):
            module("session.fit_session").session().stop()
        given = inputs(options, kind, folder / str(number))
        if kind == "next":
            settings = blender.context.scene.smplify
            settings.photo_source, settings.photo_path = "FILE", given.pop("photo")
            settings.keypoints_path = given.pop("keypoints")
            yield LOOK_SECONDS
        region = next(region for region in area.regions if region.type == "WINDOW")
        with blender.context.temp_override(window=window, screen=window.screen, area=area, region=region):
            result = press(module, phases, given)
        yield from wait_for_rig(module, phases, kind, result)
        with blender.context.temp_override(window=window, screen=window.screen, area=area, region=region):
            blender.ops.smplify.remove_figure()  # the next fit finds the scene as this one did
        yield 0.5
    print_table(options.photo)
    phases.print_tables()


def press(module: Callable[[str], Any], phases: Phases, given: dict[str, str]) -> Path:
    """Press the button once; return the folder of its result."""
    began[:] = [perf_counter(), 0.0]
    phases.begin()
    blender.ops.smplify.fit_photo("INVOKE_DEFAULT", **given)
    phases.mark("requested")
    run = module("session.fit_run").fit_runs().current
    if run is None:
        raise RuntimeError("the fit did not start")
    return run.folder


def wait_for_rig(module: Callable[[str], Any], phases: Phases, kind: str, result: Path) -> Any:
    """Wait for the figure, and for what comes after it."""
    runs = module("session.fit_run").fit_runs()
    while runs.current is not None:
        if perf_counter() - began[0] > LONGEST_FIT_SECONDS:
            raise TimeoutError("the fit does not end")
        yield POLL_SECONDS
    if runs.error or not began[1]:
        raise RuntimeError(runs.error or "no figure was added")
    seconds[f"button to rig, {WORDS[kind]}"].append(began[1] - began[0])
    yield REST_SECONDS
    phases.end(WORDS[kind], result)


def inputs(options: argparse.Namespace, kind: str, folder: Path) -> dict[str, str]:
    """Return the photo and keypoints of one press: those named, or copies in a folder of their own that nobody has seen."""
    if kind in ("cold", "warm"):
        return {"photo": str(options.photo), "keypoints": str(options.keypoints)}
    if kind == "next":
        folder.mkdir()
        photo = folder / options.photo.name
        photo.write_bytes(options.photo.read_bytes() + os.urandom(8))  # another file of the same picture
        return {"photo": str(photo), "keypoints": str(shutil.copy(options.keypoints, folder))}
    folder = folder.parent / "alone"
    folder.mkdir(exist_ok=True)
    return {"photo": str(shutil.copy2(options.photo, folder)), "keypoints": ""}


def watch_callbacks(module: Callable[[str], Any], phases: Phases) -> None:
    """Put a clock around everything of ours that Blender calls, and mark where the figure is begun, ready and drawn."""
    registration, steps, timer = (
        module("registration"),
        module("operators.fit_steps"),
        module("session.timer"),
    )
    drawing = module("sidebar.live_drawing")
    steps.FitOperator.modal = clocked("callback: modal operator", steps.FitOperator.modal)
    steps.FitOperator.invoke = clocked("callback: press of the button", steps.FitOperator.invoke)
    steps.bring_in = clocked("building the figure", phases.around(steps.bring_in), is_import=True)
    timer._tick = clocked("callback: timer", timer._tick)
    drawing.stop_drawing()
    drawing._draw = clocked("callback: drawing over the view", phases.seen_by(drawing._draw))
    drawing.start_drawing()
    for cls in registration.CLASSES:
        if issubclass(cls, bpy.types.Panel):
            cls.draw = clocked(f"callback: panel {cls.bl_label}", cls.draw)


def clocked(name: str, function: Callable[..., Any], is_import: bool = False) -> Callable[..., Any]:
    """Return `function` with its time noted; that of the figure's building is taken out of the callback around it."""

    def run(*given: Any, **named: Any) -> Any:
        start, busy = perf_counter(), thread_time()
        before = tuple(nested)
        try:
            return function(*given, **named)
        finally:
            end = perf_counter()
            worked = thread_time() - busy
            seconds[name].append(end - start - (nested[0] - before[0]))
            processor_seconds[name].append(worked - (nested[1] - before[1]))
            if is_import:
                nested[:] = [nested[0] + end - start, nested[1] + worked]
                began[1] = end

    # Blender looks at the number of arguments: a panel's draw has two, a modal three.
    return {
        "draw": lambda self, context: run(self, context),
        "modal": lambda self, context, event: run(self, context, event),
        "invoke": lambda self, context, event: run(self, context, event),
    }.get(function.__name__, run)


def print_table(photo: Path) -> None:
    """One row a thing that was measured: how often, the middle, the longest, the target."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"\nBlender {bpy.app.version_string}, {os.cpu_count()} cores{load}, {photo.name}; milliseconds\n")
    print("| | times | median | longest | longest, processor | target |")
    print("|---|---|---|---|---|---|")
    for name in sorted(seconds, key=lambda name: (name.startswith("callback"), name)):
        target = TARGETS.get(name, CALLBACK_TARGET if name.startswith("callback") else None)
        values = [statistics.median(seconds[name]), max(seconds[name])]
        cells = [f"{1000 * value:.1f}" for value in values]
        cells.append(f"{1000 * max(processor_seconds[name]):.1f}" if name in processor_seconds else "")
        cells.append("" if target is None else f"{1000 * target:.0f}")
        print(f"| {name} | {len(seconds[name])} | {' | '.join(cells)} |")


main()
