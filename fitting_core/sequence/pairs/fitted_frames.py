"""Results of fits in, the frames that one person was fitted in out: where the figure is, and the picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.smplpix_parser import PairsRequest
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, Pose, vertices
from fitting_core.body_model.model_file import load_body_model
from fitting_core.errors import RequestError
from fitting_core.files.npz_reader import read_arrays
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.mesh_picture import PinholeCamera
from fitting_core.photo.pixels import decoded_pixels
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.previous import gender_of_start

from ..frames.clip import Clip, Picture
from ..frames.opening import clip_at
from ..motion.tracked_motion import SEEN
from ..outcome.stored_motion import StoredMotion, read_stored_motion

if TYPE_CHECKING:
    from jaxtyping import Float

    Mesh = Float[NumpyArray, "V 3"]
else:
    Mesh = NumpyArray


_PHOTO_KEYS = ("vertices", "focal_px", "principal_point", "image_size", "model_sha256")


@dataclass(frozen=True, eq=False)
class FittedFrames:
    """The frames of one result: their names, the camera of the upright picture in pixels, and its size.

    `meshes` yields the figure's vertices in each, metres before the camera, and `pictures` the pictures, RGB, with at most so
    many pixels on the longest side; both can be called again.
    """

    model: BodyModel
    names: tuple[str, ...]
    camera: PinholeCamera
    size: tuple[int, int]
    meshes: Callable[[], Iterator[Mesh]]
    pictures: Callable[[int], Iterator[Picture]]


def fitted_frames(request: PairsRequest) -> list[FittedFrames]:
    """Find the frames of a request. Raises RequestError naming the folder or file and the next step."""
    motion = request.results / f"person_{request.person:02d}_motion.npz"
    if motion.is_file():
        if request.clip is None:
            raise RequestError(f"{motion} is a motion. Name the clip that it was fitted in: --clip MOVIE")
        return [_of_motion(motion, clip_at(request.clip), request.model)]
    if request.clip is not None:
        raise RequestError(
            f"--clip {request.clip}: {request.results} holds no {motion.name}. Give the folder that sequence has written."
        )
    name = f"person_{request.person:02d}.npz"
    files = [folder / name for folder in _folders(request.results) if (folder / name).is_file()]
    if not files:
        raise RequestError(
            f"{request.results} holds no {name}. Give a folder that fit, batch or sequence has written."
        )
    return [_of_photo(file, request) for file in files]


def _folders(results: Path) -> Iterator[Path]:
    """Yield the folder and those inside it, by name; not those whose names begin with a dot, which hold no results."""
    for place, folders, _ in os.walk(results):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(place)


def _of_motion(file: Path, clip: Clip, model: str) -> FittedFrames:
    stored = read_stored_motion(file)
    setup = fit_setup(model, gender_of_start(file))
    x = stored.parameters(setup)
    seen = np.flatnonzero(stored.entries["states"] == SEEN)
    numbers = stored.entries["clip_frames"].astype(np.int64)[seen]
    _check_clip(file, stored, clip, numbers)
    turns, shape, place = (
        values[seen]
        for values in (
            setup.layout.rotations(x),
            setup.layout.shape_coefficients(x),
            setup.layout.translation(x),
        )
    )

    def meshes() -> Iterator[Mesh]:
        for row in range(len(seen)):
            yield vertices(setup.points.model, Pose(turns[row], shape[row], place[row]))

    return FittedFrames(
        setup.points.model,
        tuple(f"frame_{number:06d}" for number in numbers),
        PinholeCamera(
            float(stored.entries["focal_px"]), stored.entries["principal_point"].astype(np.float64)
        ),
        clip.size,
        meshes,
        lambda longest_side_px: clip.pictures(numbers, longest_side_px),
    )


def _check_clip(file: Path, stored: StoredMotion, clip: Clip, numbers: NumpyArray) -> None:
    """Refuse a clip that cannot be the one of the fit."""
    width, height = (int(side) for side in stored.entries["image_size"])
    if (width, height) != clip.size:
        raise RequestError(
            f"{clip.path} has pictures of {clip.size[0]} × {clip.size[1]} pixels, and {file.name} was fitted in some of "
            f"{width} × {height}. Give the clip of the fit."
        )
    if len(numbers) and numbers.max() > clip.frames.numbers.max():
        raise RequestError(
            f"{clip.path} ends with frame {clip.frames.numbers.max()}, and {file.name} was fitted up to {numbers.max()}. "
            "Give the clip of the fit."
        )


def _of_photo(file: Path, request: PairsRequest) -> FittedFrames:
    entries = read_arrays(file, _PHOTO_KEYS, RequestError, "result")
    missing = [key for key in _PHOTO_KEYS if key not in entries]
    if missing:
        raise RequestError(f"{file} holds no {missing[0]}. Fit the photo again.")
    model = load_body_model(request.model, gender_of_start(file))
    mesh = entries["vertices"].astype(np.float64)
    if str(entries["model_sha256"]) != model.sha256 or mesh.shape != model.v_template.shape:
        raise RequestError(f"{file} was fitted with another body than {model.name}. Name it with --model.")
    photos = [path for path in sorted(file.parent.iterdir()) if path.stem == "photo" and path.is_file()]
    if not photos:
        raise RequestError(f"{file.parent} has lost its photo. Fit it again.")
    header = read_photo_header(photos[0])
    if header.size != tuple(entries["image_size"].tolist()):
        raise RequestError(
            f"{photos[0]} is not the photo of {file.name}, which has another size. Fit it again."
        )
    name = "_".join(file.parent.relative_to(request.results).parts) or file.parent.name
    return FittedFrames(
        model,
        (name,),
        PinholeCamera(float(entries["focal_px"]), entries["principal_point"].astype(np.float64)),
        header.size,
        lambda: iter((mesh,)),
        lambda longest_side_px: iter((decoded_pixels(photos[0], header, longest_side_px),)),
    )
