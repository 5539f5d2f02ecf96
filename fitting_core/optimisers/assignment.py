"""The cheapest pairing of rows with columns (the Hungarian method, by shortest augmenting paths)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float, Int


def cheapest_pairs(costs: Float[NumpyArray, "rows columns"]) -> Int[NumpyArray, "pairs 2"]:
    """Pair each row with a column of its own, or each column with a row, so that the sum of the costs is least.

    Costs are finite. Source: Jonker and Volgenant, Computing 38 (1987); cubic in the size.
    """
    if costs.shape[0] > costs.shape[1]:
        return cheapest_pairs(costs.T)[:, ::-1]
    rows, columns = costs.shape
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    row_of = np.zeros(columns + 1, dtype=np.int64)  # 1 …; 0: the column is free
    for row in range(1, rows + 1):
        _augment(costs, row, row_price, column_price, row_of)
    taken = np.flatnonzero(row_of[1:])
    return np.stack([row_of[1:][taken] - 1, taken], axis=1)


def _augment(
    costs: NumpyArray, row: int, row_price: NumpyArray, column_price: NumpyArray, row_of: NumpyArray
) -> None:
    """Give a row a column along the cheapest path of exchanges; prices stay such that no pair is cheaper than they say."""
    columns = costs.shape[1]
    row_of[0] = row
    least, before = np.full(columns + 1, np.inf), np.zeros(columns + 1, dtype=np.int64)
    done = np.zeros(columns + 1, dtype=bool)
    column = 0
    while row_of[column]:
        done[column] = True
        here = row_of[column]
        reduced = costs[here - 1] - row_price[here] - column_price[1:]
        nearer = ~done[1:] & (reduced < least[1:])
        least[1:][nearer], before[1:][nearer] = reduced[nearer], column
        following = 1 + int(np.argmin(np.where(done[1:], np.inf, least[1:])))
        change = least[following]
        row_price[row_of[done]] += change
        column_price[done] -= change
        least[~done] -= change
        column = following
    while column:
        previous = int(before[column])
        row_of[column] = row_of[previous]
        column = previous
