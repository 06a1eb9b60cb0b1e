"""Trees of any depth: a row goes down all of them at once, level by level; SHAP values are exact, leaf by leaf."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.features import Matrix

_BLOCK = 500_000
"""Figures (rows × leaves × players) at a time: a few megabytes."""


@dataclass
class DeepTrees:
    """An ensemble whose log-odds are the sum of one leaf of each tree.

    Nodes of all trees in one row, `root` tells where each tree begins. A row goes to `left` where the value of `column` is
    at most `threshold`, or missing while `missing_left`, else to `right`; a leaf names itself as both. `value` is a leaf's
    log-odds, `count` how many rows of the training data came by.
    """

    root: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: Matrix
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Matrix
    count: Matrix
    _paths: "_Paths | None" = field(default=None, repr=False, compare=False)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """The sum of the leaves that each row falls into."""
        at = np.broadcast_to(self.root, (len(matrix), len(self.root)))
        while True:
            values = np.take_along_axis(matrix, self.column[at], axis=1)
            goes_left = (values <= self.threshold[at]) | (np.isnan(values) & self.missing_left[at])
            below = np.where(goes_left, self.left[at], self.right[at])
            if (below == at).all():
                sums: Matrix = self.value[at].sum(axis=1)
                return sums
            at = below

    def explained(self, matrix: Matrix) -> tuple[Matrix, Matrix]:
        """The log-odds, and what every column contributed to them: path-dependent SHAP values (rows × columns), which add
        up to the log-odds less `base`.

        On a leaf's path the columns are the players: one whose conditions hold passes everything, one that is left out
        passes the share of training rows that its nodes passed. The Shapley value of such a product is the integral over
        t, from 0 to 1, of what the others pass, each of them (1 − t) × share + t × holds: a polynomial, which
        Gauss-Legendre quadrature integrates exactly. Source of the values: Lundberg and others, Nature Machine
        Intelligence 2 (2020); of the integral: Owen, "Multilinear extensions of games", Management Science 18 (1972).
        """
        paths = self._prepared()
        shares = np.zeros(matrix.shape)
        at_once = max(1, _BLOCK // paths.column.size)
        for start in range(0, len(matrix), at_once):
            paths.add_to(shares[start : start + at_once], matrix[start : start + at_once])
        return self.log_odds(matrix), shares

    @property
    def base(self) -> float:
        """The log-odds that the training data have on average."""
        paths = self._prepared()
        return float(paths.value @ paths.share.prod(axis=1))

    def _prepared(self) -> "_Paths":
        if self._paths is None:
            self._paths = _Paths.of(self)
        return self._paths

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_paths": None}


class _Player(NamedTuple):
    """A column on the path to a leaf. Its conditions hold for values above `low` (NaN: any) up to `high`, and for a missing
    one if `gap`; `share` of the rows that come to its nodes go the leaf's way."""

    column: int
    low: float = np.nan
    high: float = np.inf
    gap: bool = True
    share: float = 1.0


@dataclass
class _Paths:
    """What leads to each leaf, as (leaves × players): a leaf with fewer players than others has some that always pass."""

    value: Matrix
    column: NDArray[np.int64]
    low: Matrix
    high: Matrix
    gap: NDArray[np.bool_]
    share: Matrix

    @classmethod
    def of(cls, trees: DeepTrees) -> "_Paths":
        leaves = [leaf for root in trees.root.tolist() for leaf in _leaves(trees, root, {})]
        longest = max(1, *(len(players) for _, players in leaves))
        table = [[*players, *[_Player(0)] * (longest - len(players))] for _, players in leaves]
        column, low, high, gap, share = (
            np.array([[player[part] for player in row] for row in table])
            for part in range(len(_Player._fields))
        )
        return cls(np.array([value for value, _ in leaves]), column, low, high, gap, share)

    def add_to(self, shares: Matrix, matrix: Matrix) -> None:
        """Add the SHAP values of rows to `shares` (rows × columns)."""
        values = matrix.take(self.column, axis=1)
        holds = (~(values <= self.low) & (values <= self.high)) | (np.isnan(values) & self.gap)
        total = np.zeros(holds.shape)
        for t, weight in _quadrature((holds.shape[2] + 1) // 2):
            passed = (1 - t) * self.share + t * holds
            total += weight * (passed.prod(axis=2, keepdims=True) / passed)
        total *= self.value[:, None] * (holds - self.share)
        for row, of_row in zip(shares, total, strict=True):
            row += np.bincount(self.column.ravel(), of_row.ravel(), len(row))


@cache
def _quadrature(points: int) -> list[tuple[float, float]]:
    """Gauss-Legendre points in (0, 1) and their weights, exact for polynomials of degree 2 × points − 1.

    Source: Golub and Welsch, "Calculation of Gauss quadrature rules", Mathematics of Computation 23 (1969).
    """
    k = np.arange(1, points)
    beside = np.diag(k / np.sqrt(4.0 * k**2 - 1), 1)
    places, vectors = np.linalg.eigh(beside + beside.T)
    return list(zip(((places + 1) / 2).tolist(), (vectors[0] ** 2).tolist(), strict=True))


def _leaves(
    trees: DeepTrees, node: int, players: dict[int, _Player]
) -> Iterator[tuple[float, list[_Player]]]:
    """Every leaf under a node, with the players on its path from the root."""
    left, right = int(trees.left[node]), int(trees.right[node])
    if left == node:
        yield float(trees.value[node]), list(players.values())
        return
    column, threshold = int(trees.column[node]), float(trees.threshold[node])
    before = players.get(column, _Player(column))
    for child in (left, right):
        share = before.share * float(trees.count[child] / trees.count[node])
        if child == left:
            gap = before.gap and bool(trees.missing_left[node])
            player = before._replace(high=min(before.high, threshold), gap=gap, share=share)
        else:
            gap = before.gap and not trees.missing_left[node]
            player = before._replace(low=float(np.fmax(before.low, threshold)), gap=gap, share=share)
        yield from _leaves(trees, child, players | {column: player})
