"""Pose priors of a user's own: gmm_08.pkl and VPoser, read without running anything that the files bring."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import PriorFileError, shown
from fitting_core.files.border import reader_border
from fitting_core.files.budget import MIXTURE_BUDGET_BYTES, Budget
from fitting_core.files.pickle_names import Names, StandIn, stand_ins
from fitting_core.files.pickled_numbers import ARRAY_NAMES, numbers
from fitting_core.files.restricted_pickle import pickle_border, read_pickled_value

from ...files.tensor_file import read_tensors
from .distributions import GaussianMixture, checked_mixture, read_mixture
from .vposer import HIDDEN_SIZE, LATENT_SIZE, OUTPUT_SIZE, VPoserDecoder

# The 21 joints that SMPL-X shares with SMPL; gmm_08.pkl has SMPL's two hand joints behind them.
BODY_POSE_SIZE = 63
MIXTURE_NAMES: Names = {
    **ARRAY_NAMES,
    **stand_ins(
        ("sklearn.mixture.gmm", "GMM"),
        ("sklearn.mixture.gaussian_mixture", "GaussianMixture"),
        ("sklearn.mixture._gaussian_mixture", "GaussianMixture"),
    ),
}
# Names of the three parts in a dict, in an old sklearn object and in a newer one.
_MEANS = ("means", "means_")
_COVARIANCES = ("covars", "covars_", "_covars", "covariances_")
_WEIGHTS = ("weights", "weights_")


def read_pose_mixture(path: Path) -> GaussianMixture:
    """Read a user's mixture over the 63 values of the body pose: gmm_08.pkl or an .npz; wider ones as their marginal.

    Raises PriorFileError with the file, what is wrong and the next step.
    """
    with reader_border(path, PriorFileError, "pose prior", "Choose gmm_08.pkl."):
        if path.suffix.lower() == ".npz":
            return read_mixture(path, BODY_POSE_SIZE)
        budget = Budget(MIXTURE_BUDGET_BYTES)
        with pickle_border(path, PriorFileError, "pose prior"):
            value = read_pickled_value(path, MIXTURE_NAMES, budget)
            means, covariances, weights = (
                _part(path, value, names, budget) for names in (_MEANS, _COVARIANCES, _WEIGHTS)
            )
        return checked_mixture(path, (means, covariances, weights), BODY_POSE_SIZE)


def _part(path: Path, value: object, names: tuple[str, ...], budget: Budget) -> NumpyArray:
    table: dict[object, object] = {}
    if isinstance(value, StandIn):
        table = value.state
    elif isinstance(value, dict):
        table = value  # pyright: ignore[reportUnknownVariableType]
    for name in names:
        if name in table:
            return numbers(table[name], budget, name)
    raise PriorFileError(
        f"{path}: a pose prior needs the entries means, covars and weights. Choose gmm_08.pkl."
    )


class _Layout(NamedTuple):
    """The names of the layers in one version of VPoser, and the slope of its rectifiers."""

    version: Literal[1, 2]
    layers: tuple[str, str, str]
    negative_slope: float


_LAYOUTS = (
    _Layout(1, ("bodyprior_dec_fc1", "bodyprior_dec_fc2", "bodyprior_dec_out"), 0.2),
    _Layout(2, ("decoder_net.0", "decoder_net.3", "decoder_net.5"), 0.01),
)
# What training frameworks put before the names.
_PREFIXES = ("", "vp_model.", "module.")
_SHAPES = ((HIDDEN_SIZE, LATENT_SIZE), (HIDDEN_SIZE, HIDDEN_SIZE), (OUTPUT_SIZE, HIDDEN_SIZE))
SNAPSHOT_SUFFIXES = (".pt", ".ckpt", ".pth")


def read_vposer(path: Path) -> VPoserDecoder:
    """Read the decoder of VPoser v1 or v2, as float64 NumPy: a snapshot, or the folder with `snapshots` inside.

    Python files beside the weights are never looked at. Raises PriorFileError with the file and the next step.
    """
    file = _snapshot(path)
    tensors = read_tensors(file)
    for layout in _LAYOUTS:
        for prefix in _PREFIXES:
            if f"{prefix}{layout.layers[0]}.weight" in tensors:
                return _decoder(file, tensors, layout, prefix)
    raise PriorFileError(
        f"{file}: holds {len(tensors)} tensors, but no VPoser decoder (bodyprior_dec_fc1 or decoder_net.0). Choose a file "
        f"from VPoser's 'snapshots' folder."
    )


def _snapshot(path: Path) -> Path:
    """Return the file itself, or the last snapshot of a VPoser folder."""
    with reader_border(path, PriorFileError, "VPoser", "Point to VPoser's folder or file."):
        if not path.is_dir():
            return path
        inside = path / "snapshots" if (path / "snapshots").is_dir() else path
        snapshots = sorted(file for file in inside.iterdir() if file.suffix.lower() in SNAPSHOT_SUFFIXES)
    if not snapshots:
        raise PriorFileError(
            f"{path}: no snapshot (.pt or .ckpt) is inside. Point to VPoser's folder or file."
        )
    return snapshots[-1]


def _decoder(path: Path, tensors: dict[str, NumpyArray], layout: _Layout, prefix: str) -> VPoserDecoder:
    weights: list[NumpyArray] = []
    biases: list[NumpyArray] = []
    for name, shape in zip(layout.layers, _SHAPES, strict=True):
        weights.append(_tensor(path, tensors, f"{prefix}{name}.weight", shape))
        biases.append(_tensor(path, tensors, f"{prefix}{name}.bias", shape[:1]))
    return VPoserDecoder(
        (weights[0], weights[1], weights[2]),
        (biases[0], biases[1], biases[2]),
        layout.negative_slope,
        layout.version,
    )


def _tensor(path: Path, tensors: dict[str, NumpyArray], name: str, shape: tuple[int, ...]) -> NumpyArray:
    value = tensors.get(name)
    if value is None or value.shape != shape or not np.isfinite(value).all():
        fault = "missing" if value is None else f"of shape {shown(value.shape)}"
        raise PriorFileError(
            f"{path}: '{name}' is {fault} where finite numbers of shape {shape} are expected. Get the official VPoser again."
        )
    return value.astype(np.float64)
