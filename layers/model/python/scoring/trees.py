"""Shallow trees as arrays: a tree of depth three is seven questions, so a row is one of 128 patterns in each tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.features import Matrix

DEPTH = 3
NODES = 2**DEPTH - 1
LEAVES = 2**DEPTH
PATTERNS = 2**NODES
_BLOCK = 16
"""Rows at a time: their answers to all the questions stay in the processor's cache."""
_MANY = 512
"""From so many rows on they are scored question by question, all rows at once, and not row by row: the same to the bit."""
_AT_ONCE = 128
"""Rows that are asked at once when there are many, for the cache's sake, too."""


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


def _outcomes_of_pattern() -> Matrix:
    """1 where a pattern (columns) leaves a leaf with an outcome (rows, leaf by leaf): which of the conditions on the
    leaf's path hold, as a number of DEPTH bits, the root's first."""
    found = np.zeros((LEAVES, 2**DEPTH, PATTERNS))
    for leaf in range(LEAVES):
        for pattern in range(PATTERNS):
            node, outcome = leaf + NODES, 0
            for level in reversed(range(DEPTH)):
                parent = (node - 1) // 2
                left = node == 2 * parent + 1
                outcome |= int(bool(pattern >> parent & 1) == left) << level
                node = parent
            found[leaf, outcome, pattern] = 1
    return found.reshape(-1, PATTERNS)


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
    _questions: "_Questions | None" = field(default=None, repr=False, compare=False)
    _shares: "_Shares | None" = field(default=None, repr=False, compare=False)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """The sum of the leaves that each row falls into."""
        if len(matrix) >= _MANY:
            return self._sums_of_many(self._asked(matrix))
        out = np.empty(len(matrix))
        for rows in _blocks(len(matrix), _BLOCK):
            out[rows] = self._sums(self._patterns(matrix[rows]))
        return out

    def explained(self, matrix: Matrix) -> tuple[Matrix, Matrix]:
        """The log-odds, and what every column contributed to them: SHAP values (rows × columns), which add up to the
        log-odds less `base`."""
        if self._shares is None:
            self._shares = _Shares(self)
        if len(matrix) >= _MANY:
            asked = self._asked(matrix)
            return self._sums_of_many(asked), self._shares.of_many(asked, matrix.shape[1])
        out, shares = np.empty(len(matrix)), np.empty(matrix.shape)
        for rows in _blocks(len(matrix), _BLOCK):
            places = self._patterns(matrix[rows])
            out[rows] = self._sums(places)
            shares[rows] = self._shares.by_column(places, matrix.shape[1])
        return out, shares

    def _sums(self, patterns: NDArray[np.int64]) -> Matrix:
        sums: Matrix = self._prepared()["leaf_values"].take(patterns).sum(axis=1)
        return sums

    def _patterns(self, matrix: Matrix) -> NDArray[np.int64]:
        """The pattern of answers of each row in each tree (rows × trees), as a place in the table of all patterns."""
        ready = self._prepared()
        values = matrix.take(ready["column"], axis=1)
        left = (values <= ready["threshold"]) | (np.isnan(values) & ready["missing_left"])
        places: NDArray[np.int64] = np.packbits(left, axis=1, bitorder="little") + ready["tree_start"]
        return places

    def _asked(self, matrix: Matrix) -> NDArray[np.uint8]:
        """The pattern of answers in each tree of each row (trees × rows)."""
        if self._questions is None:
            self._questions = _Questions.of(self)
        return self._questions.patterns(matrix)

    def _sums_of_many(self, patterns: NDArray[np.uint8]) -> Matrix:
        """The sums of the leaves, given patterns (trees × rows)."""
        out = np.empty(patterns.shape[1])
        start = self._prepared()["tree_start"]
        for rows in _blocks(len(out), _AT_ONCE):
            out[rows] = self._sums(np.add(patterns[:, rows].T, start, order="C"))
        return out

    def _prepared(self) -> dict[str, Any]:
        if not self._ready:
            nowhere = np.isinf(self.threshold)  # no node there: every row goes left, to the leaf above
            self._ready = {
                "column": _bytewise(self.column.astype(np.int64), 0),
                "threshold": _bytewise(self.threshold, np.nan),  # the eighth answer is no
                "missing_left": _bytewise(self.missing_left | nowhere, False),
                "tree_start": np.arange(len(self.column)) * PATTERNS,
                "leaf_values": self.value[:, _leaf_of_pattern()].ravel(),
            }
        return self._ready

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_ready": {}, "_questions": None, "_shares": None}


def _blocks(rows: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, rows, size))


