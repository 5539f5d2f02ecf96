"""The movie overlay.mp4: the clip on the left, on the right the same with the figures over it. Written by PyAV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import Pose, vertices
from fitting_core.errors import RequestError
from fitting_core.fitting.setup import FitSetup
from fitting_core.photo.mesh_picture import PinholeCamera
from fitting_core.photo.overlay import Figure, draw_overlay

from ..frames.clip import Clip, FrameTimes, Picture
from ..frames.movie import can_read_movies
from ..motion.tracked_motion import TrackedMotion
from .motion_file import SequenceCamera

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

_HEIGHT_PX = 720  # of the movie, at most
_CODECS = ("libx264", "mpeg4")  # the first that this PyAV has


def check_can_write_movies() -> None:
    """Raise RequestError where PyAV or Pillow is missing, before anybody waits for a fit."""
    import importlib.util

    missing = [
        name
        for name, is_there in (("av", can_read_movies()), ("pillow", importlib.util.find_spec("PIL")))
        if not is_there
    ]
    if missing:
        raise RequestError(
            f"--overlay: a movie cannot be drawn in this Python. Install what is missing (pip install {' '.join(missing)}), or "
            "leave it out."
        )


def write_overlay_movie(
    path: Path,
    setups: Sequence[FitSetup],
    clip: Clip,
    frames: FrameTimes,
    motions: Sequence[TrackedMotion],
    camera: SequenceCamera,
) -> None:
    """Write the movie at the sequence's frame rate, one frame after another; `setups` hold each person's body."""
    import av

    factor = min(1.0, _HEIGHT_PX / clip.size[1])
    width, height = (2 * max(1, round(side * factor / 2)) for side in clip.size)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(_codec(), rate=Fraction(frames.rate / frames.step))
        stream.width, stream.height, stream.pix_fmt = 2 * width, height, "yuv420p"
        for number, picture in enumerate(clip.pictures(frames.numbers)):
            small = _scaled(picture, (width, height))
            drawn = np.asarray(
                draw_overlay(small, clip.size, figures_at(setups, motions, number), _pinhole(camera))
            )
            both = np.concatenate([small, drawn], axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(both, format="rgb24")))
        container.mux(stream.encode())


def _codec() -> str:
    import av

    return next(name for name in _CODECS if name in av.codecs_available)


def _pinhole(camera: SequenceCamera) -> PinholeCamera:
    return PinholeCamera(camera.focal_px, camera.principal_point)


def figures_at(setups: Sequence[FitSetup], motions: Sequence[TrackedMotion], number: int) -> Iterator[Figure]:
    """Make the figures of a frame of the sequence, one after another; `setups` hold each person's body."""
    for setup, motion in zip(setups, motions, strict=True):
        if motion.first_frame <= number <= motion.last_frame:
            mesh = posed_mesh(setup, motion.x[number - motion.first_frame])
            yield Figure(mesh.astype(np.float32), setup.points.model.triangles)


def posed_mesh(setup: FitSetup, row: Float[NumpyArray, " columns"]) -> Float[NumpyArray, "V 3"]:
    """Return the mesh of one frame in the camera's frame, metres."""
    layout = setup.layout
    rows = row[None]
    pose = Pose(layout.rotations(rows)[0], layout.shape_coefficients(rows)[0], layout.translation(rows)[0])
    return vertices(setup.points.model, pose)


def _scaled(picture: Picture, size: tuple[int, int]) -> UInt8[NumpyArray, "rows columns 3"]:
    from PIL import Image

    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
