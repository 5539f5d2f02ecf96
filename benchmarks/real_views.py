"""Measure the errors of fits on real photos with 3-D truth, with keypoint files and without, with depths and widths and without.

    python -m benchmarks.real_views --views DIR

DIR holds NAME.jpg, NAME_keypoints.json and NAME_truth.npz: `names`, `joints_m` (in the camera's frame, OpenPose's meaning of the
joints), `focal_px`, `principal_point`. Errors are those of twelve joints of the limbs after the best similarity (Procrustes), mm,
and of the knees' flexion, fit less truth, in degrees. Of the people found in the photo, the one nearest to the true joints is
fitted; the camera is the true one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import procrustes_distance
from benchmarks.rendered.posture import bend
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import detected_keypoints
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.subject import Subject
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.photo_cues import NO_CUES
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.seen_people import see_cues, see_photo
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import fitted_person

_SIDES = {"R": "right", "L": "left"}
JOINTS = {
    f"{letter}{joint}": f"{side}_{joint.lower()}"
    for letter, side in _SIDES.items()
    for joint in ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")
}
_LEG = ("Hip", "Knee", "Ankle")
ROWS = [BODY_25.index(name) for name in JOINTS.values()]


@dataclass(frozen=True, eq=False)
class View:
    """One photo: the true joints (m), the person of its keypoint file, and the one found in it, each with depths and widths."""

    truth: NumpyArray
    from_file: Subject
    from_photo: Subject | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the views, fit them four times, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--views", type=Path, required=True)
    views = [read_view(photo) for photo in sorted(parser.parse_args(arguments).views.glob("*.jpg"))]
    print(
        "| keypoints | depths and widths | views | Procrustes, mm: mean (median) | under 60 mm | knees, °: bias, mean size |"
    )
    print("|---" * 6 + "|")
    for source in ("file", "photo"):
        pairs = [(view.truth, view.from_file if source == "file" else view.from_photo) for view in views]
        known = [(truth, subject) for truth, subject in pairs if subject is not None]
        for looked in (False, True):
            errors, knees = fit_errors(known, looked)
            print(
                f"| {source} | {'yes' if looked else 'no'} | {len(errors)} of {len(views)} | {errors.mean():.1f} "
                f"({np.median(errors):.1f}) | {100 * (errors < 60).mean():.0f} % | "
                f"{knees.mean():+.1f}, {np.abs(knees).mean():.1f} |",
                flush=True,
            )


def read_view(photo: Path) -> View:
    """Read a photo, its keypoints and its truth, and look at it."""
    header = read_photo_header(photo)
    with np.load(photo.with_name(f"{photo.stem}_truth.npz"), allow_pickle=False) as data:
        place = {str(name): number for number, name in enumerate(data["names"])}
        truth = data["joints_m"][[place[name] for name in JOINTS]]
        focal, centre = float(data["focal_px"]), data["principal_point"].astype(np.float64)
    pixels = focal * truth[:, :2] / truth[:, 2:] + centre
    (person, *_) = read_keypoint_file(
        photo.with_name(f"{photo.stem}_keypoints.json"), header.size, header.orientation
    ).people
    from_file = Subject(person, focal, centre, image_height_px=header.size[1])
    seen = see_photo(photo, header)
    from_photo: Subject | None = None
    if seen.people:
        apart = [float(np.linalg.norm(one.body[ROWS, :2] - pixels, axis=1).mean()) for one in seen.people]
        nearest = int(np.argmin(apart))
        from_photo = replace(from_file, keypoints=seen.people[nearest], cues=seen.cues[nearest])
    return View(truth, replace(from_file, cues=see_cues(photo, header, [person])[0]), from_photo)


def fit_errors(cases: Sequence[tuple[NumpyArray, Subject]], looked: bool) -> tuple[NumpyArray, NumpyArray]:
    """Fit everybody in one batch, with depths and widths or without; return errors (N,) in mm and of knees (N, 2) in °."""
    setup = fit_setup()
    subjects = [subject if looked else replace(subject, cues=NO_CUES) for _, subject in cases]
    fit = fit_batch(setup, subjects, choose_engine("auto", "auto", len(subjects)).make)
    model, errors, knees = setup.points.model, list[float](), list[NumpyArray]()
    for (truth, _), subject, x in zip(cases, subjects, fit.x, strict=True):
        person = fitted_person(model, setup.layout, subject, x[0], 0.0)
        found = detected_keypoints(model, person.pose, person.points, "openpose")[ROWS]
        errors.append(1000.0 * procrustes_distance(found, truth))
        knees.append(_knees(found) - _knees(truth))
    return np.array(errors), np.array(knees)


def _knees(limbs: NumpyArray) -> NumpyArray:
    """Flexion (2,) of the knees in twelve joints in the order of JOINTS, degrees."""
    names = list(JOINTS)
    return np.array([bend(*limbs[[names.index(f"{side}{part}") for part in _LEG]]) for side in _SIDES])


if __name__ == "__main__":
    main()
