# pyright: basic
"""The lifter's network while it is trained, and its way into lifter.npz.

Inference stands in `fitting_core.fitting.starts.lifter`; training runs the same functions on PyTorch's tensors.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fitting_core.fitting.starts.lifter import (
    FEATURE_COUNT,
    GUESS_SIZE,
    JOINT_COUNT,
    PELVIS_SIZE,
    ROTATION_SIZE,
    SHAPE_COUNT,
    Lifter,
)

HIDDEN = 640
BLOCKS = 2
GUESSES = 6
START_LOG_DEPTH = -0.8
START_LOG_DEVIATION = -1.0


class LifterNetwork(nn.Module):
    """The network from features to M guesses and their logits: a layer, residual blocks of two layers, a layer."""

    def __init__(self, mean_rotations: Tensor) -> None:
        """Start every guess at the mean rotations (22,3,3)."""
        super().__init__()
        sizes = [
            (FEATURE_COUNT, HIDDEN),
            *[(HIDDEN, HIDDEN)] * (2 * BLOCKS),
            (HIDDEN, GUESSES * (GUESS_SIZE + 1)),
        ]
        self.weights = nn.ParameterList([nn.Parameter(_started(*size)) for size in sizes])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(size[1])) for size in sizes])
        with torch.no_grad():
            self.weights[-1] *= 0.3
            self.biases[-1][: GUESSES * GUESS_SIZE] = _first_guess(mean_rotations).repeat(GUESSES)

    def forward(self, features: Tensor) -> Tensor:
        """Run the inference code on the trained parameters."""
        return Lifter(list(zip(self.weights, self.biases, strict=True))).forward(features)


def _started(inputs: int, outputs: int) -> Tensor:
    """Normal weights of variance 2 / inputs, after He et al. 2015."""
    return torch.randn(inputs, outputs) * (1.0 / inputs) ** 0.5


def _first_guess(mean_rotations: Tensor) -> Tensor:
    pelvis = torch.zeros(PELVIS_SIZE)
    pelvis[2] = START_LOG_DEPTH
    deviation = torch.full((JOINT_COUNT + SHAPE_COUNT,), START_LOG_DEVIATION)
    return torch.cat(
        [mean_rotations[:, :2].reshape(ROTATION_SIZE), pelvis, torch.zeros(SHAPE_COUNT), deviation]
    )


def save_network(network: LifterNetwork, path: Path, notice: str) -> None:
    """Write the layers as float16, which hardly pack: stored as they are, they are read in a fifth of the time."""
    arrays: dict[str, np.ndarray] = {"layer_count": np.array(len(network.weights))}
    for index, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays[f"layer_{index}_weight"] = weight.detach().cpu().numpy().astype(np.float16)
        arrays[f"layer_{index}_bias"] = bias.detach().cpu().numpy().astype(np.float16)
    np.savez(path, **arrays, notice=np.array(notice))
