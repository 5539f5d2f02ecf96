"""The user's choices for a clip in; out the words of the core's `sequence`, or the reason why there can be none yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..result.clip_rate import ClipRate
from .fit_request import EVERYBODY, MAIN_PERSON, CameraChoice, EngineChoice

NUMBERED = re.compile(
    r"(.*?)(\d+)"
)  # what stands before a number, and the number, of a name without its ending
FOCAL_OPTIONS = {"px": "--focal-px", "mm35": "--focal-mm35", "fov_deg": "--fov-deg"}  # by the core's names
KEYPOINTS = "--keypoints"
AUTOMATIC = "AUTOMATIC"  # the order of a body's points where nobody says another
OWN_LENSES = ("SCENE_CAMERA", "ESTIMATE")  # of the Camera panel; not for clips


@dataclass(frozen=True)
class FrameSpan:
    """The frames of a clip that are wanted, counted from 0, the last one included; None is the clip's last."""

    first: int = 0
    last: int | None = None
    step: int = 1

    def frames(self, count: int) -> range:
        """Return the numbers of the wanted frames in a clip of `count`; none where the span is not in it."""
        end = count if self.last is None else min(self.last + 1, count)
        return range(self.first, end, self.step)

    def words(self, count: int) -> list[str]:
        """Return the options of `sequence` for them."""
        frames = self.frames(count)
        return ["--start", str(frames[0]), "--end", str(frames[-1]), "--step", str(self.step)]


WHOLE_CLIP, PHOTOS_LENS, BLENDERS_RATE = FrameSpan(), CameraChoice(), ClipRate(24, 1)


@dataclass(frozen=True)
class ClipChoices:
    """Everything chosen for a clip, which is a movie, or the first of numbered images, shown `image_rate` a second.

    `person` is the number of a track, or `MAIN_PERSON` or `EVERYBODY`.
    """

    clip: Path | None = None
    keypoints: Path | None = None
    span: FrameSpan = WHOLE_CLIP
    person: int = MAIN_PERSON
    camera: CameraChoice = PHOTOS_LENS
    own_body: bool = False
    gender: str = "automatic"
    smoothness: float = 1.0
    image_rate: ClipRate = BLENDERS_RATE
    body_order: str = AUTOMATIC


def missing_clip_choice(choices: ClipChoices, engine: EngineChoice) -> str:
    """Explain why no clip can be fitted with these choices, and the next step; empty where one can."""
    if choices.clip is None:
        return "Choose a movie first, or the first of numbered images"
    if choices.camera.mode in OWN_LENSES:
        return "This lens is for photos only: choose another in Camera"
    if choices.span.last is not None and choices.span.last <= choices.span.first:
        return "From first to last frame there is no motion: choose others"
    if choices.own_body and engine.own_model is None:
        return "Choose your SMPL-X file in the preferences, or the open body"
    return engine.problem


def clip_options(choices: ClipChoices, engine: EngineChoice) -> list[str]:
    """Return the options of the core's `sequence` for these choices, but for frames and person.

    Where `missing_clip_choice` is empty.
    """
    words: list[str] = []
    if choices.keypoints is not None:
        words += [KEYPOINTS, str(choices.keypoints.absolute())]
        if choices.body_order != AUTOMATIC:
            words += ["--body-order", choices.body_order.lower()]
    for name, value in choices.camera.focal().items():
        words += [FOCAL_OPTIONS[name], f"{value:.6g}"]
    if choices.own_body and engine.own_model is not None:
        words += ["--model", str(engine.own_model)]
    if choices.gender != "automatic":
        words += ["--gender", choices.gender]
    if engine.python is not None:
        words += ["--device", engine.device]
    return [*words, "--smoothness", f"{choices.smoothness:g}"]


def person_words(person: int) -> list[str]:
    """Return the option of `sequence` for a person's number, `MAIN_PERSON` or `EVERYBODY`."""
    if person == EVERYBODY:
        return ["--person", "all"]
    return ["--person", str(person)] if person >= 0 else []


def first_image(images: Sequence[Path]) -> Path:
    """Return the image with the lowest number; of several kinds, of the one whose name comes first."""

    def place(image: Path) -> tuple[str, int]:
        shape = NUMBERED.fullmatch(image.stem)
        return (shape[1], int(shape[2])) if shape is not None else (image.stem, -1)

    return min(images, key=place)


def numbered_images(first: Path) -> tuple[Path, ...]:
    """Return an image and those after it whose names differ in their last number only, in the order of the numbers.

    An image without a number, or the only one of its kind, stands alone.
    """
    shape = NUMBERED.fullmatch(first.stem)
    if shape is None:
        return (first,)
    found: dict[int, Path] = {}
    for path in first.parent.iterdir():
        other = NUMBERED.fullmatch(path.stem)
        if other is not None and other[1] == shape[1] and path.suffix == first.suffix:
            found[int(other[2])] = path
    return tuple(found[number] for number in sorted(found) if number >= int(shape[2]))
