"""A motion fitted again around a frame whose keypoints were mended, a second of it; the rest stays as it is, bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from fitting_core.arguments.request import RefitRequest
from fitting_core.arrays import NumpyArray, numpy_double
from fitting_core.body_model.measurements import measured
from fitting_core.errors import RequestError, shown
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject, stature
from fitting_core.keypoints.detector_habits import DETECTORS, DetectorName
from fitting_core.keypoints.emphasis import named_points
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.messages import Messenger
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.body_file import body_file, npz_bytes
from fitting_core.results.exchange import SUMMARY_FILE, check_result_folder, replaced_result
from fitting_core.results.folder import json_bytes
from fitting_core.results.previous import gender_of_start

from .motion.fit_person import FitTools, TrackedPerson, refitted
from .motion.keypoint_errors import errors_px
from .motion.tracked_motion import SEEN, TrackedMotion
from .outcome.motion_file import body_pose_of, in_world
from .outcome.quality import frame_words, judged
from .outcome.stored_motion import StoredMotion, read_stored_motion
from .steps_kept import KeptSteps

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_MOVED_PX = 0.05  # from which on a keypoint counts as mended
_RAMP = 0.6  # of the frames before the mended one, and after it, over which the new motion comes and goes
_FILE = "person_00_motion.npz"


def refit_motion(request: RefitRequest, messenger: Messenger) -> None:
    """Fit a motion again around a frame and write it as a result folder of its person alone; see docs/result-files.md.

    Shape, lens, contacts and floor stay. Raises a FittingError for everything that a user can act on.
    """
    check_result_folder(request.folder)
    stored = read_stored_motion(request.motion)
    setup = fit_setup(request.model, gender_of_start(request.motion))
    x = stored.parameters(setup)
    row = _row_of(request, stored)
    subjects = _mended_subjects(request, stored, row)
    reach = max(2, round(request.reach_s * float(stored.entries["fps"])))
    window = slice(max(0, row - reach), min(len(x), row + reach + 1))
    messenger.status(f"Fitting {window.stop - window.start} frames around frame {request.frame}")
    seen = stored.entries["states"] == SEEN
    seen[row] = True
    steps = KeptSteps(request.folder, [request], [request.motion, request.keypoints])
    make, fps = numpy_double(), float(stored.entries["fps"])
    tools = FitTools(setup, make, make, fps, request.smoothness, steps)
    person = TrackedPerson(0, 0, subjects[window], seen[window])
    contacts = stored.entries["contacts"].astype(bool)
    new = refitted(tools, person, x[window], contacts[window], stored.floor)
    weights = _weights(row, window, len(x))[:, None]
    x[window] = weights * new + (1.0 - weights) * x[window]
    _write(request, setup, stored, (x, subjects, seen), window, messenger)
    steps.remove()


def _row_of(request: RefitRequest, stored: StoredMotion) -> int:
    numbers = stored.entries["clip_frames"]
    rows: NumpyArray = np.flatnonzero(numbers == request.frame)
    if not len(rows):
        raise RequestError(
            f"--frame {shown(request.frame)}: {request.motion} has the frames {numbers[0]} to {numbers[-1]} of the clip."
        )
    return int(rows[0])


def _mended_subjects(request: RefitRequest, stored: StoredMotion, row: int) -> tuple[Subject, ...]:
    """Return a subject a frame, the mended keypoints in one.

    Those that were moved count the less in the frames beside it the nearer these are: they are seldom right there.
    """
    width, height = (int(side) for side in stored.entries["image_size"])
    file = read_keypoint_file(request.keypoints, (width, height))
    if not file.people:
        raise RequestError(f"{request.keypoints} holds nobody. Give a file with the keypoints of one person.")
    mended = file.people[0].stacked()
    keypoints = stored.entries["keypoints"].astype(np.float64)
    moved = (mended[:, 2] > 0) & (np.abs(mended[:, :2] - keypoints[row, :, :2]).max(axis=1) > _MOVED_PX)
    radius = max(1, round(0.5 * request.reach_s * float(stored.entries["fps"])))
    away = np.minimum(np.abs(np.arange(len(keypoints)) - row) / (radius + 1), 1.0)
    keypoints[:, moved, 2] *= (0.5 - 0.5 * np.cos(np.pi * away))[:, None]
    keypoints[row] = mended
    gone = keypoints[..., 2] == 0
    keypoints[gone, :2] = 0.0
    pinned = named_points(request.pinned, "--pin") & (mended[:, 2] > 0)
    detectors: dict[str, DetectorName] = {name: name for name in DETECTORS}
    detector = detectors.get(stored.text("detector"), DETECTORS[0])
    focal, middle = float(stored.entries["focal_px"]), stored.entries["principal_point"].astype(np.float64)
    return tuple(
        Subject(
            Keypoints2D.of_stack(points, detector),
            focal,
            middle,
            pinned if number == row and pinned.any() else None,
            float(height),
        )
        for number, points in enumerate(keypoints)
    )


def _weights(row: int, window: slice, count: int) -> Float[NumpyArray, " window"]:
    """Return how much of the new motion each frame of the window has: ramps at its ends, but not at those of the motion."""
    frames = cast("NumpyArray", np.arange(window.start, window.stop))
    before, after = row - window.start, window.stop - 1 - row
    grown = np.ones(len(frames))
    if window.start > 0:
        grown = np.minimum(grown, (frames - window.start + 1) / (max(1.0, _RAMP * before) + 1))
    if window.stop < count:
        grown = np.minimum(grown, (window.stop - frames) / (max(1.0, _RAMP * after) + 1))
    return grown * grown * (3.0 - 2.0 * grown)


def _write(
    request: RefitRequest,
    setup: FitSetup,
    stored: StoredMotion,
    fitted: tuple[Float[NumpyArray, "frames columns"], tuple[Subject, ...], Bool[NumpyArray, " frames"]],
    window: slice,
    messenger: Messenger,
) -> None:
    """Write the entries as they were, but for the window's frames, and the judgement of the whole."""
    x, subjects, seen = fitted
    model, layout, entries = setup.points.model, setup.layout, dict(stored.entries)
    states = np.where(seen, SEEN, entries["states"]).astype(np.uint8)
    keypoints = np.stack([subject.stacked_keypoints for subject in subjects])
    errors = entries["keypoint_error_px"].astype(np.float64)
    errors[window] = errors_px(setup, subjects[window], x[window])
    motion = TrackedMotion(0, x, states, entries["contacts"].astype(bool), keypoints, errors)
    part = TrackedMotion(
        0, x[window], states[window], motion.contacts[window], keypoints[window], errors[window]
    )
    placed = in_world(body_pose_of(model, layout, part), layout.translation(part.x), stored.place)
    new = {
        "rotations": placed.rotations,
        "transl": placed.translation,
        "expressions": part.x[:, layout.expression()],
        "keypoint_error_px": errors[window],
        "frame_words": frame_words(motion, subjects, stature(model))[window],
        "states": states[window],
        "keypoints": keypoints[window],
    }
    for key, values in new.items():
        entries[key] = entries[key].copy()
        entries[key][window] = values
    camera_moves = not entries["camera_is_static"]
    word, reasons = judged(motion, subjects, stature(model), camera_moves)
    verdict = {"file": _FILE, "name": "person_00", "quality": {"word": word, "reasons": list(reasons)}}
    height = round(100.0 * measured(model, x[0, layout.betas()]).height_m, 1)
    summary: dict[str, object] = {
        "status": "done",
        "kind": "sequence",
        "source": "",
        "people": [verdict | {"height_cm": height}],
    }
    with replaced_result(request.folder, [request.motion, request.keypoints]) as files:
        files.write("body.npz", body_file(model)[0])
        files.write(_FILE, npz_bytes(entries))
        files.write(SUMMARY_FILE, json_bytes(summary))
    messenger.done(request.folder.resolve().name, files.names, 1)
