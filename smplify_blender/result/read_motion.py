"""Reads a folder with a motion, whole and checked, before anything is built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bounded_file import BUDGET_BYTES, Budget, damage_border
from .errors import ResultError
from .folder_bodies import BODY_FILE, FolderBodies
from .read_body import NEXT_STEP, SIZE_LIMITS, TEXT_BYTES, check_schema, read_bytes
from .read_result import MAX_COEFFICIENT, MAX_METRES, check_range
from .result_folder import Array, Body, Person
from .safe_npz import ArraySpec, NpzReader

MOTION_FILE = "motion.npz"
MAX_FRAMES = 100_000
MAX_FPS = 1000.0
JOINT_COUNT = 55  # SMPL-X's, for every kind of body

MOTION_SPECS = {
    "joint_names": ArraySpec("U", (JOINT_COUNT,), max_itemsize=4 * 63),
    "rotations": ArraySpec("f", ("N", JOINT_COUNT, 3)),
    "transl": ArraySpec("f", ("N", 3)),
    "betas": ArraySpec("f", ("B",)),
    "expression": ArraySpec("f", ("E",)),
    "fps": ArraySpec("f"),
    "has_floor": ArraySpec("i"),
    "has_own_shape": ArraySpec("i"),
    "sole_height": ArraySpec("f"),
    "body_sha256": ArraySpec("U", (), max_itemsize=TEXT_BYTES),
}


@dataclass(frozen=True)
class Motion:
    """N frames in a world with z up and the floor at z = 0, metres; the root's rotation goes from the body frame into it.

    `rotations` are vectors (N, 3) by joint name, `transl` (N, 3) as in SMPL-X: the root stands at J₀ + transl. `sole_height` is
    how far the soles are above the floor where they should stand on it. `has_floor`: the file says where the floor is.
    """

    betas: Array
    expression: Array
    rotations: Mapping[str, Array]
    transl: Array
    fps: float
    has_floor: bool
    has_own_shape: bool
    sole_height: float

    @property
    def frame_count(self) -> int:
        """Number of frames, N."""
        return len(self.transl)

    def first_pose(self, name: str) -> Person:
        """Return the figure as it stands in the first frame."""
        nothing = np.zeros((0, 3), dtype=np.float32)
        rotations = {joint: vectors[0] for joint, vectors in self.rotations.items()}
        return Person(
            f"{name}.npz",
            self.betas,
            self.expression,
            rotations,
            self.transl[0],
            nothing,
            None,
            legs_seen=True,
        )


@dataclass(frozen=True)
class MotionFolder:
    """A folder with a motion, read and checked whole."""

    folder: Path
    body: Body
    motion: Motion


def read_motion(folder: Path) -> MotionFolder:
    """Read body.npz and motion.npz of `folder`; raises `ResultError` naming the file, the key, the value and the next step."""
    folder = folder.resolve()
    for name in (BODY_FILE, MOTION_FILE):
        path = folder / name
        if not path.is_file() or path.is_symlink():
            raise ResultError(f"{folder} holds no {name}. Choose the file that the motion came from.")
    reader = motion_reader(folder / MOTION_FILE, Budget())
    with damage_border(f"{MOTION_FILE} is damaged"):
        return MotionFolder(folder, *motion_in(reader, FolderBodies(folder, [BODY_FILE])))


def motion_reader(path: Path, budget: Budget) -> NpzReader:
    """Open a motion for reading. Raises `ResultError` where it cannot be read or is no .npz."""
    content = read_bytes(path, BUDGET_BYTES)
    with damage_border(f"{path.name} is damaged"):
        return NpzReader(content, path.name, {}, {**SIZE_LIMITS, "N": MAX_FRAMES}, budget)


def motion_in(reader: NpzReader, bodies: FolderBodies) -> tuple[Body, Motion]:
    """Read the body that a motion names and the entries of MOTION_SPECS, and check them. Raises `ResultError`."""
    name = reader.label
    check_schema(reader)
    body = bodies.named_by(reader)
    values: dict[str, Any] = {key: reader.read(key, spec) for key, spec in MOTION_SPECS.items()}
    for key in ("betas", "expression"):
        check_range(name, key, values[key], MAX_COEFFICIENT)
    for key in ("transl", "sole_height"):
        check_range(name, key, values[key], MAX_METRES)
    if not len(values["transl"]):
        raise ResultError(f"{name} holds no frames. {NEXT_STEP}")
    fps = float(values["fps"])
    if not 0 < fps <= MAX_FPS:
        raise ResultError(f"{name} has “fps” {fps:g}, expected up to {MAX_FPS:g}. {NEXT_STEP}")
    joints = [str(joint) for joint in values["joint_names"]]
    motion = Motion(
        betas=values["betas"],
        expression=values["expression"],
        rotations={joint: values["rotations"][:, row] for row, joint in enumerate(joints)},
        transl=values["transl"],
        fps=fps,
        has_floor=bool(values["has_floor"]),
        has_own_shape=bool(values["has_own_shape"]),
        sole_height=float(values["sole_height"]),
    )
    return body, motion
