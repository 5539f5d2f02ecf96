# pyright: basic
"""Turns a population's T-pose bodies into a mean and named shape directions of unit variance, uncorrelated among the people.

Every person has a number for each trait: a measure of the body or a phenotype. Gram–Schmidt in the traits' order makes of them
scores u_k of mean 0 and deviation 1 that are uncorrelated in the population: what each trait says beyond the earlier ones. A
component's direction is the mean effect of its score, E[u_k (v − mean)]. What the named components leave is uncorrelated with all
of them, and its strongest principal components follow. So independent unit normal coefficients are the population's prior; and
since a measure that is linear in the mesh is a function of the scores up to its own, no later component changes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Order of the components: the first ten stand where SMPL-X's readers look for betas.
TRAIT_NAMES = (
    "Height",
    "Weight",
    "Muscle",
    "Female-male",
    "Age",
    "Leg length",
    "Arm length",
    "Trunk length",
    "Shoulder width",
    "Hip width",
    "Head size",
    "Belly",
    "Chest",
    "Shin length",
    "Forearm length",
    "Foot size",
    "Hand size",
)
REMAINING_COUNT = 3
SHAPE_NAMES = (*TRAIT_NAMES, *(f"Build {number}" for number in range(1, REMAINING_COUNT + 1)))
SHAPE_COUNT = len(SHAPE_NAMES)
ROUGH_COUNT = 24  # principal components of the A-pose meshes, by which joints are placed among vertices
LEAST_STATURE_CHANGE_M = 0.01  # below it a direction is not about stature


@dataclass(frozen=True)
class ShapeSpace:
    """vertices(β) = mean + directions · β, the coefficients of the sampled people having variance 1."""

    mean: Floats  # (V, 3)
    directions: Floats  # (V, 3, K)
    explained: float  # share of the samples' variance
    sample_errors_mm: Floats  # (N,) root mean square distance of each sample to its projection


def named_shapes(vertices: Floats, traits: dict[str, Floats]) -> ShapeSpace:
    """Mean and directions of meshes (N, V, 3) by their traits (N,), in the traits' order, then what variance remains."""
    flat = vertices.reshape(len(vertices), -1)
    mean = flat.mean(axis=0)
    scores = uncorrelated(np.stack(list(traits.values()), axis=1))
    named = scores.T @ (flat - mean) / len(flat)
    remaining = _principal_rows(flat - mean - scores @ named, REMAINING_COUNT)
    rows = np.concatenate([named, remaining * _natural_signs(mean, remaining)[:, None]])
    return _space(flat, mean, rows)


def principal_shapes(vertices: Floats, count: int = ROUGH_COUNT) -> ShapeSpace:
    """Mean and strongest principal components of meshes (N, V, 3), of unit variance."""
    flat = vertices.reshape(len(vertices), -1)
    mean = flat.mean(axis=0)
    return _space(flat, mean, _principal_rows(flat - mean, count))


def uncorrelated(traits: Floats) -> Floats:
    """Return scores (N, K) of mean 0, deviation 1 and no correlation: each trait's part that the earlier ones do not explain."""
    scores, triangle = np.linalg.qr(traits - traits.mean(axis=0))
    return scores * np.sign(np.diag(triangle)) * np.sqrt(len(traits))


def _principal_rows(centred: Floats, count: int) -> Floats:
    """Return the strongest principal components (K, M) of rows (N, M), each as long as its deviation."""
    _, people = np.linalg.eigh(centred @ centred.T / len(centred))
    strongest = people[:, ::-1][:, :count] * np.sqrt(len(centred))
    return strongest.T @ centred / len(centred)


def _space(flat: Floats, mean: Floats, rows: Floats) -> ShapeSpace:
    centred = flat - mean
    basis = np.linalg.qr(rows.T)[0]
    residual = centred - (centred @ basis) @ basis.T
    errors = 1000 * np.sqrt((residual.reshape(len(flat), -1, 3) ** 2).sum(-1).mean(-1))
    explained = 1.0 - float((residual**2).sum() / (centred**2).sum())
    directions = np.transpose(rows.reshape(len(rows), -1, 3), (1, 2, 0))
    return ShapeSpace(mean.reshape(-1, 3), directions, explained, errors)


def _natural_signs(mean: Floats, rows: Floats) -> Floats:
    """Signs (K,) that make a positive coefficient the taller body; where stature hardly changes, the bulkier one."""
    mean, directions = mean.reshape(-1, 3), rows.reshape(len(rows), -1, 3)
    top, bottom = np.argmax(mean[:, 1]), np.argmin(mean[:, 1])
    taller = directions[:, top, 1] - directions[:, bottom, 1]
    bulkier = (directions[:, :, [0, 2]] * (mean - mean.mean(axis=0))[:, [0, 2]]).sum(axis=(1, 2))
    decisive = np.abs(taller) > LEAST_STATURE_CHANGE_M
    return np.where(np.where(decisive, taller, bulkier) < 0, -1.0, 1.0)
