"""Pictures from a program beside the batch, as Blender's add-on is: it decodes what this Python cannot, one file after another.

The batch asks by a WANTED message for a file in the folder of `--hand-over`, and waits until it is there whole:

* `go`: leave to begin; `listing.json` there has the photos and clips, in the order of their numbers from 0;
* `7.pixels`: a portable pixmap of the photo of number 7 as it is stored;
* `7.facts`, then `7.frames`: JSON on a movie, see `HandedClip`; `folder` has its frames, numbered.

A file of the same name with `.refused` after it holds the reason why there is none. The end of stdin ends the batch: nobody is
there any more to hand anything over.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from time import sleep
from typing import Any, cast

from fitting_core.errors import ClipError, RequestError
from fitting_core.files.atomic import write_bytes_atomically

LISTING, GO = "listing.json", "go"
REFUSED = ".refused"
_LOOK_EVERY_SECONDS = 0.02
_ENDED = 1


@dataclass(frozen=True)
class HandedClip:
    """A clip as it is handed over: its number of frames, their folder (empty in `facts`), their rate, and the clip's own size."""

    frames: int
    folder: str
    fps: str
    size: tuple[int, int]

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(self.fps)


@dataclass(frozen=True)
class ListedItem:
    """A photo or clip of the batch: its path among the photos, and that of its result, both with slashes."""

    label: str
    name: str
    is_clip: bool


class HandOver:
    """The folder in which files are handed over, and whom to ask for them."""

    def __init__(self, folder: Path, ask: Callable[[str], None]) -> None:
        self._folder, self._ask = folder, ask

    def watch(self) -> None:
        """End this process as soon as stdin ends; whatever it writes is written whole or not at all."""
        stream = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115 — for as long as the process lives

        def end_with_stdin() -> None:
            while stream.read(1):
                pass
            os._exit(_ENDED)

        threading.Thread(target=end_with_stdin, daemon=True).start()

    def wait_to_begin(self, items: Sequence[ListedItem]) -> None:
        """Tell what there is to do, and wait for leave to begin. Raises RequestError where it is refused."""
        content = json.dumps([asdict(item) for item in items]).encode()
        write_bytes_atomically(self._folder / LISTING, content)
        reason = wait_for(self.ask(GO))
        if reason is not None:
            raise RequestError(reason)

    def ask(self, file: str) -> Path:
        """Ask for a file and return where it will be; whoever needs it waits for it there."""
        self._ask(file)
        return self._folder / file


def wait_for(place: Path) -> str | None:
    """Wait for a file; return the reason where it is refused."""
    refused = place.with_name(place.name + REFUSED)
    while not place.exists():
        if refused.exists():
            return refused.read_text(encoding="utf-8")
        sleep(_LOOK_EVERY_SECONDS)
    return None


def handed_clip(place: Path) -> HandedClip:
    """Wait for what is told of a clip. Raises ClipError where it is refused."""
    reason = wait_for(place)
    if reason is not None:
        raise ClipError(reason)
    content = cast("dict[str, Any]", json.loads(place.read_bytes()))
    width, height = content["size"]
    return HandedClip(int(content["frames"]), str(content["folder"]), str(content["fps"]), (width, height))
