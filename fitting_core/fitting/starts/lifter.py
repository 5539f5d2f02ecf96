"""From a person's 25 body keypoints to several guesses of the body in 3-D: the starts of a fit.

A small network (weights: `data/priors/lifter.npz`, trained by `tools/train_lifter`) looks at the keypoints through
a camera turned towards the person and scaled to the person's size, so that it need not know where in the picture
somebody stands. Works on arrays of any library; the guesses are starts, never results.

Camera frame: metres, x right, y down, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fitting_core.arrays import Array, ArrayMaker, NumpyArray, array_namespace, device_of, to_numpy
from fitting_core.errors import PriorFileError
from fitting_core.files.npz_reader import read_arrays
from fitting_core.geometry.rotations import vector_from_matrix

LIFTER_FILE = Path(__file__).parents[2] / "data" / "priors" / "lifter.npz"
KEYPOINT_COUNT = 25
JOINT_COUNT = 22
SHAPE_COUNT = 10
PELVIS_SIZE = 3  # two image coordinates in person sizes, log(depth × size)
ROTATION_SIZE = 6 * JOINT_COUNT
DEVIATION_SIZE = JOINT_COUNT + SHAPE_COUNT
GUESS_SIZE = ROTATION_SIZE + PELVIS_SIZE + SHAPE_COUNT + DEVIATION_SIZE
FEATURE_COUNT = 4 * KEYPOINT_COUNT + 3
SMALLEST_SIZE = 1e-3
"""A person is never taken to be smaller than this in the ray plane: a metre at a distance of a kilometre."""
MOST_FORESHORTENED = 0.2
"""Keypoints farther than about 79° from the person's middle count as lying there."""
LEAST_LOG_DEVIATION, MOST_LOG_DEVIATION = -4.0, 1.5


@dataclass(frozen=True, eq=False)
class NormalisedKeypoints:
    """The network's input for N people, and the way back.

    `features (N,103)`; `virtual_from_camera (N,3,3)` turns the camera towards the person; `centre (N,2)` and
    `size (N)`: the keypoints' mean and spread in the virtual camera's plane at depth one.
    """

    features: Array
    virtual_from_camera: Array
    centre: Array
    size: Array


@dataclass(frozen=True, eq=False)
class LiftedStarts:
    """M guesses for each of N people, the likeliest first.

    `global_orient (N,M,3)` in the camera frame and `body_pose (N,M,63)`: rotation vectors in radians; `betas
    (N,M,10)`; `pelvis (N,M,3)`: the pelvis in the camera frame in metres, so that `transl` is it less the shaped
    body's pelvis at rest; `probability (N,M)`; `rotation_deviation (N,M,22)`: the expected error of each joint's
    rotation in radians per axis, pelvis first; `shape_deviation (N,M,10)`.
    """

    global_orient: Array
    body_pose: Array
    betas: Array
    pelvis: Array
    probability: Array
    rotation_deviation: Array
    shape_deviation: Array


@dataclass(frozen=True, eq=False)
class RawGuesses:
    """The network's output, M guesses for N people in the virtual camera's frame.

    `rotations (N,M,22,3,3)`, `pelvis (N,M,3)` as PELVIS_SIZE has it, `betas (N,M,10)`, `log_deviation (N,M,32)`,
    `logits (N,M)`.
    """

    rotations: Array
    pelvis: Array
    betas: Array
    log_deviation: Array
    logits: Array


class Lifter:
    """The network with its weights in one array library."""

    def __init__(self, layers: list[tuple[Array, Array]]) -> None:
        """Take (weight, bias) of the first layer, two layers a residual block, and the last layer."""
        self._layers = layers

    def on(self, make: ArrayMaker) -> Lifter:
        """Return the same network with its weights where `make` puts arrays, in its precision; made once."""
        return _brought(self, make)

    def _moved(self, make: ArrayMaker) -> Lifter:
        return Lifter([(make.floats(to_numpy(w)), make.floats(to_numpy(b))) for w, b in self._layers])

    def start(self, keypoints: Array, focal_px: Array, principal_point: Array) -> LiftedStarts:
        """Guess bodies for keypoints (N,25,3) in pixels with confidence, focal (N) and principal point (N,2)."""
        seen = normalise(keypoints, focal_px, principal_point)
        return in_camera(unpack(self.forward(seen.features)), seen)

    def forward(self, features: Array) -> Array:
        """Return the raw output (N, M·177 + M) for features (N,103)."""
        xp = array_namespace(features)
        hidden = _linear(features, self._layers[0])
        for block in range(1, len(self._layers) - 1, 2):
            inner = _linear(layer_norm(hidden), self._layers[block])
            inner = xp.clip(inner, 0.0, None)
            hidden = hidden + _linear(inner, self._layers[block + 1])
        return _linear(layer_norm(hidden), self._layers[-1])


