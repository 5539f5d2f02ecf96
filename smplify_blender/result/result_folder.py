"""The frozen values that a checked result folder becomes.

Frames and units are those of docs/result-files.md: metres, radians; body frame y up, z forward, x to the
body's left; camera frame x right, y down, z forward; pixels of the upright photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Faces:
    """F triangles and quads, C corners in all: face f has the next `sizes[f]` of `corners`, which are vertices.

    `uv_corners` names one row of the body's `uv` for each corner; None for a surface without UVs.
    """

    corners: Array  # (C,) int32
    sizes: Array  # (F,) int32, 3 or 4
    uv_corners: Array | None  # (C,) int32

    @property
    def starts(self) -> Array:
        """(F,) where each face's corners begin."""
        ends: Array = np.cumsum(self.sizes, dtype=np.int32)
        return ends - self.sizes

    @property
    def triangles(self) -> Array:
        """(T, 3) vertices; quads are cut along the diagonal from their first corner."""
        starts = self.starts
        quads = starts[self.sizes == 4]
        first = self.corners[starts[:, np.newaxis] + np.array([0, 1, 2])]
        second = self.corners[quads[:, np.newaxis] + np.array([0, 2, 3])]
        return np.concatenate([first, second])


@dataclass(frozen=True)
class Body:
    """The body model as a rig builder needs it: V vertices, J joints, all in the body frame at rest.

    Its arrays are not to be changed: figures share them.
    """

    model: str
    gender: str
    model_sha256: str
    body_sha256: str
    licence_notice: str
    shareable_shape: bool
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    v_template: Array  # (V, 3)
    joints_template: Array  # (J, 3)
    shape_directions: Array  # (V, 3, B)
    expression_directions: Array  # (V, 3, E)
    joint_shape_directions: Array  # (J, 3, B)
    joint_expression_directions: Array  # (J, 3, E)
    weights: Array  # (V, J)
    faces: Faces
    uv: Array | None  # (T, 2)
    action_names: tuple[str, ...]
    action_directions: Array | None  # (V, 3, A)
    shape_names: tuple[str, ...]  # (B,)
    expression_names: tuple[str, ...]  # (E,)


@dataclass(frozen=True)
class Person:
    """One fitted person; `rotations` are rotation vectors by joint name, the pelvis's from body to camera
    frame.
    """

    file_name: str
    betas: Array  # (B,)
    expression: Array  # (E,)
    rotations: Mapping[str, Array]  # (3,) each
    transl: Array  # (3,)
    vertices: Array  # (V, 3), camera frame
    pose_offsets: Array | None  # (V, 3), body frame
    legs_seen: bool
    keypoint_residual_px: Array | None = None  # (137,), NaN where nothing was seen
    keypoints: Array | None = None  # (137, 3) x, y in px and confidence, as they were fitted

    @property
    def name(self) -> str:
        """The file's name without its ending, for example `person_00`."""
        return self.file_name.removesuffix(".npz")


@dataclass(frozen=True)
class PhotoCamera:
    """A pinhole camera in pixels of the upright photo, and how the photo as stored has to be turned (EXIF
    1–8). Where its scene is known, `world_from_camera` is the rigid transform from its frame into that scene (metres, z up),
    16 numbers row by row.
    """

    focal_px: float
    principal_point: tuple[float, float]
    image_size: tuple[int, int]
    photo_orientation: int
    world_from_camera: tuple[float, ...] | None = None


@dataclass(frozen=True)
class ResultFolder:
    """A result folder, read and checked whole. `photo` is None where the folder holds no photo.

    `bodies` are everybody's own, by the file name of the person; people of one gender share theirs.
    """

    folder: Path
    bodies: Mapping[str, Body]
    people: tuple[Person, ...]
    camera: PhotoCamera
    photo: Path | None

    def body_of(self, person: Person) -> Body:
        """Return the body of one of the people."""
        return self.bodies[person.file_name]

    @property
    def name(self) -> str:
        """The folder's own name, for the collection."""
        return self.folder.name or "SMPLify result"
