"""The named face actions whose sum comes nearest to an expression, each between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bounded_least_squares import bounded_least_squares
from .result_folder import Array

# Begin the names of actions that no expression is made of: bones open the mouth and turn the eyes.
DONE_BY_BONES = ("jaw", "mouthClose", "eyeLook", "tongueOut")
# An action comes in where it explains this share of the expression's size, as seen by the action alone. On expressions of real
# photos half as many actions move as without it, and explain 1 % less (benchmarks/face_actions.py).
LEAST_USE = 0.02


@dataclass(frozen=True)
class FittedActions:
    """The values (N, K), 0 … 1, of K actions for N expressions, and the share of the squared displacements that they explain."""

    values: Array
    explained: float


def can_carry(action_name: str) -> bool:
    """Return True for an action that expressions are made of."""
    return not action_name.startswith(DONE_BY_BONES)


def fit_actions(
    components: Array, actions: Array, coefficients: Array, least_use: float = LEAST_USE
) -> FittedActions:
    """Return the actions nearest to N expressions C ψ.

    `components` C (P, E) and `actions` A (P, K) hold displacements of the P coordinates of a surface at the value 1,
    `coefficients` (N, E) the ψ. Minimises ½|A a − C ψ|² + λ |C ψ| Σ |A_k| a_k over 0 ≤ a ≤ 1, λ being `least_use`: the second
    term leaves out what hardly helps.
    """
    gram, across, own = actions.T @ actions, components.T @ actions, components.T @ components
    squares: Array = np.einsum("ne,ef,nf->n", coefficients, own, coefficients)
    sizes = np.sqrt(np.diagonal(gram))
    products = coefficients @ across
    thinned = products - least_use * np.sqrt(squares)[:, None] * sizes
    values = bounded_least_squares(gram, thinned, np.zeros(len(gram)), np.ones(len(gram)))
    left = squares - 2.0 * (values * products).sum(axis=1) + np.einsum("nk,kl,nl->n", values, gram, values)
    total = float(squares.sum())
    return FittedActions(values, 1.0 - float(left.sum()) / total if total > 0 else 1.0)