@lru_cache(maxsize=4)
def _brought(lifter: Lifter, make: ArrayMaker) -> Lifter:
    """Return the network in another library's arrays; a fit of one photo would feel two million weights copied."""
    return lifter._moved(make)  # pyright: ignore[reportPrivateUsage]


def read_lifter(make: ArrayMaker, path: Path = LIFTER_FILE) -> Lifter:
    """Read the network from .npz: `layer_0_weight`, `layer_0_bias`, `layer_1_weight` … as (inputs, outputs).

    Raises PriorFileError where the file is missing or not a lifter.
    """
    counts = read_arrays(path, ("layer_count",), PriorFileError, "lifter")
    if "layer_count" not in counts:
        raise PriorFileError(
            f"{path}: not a lifter (no layer_count). Run python -m tools.train_lifter to make one."
        )
    names = [(f"layer_{i}_weight", f"layer_{i}_bias") for i in range(int(counts["layer_count"]))]
    arrays = read_arrays(path, tuple(name for pair in names for name in pair), PriorFileError, "lifter")
    if len(arrays) < 2 * len(names):
        raise PriorFileError(
            f"{path}: layers are missing. Run python -m tools.train_lifter to make the file anew."
        )
    return Lifter([(make.floats(_float64(arrays[w])), make.floats(_float64(arrays[b]))) for w, b in names])


def _float64(values: NumpyArray) -> NumpyArray:
    return values.astype("float64")


def normalise(keypoints: Array, focal_px: Array, principal_point: Array) -> NormalisedKeypoints:
    """See keypoints (N,25,3) through a camera turned towards the person; a keypoint of confidence 0 is missing."""
    xp = array_namespace(keypoints)
    weight = keypoints[..., 2:]
    rays = (keypoints[..., :2] - principal_point[:, None, :]) / focal_px[:, None, None]
    middle = _weighted_mean(rays, weight)
    virtual_from_camera = _turn_to_axis(middle)
    turned = xp.matmul(
        xp.concat([rays, xp.ones_like(weight)], axis=-1), xp.permute_dims(virtual_from_camera, (0, 2, 1))
    )
    plane = turned[..., :2] / xp.clip(turned[..., 2:], MOST_FORESHORTENED, None)
    centre = _weighted_mean(plane, weight)
    apart = plane - centre[:, None, :]
    variance = _weighted_mean(xp.sum(apart * apart, axis=-1, keepdims=True), weight)[:, 0]
    size = xp.clip(xp.sqrt(variance), SMALLEST_SIZE, None)
    seen = xp.astype(weight > 0, weight.dtype)
    places = xp.reshape(apart / size[:, None, None] * seen, (-1, 2 * KEYPOINT_COUNT))
    camera = xp.stack([xp.log(size), middle[:, 0], middle[:, 1]], axis=-1)
    features = xp.concat([places, weight[..., 0], seen[..., 0], camera], axis=-1)
    return NormalisedKeypoints(features, virtual_from_camera, centre, size)


def unpack(output: Array) -> RawGuesses:
    """Cut the network's output (N, M·178) into guesses."""
    xp = array_namespace(output)
    count = output.shape[1] // (GUESS_SIZE + 1)
    guesses = xp.reshape(output[:, : count * GUESS_SIZE], (-1, count, GUESS_SIZE))
    pelvis = ROTATION_SIZE
    shape = pelvis + PELVIS_SIZE
    deviation = shape + SHAPE_COUNT
    six = xp.reshape(guesses[..., :ROTATION_SIZE], (-1, count, JOINT_COUNT, 2, 3))
    return RawGuesses(
        rotations_from_six(six),
        guesses[..., pelvis:shape],
        guesses[..., shape:deviation],
        xp.clip(guesses[..., deviation:], LEAST_LOG_DEVIATION, MOST_LOG_DEVIATION),
        output[:, count * GUESS_SIZE :],
    )


