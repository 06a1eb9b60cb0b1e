"""Boosted trees as one operator of a graph, in double precision, as LightGBM and scikit-learn compute them.

In single precision, a value that equals a threshold could go to either side, by the rounding of its last digit; that is not
rare, since a threshold lies in the middle between two values of the training data.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from lightgbm import Booster
from onnx import numpy_helper
from sklearn.ensemble import HistGradientBoostingClassifier

from models.handover.errors import NotConvertible
from models.handover.graph import DOUBLE, GraphBuilder


class _Forest:
    """Nodes of many trees, in the order in which they are written."""

    def __init__(self) -> None:
        self.nodes: dict[str, list[Any]] = {
            key: []
            for key in ("treeids", "nodeids", "featureids", "modes", "truenodeids", "falsenodeids", "missing")
        }
        self.thresholds: list[float] = []
        self.leaves: dict[str, list[Any]] = {"treeids": [], "nodeids": []}
        self.weights: list[float] = []

    def _node(self, tree: int, number: int, mode: str, feature: int, threshold: float) -> int:
        for key, value in (("treeids", tree), ("nodeids", number), ("featureids", feature), ("modes", mode)):
            self.nodes[key].append(value)
        self.thresholds.append(threshold)
        for key in ("truenodeids", "falsenodeids", "missing"):
            self.nodes[key].append(0)
        return len(self.thresholds) - 1

    def leaf(self, tree: int, number: int, value: float) -> None:
        """Add a leaf with its log-odds."""
        self._node(tree, number, "LEAF", 0, 0.0)
        self.leaves["treeids"].append(tree)
        self.leaves["nodeids"].append(number)
        self.weights.append(value)

    def branch(self, tree: int, number: int, feature: int, threshold: float, below: int, above: int, gap_below: bool) -> None:  # fmt: skip
        """Add a node that asks whether the feature is at most the threshold; `gap_below` tells where a gap goes."""
        place = self._node(tree, number, "BRANCH_LEQ", feature, threshold)
        self.nodes["truenodeids"][place], self.nodes["falsenodeids"][place] = below, above
        self.nodes["missing"][place] = int(gap_below)

    def write(self, builder: GraphBuilder, given: str, base: float) -> str:
        """Write the trees into the graph; returns the name of the sum of `base` and the leaves (rows × 1, doubles)."""
        attributes: dict[str, Any] = {f"nodes_{key}": values for key, values in self.nodes.items()}
        attributes["nodes_missing_value_tracks_true"] = attributes.pop("nodes_missing")
        attributes |= {f"target_{key}": values for key, values in self.leaves.items()}
        for name, values in (
            ("nodes_values", self.thresholds),
            ("target_weights", self.weights),
            ("base_values", [base]),
        ):
            attributes[f"{name}_as_tensor"] = numpy_helper.from_array(np.array(values, np.float64), name)
        target_ids = [0] * len(self.weights)
        found = builder.node(
            "TreeEnsembleRegressor",
            given,
            domain="ai.onnx.ml",
            n_targets=1,
            target_ids=target_ids,
            **attributes,
        )
        return builder.cast(found, DOUBLE)


def write_histogram_boosting(builder: GraphBuilder, model: HistGradientBoostingClassifier, given: str) -> str:
    """The log-odds of scikit-learn's histogram gradient boosting. Raises NotConvertible."""
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        raise NotConvertible(
            "HistGradientBoostingClassifier with categorical_features has no exact conversion; encode them before it."
        )
    forest = _Forest()
    for tree, (predictor,) in enumerate(model._predictors):
        for number, node in enumerate(predictor.nodes):
            if node["is_leaf"]:
                forest.leaf(tree, number, float(node["value"]))
            else:
                forest.branch(
                    tree, number, int(node["feature_idx"]), float(node["num_threshold"]),
                    int(node["left"]), int(node["right"]), bool(node["missing_go_to_left"]),
                )  # fmt: skip
    return forest.write(builder, given, float(np.ravel(model._baseline_prediction)[0]))


def write_lightgbm(builder: GraphBuilder, booster: Booster, given: str) -> str:
    """The log-odds of LightGBM's trees. Raises NotConvertible."""
    structure = booster.dump_model()
    objective = str(structure.get("objective", ""))
    if not objective.startswith("binary") or "sigmoid:1" not in objective or structure.get("average_output"):
        raise NotConvertible(
            f"LightGBM with the objective {objective!r} has no exact conversion; a credit decision needs binary, without "
            "random forest mode."
        )
    forest = _Forest()
    for tree, entry in enumerate(structure["tree_info"]):
        _write_tree(forest, tree, entry["tree_structure"])
    return forest.write(builder, given, 0.0)


def _write_tree(forest: _Forest, tree: int, root: Mapping[str, Any]) -> None:
    waiting, following = [(0, root)], 1
    while waiting:
        number, node = waiting.pop()
        if "leaf_value" in node:
            forest.leaf(tree, number, float(node["leaf_value"]))
            continue
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            raise NotConvertible(
                "LightGBM's own categories (categorical_feature) and zero_as_missing have no exact conversion; encode the "
                "categories before it."
            )
        below, above, following = following, following + 1, following + 2
        threshold = float(node["threshold"])
        gap_below = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0
        forest.branch(tree, number, int(node["split_feature"]), threshold, below, above, gap_below)
        waiting += [(below, node["left_child"]), (above, node["right_child"])]
