"""The priors that ship with the product: body pose mixture, hands, and the poses that fits start from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import array_api_compat.numpy as numpy_namespace
import numpy as np

from fitting_core.arrays import ArrayMaker, NumpyArray
from fitting_core.errors import PriorFileError
from fitting_core.files.npz_reader import read_arrays

from ..starts.lifter import Lifter, read_lifter
from .distributions import OPEN_HAND_FILE, GaussianMixture, HandPrior, read_mixture

_MODES_FILE = OPEN_HAND_FILE.with_name("pose_modes.npz")


@lru_cache(maxsize=1)
def open_pose_prior() -> GaussianMixture:
    """Return the mixture over the 21 body joints trained on CMU motion capture (tools/train_pose_prior)."""
    return read_mixture()


@lru_cache(maxsize=1)
def open_hand_prior() -> HandPrior:
    """Mean, covariance and limits of finger rotations (tools/train_hand_prior)."""
    keys = [
        f"{name}_{side}"
        for side in ("left", "right")
        for name in ("mean", "covariance", "components", "lower", "upper")
    ]
    values = _read(OPEN_HAND_FILE, keys)
    return HandPrior(
        mean_left=values["mean_left"],
        mean_right=values["mean_right"],
        covariance_left=values["covariance_left"],
        covariance_right=values["covariance_right"],
        components_left=values["components_left"],
        components_right=values["components_right"],
        limits_left=(values["lower_left"], values["upper_left"]),
        limits_right=(values["lower_right"], values["upper_right"]),
    )


@lru_cache(maxsize=1)
def open_start_poses() -> NumpyArray:
    """Typical body poses (M, 63), commonest first."""
    return _read(_MODES_FILE, ["modes"])["modes"]


@lru_cache(maxsize=1)
def open_lifter() -> Lifter:
    """Return the network that guesses starts from keypoints (tools/train_lifter), on NumPy in single precision."""
    return read_lifter(ArrayMaker(numpy_namespace, np.float32))


def _read(path: Path, keys: list[str]) -> dict[str, NumpyArray]:
    arrays = read_arrays(path, keys, PriorFileError, "prior")
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise PriorFileError(f"{path}: the entries {', '.join(missing)} are missing. Reinstall the product.")
    return {key: value.astype(np.float64) for key, value in arrays.items()}
