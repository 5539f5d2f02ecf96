"""Made-up VPoser files in both layouts whose decoder knows real poses: the principal axes of the shipped mixture's samples.

A leaky rectifier of a value and of its negative differ by (1 + slope) times the value, so that the network can be made
exactly linear in front of its Gram–Schmidt step: z = 0 is the mean pose and ‖z‖² a sensible cost.
"""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import numpy as np

from fitting_core.fitting.priors.open import open_pose_prior
from fitting_core.fitting.priors.vposer import HIDDEN_SIZE, LATENT_SIZE, OUTPUT_SIZE
from fitting_core.geometry.rotations import matrix_from_vector

_LAYERS = {
    1: ("", ("bodyprior_dec_fc1", "bodyprior_dec_fc2", "bodyprior_dec_out"), 0.2),
    2: ("vp_model.", ("decoder_net.0", "decoder_net.3", "decoder_net.5"), 0.01),
}
_SAMPLES = 2000


def write_vposer(path: Path, version: int) -> Path:
    """Write a snapshot of that version with PyTorch and return its path."""
    import torch

    prefix, names, slope = _LAYERS[version]
    state: dict[str, Any] = collections.OrderedDict()
    for name, weight, bias in zip(names, *_network(slope), strict=True):
        state[f"{prefix}{name}.weight"] = torch.tensor(weight, dtype=torch.float32)
        state[f"{prefix}{name}.bias"] = torch.tensor(bias, dtype=torch.float32)
    torch.save(state if version == 1 else {"epoch": 13, "state_dict": state}, path)
    return path


def _network(slope: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    mean, axes = _principal_axes()
    split = np.zeros((HIDDEN_SIZE, LATENT_SIZE))
    split[:LATENT_SIZE], split[LATENT_SIZE : 2 * LATENT_SIZE] = np.eye(LATENT_SIZE), -np.eye(LATENT_SIZE)
    joined = np.zeros((LATENT_SIZE, HIDDEN_SIZE))
    joined[:, :LATENT_SIZE], joined[:, LATENT_SIZE : 2 * LATENT_SIZE] = (
        np.eye(LATENT_SIZE),
        -np.eye(LATENT_SIZE),
    )
    joined /= 1.0 + slope
    return [split, split @ joined, axes @ joined], [np.zeros(HIDDEN_SIZE), np.zeros(HIDDEN_SIZE), mean]


def _principal_axes() -> tuple[np.ndarray, np.ndarray]:
    """Mean (126,) and scaled axes (126, 32) of the first two columns of the joints' rotations."""
    prior, random = open_pose_prior(), np.random.default_rng(4)
    which = random.choice(len(prior.weights), _SAMPLES, p=prior.weights)
    roots = np.linalg.cholesky(prior.covariances)[which]
    poses = prior.means[which] + (roots @ random.normal(size=(_SAMPLES, 63, 1)))[..., 0]
    outputs = matrix_from_vector(poses.reshape(-1, 21, 3))[..., :2].reshape(-1, OUTPUT_SIZE)
    mean = outputs.mean(axis=0)
    _, deviations, axes = np.linalg.svd(outputs - mean, full_matrices=False)
    scaled = axes[:LATENT_SIZE].T * deviations[:LATENT_SIZE] / _SAMPLES**0.5
    return mean, scaled
