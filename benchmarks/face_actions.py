"""Measure how much of an expression the 52 face actions show; prints a table.

python -m benchmarks.face_actions [PHOTO …] [--faces N] [--sheet FILE.png]

Each photo (docs/demo's without any) is fitted with the keypoint file beside it, and each person's expression shown by face
actions as *Use Face Actions* does it, and without the term that leaves out actions which hardly help. The last rows are random
faces of a few actions each, seen through the ten components, and independent random components. With --sheet the faces are drawn:
ten components, actions, and the distance between the two (red: 2 mm).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fitting_core.arrays import NumpyArray
from fitting_core.cli import main as run_core
from smplify_blender.result.face_actions import LEAST_USE, FittedActions, can_carry, fit_actions
from smplify_blender.result.read_body import read_body
from smplify_blender.result.result_folder import Body
from tools.open_body_sheet.raster import Picture, draw_mesh, turned_view

DEMO = Path("docs/demo/demo_photo.jpg")
SEEN_MM = 0.1  # of the vertex that moves the most; a fit without face points leaves the face at rest
ACTIVE_SHARE, SEED = (
    0.2,
    0,
)  # of the actions in a random face, as in tools/build_open_body/expression_space.py
COUNTED = 0.01  # an action from this value on
ACROSS_M, SIZE_PX, RED_MM = 0.24, (420, 460), 2.0


@dataclass(frozen=True)
class Face:
    """A body and the expressions (N, E) that it is to show."""

    name: str
    body: Body
    expressions: NumpyArray

    @property
    def components(self) -> NumpyArray:
        """Displacements (3 V, E) of the components."""
        return self.body.expression_directions.reshape(-1, self.expressions.shape[1]).astype(np.float64)

    @property
    def actions(self) -> NumpyArray:
        """Displacements (3 V, K) of the actions that can carry."""
        assert self.body.action_directions is not None, "the open body has them"
        used = [index for index, name in enumerate(self.body.action_names) if can_carry(name)]
        return self.body.action_directions[:, :, used].reshape(-1, len(used)).astype(np.float64)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the photos, print the table, and draw the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="*", default=[DEMO])
    parser.add_argument("--faces", type=int, default=2000)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args(arguments)
    faces = [face for photo in options.photos for face in _fitted_faces(photo)]
    print(
        "| face | largest move, mm | explained, every action | actions | explained | actions | left, mm: mean, largest |"
    )
    print("|---|---|---|---|---|---|---|")
    for face in [*faces, *_random_faces(faces[0].body, options.faces)]:
        print(_row(face))
    if options.sheet:
        rows = [
            _drawn(face) for face in faces if _largest_mm(face.components @ face.expressions[0]) > SEEN_MM
        ]
        Image.fromarray(np.concatenate(rows)).save(options.sheet)


def _fitted_faces(photo: Path) -> list[Face]:
    keypoints = photo.with_name(f"{photo.stem}_keypoints.json")
    with tempfile.TemporaryDirectory() as folder:
        if run_core(["fit", str(photo), str(keypoints), "--person", "all", "--out", folder]) != 0:
            return []
        body = read_body(Path(folder) / "body.npz")
        faces: list[Face] = []
        for file in sorted(Path(folder).glob("person_??.npz")):
            with np.load(file) as person:
                expression = person["expression"].reshape(1, -1).astype(np.float64)
            faces.append(Face(f"{photo.stem}, person {len(faces)}", body, expression))
        return faces


def _random_faces(body: Body, count: int) -> tuple[Face, Face]:
    """Return faces of a few actions each, and faces whose components are independent of each other, which people's are not."""
    random = np.random.default_rng(SEED)
    face = Face("", body, np.zeros((1, body.expression_directions.shape[2])))
    size = (count, face.actions.shape[1])
    activities = random.uniform(size=size) * (random.uniform(size=size) < ACTIVE_SHARE)
    seen = np.linalg.lstsq(face.components, face.actions, rcond=None)[0]
    independent = random.normal(size=(count, seen.shape[0]))
    return (
        Face(f"{count} random faces", body, activities @ seen.T),
        Face(f"{count} random components", body, independent),
    )


def _row(face: Face) -> str:
    every = fit_actions(face.components, face.actions, face.expressions, least_use=0.0)
    fitted = fit_actions(face.components, face.actions, face.expressions, LEAST_USE)
    moves = face.expressions[:50] @ face.components.T
    left = fitted.values[:50] @ face.actions.T - moves
    lengths_mm = 1000 * np.linalg.norm(left.reshape(-1, 3), axis=1)
    return (
        f"| {face.name} | {_largest_mm(moves):.1f} | {_shares(every)} | {_shares(fitted)} | "
        f"{lengths_mm.mean():.2f}, {lengths_mm.max():.1f} |"
    )


def _shares(fitted: FittedActions) -> str:
    return f"{fitted.explained:.1%} | {(fitted.values > COUNTED).sum(axis=1).mean():.0f}"


def _largest_mm(moves: NumpyArray) -> float:
    return float(1000 * np.linalg.norm(moves.reshape(-1, 3), axis=1).max())


def _drawn(face: Face) -> Picture:
    rest = face.body.v_template.astype(np.float64)
    fitted = fit_actions(face.components, face.actions, face.expressions)
    shown = [
        rest + moved.reshape(-1, 3)
        for moved in (face.components @ face.expressions[0], face.actions @ fitted.values[0])
    ]
    eyes = face.body.joint_names.index("left_eye"), face.body.joint_names.index("right_eye")
    middle = face.body.joints_template[list(eyes)].mean(axis=0) - [0.0, 0.035, 0.07]
    view = turned_view(0, 0, middle, ACROSS_M, SIZE_PX)
    red = np.clip(1000 * np.linalg.norm(shown[1] - shown[0], axis=1) / RED_MM, 0, 1)[:, None]
    colours = (1 - red) * [210.0, 210.0, 210.0] + red * [220.0, 30.0, 30.0]
    triangles = _triangles(face.body)
    parts = [draw_mesh(vertices, triangles, view)[0] for vertices in shown]
    return np.concatenate([*parts, draw_mesh(shown[1], triangles, view, colours)[0]], axis=1)


def _triangles(body: Body) -> NumpyArray:
    """Return the triangles (F, 3) of faces with three or four corners."""
    starts = body.faces.starts
    corners = body.faces.corners
    fours = starts[body.faces.sizes == 4]
    first = np.stack([corners[starts], corners[starts + 1], corners[starts + 2]], axis=1)
    second = np.stack([corners[fours], corners[fours + 2], corners[fours + 3]], axis=1)
    return np.concatenate([first, second])


if __name__ == "__main__":
    main()
