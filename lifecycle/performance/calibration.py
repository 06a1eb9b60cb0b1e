"""Whether a probability says what happens: slope and intercept of the log-odds, and the expected calibration error.

Sources: D. Cox, "Two further applications of a model for binary regression" (1958); C. Guo and others, "On calibration of
modern neural networks" (2017), here over bins of equally many rows, as the model card has it.
"""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from lifecycle.performance.estimate import Estimate, Floats

BINS = 10
_STEPS = 50
"""Steps of Newton's method, which needs five or six; more means that bad and good are apart, and no slope is finite."""
_NEAR = 1e-10
_EDGE = 1e-12
"""Probabilities of 0 and 1 are taken as this far from it: their log-odds are not finite."""


@dataclass(frozen=True)
class Calibration:
    """`slope` × log-odds + `intercept` are the log-odds that the outcomes ask for: 1 and 0 when all is well. A slope below
    1 means that the scores are too far apart, an intercept above 0 that they are too low. `error` is the expected
    calibration error."""

    slope: Estimate
    intercept: Estimate
    error: float


def calibration_of(probability: Floats, bad: Floats, weight: Floats | None = None) -> Calibration:
    """The calibration of some probabilities of default by what came of them: `bad` is 1 or 0."""
    slope, intercept = _fitted(log_odds(probability), bad, weight)
    return Calibration(slope, intercept, calibration_error(probability, bad, weight))


def log_odds(probability: Floats) -> Floats:
    """The log-odds of probabilities, finite also for 0 and 1."""
    inside = np.clip(probability, _EDGE, 1 - _EDGE)
    found: Floats = np.log(inside / (1 - inside))
    return found


def _fitted(told: Floats, bad: Floats, weight: Floats | None) -> tuple[Estimate, Estimate]:
    """Slope and intercept of a logistic regression on the log-odds, by Newton's method, with intervals that also hold
    where rows are weighted (the "sandwich" of Huber and White)."""
    nothing = Estimate(nan), Estimate(nan)
    if len(told) < 3 or bad.min() == bad.max() or told.min() == told.max():
        return nothing
    inputs = np.column_stack((told, np.ones(len(told))))
    weights = np.ones(len(told)) if weight is None else weight
    found = np.array([1.0, 0.0])
    cost = _surprise(inputs @ found, bad, weights)
    for _ in range(_STEPS):
        expected = _probability(inputs @ found)
        bend = inputs.T @ (inputs * (weights * expected * (1 - expected))[:, None])
        try:
            inverse = np.linalg.inv(bend)
        except np.linalg.LinAlgError:
            return nothing
        step = inverse @ (inputs.T @ (weights * (bad - expected)))
        while (after := _surprise(inputs @ (found + step), bad, weights)) > cost + _NEAR * cost:
            step /= 2  # a whole step may go too far where some log-odds are extreme
        found, cost = found + step, after
        if np.abs(step).max() < _NEAR:
            break
    else:
        return nothing
    if weight is None:
        spread = inverse
    else:
        pulls = inputs * (weights * (bad - expected))[:, None]
        spread = inverse @ (pulls.T @ pulls) @ inverse
    slope, intercept = (
        Estimate.about(float(value), sqrt(max(float(variance), 0.0)))
        for value, variance in zip(found, np.diag(spread), strict=True)
    )
    return slope, intercept


def _probability(told: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(told, -500, 500)))
    return found


def _surprise(told: Floats, bad: Floats, weights: Floats) -> float:
    """The log loss of log-odds, which the fit makes least."""
    return float(weights @ (np.logaddexp(0, told) - bad * told))


def calibration_error(probability: Floats, bad: Floats, weight: Floats | None = None) -> float:
    """The mean distance of bad rate and mean probability, over BINS bins of equally many rows (of equal weight)."""
    parts = bins_of(probability, weight, BINS)
    if not parts:
        return nan
    weights = np.ones(len(bad)) if weight is None else weight
    apart = sum(abs(float(weights[part] @ (bad[part] - probability[part]))) for part in parts)
    return apart / float(weights.sum())


def bins_of(
    probability: Floats, weight: Floats | None, count: int
) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """The places of the rows in `count` bins of equally many rows (of equal weight), from the least risky to the riskiest;
    bins without a row are left out."""
    order = np.argsort(probability, kind="stable")
    if weight is None:
        return [part for part in np.array_split(order, count) if len(part)]
    upto = np.cumsum(weight[order])
    cuts = np.searchsorted(upto, upto[-1] * np.arange(1, count) / count) if len(upto) else []
    return [part for part in np.split(order, cuts) if len(part)]
