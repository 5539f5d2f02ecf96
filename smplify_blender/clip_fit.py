# pyright: basic
"""A video on its way from its file to the core's result folder: Blender reads the frames, the core fits them."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from .fit_process.messages import Failed
from .result.errors import ResultError
from .scene.photo.clip_frames import ClipFrames
from .session.clip_request import ClipChoices, clip_words, missing_clip_choice, numbered_images
from .session.clip_store import clip_folders
from .session.fit_request import EngineChoice
from .session.fit_session import CANCELLED, FitSession, Job
from .session.keypoint_search import PHOTO_SUFFIXES

READING = "reading frames"  # a stage of the job that is Blender's own
BAD_CLIP = "bad-clip"
FEWEST_FRAMES = 2
READING_SECONDS = 0.1  # at a time, after which a window is drawn; one frame at least


class ClipFit:
    """One fit of a video. `job` is first that of reading the frames, then the core's; it is to be asked for anew each time."""

    def __init__(self, choices: ClipChoices, engine: EngineChoice, base: Path) -> None:
        """Look at the video and make room under `base`. Raises `ResultError` for what cannot be fitted, in words."""
        problem = missing_clip_choice(choices, engine)
        if problem or choices.clip is None:
            raise ResultError(problem)
        self.clip, self._engine = choices.clip, engine
        try:
            folders = clip_folders(base, choices.clip)
            images = numbered_images(choices.clip) if is_image(choices.clip) else ()
        except OSError as error:
            raise ResultError(
                f"{choices.clip} cannot be read ({error.strerror}). Choose another video."
            ) from error
        self._frames = ClipFrames(choices.clip, images, choices.image_rate)
        wanted = choices.wanted(self._frames.facts.frame_count)
        if len(wanted) < FEWEST_FRAMES:
            raise ResultError(
                f"{choices.clip.name} has {self._frames.facts.frame_count} frames: from {choices.first} to "
                f"{choices.last or 'the last'} there is no motion. Choose other frames."
            )
        self._frames.begin(folders.frames, wanted)
        self._words = clip_words(choices, engine, folders.frames, self._frames.facts.rate, wanted)
        if choices.keypoints is not None and self._frames.size != self._frames.facts.size:
            self._words += ["--points-size", "{}x{}".format(*self._frames.facts.size)]
        self.result = folders.result(self._words)
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
            self._end(Failed(BAD_CLIP, str(error)))
            return
        if self.job.cancel_asked:
            self._end(Failed(CANCELLED, "The fit was cancelled. Pressed again, it goes on."))
            return
        self._frames.close()
        self.job = session.request("sequence", [*self._words, "--out", str(self.result)], self._engine.python)

    def _end(self, failed: Failed) -> None:
        self._frames.close()
        self.job.apply(failed)

    def close(self) -> None:
        """Let go of the video; what was read stays."""
        self._frames.close()


def is_image(clip: Path) -> bool:
    """Return True for an image, of which there may be more in a row."""
    return clip.suffix.lower() in PHOTO_SUFFIXES
