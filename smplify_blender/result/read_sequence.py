"""Reads the result folder of a clip, whole and checked: everybody's motion, and the one camera before which they move."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .bounded_file import Budget, damage_border
from .clip_rate import MOST_BLENDER_FPS, ClipRate
from .errors import ResultError, one_line, shown
from .folder_bodies import BODY_FILE, FolderBodies
from .motion_verdict import Verdict
from .read_body import NEXT_STEP, read_bytes
from .read_motion import Motion, motion_in, motion_reader
from .read_report import MAX_SUMMARY_BYTES, QUALITY_WORDS, SUMMARY_FILE
from .read_result import MAX_COEFFICIENT, MAX_PEOPLE, camera_of_values, check_range
from .result_folder import Array, Body, PhotoCamera
from .safe_npz import ArraySpec, NpzReader

FRAME_WORDS = (*QUALITY_WORDS, "held")  # the core's judgements of one frame; the last where nobody was seen
SEQUENCE_PATTERN = re.compile(r"person_(\d{2,4})_motion\.npz")
MAX_CLIP_FRAMES = 10_000_000
MAX_SECONDS = 1e6
MAX_NAME = 200
MAX_REASONS, MAX_REASON = 10, 300  # of one person, and characters of each

SEQUENCE_SPECS = {
    "clip_frames": ArraySpec("i", ("N",)),
    "times": ArraySpec("f", ("N",)),
    "frame_rate": ArraySpec("i", (2,)),
    "expressions": ArraySpec("f", ("N", "E")),
    "focal_px": ArraySpec("f"),
    "principal_point": ArraySpec("f", (2,)),
    "image_size": ArraySpec("i", (2,)),
    "world_from_camera": ArraySpec("f", (4, 4)),
}


# Where a file of an earlier version has none of these, nothing is known of its frames.
FACT_SPECS = {
    "frame_words": ArraySpec("i", ("N",), optional=True),
    "contacts": ArraySpec("i", ("N", 4), optional=True),
    "keypoint_error_px": ArraySpec("f", ("N",), nan_allowed=True, optional=True),
}


@dataclass(frozen=True)
class FrameFacts:
    """The facts of N frames: words (N,), places in `FRAME_WORDS`; contacts (N, 4) of left heel and toe, right heel and toe;
    errors (N,), px, NaN where nobody was seen.
    """

    words: Array
    contacts: Array
    error_px: Array


@dataclass(frozen=True)
class MovingPerson:
    """One person of a clip: N frames, with their numbers in the clip (N,), their times (N,) after its start, s, and the
    expressions (N, E) in them. `facts` are None in a file of an earlier version.
    """

    file_name: str
    motion: Motion
    clip_frames: Array
    times: Array
    expressions: Array
    facts: FrameFacts | None = None

    @property
    def number(self) -> int:
        """The number in the file's name, from 0."""
        return sequence_number(self.file_name)


@dataclass(frozen=True)
class Sequence:
    """The result folder of a clip. The camera's `world_from_camera` is its place in everybody's world, z up, floor at z = 0.

    `bodies` are everybody's own, by the file name of the person. `clip_name` is the clip's file name, empty where the folder does
    not tell; `verdicts` are the words on the people whom the folder judges, by file name.
    """

    folder: Path
    bodies: Mapping[str, Body]
    people: tuple[MovingPerson, ...]
    camera: PhotoCamera
    rate: ClipRate
    clip_name: str
    verdicts: Mapping[str, Verdict]

    @property
    def quality(self) -> tuple[str, ...]:
        """A word a person in their order, as far as the folder says it."""
        return tuple(
            self.verdicts[person.file_name].word
            for person in self.people
            if person.file_name in self.verdicts
        )

    @property
    def world_from_camera(self) -> Array:
        """The camera's place (4, 4), metres."""
        return np.array(cast("tuple[float, ...]", self.camera.world_from_camera)).reshape(4, 4)

    @property
    def first_clip_frame(self) -> int:
        """The first frame of the clip in which anybody is."""
        return min(int(person.clip_frames[0]) for person in self.people)

    @property
    def first_time(self) -> float:
        """The time of that frame, s."""
        return min(float(person.times[0]) for person in self.people)


def sequence_number(name: str) -> int:
    """Return the number in the name of a person's file of a clip; −1 for another name."""
    found = SEQUENCE_PATTERN.fullmatch(name)
    return int(found[1]) if found else -1


def named_people(file_name: str) -> tuple[int, ...]:
    """Return the number of the person whose file it is; none where it is nobody's, and everybody is meant."""
    number = sequence_number(file_name)
    return (number,) if number >= 0 else ()


def holds_sequence(folder: Path) -> bool:
    """Return True if a folder holds the motion of anybody in a clip."""
    return any(SEQUENCE_PATTERN.fullmatch(entry.name) for entry in folder.iterdir())


