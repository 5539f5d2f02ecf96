"""Symmetric positive definite systems whose blocks couple frames up to two apart, in time linear in their number.

Frames t = 1 … N with D unknowns each; H has blocks on the diagonal, and below it those of t + 1 with t and of t + 2 with t. Two
frames at a time make superblocks S_k of size 2 D that couple with their neighbours only, by B_k. Block Cholesky:

    S′_k = S_k − B_{k−1} S′_{k−1}⁻¹ B_{k−1}ᵀ,    r′_k = r_k − B_{k−1} S′_{k−1}⁻¹ r′_{k−1},    and back from the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import Array, array_namespace, device_of

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class BlockBanded:
    """A symmetric matrix by its blocks: `next_but_one` and `following` are those of the later frame with the earlier one."""

    diagonal: Float[Array, "frames size size"]
    following: Float[Array, "pairs size size"]
    next_but_one: Float[Array, "others size size"]


def solve_block_banded(
    matrix: BlockBanded, right: Float[Array, "frames size"]
) -> Float[Array, "frames size"]:
    """Solve H x = r; rows of a system that is not positive definite may be anything, NaN too."""
    xp = array_namespace(right)
    frames, size = right.shape
    blocks, below = _superblocks(matrix)
    sides = xp.zeros((blocks.shape[0] * 2, size), dtype=right.dtype, device=device_of(right))
    sides[:frames] = right
    sides = xp.reshape(sides, (blocks.shape[0], 2 * size))
    carried: list[Array] = []  # of each superblock S′⁻¹ [Bᵀ | r′]
    block, side = blocks[0], sides[0]
    for number in range(blocks.shape[0] - 1):
        coupling = below[number]
        joined = xp.concat([xp.matrix_transpose(coupling), side[:, None]], axis=1)
        solved = xp.linalg.solve(block, joined)
        carried.append(solved)
        change = xp.matmul(coupling, solved)
        block = blocks[number + 1] - change[:, :-1]
        side = sides[number + 1] - change[:, -1]
    last = xp.linalg.solve(block, side[:, None])[:, 0]
    found = [last]
    for solved in reversed(carried):
        last = solved[:, -1] - xp.matmul(solved[:, :-1], last)
        found.append(last)
    return xp.reshape(xp.stack(found[::-1]), (-1, size))[:frames]


def _superblocks(matrix: BlockBanded) -> tuple[Array, Array]:
    """Return the superblocks (K, 2 D, 2 D) and what couples each with the one before; an odd last frame gets a unit block."""
    xp = array_namespace(matrix.diagonal)
    frames, size = matrix.diagonal.shape[:2]
    count = (frames + 1) // 2
    kind = {"dtype": matrix.diagonal.dtype, "device": device_of(matrix.diagonal)}
    blocks = xp.zeros((count, 2 * size, 2 * size), **kind)
    below = xp.zeros((max(count - 1, 0), 2 * size, 2 * size), **kind)
    blocks[:, :size, :size] = matrix.diagonal[0::2]
    odd = frames // 2
    blocks[:odd, size:, size:] = matrix.diagonal[1::2]
    blocks[odd:, size:, size:] = xp.eye(size, **kind)
    within = matrix.following[0::2]
    blocks[: within.shape[0], size:, :size] = within
    blocks[: within.shape[0], :size, size:] = xp.matrix_transpose(within)
    between = matrix.following[1::2]
    below[: between.shape[0], :size, size:] = between
    even, uneven = matrix.next_but_one[0::2], matrix.next_but_one[1::2]
    below[: even.shape[0], :size, :size] = even
    below[: uneven.shape[0], size:, size:] = uneven
    return blocks, below
