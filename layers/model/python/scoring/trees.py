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
_BLOCK = 256
"""Rows at a time: their answers to all the questions stay in the processor's cache."""
_FEW = 4
_SHAP_BLOCK = 32
"""The same for contributions, which are one row of figures for each tree."""


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
    columns they belong to, `base` the expected log-odds; see `training.trees`.
    """

    column: NDArray[np.int32]
    threshold: Matrix
    missing_left: NDArray[np.bool_]
    value: Matrix
    shap: Matrix
    shap_column: NDArray[np.int32]
    base: float
    _ready: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """The sum of the leaves that each row falls into."""
        ready = self._prepared()
        out = np.empty(len(matrix))
        for start in range(0, len(matrix), _BLOCK):
            index = self._patterns(matrix[start : start + _BLOCK]) + ready["tree_start"]
            out[start : start + _BLOCK] = ready["leaf_values"][index].sum(axis=0)
        return out

    def contributions(self, matrix: Matrix, groups: Matrix) -> tuple[Matrix, float]:
        """SHAP values summed over groups of columns (see `Estimator.contributions`), and the expected log-odds."""
        table = self._shap_table(groups)
        tree = np.arange(len(table))[:, None]
        out = np.empty((len(matrix), groups.shape[1]))
        for start in range(0, len(matrix), _SHAP_BLOCK):
            patterns = self._patterns(matrix[start : start + _SHAP_BLOCK])
            out[start : start + _SHAP_BLOCK] = table[tree, patterns].sum(axis=0)
        return out, self.base

    def _patterns(self, matrix: Matrix) -> NDArray[np.uint8]:
        """The pattern of answers of each row in each tree, (trees × rows)."""
        values = np.ascontiguousarray(matrix.T)  # a column's values side by side
        missing = np.isnan(values)
        source = self.column
        if missing.any():
            values = np.concatenate([np.where(missing, np.inf, values), np.where(missing, -np.inf, values)])
            source = self.column + np.where(self.missing_left, matrix.shape[1], 0)
        if len(matrix) <= _FEW:  # all questions at once
            left = values[source] <= self.threshold[:, :, None]
            return np.packbits(left, axis=1, bitorder="little")[:, 0]
        patterns = np.zeros((len(self.column), len(matrix)), np.uint8)
        for node in range(NODES):  # a question at a time, which stays in the cache
            left = values[source[:, node]] <= self.threshold[:, node, None]
            patterns |= left.view(np.uint8) << np.uint8(node)
        return patterns

    def _shap_table(self, groups: Matrix) -> Matrix:
        """(trees × patterns × groups): what each pattern of a tree contributes; made once for the same groups."""
        ready = self._prepared()
        if ready.get("groups") is not groups:
            outcomes = _outcomes_of_pattern()
            table = np.zeros((len(self.column), PATTERNS, groups.shape[1]))
            for leaf in range(LEAVES):
                by_pattern = self.shap[:, leaf][:, outcomes[:, leaf]]  # trees × patterns × slots
                share = groups[self.shap_column[:, leaf]]  # trees × slots × groups
                table += by_pattern @ share
            ready["groups"], ready["shap_table"] = groups, table
        result: Matrix = ready["shap_table"]
        return result

    def _prepared(self) -> dict[str, Any]:
        if not self._ready:
            self._ready = {
                "tree_start": np.arange(len(self.column))[:, None] * PATTERNS,
                "leaf_values": self.value[:, _leaf_of_pattern()].ravel(),
            }
        return self._ready

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_ready": {}}
