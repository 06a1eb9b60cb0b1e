"""The two models as plain arrays: each scores, and tells what every column contributed, exactly.

Training makes them from LightGBM's and scikit-learn's own models and asserts that they agree; neither library is
needed to score. Each has the `predict_proba` of a scikit-learn classifier.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from scoring.deep import DeepTrees
from scoring.features import Matrix
from scoring.trees import Trees

CLIP = 5.0
"""Standard deviations past which a value counts as that far out, for the linear part and the network."""


class Estimator(Protocol):
    """What a model can do with the scaled matrix."""

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Log-odds of default, one for each row."""

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Probabilities of good and bad, two for each row."""

    def explained(self, matrix: Matrix) -> tuple[Matrix, Matrix]:
        """The log-odds, and what each column adds to the baseline's (rows × columns)."""

    @property
    def baseline(self) -> float:
        """The log-odds that contributions start from: each row's add up to its `log_odds` less these."""


def probability(log_odds: Matrix) -> Matrix:
    """The logistic function."""
    result: Matrix = 1.0 / (1.0 + np.exp(-log_odds))
    return result


def bounded(matrix: Matrix) -> Matrix:
    """Missing values at the training mean (0, after scaling), extreme ones at the bound."""
    result: Matrix = np.maximum(matrix, -CLIP)
    np.minimum(result, CLIP, out=result)
    result[np.isnan(result)] = 0.0
    return result


def _two_columns(log_odds: Matrix) -> Matrix:
    bad = probability(log_odds)
    return np.stack([1.0 - bad, bad], axis=1)


@dataclass
class Blend:
    """Gradient-boosted trees and a logistic regression, their log-odds averaged with a fixed weight.

    `mean` is the training mean of the bounded columns: the baseline of the regression's contributions.
    """

    trees: Trees | DeepTrees
    coefficients: Matrix
    intercept: float
    mean: Matrix
    weight: float
    classes_: tuple[int, int] = (0, 1)

    def log_odds(self, matrix: Matrix, inputs: Matrix | None = None) -> Matrix:
        """Weighted mean of the trees' log-odds and the regression's; `inputs` is the `bounded` matrix of who has it."""
        return self._blended(self.trees.log_odds(matrix), bounded(matrix) if inputs is None else inputs)

    def _blended(self, of_trees: Matrix, inputs: Matrix) -> Matrix:
        linear = inputs @ self.coefficients + self.intercept
        result: Matrix = self.weight * of_trees + (1 - self.weight) * linear
        return result

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Probabilities of good and bad."""
        return _two_columns(self.log_odds(matrix))

    def explained(self, matrix: Matrix, inputs: Matrix | None = None) -> tuple[Matrix, Matrix]:
        """Log-odds and SHAP values: path-dependent ones of the trees, and coefficient × (value − training mean), both
        exact.

        Source: Lundberg and others, "From local explanations to global understanding with explainable AI for trees",
        Nature Machine Intelligence 2 (2020).
        """
        inputs = bounded(matrix) if inputs is None else inputs
        of_trees, shares = self.trees.explained(matrix)
        log_odds = self._blended(of_trees, inputs)
        shares *= self.weight
        linear = inputs - self.mean
        linear *= (1 - self.weight) * self.coefficients
        shares += linear
        return log_odds, shares

    @property
    def baseline(self) -> float:
        """The weighted mean of the trees' expected log-odds and the regression's at the training mean."""
        linear = float(self.mean @ self.coefficients) + self.intercept
        return self.weight * self.trees.base + (1 - self.weight) * linear


@dataclass
class Network:
    """A bag of multi-layer perceptrons with one hidden layer of rectifiers, their log-odds averaged.

    The average of such networks is one wide network of the same form: `hidden` (columns × units), `hidden_bias`,
    `output` (units), `output_bias`.
    """

    hidden: Matrix
    hidden_bias: Matrix
    output: Matrix
    output_bias: float
    mean: Matrix
    classes_: tuple[int, int] = (0, 1)

    def calibrated(self, slope: float, intercept: float) -> "Network":
        """The network whose log-odds are `slope` times this one's, plus `intercept`."""
        return replace(self, output=self.output * slope, output_bias=self.output_bias * slope + intercept)

    def log_odds(self, matrix: Matrix, inputs: Matrix | None = None) -> Matrix:
        """The network's output before the logistic function; `inputs` is the `bounded` matrix of who has it."""
        inputs = bounded(matrix) if inputs is None else inputs
        units = np.maximum(inputs @ self.hidden + self.hidden_bias, 0.0)
        result: Matrix = units @ self.output + self.output_bias
        return result

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Probabilities of good and bad."""
        return _two_columns(self.log_odds(matrix))

    def explained(self, matrix: Matrix, inputs: Matrix | None = None) -> tuple[Matrix, Matrix]:
        """Log-odds, and integrated gradients along the straight line from the training mean, in closed form, hence exact.

        A unit's input is linear on that line, so the rectifier passes it on one interval of it; the integral of its
        gradient is the length of that interval. Source: Sundararajan, Taly and Yan, "Axiomatic attribution for deep
        networks", ICML 2017.
        """
        inputs = bounded(matrix) if inputs is None else inputs
        start = self._start
        end = inputs @ self.hidden + self.hidden_bias
        before, after = np.maximum(start, 0.0), np.maximum(end, 0.0)
        step = end - start
        flat = np.abs(step) < 1e-12
        passed = np.where(flat, (start > 0).astype(float), (after - before) / np.where(flat, 1.0, step))
        gradient = (passed * self.output) @ self.hidden.T
        shares = inputs - self.mean
        shares *= gradient
        return after @ self.output + self.output_bias, shares

    @property
    def baseline(self) -> float:
        """The network's output at the training mean."""
        return float(np.maximum(self._start, 0.0) @ self.output) + self.output_bias

    @cached_property
    def _start(self) -> Matrix:
        """What goes into each unit at the training mean."""
        start: Matrix = self.mean @ self.hidden + self.hidden_bias
        return start


