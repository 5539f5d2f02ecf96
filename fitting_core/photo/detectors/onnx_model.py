"""A network file of the RTMW or DWPose kind to the people of a picture: the eyes find them, the network sees their 133 points.

The network takes one upright person at a time, (1, 3, height, width), colours less their mean and over their deviation, and gives
SimCC (the chance of every column and of every row, a point a row of two arrays) or heat maps (one array). Such files are the
user's own; `onnxruntime` evaluates them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import DetectorError
from fitting_core.eyes.detector import see_bodies
from fitting_core.eyes.regions import Region, sample
from fitting_core.keypoints.keypoints2d import KeypointFile, Keypoints2D
from fitting_core.photo.detectors.whole_body import POINT_COUNT, from_whole_body

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

DIALECT = "found in the photo by an ONNX network"
# Of the colours (red, green, blue) of ImageNet, as these networks were trained with.
_MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)
_DEVIATION = np.array([58.395, 57.12, 57.375], dtype=np.float32)
_MARGIN = 1.25  # of the person's box
_NOT_SEEN = 0.05  # confidence below which a point says nothing


def people_of_model(path: Path, picture: UInt8[NumpyArray, "height width 3"]) -> KeypointFile:
    """Return the people of a picture, the largest first. Raises DetectorError if the file cannot be used."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise DetectorError(
            f"--detector {path}: this Python has no onnxruntime, which reads .onnx files. Install it "
            "(pip install onnxruntime) in the Python that fits, or leave --detector out."
        )
    model = _model(path, path.stat().st_mtime_ns)
    people = [_person(model, picture, body.pixels) for body in see_bodies(picture)]
    return KeypointFile(tuple(people), DIALECT, ())


@dataclass(frozen=True, eq=False)
class _Model:
    path: Path
    session: Any
    input: str
    height: int
    width: int


@lru_cache(maxsize=2)
def _model(path: Path, _version: int) -> _Model:
    import onnxruntime  # type: ignore[import-not-found]

    runtime: Any = onnxruntime
    try:
        session = runtime.InferenceSession(str(path), providers=runtime.get_available_providers())
        (entry,) = session.get_inputs()
    except Exception as error:  # its errors have no common class of their own
        raise DetectorError(
            f"--detector {path} cannot be read: {error}. Give an RTMW or DWPose .onnx file."
        ) from error
    shape = list(entry.shape)
    if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) and side > 0 for side in shape[2:]):
        raise DetectorError(
            f"--detector {path}: its input is {shape}, not (1, 3, height, width). Give an RTMW or DWPose .onnx file."
        )
    return _Model(path, session, str(entry.name), shape[2], shape[3])


def _person(
    model: _Model, picture: UInt8[NumpyArray, "height width 3"], points: Float[NumpyArray, "points 2"]
) -> Keypoints2D:
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.array([model.width, model.height])
    scale = float(_MARGIN * ((high - low) / size).max())  # px of the picture a px of the network's input
    x, y = (low + high) / 2.0
    longest = int(size.max())
    square = sample(picture, Region(float(x), float(y), scale * longest), longest, fill=0)
    left, top = (longest - size) // 2
    pixels = (square[top : top + model.height, left : left + model.width] - _MEAN) / _DEVIATION
    try:
        outputs = model.session.run(None, {model.input: pixels.transpose(2, 0, 1)[None].astype(np.float32)})
    except Exception as error:
        raise DetectorError(
            f"--detector {model.path} cannot be evaluated: {error}. Give another file."
        ) from error
    found = _decoded(model, [np.asarray(output) for output in outputs])
    corner = np.array([x, y]) - scale * longest / 2.0
    found[:, :2] = corner + scale * (found[:, :2] + (left, top))
    found[found[:, 2] < _NOT_SEEN] = 0.0
    beyond = (found[:, :2] < 0).any(axis=1) | (found[:, :2] > (picture.shape[1], picture.shape[0])).any(
        axis=1
    )
    found[beyond] = 0.0
    return from_whole_body(found)


def _decoded(model: _Model, outputs: Sequence[NumpyArray]) -> Float[NumpyArray, "133 3"]:
    """Return x and y in px of the network's input and the confidence, 0 to 1, of SimCC's two outputs or of one of heat maps."""
    shapes = [output.shape for output in outputs]
    if len(outputs) == 2 and all(len(shape) == 3 and shape[:2] == (1, POINT_COUNT) for shape in shapes):
        columns, rows = (output[0].astype(np.float64) for output in outputs)
        x, y = (
            columns.argmax(axis=1) * model.width / columns.shape[1],
            rows.argmax(axis=1) * model.height / rows.shape[1],
        )
        confidence = np.minimum(columns.max(axis=1), rows.max(axis=1))
    elif len(outputs) == 1 and len(shapes[0]) == 4 and shapes[0][:2] == (1, POINT_COUNT):
        heat = outputs[0][0].astype(np.float64)
        best = heat.reshape(POINT_COUNT, -1).argmax(axis=1)
        x, y = (
            best % heat.shape[2] * model.width / heat.shape[2],
            best // heat.shape[2] * model.height / heat.shape[1],
        )
        confidence = heat.reshape(POINT_COUNT, -1).max(axis=1)
    else:
        raise DetectorError(
            f"--detector {model.path}: its outputs are {shapes}, neither SimCC nor heat maps of {POINT_COUNT} points. Give "
            "an RTMW or DWPose .onnx file for whole bodies."
        )
    return np.nan_to_num(np.column_stack([x, y, confidence.clip(0.0, 1.0)]))
