"""The frozen values that a checked result folder becomes. Free of bpy.

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
Face = tuple[int, ...]


@dataclass(frozen=True)
class Body:
    """The body model as a rig builder needs it: V vertices, J joints, all in the body frame at rest.

    `faces` are quads and triangles; `uv_faces` names one row of `uv` for each corner of each face, or is
    empty.
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
    faces: tuple[Face, ...]
    uv: Array | None  # (T, 2)
    uv_faces: tuple[Face, ...]
    action_names: tuple[str, ...]
    action_directions: Array | None  # (V, 3, A)


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

    @property
    def name(self) -> str:
        """The file's name without its ending, for example `person_00`."""
        return self.file_name.removesuffix(".npz")


@dataclass(frozen=True)
class PhotoCamera:
    """A pinhole camera in pixels of the upright photo, and how the photo as stored has to be turned (EXIF
    1–8).
    """

    focal_px: float
    principal_point: tuple[float, float]
    image_size: tuple[int, int]
    photo_orientation: int


@dataclass(frozen=True)
class ResultFolder:
    """A result folder, read and checked whole. `photo` is None where the folder holds no photo."""

    folder: Path
    body: Body
    people: tuple[Person, ...]
    camera: PhotoCamera
    photo: Path | None

    @property
    def name(self) -> str:
        """The folder's own name, for the collection."""
        return self.folder.name or "SMPLify result"