@dataclass
class Committee:
    """Several models on the same columns: their log-odds, each times its weight, plus `intercept`."""

    members: list[Blend | Network]
    weights: list[float]
    intercept: float = 0.0
    classes_: tuple[int, int] = (0, 1)

    def calibrated(self, slope: float, intercept: float) -> "Committee":
        """The committee whose log-odds are `slope` times this one's, plus `intercept`."""
        weights = [weight * slope for weight in self.weights]
        return replace(self, weights=weights, intercept=self.intercept * slope + intercept)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """The weighted sum of the members' log-odds, plus the intercept."""
        inputs = bounded(matrix)
        total: Matrix = self.weights[0] * self.members[0].log_odds(matrix, inputs) + self.intercept
        for member, weight in zip(self.members[1:], self.weights[1:], strict=True):
            total += weight * member.log_odds(matrix, inputs)
        return total

    def predict_proba(self, matrix: Matrix) -> Matrix:
        """Probabilities of good and bad."""
        return _two_columns(self.log_odds(matrix))

    def explained(self, matrix: Matrix) -> tuple[Matrix, Matrix]:
        """Log-odds, and the weighted sum of what each member says that a column adds: as exact as theirs."""
        inputs = bounded(matrix)
        log_odds, shares = self.members[0].explained(matrix, inputs)
        log_odds = self.weights[0] * log_odds + self.intercept
        shares *= self.weights[0]
        for member, weight in zip(self.members[1:], self.weights[1:], strict=True):
            of_member, of_columns = member.explained(matrix, inputs)
            log_odds += weight * of_member
            of_columns *= weight
            shares += of_columns
        return log_odds, shares

    @property
    def baseline(self) -> float:
        """The weighted sum of the members' baselines, plus the intercept."""
        return self.intercept + sum(
            weight * member.baseline for member, weight in zip(self.members, self.weights, strict=True)
        )