class _Questions(NamedTuple):
    """The different questions that the nodes of all trees ask: whether a column's value is at most the `threshold`.

    `column` counts the matrix's columns twice: as they are, so that a missing value goes right, and with missing values
    lowest, so that it goes left. `of_node` (7 × trees) tells which question a node asks.
    """

    column: NDArray[np.int64]
    threshold: Matrix
    of_node: NDArray[np.int64]

    @classmethod
    def of(cls, trees: Trees) -> "_Questions":
        """Those that these trees ask."""
        left = trees.missing_left | np.isinf(trees.threshold)  # no node there: see `Trees._prepared`
        asked = np.stack([trees.column.ravel(), left.ravel(), trees.threshold.ravel()])
        different, of_node = np.unique(asked, axis=1, return_inverse=True)
        column, low = different[:2].astype(np.int64)
        of_tree = of_node.reshape(trees.column.shape)
        return cls(2 * column + low, different[2][:, None], np.ascontiguousarray(of_tree.T))

    def patterns(self, matrix: Matrix) -> NDArray[np.uint8]:
        """The pattern of answers in each tree of each row (trees × rows)."""
        patterns = np.empty((self.of_node.shape[1], len(matrix)), np.uint8)
        twice = np.zeros((matrix.shape[1], 2, _AT_ONCE))
        values = np.empty((len(self.column), _AT_ONCE))
        answers = np.empty(values.shape, bool)
        *first, last = self.of_node
        for rows in _blocks(len(matrix), _AT_ONCE):
            block = matrix[rows]
            width = len(block)
            twice[:, 0, :width] = block.T
            twice[:, 1] = np.where(np.isnan(twice[:, 0]), -np.inf, twice[:, 0])
            np.take(twice.reshape(-1, _AT_ONCE), self.column, axis=0, out=values, mode="clip")
            np.less_equal(values, self.threshold, out=answers)
            pattern = answers.view(np.uint8).take(last, axis=0)
            for node in reversed(first):
                pattern += pattern  # a shift by one bit takes ten times as long
                pattern |= answers.view(np.uint8).take(node, axis=0)
            patterns[:, rows] = pattern[:, :width]
        return patterns


class _Shares:
    """What every tree contributes by each of its columns, for each pattern.

    `table` has a row for each tree and pattern: its places are the tree's columns, seven at most, so that a row lies in
    one line of the processor's cache. `column` tells the places' columns, tree by tree; a place too many holds 0.
    """

    def __init__(self, trees: Trees) -> None:
        count = len(trees.column)
        tree = np.arange(count)[:, None, None]
        width = int(trees.shap_column.max(initial=0)) + 1
        keys, number = np.unique(tree * width + trees.shap_column, return_inverse=True)
        place = number.reshape(trees.shap_column.shape) - np.searchsorted(keys, tree * width)
        column = np.zeros((count, NODES), np.int64)
        np.put_along_axis(column, place.reshape(count, -1), trees.shap_column.reshape(count, -1), axis=1)
        by_outcome = np.zeros((count, NODES, LEAVES, 2**DEPTH))
        for condition in range(DEPTH):  # within one, no two of a tree's leaves meet
            by_outcome[tree[:, 0], place[:, :, condition], np.arange(LEAVES)] += trees.shap[..., condition]
        table = by_outcome.reshape(count * NODES, -1) @ _outcomes_of_pattern()
        self.table = table.reshape(count, NODES, PATTERNS).transpose(0, 2, 1).reshape(-1, NODES)
        self.column = column.ravel()

    def by_column(self, patterns: NDArray[np.int64], width: int) -> Matrix:
        """The sums (rows × `width` columns), given the rows' patterns in all trees."""
        rows = len(patterns)
        shares = self.table.take(patterns.ravel(), axis=0).ravel()
        cells = self.column
        if rows > 1:
            cells = (np.arange(0, rows * width, width)[:, None] + cells).ravel()
        return np.bincount(cells, shares, rows * width).astype(float, copy=False).reshape(rows, width)

    def of_many(self, patterns: NDArray[np.uint8], width: int) -> Matrix:
        """The same sums of many rows at once, given their patterns (trees × rows)."""
        sums = np.zeros((width, patterns.shape[1]))
        for column, trees, tables, start in self._of_columns:
            tables.take(patterns.take(trees, axis=0) + start).sum(axis=0, out=sums[column])
        return np.ascontiguousarray(sums.T)

    @cached_property
    def _of_columns(self) -> list[tuple[int, NDArray[np.intp], Matrix, NDArray[np.int64]]]:
        """Each column that some tree has, with these trees in order, their tables in a row, and where each table starts."""
        tables = self.table.reshape(-1, PATTERNS, NODES).transpose(0, 2, 1)
        of_tree = self.column.reshape(-1, NODES)
        used = tables.any(axis=2)
        found = []
        for column in sorted(set(of_tree[used].tolist())):
            trees, places = np.nonzero(used & (of_tree == column))
            start = np.arange(len(trees))[:, None] * PATTERNS
            found.append((column, trees, tables[trees, places].ravel(), start))
        return found
