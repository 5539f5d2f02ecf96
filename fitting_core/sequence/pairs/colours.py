"""Colours for the vertices of a body: by their places at rest, or as pictures show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh

from ..frames.clip import Picture
from .fitted_frames import FittedFrames, Mesh

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    Colours = Float[NumpyArray, "V 3"]
else:
    Colours = NumpyArray


_BEHIND_M = 0.02  # of the surface that is seen there: hidden
_PICTURE_PX = 640  # longest side: a vertex is some pixels wide there
_MOST_FRAMES = 100  # of each result that colours are taken from
_SPREADS = 500  # steps along the mesh from what is seen to what is not


def shape_colours(model: BodyModel) -> Colours:
    """Return a colour for each vertex, 0 to 255, by its place on the body at rest: red across, green upwards, blue forwards."""
    low, high = model.v_template.min(axis=0), model.v_template.max(axis=0)
    return 255.0 * (model.v_template - low) / (high - low)


def seen_colours(results: Sequence[FittedFrames]) -> Colours:
    """Return the mean colour of each vertex, 0 to 255, in the pictures that show it; others take on their neighbours'."""
    model = results[0].model
    sums, counts = np.zeros((len(model.v_template), 3)), np.zeros(len(model.v_template))
    for result in results:
        step = -(-len(result.names) // _MOST_FRAMES)
        for number, (mesh, picture) in enumerate(
            zip(result.meshes(), result.pictures(_PICTURE_PX), strict=True)
        ):
            if number % step == 0:
                camera = result.camera.scaled(picture.shape[1] / result.size[0])
                rows, columns, shown = _shown(model, mesh, camera, picture)
                sums[shown] += picture[rows[shown], columns[shown]]
                counts += shown
    return _spread(model, sums / np.maximum(counts, 1.0)[:, None], counts > 0)


def _shown(
    model: BodyModel, mesh: Mesh, camera: PinholeCamera, picture: Picture
) -> tuple[NumpyArray, NumpyArray, Bool[NumpyArray, " V"]]:
    """Return the row and column of each vertex in a picture, and whether it is seen there."""
    height, width = picture.shape[:2]
    depth = draw_mesh(mesh, model.triangles, camera, (width, height)).depth
    pixels = np.nan_to_num(camera.project(mesh), nan=-1.0)
    inside = ((pixels >= 0) & (pixels < (width, height))).all(axis=1)
    columns, rows = np.where(inside[:, None], pixels, 0.0).astype(np.int64).T
    return rows, columns, inside & (mesh[:, 2] <= depth[rows, columns] + _BEHIND_M)


def _spread(model: BodyModel, colours: Colours, known: Bool[NumpyArray, " V"]) -> Colours:
    """Return the colours with those of unknown vertices spread from known ones along the mesh."""
    ends = np.concatenate(
        [model.triangles[:, [0, 1]], model.triangles[:, [1, 2]], model.triangles[:, [2, 0]]]
    )
    ends = np.concatenate([ends, ends[:, ::-1]])
    found, done = colours.copy(), known.copy()
    for _ in range(_SPREADS):
        into, out_of = ends[~done[ends[:, 0]] & done[ends[:, 1]]].T
        if not len(into):
            break
        counts = np.bincount(into, minlength=len(found))
        reached = counts > 0
        for channel in range(3):
            sums = np.bincount(into, found[out_of, channel], minlength=len(found))
            found[reached, channel] = sums[reached] / counts[reached]
        done |= reached
    found[~done] = found[known].mean(axis=0) if known.any() else 127.5
    return found
