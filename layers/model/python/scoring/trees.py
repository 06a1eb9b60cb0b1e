"""Shallow trees as arrays: a tree of depth three is seven questions, so a row is one of 128 patterns in each tree."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.features import Matrix

DEPTH = 3
NODES = 2**DEPTH - 1
LEAVES = 2**DEPTH
PATTERNS = 2**NODES
_BLOCK = 16
"""Rows at a time: their answers to all the questions stay in the processor's cache."""


def _bytewise(nodes: NDArray[Any], filler: float) -> NDArray[Any]:
    """The nodes' figures, all trees in a row, each tree's seven filled up to eight: so answers pack into bytes."""
    return np.pad(nodes, ((0, 0), (0, 1)), constant_values=filler).ravel()


def _leaf_of_pattern() -> NDArray[np.int64]:
    """The leaf (0 to 7, left to right) that each pattern of answers leads to; bit k is 1 where node k goes left."""
    leaves = np.empty(PATTERNS, np.int64)
    for pattern in range(PATTERNS):
        node = 0
        for _ in range(DEPTH):
            node = 2 * node + (1 if pattern >> node & 1 else 2)
        leaves[pattern] = node - NODES
    return leaves


def _outcomes_of_pattern() -> NDArray[np.int64]:
    """For each pattern and leaf, which of the leaf's path conditions hold, as a number of DEPTH bits, root first."""
    outcomes = np.zeros((PATTERNS, LEAVES), np.int64)
    for pattern in range(PATTERNS):
        for leaf in range(LEAVES):
            node = leaf + NODES
            for level in reversed(range(DEPTH)):
                parent = (node - 1) // 2
                left = node == 2 * parent + 1
                outcomes[pattern, leaf] |= int(bool(pattern >> parent & 1) == left) << level
                node = parent
    return outcomes


@dataclass
class Trees:
    """An ensemble whose log-odds are the sum of one leaf of each tree.

    Nodes in heap order (0 the root, 1 and 2 its children): `column`, `threshold` and `missing_left` are (trees × 7);
    a row goes left where its value is at most the threshold. `value` is (trees × 8). `shap` (trees × 8 leaves × 8
    outcomes × 3) are each leaf's SHAP values by which conditions of its path hold, `shap_column` (trees × 8 × 3) the
    columns they belong to, `base` the expected log-odds; see `models.training.trees`.
    """

    column: NDArray[np.int32]
    threshold: Matrix
    missing_left: NDArray[np.bool_]
    value: Matrix
    shap: Matrix
    shap_column: NDArray[np.int32]
    base: float
    _ready: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _shares: "_Shares | None" = field(default=None, repr=False, compare=False)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """The sum of the leaves that each row falls into."""
        values = self._prepared()["leaf_values"]
        out = np.empty(len(matrix))
        for start in range(0, len(matrix), _BLOCK):
            out[start : start + _BLOCK] = values.take(self._patterns(matrix[start : start + _BLOCK])).sum(
                axis=1
            )
        return out

    def contributions(self, matrix: Matrix, groups: Matrix) -> tuple[Matrix, float]:
        """SHAP values summed over groups of columns (see `Estimator.contributions`), and the expected log-odds."""
        if self._shares is None:
            self._shares = _Shares(self)
        out = np.empty((len(matrix), groups.shape[1]))
        for start in range(0, len(matrix), _BLOCK):
            by_column = self._shares.by_column(self._patterns(matrix[start : start + _BLOCK]))
            out[start : start + _BLOCK] = by_column @ groups[self._shares.columns]
        return out, self.base

    def _patterns(self, matrix: Matrix) -> NDArray[np.int64]:
        """The pattern of answers of each row in each tree (rows × trees), as a place in the table of all patterns."""
        ready = self._prepared()
        both = np.concatenate([matrix, -matrix[:, ::-1]], axis=1)
        yes = np.packbits(both.take(ready["asked"], axis=1) <= ready["limit"], axis=1, bitorder="little")
        places: NDArray[np.int64] = (yes ^ ready["turned"]) + ready["tree_start"]
        return places

    def _prepared(self) -> dict[str, Any]:
        if not self._ready:
            # A missing value answers every question with no, which means right. Where it is to go left, the question
            # is turned: is the value greater? It is put to the negative values, which stand behind, in reverse.
            turned = self.missing_left | np.isinf(self.threshold)
            column, greater = self.column.astype(np.int64), np.nextafter(self.threshold, np.inf)
            self._ready = {
                "asked": _bytewise(np.where(turned, -1 - column, column), 0),
                "limit": _bytewise(
                    np.where(turned, -greater, self.threshold), np.nan
                ),  # the eighth answer is no
                "turned": np.packbits(turned, axis=1, bitorder="little").ravel(),
                "tree_start": np.arange(len(self.column)) * PATTERNS,
                "leaf_values": self.value[:, _leaf_of_pattern()].ravel(),
            }
        return self._ready

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_ready": {}, "_shares": None}


class _Shares:
    """What every tree contributes by each of its columns, for each pattern: one row of `table` for each share.

    The shares stand by columns (`columns`, ascending), so that those of one column add up in one stretch.
    """

    def __init__(self, trees: Trees) -> None:
        count = len(trees.column)
        of_tree = np.arange(count)[:, None, None]
        keys, place = np.unique(trees.shap_column.astype(np.int64) * count + of_tree, return_inverse=True)
        place = place.reshape(trees.shap_column.shape)
        table = np.zeros((len(keys), PATTERNS))
        for leaf, outcome in enumerate(_outcomes_of_pattern().T):
            for condition in range(DEPTH):
                table[place[:, leaf, condition]] += trees.shap[:, leaf, :, condition][:, outcome]
        self.table = table.ravel()
        self.tree = keys % count
        self.shift = (np.arange(len(keys)) - self.tree) * PATTERNS
        self.columns, self.starts = np.unique(keys // count, return_index=True)

    def by_column(self, patterns: NDArray[np.int64]) -> Matrix:
        """The sums (rows × `columns`), given the rows' patterns in all trees."""
        places = patterns.take(self.tree, axis=1) + self.shift
        sums: Matrix = np.add.reduceat(self.table.take(places), self.starts, axis=1)
        return sums
