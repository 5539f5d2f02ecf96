# pyright: basic
"""A video on its way from its file to the core's result folder: Blender reads the frames, the core fits them."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import NoReturn

import bpy
import numpy as np

from ..fit_process.messages import Failed
from ..result.clip_rate import ClipRate
from ..result.errors import ResultError
from ..scene.photo.clip_frames import ClipFrames
from ..session.clip_request import (
    BLENDERS_RATE,
    KEYPOINTS,
    WHOLE_CLIP,
    FrameSpan,
    first_image,
    numbered_images,
)
from ..session.clip_store import clip_folders
from ..session.fit_session import CANCELLED, FitSession, Job
from ..session.keypoint_search import PHOTO_SUFFIXES, find_clip_keypoints
from ..settings.preferences import engine_choice, preferences_of
from .steps import Progress, SmplifyError, wait_for_job

DETECT = "--detect"  # people are looked for in the pictures, whatever lies beside the clip
LIST_PEOPLE = "--list-people"
READING = "reading frames"  # a stage of the job that is Blender's own
BAD_CLIP = "bad-clip"
FEWEST_FRAMES = 2
MOVIE_SUFFIXES = (
    ".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".ogv", ".flv", ".wmv", ".mxf", ".dv",
    ".3gp",
)  # fmt: skip
# At a time, one frame at least, after which a window is drawn. A movie is opened anew each time, and decoded from the key
# frame before.
READING_SECONDS = 0.5


@dataclass(frozen=True)
class ClipRequest:
    """A clip, its wanted frames, and `options` of the core's `sequence`. Numbered images are shown `image_rate` a second.

    `person` are options that say who is fitted; with `LIST_PEOPLE` it is said who there is, and nobody is fitted.
    """

    clip: Path
    span: FrameSpan = WHOLE_CLIP
    options: tuple[str, ...] = ()
    image_rate: ClipRate = BLENDERS_RATE
    python: Path | None = None
    person: tuple[str, ...] = ()


class ClipFit:
    """One fit of a video. `job` is that of reading the frames, and another one, the core's, when all are read."""

    def __init__(self, request: ClipRequest, base: Path, result: Path | None = None) -> None:
        """Look at the video and make room for its frames under `base`; the result goes there, too, where no other place is given.

        Raises `ResultError` for what cannot be fitted.
        """
        self.clip, self._python = request.clip, request.python
        try:
            folders = clip_folders(base, request.clip)
            images = numbered_images(request.clip) if is_image(request.clip) else ()
        except OSError as error:
            raise ResultError(
                f"{request.clip} cannot be read ({error.strerror}). Choose another video."
            ) from error
        self._frames = ClipFrames(request.clip, images, request.image_rate)
        facts = self._frames.facts
        wanted = request.span.frames(facts.frame_count)
        if len(wanted) < FEWEST_FRAMES:
            raise ResultError(
                f"{request.clip.name} has {facts.frame_count} frames: what is chosen of them is no motion. Choose other frames."
            )
        self._frames.begin(folders.frames, wanted)
        words = [
            str(folders.frames),
            "--fps",
            str(facts.rate),
            *request.span.words(facts.frame_count),
            *request.options,
        ]
        if KEYPOINTS in words and self._frames.size != facts.size:
            words += ["--points-size", "{}x{}".format(*facts.size)]
        self._words = [*words, *request.person]
        self.result = result or folders.result(words)  # a list of people serves the fit of any of them
        self.job = Job("", "sequence", status="Reading the video", stage=READING)

    @property
    def is_reading(self) -> bool:
        """True until the core has been asked, or the job has ended."""
        return self.job.stage == READING and self.job.running

    def advance(self, session: FitSession) -> None:
        """Read some frames; when all are there, ask the core. An error, or a cancel, ends the job."""
        until = monotonic() + READING_SECONDS
        try:
            while not self.job.cancel_asked and self._frames.write_next():
                self.job.fraction = self._frames.done / self._frames.total
                if monotonic() > until:
                    return
        except ResultError as error:
            self.job.apply(Failed(BAD_CLIP, str(error)))
            return
        finally:
            self._frames.close()  # what reads is scene data, which the user's undo steps must not hold
        if self.job.cancel_asked:
            self.job.apply(Failed(CANCELLED, "The fit was cancelled. Pressed again, it goes on."))
            return
        self.job = session.request(
            "sequence", [*self._words, "--out", str(self.result.absolute())], self._python
        )

    def picture(self, frame: int) -> np.ndarray:
        """Return a frame of the clip, counted from 0, as (H, W, 3) bytes, read now if it was not. Raises `ResultError`."""
        try:
            return self._frames.picture(frame)
        finally:
            self._frames.close()


def run_clip(
    request: ClipRequest, result: Path, session: FitSession, on_progress: Progress | None = None
) -> Job:
    """Fit into the folder `result` and wait; keypoints that lie beside the clip are taken, as on the core's command line.

    Raises `ResultError`, and SmplifyError for what the core refuses. The frames are kept beside the folder until the fit is
    done: the same fit, killed on the way, goes on then.
    """
    span, options = _span_in(request.options)
    beside = None if {KEYPOINTS, DETECT} & set(options) else find_clip_keypoints(request.clip)
    if beside is not None:
        options = (*options, KEYPOINTS, str(beside.absolute()))
    base = result.with_name(f".{result.name}-frames")
    python = engine_choice(preferences_of(bpy.context)).python
    fit = ClipFit(replace(request, span=span, options=options, python=python), base, result)
    while fit.is_reading:
        if on_progress is not None:
            on_progress(fit.job.fraction, fit.job.stage)
        fit.advance(session)
    wait_for_job(session, fit.job, on_progress)
    if fit.job.failed is not None:
        raise SmplifyError(fit.job.failed.text, fit.job.failed.code)
    shutil.rmtree(base, ignore_errors=True)
    return fit.job


def _span_in(options: Sequence[str]) -> tuple[FrameSpan, tuple[str, ...]]:
    """Return the frames that options of `sequence` want, and the other options. Raises `ResultError`."""
    parser = _SpanParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--end", type=int)
    parser.add_argument("--step", type=int, default=1)
    found, others = parser.parse_known_args(list(options))
    if found.start < 0 or found.step < 1:
        raise ResultError(
            f"--start {found.start} and --step {found.step} are no frames. Choose 0 and 1, or more."
        )
    return FrameSpan(found.start, found.end, found.step), tuple(others)


class _SpanParser(argparse.ArgumentParser):
    """Raises instead of ending Blender."""

    def error(self, message: str) -> NoReturn:
        raise ResultError(f"{message[:1].upper()}{message[1:]}.")


def is_clip(file: Path) -> bool:
    """Return True for a movie by its name, and for a folder."""
    return file.suffix.lower() in MOVIE_SUFFIXES or file.is_dir()


def first_of_clip(clip: Path) -> Path:
    """Return the movie itself, or the first image of a folder. Raises `ResultError` where there is none, and OSError."""
    if not clip.is_dir():
        return clip
    images = [path for path in clip.iterdir() if is_image(path)]
    if not images:
        raise ResultError(
            f"{clip} holds no images ({', '.join(PHOTO_SUFFIXES)}). Choose another folder, or a movie."
        )
    return first_image(images)


def is_image(clip: Path) -> bool:
    """Return True for an image, of which there may be more in a row."""
    return clip.suffix.lower() in PHOTO_SUFFIXES