def read_sequence(folder: Path) -> Sequence:
    """Read every person_NN_motion.npz, the body that each names, and the clip's name. Raises `ResultError` like `read_result`."""
    folder = folder.resolve()
    with damage_border(f"{folder} cannot be listed"):
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink())
    people_names = [name for name in names if SEQUENCE_PATTERN.fullmatch(name)]
    if BODY_FILE not in names or not people_names:
        missing = "person_00_motion.npz" if BODY_FILE in names else BODY_FILE
        raise ResultError(f"{folder} holds no {missing}. Choose the folder that a fit of a clip has written.")
    if len(people_names) > MAX_PEOPLE:
        raise ResultError(f"{folder} holds {len(people_names)} people, more than {MAX_PEOPLE}. {NEXT_STEP}")
    folder_bodies = FolderBodies(folder, names)
    budget = Budget()  # for everybody together
    read = [_read_person(folder / name, folder_bodies, budget) for name in people_names]
    people = tuple(one.person for one in read)
    bodies = {one.person.file_name: one.body for one in read}
    camera, rate = read[0].camera, read[0].rate
    for one in read[1:]:
        if (one.camera, one.rate) != (camera, rate):
            raise ResultError(
                f"{one.person.file_name} has another camera or frame rate than {people_names[0]} ({one.camera}, {one.rate} "
                f"against {camera}, {rate}): the folder holds more than one clip's result. {NEXT_STEP}"
            )
    return Sequence(folder, bodies, people, camera, rate, *_summary(folder))


@dataclass(frozen=True)
class _ReadPerson:
    """The content of one person's file, and the body that it names."""

    person: MovingPerson
    body: Body
    camera: PhotoCamera
    rate: ClipRate


def _read_person(path: Path, bodies: FolderBodies, budget: Budget) -> _ReadPerson:
    reader = motion_reader(path, budget)
    with damage_border(f"{path.name} is damaged"):
        body, motion = motion_in(reader, bodies)
        values: dict[str, Any] = {key: reader.read(key, spec) for key, spec in SEQUENCE_SPECS.items()}
        check_range(path.name, "expressions", values["expressions"], MAX_COEFFICIENT)
        _check_frames(reader, values["clip_frames"], values["times"])
        camera = camera_of_values(path.name, {**values, "photo_orientation": 1})
        person = MovingPerson(
            file_name=path.name,
            motion=motion,
            clip_frames=values["clip_frames"],
            times=values["times"],
            expressions=values["expressions"],
            facts=_facts(reader),
        )
        return _ReadPerson(person, body, camera, _rate(path.name, values["frame_rate"]))


def _facts(reader: NpzReader) -> FrameFacts | None:
    found: dict[str, Any] = {key: reader.read(key, spec) for key, spec in FACT_SPECS.items()}
    if any(value is None for value in found.values()):
        return None
    words = found["frame_words"]
    if ((words < 0) | (words >= len(FRAME_WORDS))).any():
        raise ResultError(f"{reader.label} has “frame_words” beyond 0 to {len(FRAME_WORDS) - 1}. {NEXT_STEP}")
    return FrameFacts(words, found["contacts"] != 0, found["keypoint_error_px"])


def _check_frames(reader: NpzReader, frames: Array, times: Array) -> None:
    if (np.diff(frames) < 0).any() or frames[0] < 0 or frames[-1] > MAX_CLIP_FRAMES:
        raise ResultError(
            f"{reader.label} has “clip_frames” from {frames[0]} to {frames[-1]}, expected numbers in order, up to "
            f"{MAX_CLIP_FRAMES}. {NEXT_STEP}"
        )
    if (np.diff(times) <= 0).any() or times[0] < 0 or times[-1] > MAX_SECONDS:
        raise ResultError(
            f"{reader.label} has “times” from {times[0]:g} to {times[-1]:g}, expected seconds that grow, up to {MAX_SECONDS:g}. "
            f"{NEXT_STEP}"
        )


def _rate(file_name: str, values: Array) -> ClipRate:
    numerator, denominator = (int(value) for value in values)
    if numerator <= 0 or denominator <= 0 or not 0 < numerator / denominator <= MOST_BLENDER_FPS:
        raise ResultError(
            f"{file_name} has “frame_rate” {numerator}/{denominator}, expected up to {MOST_BLENDER_FPS}. {NEXT_STEP}"
        )
    return ClipRate(numerator, denominator)


def read_verdicts(folder: Path) -> dict[str, Verdict]:
    """Return the words on the people of a result folder by file name. Raises `ResultError`."""
    return _summary(folder)[1]


def _summary(folder: Path) -> tuple[str, dict[str, Verdict]]:
    """Read the clip's name and the judgements by file; empty where summary.json does not tell them."""
    path = folder / SUMMARY_FILE
    if not path.is_file():
        return "", {}
    with damage_border(f"{path} is damaged"):
        summary = dict(json.loads(read_bytes(path, MAX_SUMMARY_BYTES)))
        verdicts = {str(entry["file"]): _verdict(entry["quality"]) for entry in summary["people"]}
    name = str(summary.get("source", ""))
    if len(name) > MAX_NAME or Path(name).name != name:
        raise ResultError(f"{SUMMARY_FILE} has “source” {shown(name)}, expected a file's name. {NEXT_STEP}")
    return name, {file: verdict for file, verdict in verdicts.items() if verdict.word in QUALITY_WORDS}


def _verdict(quality: Mapping[str, Any]) -> Verdict:
    reasons = [one_line(str(text))[:MAX_REASON] for text in list(quality.get("reasons", ()))[:MAX_REASONS]]
    return Verdict(str(quality["word"]), tuple(reasons))
