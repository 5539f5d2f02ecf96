# pyright: basic
"""The photos and clips of a folder, fitted by the core's own batch in a child, whose results come one after another.

The child fits the people of many photos together on all cores, writes tables and contact sheet, and goes on where a run
before has ended. What its Python cannot decode, Blender hands over: the pixels of a photo, the frames of a movie.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from ..api import SmplifyError
from ..fit_process.batch_process import BatchMessage, BatchProcess
from ..fit_process.command import FitProcessError, core_command
from ..fit_process.environment import default_environment
from ..result.bounded_file import read_bytes
from ..result.errors import ResultError, one_line
from ..scene.photo.clip_frames import ClipFrames
from ..scene.photo.handed_pictures import HandedClip, photo_pixmap
from ..settings.preferences import engine_choice, preferences_of
from .batch_results import BatchResult
from .outputs import quiet_blender

HAND_OVER = ".handed-over"  # in the output folder, while a run is at work, and the frames of clips that a kill has left
_RUN, _FRAMES, _LISTING, _GO = "run", "frames", "listing.json", "go"
_MOST_LISTING_BYTES = 300_000_000
_LOOK_EVERY_SECONDS = 0.1
_LAST_WORDS = 600
_NOT_TOLD = ("--out", "--messages", "--hand-over")


@dataclass(frozen=True)
class Listed:
    """A photo or clip of the folder: its path in it, and that of its result in the results' folder, both with slashes."""

    label: str
    name: str
    is_clip: bool


@dataclass(frozen=True)
class Fitted:
    """A photo or clip that the core is done with, or has failed on; the seconds that are left at its pace, None if unknown."""

    result: BatchResult
    seconds_left: float | None


