"""The decoder against the same network written with PyTorch's layers, its derivative against autograd and differences."""

from __future__ import annotations

from typing import Any

import array_api_compat.numpy as xp
import numpy as np
import pytest

from fitting_core.arrays import ArrayMaker
from fitting_core.fitting.priors.vposer import VPoserDecoder
from fitting_core.geometry.rotations import matrix_from_vector

_SIZES = ((512, 32), (512, 512), (126, 512))


def _decoder(version: int, scale: float = 1.0) -> VPoserDecoder:
    random = np.random.default_rng(version)
    weights = [random.normal(0, scale / inputs**0.5, (outputs, inputs)) for outputs, inputs in _SIZES]
    biases = [random.normal(0, 0.3, outputs) for outputs, _ in _SIZES]
    return VPoserDecoder(
        (weights[0], weights[1], weights[2]),
        (biases[0], biases[1], biases[2]),
        {1: 0.2, 2: 0.01}[version],
        1 if version == 1 else 2,
    )


def _latent(count: int = 4) -> np.ndarray:
    return np.random.default_rng(9).normal(0, 1, (count, 32))


def _network(decoder: VPoserDecoder, latent: Any) -> Any:
    """Rotation matrices (B, 21, 3, 3) by PyTorch's own layers."""
    import torch

    functional = torch.nn.functional
    for layer in range(3):
        weight, bias = torch.tensor(decoder.weights[layer]), torch.tensor(decoder.biases[layer])
        latent = functional.linear(latent, weight, bias)
        if layer < 2:
            latent = functional.leaky_relu(latent, decoder.negative_slope)
    pairs = latent.reshape(-1, 21, 3, 2)
    first = functional.normalize(pairs[..., 0], dim=-1)
    second = pairs[..., 1] - (first * pairs[..., 1]).sum(-1, keepdim=True) * first
    second = functional.normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second, dim=-1)], dim=-1)


@pytest.mark.parametrize("version", [1, 2])
def test_rotations_are_the_networks(version: int) -> None:
    torch: Any = pytest.importorskip("torch")
    decoder, latent = _decoder(version), _latent()
    found = decoder.decode(latent)
    np.testing.assert_allclose(found, _network(decoder, torch.tensor(latent)).numpy(), atol=1e-12)
    np.testing.assert_allclose(
        found @ np.swapaxes(found, -1, -2), np.broadcast_to(np.eye(3), found.shape), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(found), 1.0)
    np.testing.assert_allclose(matrix_from_vector(decoder.pose(latent).reshape(-1, 21, 3)), found, atol=1e-9)


@pytest.mark.parametrize("version", [1, 2])
def test_jacobian_against_finite_differences(version: int) -> None:
    decoder, latent = _decoder(version), _latent()
    pose, jacobian = decoder.pose_and_jacobian(latent)
    np.testing.assert_allclose(pose, decoder.pose(latent), atol=1e-12)
    step = 1e-6
    for column in range(32):
        moved = np.zeros(32)
        moved[column] = step
        ahead, behind = decoder.pose(latent + moved), decoder.pose(latent - moved)
        near = np.abs(ahead - behind) < 0.1  # past π a rotation vector jumps to its other side
        difference = (ahead - behind) / (2 * step)
        assert near.mean() > 0.95
        np.testing.assert_allclose(jacobian[..., column][near], difference[near], rtol=1e-5, atol=1e-6)


def test_jacobian_against_autograd() -> None:
    torch: Any = pytest.importorskip("torch")
    import array_api_compat.torch as torch_namespace

    decoder = _decoder(1).on(ArrayMaker(torch_namespace, torch.float64, "cpu"))
    latent = torch.tensor(_latent(2))
    _, jacobian = decoder.pose_and_jacobian(latent)
    automatic = torch.autograd.functional.jacobian(decoder.pose, latent)
    for element in range(2):
        np.testing.assert_allclose(jacobian[element], automatic[element, :, element], atol=1e-8)


def test_torch_and_single_precision_agree_with_numpy() -> None:
    torch: Any = pytest.importorskip("torch")
    import array_api_compat.torch as torch_namespace

    decoder, latent = _decoder(2), _latent()
    pose, jacobian = decoder.pose_and_jacobian(latent)
    exact = decoder.on(ArrayMaker(torch_namespace, torch.float64, "cpu")).pose_and_jacobian(
        torch.tensor(latent)
    )
    np.testing.assert_allclose(exact[0], pose, atol=1e-10)
    np.testing.assert_allclose(exact[1], jacobian, atol=1e-8)
    single = ArrayMaker(xp, np.float32)
    rough = decoder.on(single).decode(single.floats(latent))
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, decoder.decode(latent), atol=1e-4)
    vectors, slopes = decoder.on(single).pose_and_jacobian(single.floats(latent))
    assert vectors.dtype == slopes.dtype == np.float32
