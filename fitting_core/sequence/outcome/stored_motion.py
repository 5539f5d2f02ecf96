"""A person_NN_motion.npz in, the motion as it was fitted out: before the camera, in the columns of `fitting/parameters.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import rest_joints
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.errors import RequestError
from fitting_core.files.npz_reader import read_arrays
from fitting_core.fitting.setup import FitSetup
from fitting_core.geometry.rotations import compose_vectors, vector_from_matrix
from fitting_core.results.body_file import body_file

from ..motion.floor import Floor

if TYPE_CHECKING:
    from jaxtyping import Float

_FRAME_KEYS = {
    "rotations": (len(SMPLX_JOINT_NAMES), 3),
    "transl": (3,),
    "expressions": (-1,),
    "contacts": (4,),
    "states": (),
    "clip_frames": (),
    "keypoints": (137, 3),
    "keypoint_error_px": (),
    "frame_words": (),
}
_OTHER_KEYS = {
    "betas": (-1,),
    "fps": (),
    "focal_px": (),
    "principal_point": (2,),
    "image_size": (2,),
    "world_from_camera": (4, 4),
    "detector": (),
    "camera_is_static": (),
    "gender": (),
    "body_sha256": (),
}
_TO_BE_COPIED = (
    "schema_version", "joint_names", "expression", "has_floor", "has_own_shape", "sole_height", "model", "model_sha256",
    "first_frame", "times", "frame_rate", "contact_names", "world_up",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class StoredMotion:
    """The entries of a person's motion file, all of them, as they are."""

    path: Path
    entries: dict[str, NumpyArray]

    @property
    def place(self) -> Float[NumpyArray, "4 4"]:
        """The camera's place in the world."""
        return self.entries["world_from_camera"].astype(np.float64)

    @property
    def floor(self) -> Floor:
        """The world's floor, before the camera."""
        place = self.place
        return Floor(place[2, :3], -float(place[2, 3]))

    def text(self, key: str) -> str:
        """Return an entry that is a text."""
        return str(self.entries[key][()])

    def parameters(self, setup: FitSetup) -> Float[NumpyArray, "frames columns"]:
        """Return x (N, columns). Raises RequestError for a motion of another body."""
        model, layout, entries = setup.points.model, setup.layout, self.entries
        if self.text("body_sha256") != body_file(model)[1]:
            raise RequestError(
                f"{self.path} was fitted with another body than {model.name}. Give the model file of the fit with --model."
            )
        place, rows = self.place, {name: row for row, name in enumerate(SMPLX_JOINT_NAMES)}
        x = np.zeros((len(entries["transl"]), layout.size))
        for joint, name in enumerate(model.joint_names):
            if name in rows:
                x[:, layout.joints([joint])] = entries["rotations"][:, rows[name]]
        back = np.broadcast_to(vector_from_matrix(place[:3, :3].T), (len(x), 3))
        x[:, layout.root] = compose_vectors(back, x[:, layout.root])
        x[:, layout.betas()] = entries["betas"]
        x[:, layout.expression()] = entries["expressions"]
        pelvis = rest_joints(model, layout.shape_coefficients(x)[0])[0]
        world = pelvis + entries["transl"].astype(np.float64)
        x[:, :3] = (world - place[:3, 3]) @ place[:3, :3] - pelvis
        return x


def read_stored_motion(path: Path) -> StoredMotion:
    """Read a person's motion file. Raises RequestError naming the file and what is wrong with it."""
    wanted = (*_FRAME_KEYS, *_OTHER_KEYS, *_TO_BE_COPIED)
    entries = read_arrays(path, wanted, RequestError, "motion of a clip")
    missing = [key for key in wanted if key not in entries]
    if missing:
        raise RequestError(
            f"{path} is no motion of a clip, or one of an earlier version: it holds no {missing[0]}. Fit the clip again."
        )
    count = len(entries["transl"]) if entries["transl"].ndim else 0
    shapes = {key: (count, *rest) for key, rest in _FRAME_KEYS.items()} | _OTHER_KEYS
    for key, shape in shapes.items():
        found = entries[key].shape
        if len(found) != len(shape) or any(
            want not in (-1, size) for want, size in zip(shape, found, strict=True)
        ):
            raise RequestError(f"{path} has “{key}” of shape {found}, expected {shape}. Fit the clip again.")
    numbers = (
        "rotations",
        "transl",
        "expressions",
        "keypoints",
        "betas",
        "focal_px",
        "principal_point",
        "world_from_camera",
    )
    for key in numbers:
        if entries[key].dtype.kind != "f" or not np.isfinite(entries[key]).all():
            raise RequestError(
                f"{path} has values under “{key}” that are no finite numbers. Fit the clip again."
            )
    return StoredMotion(path, entries)
