"""LightGBM's trees as arrays, with the SHAP values of every leaf worked out beforehand.

Source of the values: path-dependent TreeSHAP (Lundberg and others, 2020), as LightGBM's `pred_contrib` gives them.
For one leaf, the columns on its path are the players; a column whose conditions hold passes everything, one that is
left out passes the share of training rows that its nodes passed.
"""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from lightgbm import Booster

from scoring.deep import DeepTrees
from scoring.trees import DEPTH, LEAVES, NODES, Trees

Node = dict[str, Any]
Path = list[tuple[int, int, float]]
"""Conditions from the root to a leaf: level, column, share of the parent's rows that pass."""


def _count(node: Node) -> float:
    """How many rows of the training data came by: next to none, never none, since shares of it are told; a tree that is one
    leaf does not tell."""
    return float(node["internal_count"] if "internal_count" in node else node.get("leaf_count", 1.0)) or 1e-9


class _Reader:
    """Fills one ensemble's arrays, tree by tree."""

    def __init__(self, count: int) -> None:
        self.trees = Trees(
            column=np.zeros((count, NODES), np.int32),
            threshold=np.full((count, NODES), np.inf),
            missing_left=np.zeros((count, NODES), bool),
            value=np.zeros((count, LEAVES)),
            shap=np.zeros((count, LEAVES, 2**DEPTH, DEPTH)),
            shap_column=np.zeros((count, LEAVES, DEPTH), np.int32),
            base=0.0,
        )

    def read(self, tree: int, root: Node) -> None:
        self._descend(tree, root, place=0, level=0, path=[])
        self.trees.base += self._expected(root)

    def _expected(self, node: Node) -> float:
        if "leaf_value" in node:
            return float(node["leaf_value"])
        children = (node["left_child"], node["right_child"])
        return sum(self._expected(child) * _count(child) / _count(node) for child in children)

    def _descend(self, tree: int, node: Node, place: int, level: int, path: Path) -> None:
        if "leaf_value" in node:
            self._leaf(tree, float(node["leaf_value"]), place, level, path)
            return
        column, threshold = int(node["split_feature"]), float(node["threshold"])
        self.trees.column[tree, place] = column
        self.trees.threshold[tree, place] = threshold
        self.trees.missing_left[tree, place] = _missing_left(node)
        for offset, child in ((1, node["left_child"]), (2, node["right_child"])):
            step = (level, column, _count(child) / _count(node))
            self._descend(tree, child, 2 * place + offset, level + 1, [*path, step])

    def _leaf(self, tree: int, value: float, place: int, level: int, path: Path) -> None:
        """A leaf above the last level fills all the places below it; its SHAP values stand in the first alone."""
        first = place
        while level < DEPTH:
            first, level = 2 * first + 1, level + 1
        leaf = first - NODES
        width = 2 ** (DEPTH - len(path))
        self.trees.value[tree, leaf : leaf + width] = value
        columns = list(dict.fromkeys(column for _, column, _ in path))
        for slot, column in enumerate(columns):
            self.trees.shap_column[tree, leaf, slot] = column
        for outcome in range(2**DEPTH):
            for slot, contribution in enumerate(_shapley(value, path, columns, outcome)):
                self.trees.shap[tree, leaf, outcome, slot] = contribution


def _shapley(value: float, path: Path, columns: list[int], outcome: int) -> list[float]:
    """The Shapley value of each column on a leaf's path, when the conditions in `outcome`'s bits hold."""
    passes = [
        float(all(outcome >> level & 1 for level, column, _ in path if column == player))
        for player in columns
    ]
    shares = [float(np.prod([share for _, column, share in path if column == player])) for player in columns]
    count, values = len(columns), []
    for player in range(count):
        others = [other for other in range(count) if other != player]
        total = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for present in combinations(others, size):
                rest = np.prod([passes[o] if o in present else shares[o] for o in others])
                total += weight * float(rest)
        values.append(value * total * (passes[player] - shares[player]))
    return values


def trees_of(booster: Booster) -> Trees | DeepTrees:
    """The booster's trees, in the faster form when none is deeper than DEPTH."""
    structures = [info["tree_structure"] for info in booster.dump_model()["tree_info"]]
    if max(map(_depth, structures)) > DEPTH:
        return deep_trees(structures)
    reader = _Reader(len(structures))
    for number, root in enumerate(structures):
        reader.read(number, root)
    return reader.trees


def _depth(node: Node) -> int:
    return 0 if "leaf_value" in node else 1 + max(_depth(node["left_child"]), _depth(node["right_child"]))


def _missing_left(node: Node) -> bool:
    """Where a missing value goes; where no gap was learned, LightGBM takes it for 0."""
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else node["threshold"] >= 0


def deep_trees(structures: list[Node]) -> DeepTrees:
    """Trees of any depth, as LightGBM's `dump_model` tells them."""
    nodes: list[tuple[int, float, bool, int, int, float, float]] = []

    def add(node: Node) -> int:
        at = len(nodes)
        if "leaf_value" in node:
            nodes.append((0, np.inf, True, at, at, float(node["leaf_value"]), _count(node)))
            return at
        nodes.append((0, 0.0, False, at, at, 0.0, 0.0))  # the place, before its children's
        children = add(node["left_child"]), add(node["right_child"])
        column, threshold = int(node["split_feature"]), float(node["threshold"])
        nodes[at] = (column, threshold, _missing_left(node), *children, 0.0, _count(node))
        return at

    root = [add(structure) for structure in structures]
    column, threshold, missing_left, left, right, value, count = map(np.array, zip(*nodes, strict=True))
    return DeepTrees(np.array(root), column, threshold, missing_left, left, right, value, count)