class CoreBatch:
    """One run of the core's batch over `photos` into `results`. To be had from `core_batch`."""

    def __init__(self, photos: Path, out: Path, results: Path, words: Sequence[str]) -> None:
        """Start the child and wait until it has listed the folder. Raises SmplifyError where it refuses."""
        self._photos, self._frames = photos, out / HAND_OVER / _FRAMES
        self._place = out / HAND_OVER / _RUN
        self._clips: dict[int, HandedClip] = {}
        self._reading: list[tuple[str, ClipFrames, bytes]] = []
        self.stage = ""
        self._is_over = False
        shutil.rmtree(self._place, ignore_errors=True)
        try:
            self._place.mkdir(parents=True)
            line = ["batch", str(photos), *words, "--out", str(results), "--messages", "json"]
            command = core_command(
                [*line, "--hand-over", str(self._place)], engine_choice(preferences_of(bpy.context)).python
            )
            self._child = BatchProcess(command, default_environment(), self._place)
        except (FitProcessError, OSError, ValueError) as problem:
            self._clean_up()
            raise SmplifyError(f"The fit cannot be started: {problem}", "not-started") from problem
        try:
            self.listed = self._listed()
            self._numbers = {one.label: number for number, one in enumerate(self.listed)}
        except BaseException:
            self.stop()
            raise

    def go(self) -> None:
        """Let the core begin."""
        self._child.hand(_GO)

    def fitted(self) -> Iterator[Fitted]:
        """Yield what is done as it is done, decoding meanwhile what the core asks for. Raises SmplifyError where it gives up."""
        while not self._child.ended:
            with quiet_blender() if self._reading else nullcontext():
                busy = self._read_frames()
            message = self._child.next_message(0.0 if busy else _LOOK_EVERY_SECONDS)
            while message is not None:
                found = self._heard(message)
                if found is not None:
                    yield found
                message = self._child.next_message(0.0)
        if not self._is_over:
            raise SmplifyError(
                one_line(
                    f"The fitting core stopped unexpectedly ({self._child.last_words()[-_LAST_WORDS:]})"
                ),
                "crashed",
            )

    def stop(self) -> None:
        """End the child and remove what was handed over, but for frames of clips, from which a fit goes on."""
        self._child.stop()
        for _, frames, _ in self._reading:
            frames.close()
        self._clean_up()

    def _clean_up(self) -> None:
        shutil.rmtree(self._frames.parent if self._is_over else self._place, ignore_errors=True)
        for folder in (self._frames, self._frames.parent):
            with suppress(OSError):  # it holds frames that a fit goes on from
                folder.rmdir()

    def _listed(self) -> tuple[Listed, ...]:
        while not self._child.ended:
            message = self._child.next_message(_LOOK_EVERY_SECONDS)
            if message is None:
                continue
            if message.get("type") == "ERROR":
                raise SmplifyError(str(message.get("text")), "bad-request")
            if message.get("type") == "WANTED" and message.get("file") == _GO:
                return self._read_listing()
        words = self._child.last_words().splitlines()[-1]  # argparse's own words, or the end of a traceback
        raise SmplifyError(words[-_LAST_WORDS:], "bad-request")

    def _read_listing(self) -> tuple[Listed, ...]:
        content = cast(
            "list[dict[str, str]]", json.loads(read_bytes(self._place / _LISTING, _MOST_LISTING_BYTES))
        )
        return tuple(Listed(one["label"], one["name"], bool(one["is_clip"])) for one in content)

    def _heard(self, message: BatchMessage) -> Fitted | None:
        match message.get("type"):
            case "WANTED":
                with quiet_blender():
                    self._hand_over(str(message["file"]))
            case "PROGRESS":
                self.stage = str(message.get("stage", ""))
            case "PHOTO":
                return self._finished(message)
            case "DONE":
                self._is_over = True
            case "ERROR":
                self._is_over = True
                if message.get("code") != "nothing-done":
                    raise SmplifyError(str(message.get("text")), str(message.get("code")))
        return None

    def _finished(self, message: BatchMessage) -> Fitted:
        label = str(message["photo"])
        number = self._numbers[label]
        (self._place / f"{number}.pixels").unlink(missing_ok=True)
        if number in self._clips:
            self._clips.pop(number).remove()
        left = message.get("seconds_left")
        folder = str(message["folder"]) if message["status"] == "done" else ""
        result = BatchResult(label, folder, str(message["code"]), str(message["reason"]))
        return Fitted(result, float(left) if isinstance(left, int | float) else None)

    def _hand_over(self, file: str) -> None:
        number, _, kind = file.partition(".")
        path = self._photos / self.listed[int(number)].label
        try:
            if kind == "pixels":
                pixels = photo_pixmap(path)
                if pixels is None:
                    self._child.refuse(file, f"{path}: Blender cannot decode it.")
                else:
                    self._child.hand(file, pixels)
                return
            clip = self._clips.setdefault(int(number), HandedClip(path, self._frames))
            if kind == "facts":
                self._child.hand(file, clip.facts())
            else:
                self._reading.append((file, *clip.frames()))
        except (ResultError, OSError) as problem:
            self._child.refuse(file, str(problem))

    def _read_frames(self) -> bool:
        """Read one more frame of the clip that is first in line; True while there are more."""
        if not self._reading:
            return False
        file, frames, told = self._reading[0]
        try:
            if frames.write_next():
                return True
            self._child.hand(file, told)
        except (ResultError, OSError) as problem:
            self._child.refuse(file, str(problem))
        frames.close()
        del self._reading[0]
        return bool(self._reading)


@contextmanager
def core_batch(photos: Path, out: Path, results: Path, words: Sequence[str]) -> Generator[CoreBatch]:
    """Run the core's batch as long as the block does. Raises SmplifyError where it refuses the folder or the options."""
    taken = next((word for word in words if word.partition("=")[0] in _NOT_TOLD), None)
    if taken is not None:
        raise SmplifyError(f"{taken}: the batch says this by itself. Leave it out.", "bad-request")
    running = CoreBatch(photos, out, results, words)
    try:
        yield running
    finally:
        running.stop()
