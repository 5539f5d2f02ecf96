"""The data set that SMPLpix is trained on: train, validation and test, in each of them input and output with the same names.

An input is the figure in its colours on white; its fourth channel is the depth, 255 nearest, 1 farthest, 0 where nothing is. An
output is the picture. All have one size: smaller pictures are filled up with white on the right and below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.smplpix_parser import PairsRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import OutputError, RequestError
from fitting_core.files.unfinished import unfinished_folder
from fitting_core.messages import Messenger
from fitting_core.photo.encoding import has_pillow
from fitting_core.photo.mesh_picture import NEAREST_DEPTH_M, paint_mesh
from fitting_core.results.folder import json_bytes

from ..frames.clip import Picture
from .colours import Colours, seen_colours, shape_colours
from .fitted_frames import FittedFrames, Mesh, fitted_frames

if TYPE_CHECKING:
    from jaxtyping import UInt8

PARTS = ("train", "validation", "test")
FACTS_FILE = "smplpix.json"
_TRAINED_SHARE = 0.9
_FEWEST_FRAMES = 3


@dataclass(frozen=True, eq=False)
class _Look:
    """What all pictures share: the figure's colours, the depths of the nearest and farthest point (m), and the size (px)."""

    colours: Colours
    depths_m: tuple[float, float]
    size: tuple[int, int]


def write_data_set(request: PairsRequest, messenger: Messenger) -> None:
    """Write the data set of a request into a new folder. Raises a FittingError for everything that a user can act on."""
    if not has_pillow():
        raise RequestError("smplpix writes pictures with Pillow, which this Python lacks: pip install pillow")
    _check_new(request.folder)
    results = fitted_frames(request)
    count = sum(len(result.names) for result in results)
    if count < _FEWEST_FRAMES:
        raise RequestError(
            f"{request.results} has {count} fitted frames of person {request.person}, and a data set needs {_FEWEST_FRAMES}: one "
            "each to train, validate and test. Fit more."
        )
    messenger.status(f"{count} frames of person {request.person}")
    look = _look(request, results)
    try:
        request.folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(request.folder.absolute().parent) as staged:
            new = staged / "data"
            _write(new, (request, results, look), parts_of(count), messenger)
            if request.folder.exists():  # it is empty
                request.folder.rmdir()
            new.rename(request.folder)
    except OSError as error:
        raise OutputError(f"{request.folder} cannot be written: {error}. Choose another --out.") from error
    messenger.done(request.folder.resolve().name, [*PARTS, FACTS_FILE], 1)


def parts_of(count: int) -> list[str]:
    """Return the part of each of so many frames: nine tenths train, the rest validates and tests.

    A part is a run of frames, since frames side by side are nearly the same.
    """
    trained = min(int(_TRAINED_SHARE * count), count - 2)
    validated = (count - trained) // 2
    return ["train"] * trained + ["validation"] * validated + ["test"] * (count - trained - validated)


def _check_new(folder: Path) -> None:
    """Refuse a folder that has something in it: nothing of a user's is mixed with a data set, or lost for one."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(f"{folder} is not empty. Give a new folder as --out.")
    except OSError as error:
        raise OutputError(f"{folder} cannot be read: {error}. Choose another --out.") from error


def _look(request: PairsRequest, results: Sequence[FittedFrames]) -> _Look:
    models = {result.model.sha256 for result in results}
    if len(models) > 1:
        raise RequestError(
            f"The people of {request.results} were fitted with {len(models)} different bodies, and a data set is of one person. "
            "Fit them with one --gender."
        )
    near, far = np.inf, NEAREST_DEPTH_M
    for mesh in (
        mesh for result in results for mesh in result.meshes()
    ):  # one after another: there may be very many
        near, far = min(near, float(mesh[:, 2].min())), max(far, float(mesh[:, 2].max()))
    near = max(near, NEAREST_DEPTH_M)
    sizes = [_scaled(result.size, request.longest_side_px) for result in results]
    colours = shape_colours(results[0].model) if request.colours == "shape" else seen_colours(results)
    return _Look(colours, (near, max(far, near + 0.01)), (max(w for w, _ in sizes), max(h for _, h in sizes)))


def _scaled(size: tuple[int, int], longest_side_px: int) -> tuple[int, int]:
    factor = min(1.0, longest_side_px / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _write(
    folder: Path,
    what: tuple[PairsRequest, Sequence[FittedFrames], _Look],
    parts: Sequence[str],
    messenger: Messenger,
) -> None:
    from PIL import Image

    request, results, look = what
    for part in PARTS:
        for side in ("input", "output"):
            (folder / part / side).mkdir(parents=True)
    for number, (part, (name, figure, picture)) in enumerate(
        zip(parts, _pairs(request, results, look), strict=True)
    ):
        Image.fromarray(figure).save(folder / part / "input" / f"{name}.png")
        Image.fromarray(picture).save(folder / part / "output" / f"{name}.png")
        messenger.progress((number + 1) / len(parts), "writing pairs", 0.0)
    facts: dict[str, object] = {
        "colours": request.colours,
        "size": list(look.size),
        "depth_m": {"nearest": round(look.depths_m[0], 4), "farthest": round(look.depths_m[1], 4)},
        **{part: parts.count(part) for part in PARTS},
    }
    (folder / FACTS_FILE).write_bytes(json_bytes(facts))


def _pairs(
    request: PairsRequest, results: Sequence[FittedFrames], look: _Look
) -> Iterator[tuple[str, UInt8[NumpyArray, "H W 4"], UInt8[NumpyArray, "H W 3"]]]:
    """Yield name, input and output of each frame."""
    for result in results:
        pictures = result.pictures(request.longest_side_px)
        for name, mesh, picture in zip(result.names, result.meshes(), pictures, strict=True):
            yield (
                name,
                _on_canvas(_figure(result, mesh, picture, look), look.size),
                _on_canvas(picture, look.size),
            )


def _figure(result: FittedFrames, mesh: Mesh, picture: Picture, look: _Look) -> UInt8[NumpyArray, "H W 4"]:
    """Return the coloured figure with its depth as a picture shows it."""
    height, width = picture.shape[:2]
    camera = result.camera.scaled(width / result.size[0])
    drawn = paint_mesh(mesh, result.model.triangles, look.colours, camera, (width, height))
    near, far = look.depths_m
    there = np.isfinite(drawn.depth)
    share = np.clip((far - np.where(there, drawn.depth, far)) / (far - near), 0.0, 1.0)
    depth = np.where(there, 1.0 + np.round(254.0 * share), 0.0)
    return np.dstack([np.where(there[..., None], drawn.rgb, 255), depth]).astype(np.uint8)


def _on_canvas(picture: NumpyArray, size: tuple[int, int]) -> NumpyArray:
    """Return a picture filled up on the right and below: white, without depth."""
    width, height = size
    canvas = np.full((height, width, picture.shape[2]), 255, dtype=np.uint8)
    canvas[..., 3:] = 0
    picture = picture[:height, :width]  # a reader may round a side up
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    return canvas
