"""Turns the 52 named face actions into ten expression directions about the neutral face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

EXPRESSION_COUNT = 10
# What a joint or the gaze already does is no expression; the tongue is nothing a keypoint shows.
_LEFT_OUT = ("jawOpen", "jawLeft", "jawRight", "eyeLook", "tongueOut", "mouthClose")
ACTIVE_SHARE = 0.2  # of the actions in one random face; an active one is anywhere between 0 and 1


@dataclass(frozen=True)
class ExpressionSpace:
    """vertices(ψ) = neutral + directions · ψ; sampled faces have a mean square of 1 in every coefficient."""

    directions: Floats  # (V, 3, 10)
    explained: float


def principal_expressions(
    action_names: list[str], action_directions: Floats, mirror: Integers
) -> ExpressionSpace:
    """Principal directions, about the neutral face, of faces with a few random actions each.

    `action_directions` (V, 3, A); `mirror` (V,) index of each vertex's counterpart. Every face stands beside its mirror
    image, so that each direction is either the same or the opposite on both sides. Faces are linear in the activities a, so
    their second moments D E[a aᵀ] Dᵀ are known without sampling: E[a_i²] = p/3, E[a_i a_j] = p²/4.
    """
    chosen = [i for i, name in enumerate(action_names) if not name.startswith(_LEFT_OUT)]
    used = action_directions[:, :, chosen]
    mirrored = used[mirror] * np.array([-1.0, 1.0, 1.0])[:, None]
    count = len(chosen)
    moments = np.full((count, count), ACTIVE_SHARE**2 / 4) + np.eye(count) * (
        ACTIVE_SHARE / 3 - ACTIVE_SHARE**2 / 4
    )
    factor = np.linalg.cholesky(moments) / np.sqrt(2.0)
    both = np.concatenate([used.reshape(-1, count) @ factor, mirrored.reshape(-1, count) @ factor], axis=1)
    columns, strengths, _ = np.linalg.svd(both, full_matrices=False)
    directions = columns[:, :EXPRESSION_COUNT] * strengths[:EXPRESSION_COUNT]
    largest = directions[np.argmax(np.abs(directions), axis=0), np.arange(EXPRESSION_COUNT)]
    directions = directions * np.where(largest < 0, -1.0, 1.0)
    explained = float((strengths[:EXPRESSION_COUNT] ** 2).sum() / (strengths**2).sum())
    shaped: Floats = np.asarray(directions, dtype=np.float64).reshape(-1, 3, EXPRESSION_COUNT)
    return ExpressionSpace(shaped, explained)
