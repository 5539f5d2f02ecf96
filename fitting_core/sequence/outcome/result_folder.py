"""The outcome of a sequence, and its result folder (docs/result-files.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from fitting_core.arguments.request import SequenceRequest
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.measurements import measured
from fitting_core.engine import ArrayEngine
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import stature
from fitting_core.messages import Messenger
from fitting_core.results.body_file import body_name, npz_bytes
from fitting_core.results.exchange import SUMMARY_FILE, ResultFiles, replaced_result
from fitting_core.results.folder import json_bytes
from fitting_core.results.gender_evidence import GenderChoice, choice_summary
from fitting_core.results.shared_body import place_bodies

from ..frames.clip import Clip, FrameTimes
from ..motion.fit_person import TrackedPerson
from ..motion.tracked_motion import HELD, SEEN, TrackedMotion
from ..shots.watching import Shot
from .motion_file import SequenceCamera, motion_file_entries
from .quality import frame_words, judged

_KIND = "sequence"


@dataclass(frozen=True, eq=False)
class SequenceOutcome:
    """The fitted people of a clip, each with their own body, and all that the result folder says of them.

    `setups` hold each person's body; `choices` are what their proportions ask for, if that was left to the fit. `shots` are those
    of the clip, `shot` is that of these people; `returns` say for each of them the last frame before and the first after an
    absence over which tracks were joined.
    """

    setups: tuple[FitSetup, ...]
    clip: Clip
    frames: FrameTimes
    camera: SequenceCamera
    motions: tuple[TrackedMotion, ...]
    people: tuple[TrackedPerson, ...]
    engine: ArrayEngine
    seconds: dict[str, float]
    warnings: tuple[str, ...]
    choices: tuple[GenderChoice, ...]
    shots: tuple[Shot, ...]
    shot: Shot
    returns: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def models(self) -> tuple[BodyModel, ...]:
        """The bodies of these people, each once, the first person's first."""
        return tuple(dict.fromkeys(setup.points.model for setup in self.setups))


def inputs_of(request: SequenceRequest) -> list[Path]:
    """Return the files that the result is made from and that may lie in its folder."""
    named = (request.clip, request.camera.file, request.keypoints)
    return [path for path in named if path is not None and path.exists()]


def write_sequence(request: SequenceRequest, outcome: SequenceOutcome, messenger: Messenger) -> list[str]:
    """Write every result file into the request's folder and return their names, summary.json last.

    They take the place of an earlier result all at once. Raises OutputError if the folder cannot be made or written.
    """
    started = perf_counter()
    everybody = zip(outcome.setups, outcome.motions, outcome.people, strict=True)
    with replaced_result(request.folder, inputs_of(request)) as files:
        place_bodies(files, outcome.models, request.bodies)
        for number, (setup, motion, person) in enumerate(everybody):
            model = setup.points.model
            entries = motion_file_entries(model, setup.layout, motion, outcome.frames, outcome.camera)
            words = frame_words(motion, person.subjects, stature(model))
            detector = np.str_(person.subjects[0].keypoints.detector)
            is_static = np.bool_(outcome.shot.camera_motion is None)
            more = {
                "frame_words": words,
                "detector": np.asarray(detector),
                "camera_is_static": np.asarray(is_static),
            }
            files.write(f"{_name(number)}_motion.npz", npz_bytes(entries | more))
        _write_exports(request, outcome, files)
        _write_overlay(request, outcome, files, messenger)
        seconds = outcome.seconds | {"write": perf_counter() - started}
        files.write(SUMMARY_FILE, json_bytes(_summary(outcome, seconds)))
    return files.names


def _name(number: int) -> str:
    return f"person_{number:02d}"


def _write_exports(request: SequenceRequest, outcome: SequenceOutcome, files: ResultFiles) -> None:
    if not (request.write_bvh or request.write_amass):
        return
    from .exports import amass_bytes, bvh_bytes

    for number, (setup, motion) in enumerate(zip(outcome.setups, outcome.motions, strict=True)):
        if request.write_bvh:
            data = bvh_bytes(setup, motion, outcome.frames, outcome.camera)
            files.write(f"{_name(number)}.bvh", data)
        if request.write_amass:
            data = amass_bytes(setup, motion, outcome.frames, outcome.camera)
            files.write(f"{_name(number)}_amass.npz", data)


def _write_overlay(
    request: SequenceRequest, outcome: SequenceOutcome, files: ResultFiles, messenger: Messenger
) -> None:
    if not request.write_overlay:
        return
    from .overlay_movie import write_overlay_movie

    messenger.status("Drawing overlay.mp4")
    write_overlay_movie(
        files.place("overlay.mp4"),
        outcome.setups,
        outcome.clip,
        outcome.frames,
        outcome.motions,
        outcome.camera,
    )


def _summary(outcome: SequenceOutcome, seconds: dict[str, float]) -> dict[str, object]:
    model, frames, camera = outcome.models[0], outcome.frames, outcome.camera
    width, height = outcome.clip.size
    return {
        "status": "done",
        "kind": _KIND,
        "source": outcome.clip.path.name,
        "clip": {
            "width": width,
            "height": height,
            "frame_rate": [frames.rate.numerator, frames.rate.denominator],
            "first_frame": int(frames.numbers[0]),
            "frame_step": frames.step,
            "frame_count": len(frames),
            "cuts": [int(frames.numbers[shot.first_frame]) for shot in outcome.shots[1:]],
        },
        "camera": {
            "focal_px": camera.focal_px,
            "focal_source": camera.focal_source,
            "principal_point": camera.principal_point.tolist(),
            "world_from_camera": camera.world_from_camera.tolist(),
            "is_static": outcome.shot.camera_motion is None,
        },
        "model": model.name,
        "gender": model.gender,
        "engine": outcome.engine.name,
        "device": outcome.engine.device,
        "seconds": {part: round(value, 3) for part, value in seconds.items()},
        "people": list(_people(outcome)),
        "warnings": list(outcome.warnings),
    }


def _people(outcome: SequenceOutcome) -> Iterator[dict[str, object]]:
    everybody = zip(outcome.setups, outcome.motions, outcome.people, strict=True)
    camera_moves = outcome.shot.camera_motion is not None
    for number, (setup, motion, person) in enumerate(everybody):
        model = setup.points.model
        word, reasons = judged(motion, person.subjects, stature(model), camera_moves)
        betas = motion.x[0, setup.layout.betas()]
        yield {
            "file": f"{_name(number)}_motion.npz",
            "name": _name(number),
            "track": person.number,
            "first_frame": motion.first_frame,
            "last_frame": motion.last_frame,
            "frames_seen": int((motion.states == SEEN).sum()),
            "frames_held": int((motion.states == HELD).sum()),
            "returns": [list(gap) for gap in outcome.returns[number]],
            "quality": {"word": word, "reasons": list(reasons)},
            "height_cm": round(100.0 * measured(model, betas).height_m, 1),
            "gender": model.gender,
            "body": body_name(model, outcome.models[0]),
            **({"automatic_gender": choice_summary(outcome.choices[number])} if outcome.choices else {}),
        }