def in_camera(guesses: RawGuesses, seen: NormalisedKeypoints) -> LiftedStarts:
    """Turn guesses back into the camera's frame, the likeliest first."""
    xp = array_namespace(guesses.logits)
    people, count = guesses.logits.shape
    order = xp.argsort(-guesses.logits, axis=-1)
    person = xp.reshape(xp.arange(people, device=device_of(order)), (-1, 1))
    camera_from_virtual = xp.permute_dims(seen.virtual_from_camera, (0, 2, 1))[:, None]
    rotations = guesses.rotations[person, order]
    pelvis = guesses.pelvis[person, order]
    depth = xp.exp(pelvis[..., 2:]) / seen.size[:, None, None]
    plane = seen.centre[:, None, :] + pelvis[..., :2] * seen.size[:, None, None]
    virtual_pelvis = xp.concat([plane * depth, depth], axis=-1)
    odds = xp.exp(guesses.logits - xp.max(guesses.logits, axis=-1, keepdims=True))
    deviation = xp.exp(guesses.log_deviation[person, order])
    return LiftedStarts(
        vector_from_matrix(xp.matmul(camera_from_virtual, rotations[:, :, 0])),
        xp.reshape(vector_from_matrix(rotations[:, :, 1:]), (people, count, -1)),
        guesses.betas[person, order],
        xp.matmul(camera_from_virtual, virtual_pelvis[..., None])[..., 0],
        (odds / xp.sum(odds, axis=-1, keepdims=True))[person, order],
        deviation[..., :JOINT_COUNT],
        deviation[..., JOINT_COUNT:],
    )


def rotations_from_six(six: Array) -> Array:
    """Return the rotation (…,3,3) whose first rows are two vectors (…,2,3), made orthonormal (Zhou et al. 2019)."""
    xp = array_namespace(six)
    first = _unit(six[..., 0, :])
    second = six[..., 1, :]
    second = _unit(second - xp.sum(first * second, axis=-1, keepdims=True) * first)
    return xp.stack([first, second, xp.linalg.cross(first, second)], axis=-2)


def layer_norm(hidden: Array) -> Array:
    """Return each row (N,H) less its mean, over its deviation."""
    xp = array_namespace(hidden)
    centred = hidden - xp.mean(hidden, axis=-1, keepdims=True)
    return centred / xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + 1e-5)


def _linear(values: Array, layer: tuple[Array, Array]) -> Array:
    xp = array_namespace(values)
    return xp.matmul(values, layer[0]) + layer[1]


def _unit(vectors: Array) -> Array:
    xp = array_namespace(vectors)
    return vectors / xp.sqrt(xp.sum(vectors * vectors, axis=-1, keepdims=True) + 1e-12)


def _weighted_mean(values: Array, weight: Array) -> Array:
    """Mean of values (N,P,D) by weight (N,P,1), shape (N,D); zero where nothing has weight."""
    xp = array_namespace(values)
    return xp.sum(values * weight, axis=1) / xp.clip(xp.sum(weight, axis=1), 1e-6, None)


def _turn_to_axis(middle: Array) -> Array:
    """Return the rotation (N,3,3) by the least angle that turns the ray (x, y, 1) of `middle (N,2)` onto the z axis."""
    xp = array_namespace(middle)
    ray = _unit(xp.concat([middle, xp.ones_like(middle[:, :1])], axis=-1))
    x, y, z = ray[:, 0], ray[:, 1], ray[:, 2]
    shrink = 1.0 / (1.0 + z)
    rows = [1.0 - x * x * shrink, -x * y * shrink, -x, -x * y * shrink, 1.0 - y * y * shrink, -y, x, y, z]
    return xp.reshape(xp.stack(rows, axis=-1), (-1, 3, 3))
