"""One person's poses as another program's file has them, in one form for every dialect."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fitting_core.arguments.request import UpAxis
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.joints import ModelKind


@dataclass(frozen=True, eq=False)
class ForeignCamera:
    """X_camera = rotation · X + translation; metres, x right, y down, z forward."""

    rotation: NumpyArray  # (3, 3)
    translation: NumpyArray  # (3,)
    focal_px: float | None = None


@dataclass(frozen=True, eq=False)
class ForeignPose:
    """N frames as a file has them. `rotations` (N, 55, 3) are rotation vectors of SMPL-X's joints, zero for what is unknown.

    `latent` (N, 32) are VPoser's values that stand for the body joints, `hands` (N, n) PCA coefficients by side that stand
    for the fingers; `known_hands` are the sides that the file speaks of. `translation` (N, 3) in metres is None where the
    file has none. `up` is the axis of the file's world; None: the camera's frame.
    """

    dialect: str
    kind: ModelKind
    rotations: NumpyArray
    translation: NumpyArray | None
    latent: NumpyArray | None = None
    hands: dict[str, NumpyArray] = field(default_factory=dict[str, NumpyArray])
    known_hands: tuple[str, ...] = ()
    betas: NumpyArray = field(default_factory=lambda: np.zeros(0))
    expression: NumpyArray = field(default_factory=lambda: np.zeros(0))
    gender: str = ""
    fps: float | None = None
    camera: ForeignCamera | None = None
    up: UpAxis | None = None
    warnings: tuple[str, ...] = ()

    @property
    def frame_count(self) -> int:
        """Number of frames, N."""
        return len(self.rotations)
