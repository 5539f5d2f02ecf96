# pyright: basic
"""Where the time goes between the press of *Fit* and the figure that one sees: phases by the clock, for `window.py`.

A phase is the time between two marks of one press, or the time inside functions that are called in between; a function that
another one of the list calls is told apart from it. The marks of the core are those of its messages, at their arrival.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

# Marks in the order in which they come, and what happens up to each.
MARKS = {
    "requested": "press: choices, photo's pixels, request",
    "first answer": "core: hears, reads photo and keypoints, looks for the size of their picture",
    "fitting": "core: looks at the person for depths and widths",
    "searched": "core: searches",
    "answered": "core: body, judging, files",
    "noticed": "answer waits for Blender",
    "built": "figure is brought into the scene",
    "seen": "Blender draws the figure",
}
# Functions of the add-on whose time is told apart: (module, name).
INSIDE = (
    ("scene.placing.place_fit", "_read"),
    ("scene.placing.place_fit", "kept_fit"),
    ("scene.placing.place_fit", "footprints"),
    ("scene.placing.place_fit", "_remember"),
    ("scene.figure.build", "photo_plate"),
    ("scene.figure.build", "shaped_body"),
    ("scene.figure.build", "new_body_mesh"),
    ("scene.figure.build", "add_materials"),
    ("scene.figure.build", "add_shape_keys"),
    ("scene.figure.build", "new_armature"),
    ("scene.figure.build", "set_pose"),
    ("scene.figure.build", "key_pose"),
    ("scene.figure.build", "add_joint_limits"),
    ("operators.add_figure", "select_figures"),
    ("operators.add_figure", "hide_other_photos"),
    ("operators.fit_steps", "pixel_copy"),
)


class Phases:
    """The marks and times of each press, and their medians as a table."""

    def __init__(self, module: Callable[[str], Any]) -> None:
        self._marks: dict[str, float] = {}
        self._inside: dict[str, float] = defaultdict(float)
        self._open: list[list[float]] = []
        self._presses: dict[str, list[tuple[dict[str, float], dict[str, float], dict[str, float]]]] = (
            defaultdict(list)
        )
        self._module = module
        self._watch_messages()
        for place, name in INSIDE:
            home = module(place)
            if hasattr(home, name):
                setattr(home, name, self._clocked(f"{name} ({place})", getattr(home, name)))

    def begin(self) -> None:
        """Note the press of the button."""
        self._marks = {"pressed": perf_counter()}
        self._inside = defaultdict(float)

    def mark(self, name: str) -> None:
        """Note a moment of this press; only the first of a name counts."""
        self._marks.setdefault(name, perf_counter())

    def around(self, build: Callable[..., Any]) -> Callable[..., Any]:
        """Return what builds the figure, its beginning and end marked."""

        def run(*given: Any, **named: Any) -> Any:
            self.mark("noticed")
            try:
                return build(*given, **named)
            finally:
                self.mark("built")

        return run

    def seen_by(self, draw: Callable[..., Any]) -> Callable[..., Any]:
        """Return what is drawn last over a view; the first time after the figure stands, one sees it."""

        def run(*given: Any, **named: Any) -> Any:
            if "built" in self._marks:
                self.mark("seen")
            return draw(*given, **named)

        return run

    def end(self, kind: str, folder: Path) -> None:
        """Keep what was noted of this press under a kind of presses; `folder` is its result."""
        summary = folder / "summary.json"
        own = json.loads(summary.read_text(encoding="utf-8"))["seconds"] if summary.is_file() else {}
        self._presses[kind].append((dict(self._marks), dict(self._inside), own))

    def print_tables(self) -> None:
        """One table a kind: phases between marks, then what functions take within them; medians in milliseconds."""
        for kind, presses in self._presses.items():
            print(f"\nPhases, {kind}; milliseconds, median (longest) of {len(presses)}\n")
            print("| phase | ms | from the press |")
            print("|---|---|---|")
            before = "pressed"
            for name, words in MARKS.items():
                whole = [marks for marks, _, _ in presses if name in marks and before in marks]
                if not whole:
                    continue
                cells = _cell([marks[name] - marks[before] for marks in whole])
                print(f"| {words} | {cells} | {_cell([marks[name] - marks['pressed'] for marks in whole])} |")
                before = name
            for name in sorted({name for _, inside, _ in presses for name in inside}):
                print(f"| · {name} | {_cell([inside.get(name, 0.0) for _, inside, _ in presses])} | |")
            for name in sorted({name for _, _, own in presses for name in own}):
                print(f"| · core's own “{name}” | {_cell([own.get(name, 0.0) for _, _, own in presses])} | |")

    def _watch_messages(self) -> None:
        """Mark the core's messages when they come in, on the thread that reads them."""
        reader = self._module("fit_process.resident").AnswerReader
        feed = reader.feed

        def marked(reader_self: Any, data: bytes) -> Any:
            answers = feed(reader_self, data)
            for _, message in answers:
                self._mark_message(message)
            return answers

        reader.feed = marked

    def _mark_message(self, message: Any) -> None:
        kind = type(message).__name__
        if "requested" not in self._marks:
            return
        if kind in ("Status", "Progress"):
            self.mark("first answer")
        if kind == "Status" and message.text.startswith("Fitting"):
            self.mark("fitting")
        if kind == "Status" and message.text.startswith("person_00"):
            self.mark("searched")
        if kind in ("FirstDone", "Done"):
            self.mark("answered")

    def _clocked(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`; its time, but for that of others of the list within it, is added up."""

        def run(*given: Any, **named: Any) -> Any:
            self._open.append([0.0])
            start = perf_counter()
            try:
                return function(*given, **named)
            finally:
                whole = perf_counter() - start
                within = self._open.pop()[0]
                self._inside[name] += whole - within
                if self._open:
                    self._open[-1][0] += whole

        return run


def _cell(values: list[float]) -> str:
    return f"{1000 * statistics.median(values):.0f} ({1000 * max(values):.0f})"
