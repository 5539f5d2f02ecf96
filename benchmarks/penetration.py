"""Measure how much self-penetration the fit takes away: made-up poses that have it, seen by a camera, keypoints exact.

    python -m benchmarks.penetration [--mocap DIR] [--pictures DIR]

Fits every pose with and without the capsules' cost and prints a table: greatest depth and share of vertices inside another
part on the real mesh, and how far the 22 body joints lie from the keypoints. The made-up poses chose the weight of the cost;
with --mocap the photos of benchmarks/accuracy.py, which did not, follow: those on which a fit without the cost passes through
itself. --pictures draws both fits of every made-up pose side by side.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import errors_of
from benchmarks.cases import IMAGE_SIZE, make_cases
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel, Pose, detected_keypoints, points, vertices
from fitting_core.body_model.capsules.penetration import Penetration, penetration
from fitting_core.body_model.joints import joint_index
from fitting_core.engine import choose_engine
from fitting_core.fitting.fit_batch import fit_batch
from fitting_core.fitting.head_yaw import head_yaw
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.fitting.setup import FitSetup
from fitting_core.fitting.subject import Subject
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.person import FittedPerson, fitted_person

FOCAL_PX = 1400.0
DEPTH_M = 3.6  # of the pelvis before the camera
YAWS = (0.0, 0.5, -0.6)  # radians, towards the camera's left and right
DEEP_M = 0.01  # a depth that a viewer sees

# Joint rotations as turns about x, y, z in radians, the last first; the arms hang about 75° down unless told otherwise.
_ARMS = {"left_shoulder": (0.0, 0.0, -1.25), "right_shoulder": (0.0, 0.0, 1.25)}
POSES: dict[str, dict[str, tuple[float, float, float]]] = {
    "hand in thigh": {**_ARMS, "left_shoulder": (0.0, -0.08, -1.68)},
    "forearm in belly": {**_ARMS, "left_shoulder": (1.35, 0.0, -1.35), "left_elbow": (0.0, -1.45, 0.0)},
    "crossed legs": {**_ARMS, "left_hip": (0.0, 0.0, -0.22), "right_hip": (0.0, 0.0, 0.22)},
    "crossed shins": {**_ARMS, "left_hip": (0.0, 0.0, -0.13), "right_hip": (0.0, 0.0, 0.13)},
    "hand through head": {**_ARMS, "left_shoulder": (-1.42, -0.2, 0.99), "left_elbow": (0.0, -2.06, 0.0)},
    "arms crossed": {
        "left_shoulder": (0.9, -0.5, -0.9), "left_elbow": (0.0, -1.75, 0.0),
        "right_shoulder": (0.9, 0.5, 0.9), "right_elbow": (0.0, 1.75, 0.0),
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class PenetratingCase:
    """A subject, and the body that passes through itself which it was made from."""

    name: str
    subject: Subject
    truth: Pose


def penetrating_cases(model: BodyModel) -> list[PenetratingCase]:
    """Return every pose from every side."""
    return [_case(model, name, yaw) for name in POSES for yaw in YAWS]


def _case(model: BodyModel, name: str, yaw: float) -> PenetratingCase:
    rotations = np.zeros((model.joint_count, 3))
    facing = matrix_from_vector(np.array([np.pi, 0, 0])) @ matrix_from_vector(np.array([0, yaw, 0]))
    rotations[0] = vector_from_matrix(facing)
    hand = open_hand_prior()
    groups = model.groups
    assert groups.left_hand is not None and groups.right_hand is not None
    rotations[groups.left_hand] = hand.mean_left.reshape(-1, 3)
    rotations[groups.right_hand] = hand.mean_right.reshape(-1, 3)
    for joint, angles in POSES[name].items():
        rotations[joint_index(joint)] = vector_from_matrix(_turned(angles))
    pose = Pose(rotations, np.zeros(model.shape_directions.shape[2]), np.array([0.0, -0.25, DEPTH_M]))
    yaw_row = landmarks.contour_row(-np.degrees(head_yaw(model.parents, rotations[None])))
    placed = points(model, pose, int(yaw_row[0]))
    seen = _seen(detected_keypoints(model, pose, placed, "openpose"))
    return PenetratingCase(name, Subject(seen, FOCAL_PX, np.array(IMAGE_SIZE) / 2.0), pose)


def _turned(angles: tuple[float, float, float]) -> NumpyArray:
    about = [matrix_from_vector(np.eye(3)[axis] * angle) for axis, angle in enumerate(angles)]
    return about[2] @ about[1] @ about[0]


def _seen(where: NumpyArray) -> Keypoints2D:
    known = landmarks.POINT_OF_KEYPOINT >= 0
    where = np.nan_to_num(where, nan=1.0)
    pixels = FOCAL_PX * where[:, :2] / where[:, 2:] + np.array(IMAGE_SIZE) / 2.0
    table = np.concatenate([pixels, np.full((len(pixels), 1), 0.9)], axis=1)
    table[~known] = 0
    return Keypoints2D(
        table[landmarks.BODY_KEYPOINTS].copy(),
        table[landmarks.LEFT_HAND_KEYPOINTS].copy(),
        table[landmarks.RIGHT_HAND_KEYPOINTS].copy(),
        table[landmarks.FACE_KEYPOINTS].copy(),
    )


def fitted(setup: FitSetup, subjects: Sequence[Subject]) -> list[FittedPerson]:
    """Fit every subject and return the best solutions."""
    found = fit_batch(setup, subjects, choose_engine("numpy", "auto").make)
    return [
        fitted_person(setup.points.model, setup.layout, subject, x[0], float(loss[0]))
        for subject, x, loss in zip(subjects, found.x, found.loss, strict=True)
    ]


def _residual(person: FittedPerson) -> float:
    return float(np.nanmean(person.residual_px[landmarks.BODY_KEYPOINTS]))


def _row(case: PenetratingCase, results: Sequence[Penetration], residuals: Sequence[float]) -> str:
    cells = [f"{1000 * r.depth_m:.1f} | {100 * r.share:.2f}" for r in results]
    between = "–" if results[1].between is None else " in ".join(results[1].between)
    after = "–" if results[2].between is None else " in ".join(results[2].between)
    return (
        f"| {case.name} | "
        + " | ".join(cells)
        + f" | {residuals[0]:.1f} → {residuals[1]:.1f} | {between} | {after} |"
    )


def _made_up(setup: FitSetup, pictures: Path | None) -> None:
    model = setup.points.model
    cases = penetrating_cases(model)
    before = fitted(replace(setup, capsules=None), [case.subject for case in cases])
    after = fitted(setup, [case.subject for case in cases])
    print(
        "| pose | made: depth mm | share % | fit without: mm | % | with: mm | % | body residual px | deepest | left |"
    )
    print("|---" * 10 + "|")
    depths: list[tuple[float, float]] = []
    for number, (case, first, second) in enumerate(zip(cases, before, after, strict=True)):
        meshes = (vertices(model, case.truth), first.vertices, second.vertices)
        results = [penetration(model, mesh) for mesh in meshes]
        print(_row(case, results, [_residual(first), _residual(second)]))
        depths.append((results[1].depth_m, results[2].depth_m))
        if pictures is not None:
            name = f"{number:02d}_{case.name.replace(' ', '_')}.png"
            _draw(pictures / name, model, (first.vertices, second.vertices))
    total = np.array(depths).sum(axis=0)
    print(f"\nDepth gone, of all poses together: {100 * (1 - total[1] / total[0]):.1f} %")


def _draw(path: Path, model: BodyModel, meshes: Sequence[NumpyArray]) -> None:
    """Fits side by side, as the camera sees them and from 60° to the side."""
    from PIL import Image

    camera = PinholeCamera(FOCAL_PX, np.array(IMAGE_SIZE) / 2.0)
    side = matrix_from_vector(np.array([0.0, np.radians(60.0), 0.0]))
    columns: list[NumpyArray] = []
    for mesh in meshes:
        centre = mesh.mean(axis=0)
        for seen in (mesh, (mesh - centre) @ side.T + centre):
            picture = draw_mesh(seen, model.triangles, camera, IMAGE_SIZE)
            shade = np.where(np.isinf(picture.depth)[..., None], 255, picture.rgb)
            columns.append(shade[:, IMAGE_SIZE[0] // 5 : -IMAGE_SIZE[0] // 5])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(columns, axis=1).astype(np.uint8)).save(path)


def _held_out(setup: FitSetup, mocap: Path, count: int) -> None:
    model = setup.points.model
    cases = make_cases(model, mocap, count)
    subjects = [case.subject for case in cases]
    before, after = fitted(replace(setup, capsules=None), subjects), fitted(setup, subjects)
    depths = np.array(
        [
            [penetration(model, person.vertices).depth_m for person in pair]
            for pair in zip(before, after, strict=True)
        ]
    )
    errors = np.array(
        [
            [errors_of(person, case).pelvis for person in pair]
            for pair, case in zip(zip(before, after, strict=True), cases, strict=True)
        ]
    )
    residuals = np.array([[_residual(person) for person in pair] for pair in zip(before, after, strict=True)])
    deep = depths[:, 0] > DEEP_M
    print(
        f"\nOf {count} photos {deep.sum()} are fitted more than {1000 * DEEP_M:.0f} mm deep without the cost:"
    )
    print("| | without | with |\n|---|---|---|")
    for name, table, unit in (
        ("depth, sum", 1000 * depths, "mm"),
        ("pelvis-aligned error, mean", errors, "mm"),
    ):
        columns = table[deep].sum(axis=0) if "sum" in name else table[deep].mean(axis=0)
        print(f"| {name} | {columns[0]:.1f} {unit} | {columns[1]:.1f} {unit} |")
    print(
        f"| body residual, mean | {residuals[deep, 0].mean():.2f} px | {residuals[deep, 1].mean():.2f} px |"
    )
    truth = sum(
        penetration(model, case.vertices).depth_m
        for case, is_deep in zip(cases, deep, strict=True)
        if is_deep
    )
    print(f"\nThe bodies that these photos were made from are themselves {1000 * truth:.1f} mm deep, summed.")
    total = depths[deep].sum(axis=0)
    print(f"Depth gone: {100 * (1 - total[1] / total[0]):.1f} %")


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit with and without, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, default=None)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--pictures", type=Path, default=None, metavar="DIR")
    options = parser.parse_args(arguments)
    setup = fit_setup()
    _made_up(setup, options.pictures)
    if options.mocap is not None:
        _held_out(setup, options.mocap, options.cases)


if __name__ == "__main__":
    main()
