"""What to expect before outcomes are known, from calibrated probabilities alone (CBPE).

If a probability of default is honest, so many of those with it will be bad; everything that a realised outcome would tell
has an expectation. It cannot see that the calibration itself has broken: that is what the realised figures are for.

Source: NannyML, "Confidence-based performance estimation" (the method's description).
"""

from dataclasses import dataclass
from math import sqrt

from lifecycle.performance.estimate import Estimate, Floats
from lifecycle.performance.ranking import rank


@dataclass(frozen=True)
class Expected:
    """Expected figures; each interval is the range in which the realised figure of these very rows falls 95 times of 100
    if the probabilities are honest. Weights are not needed: declined applicants have probabilities, too."""

    rows: int
    bad_rate: Estimate
    roc_auc: Estimate
    ks: float
    brier: Estimate


def expected(probability: Floats) -> Expected:
    """What to expect of rows with these probabilities of default."""
    rows = len(probability)
    ranking = rank(probability, probability, 1 - probability)
    chance = probability * (1 - probability)
    whole = float(probability.sum())
    auc = ranking.auc
    # How much the ROC-AUC moves if a row turns out bad instead of good; the outcome's own variance is p (1 - p).
    moves = (ranking.worse - auc) / max(whole, 1e-300) - (ranking.better - auc) / max(rows - whole, 1e-300)
    squared = (
        (1 - 2 * probability) * chance @ (1 - 2 * probability)
    )  # of (1 - p)² - p², the outcomes' distance
    return Expected(
        rows,
        _mean(whole, float(chance.sum()), rows),
        Estimate.about(auc, sqrt(float(chance @ moves**2))),
        ranking.ks,
        _mean(float(chance.sum()), float(squared), rows),
    )


def _mean(total: float, variance: float, rows: int) -> Estimate:
    return Estimate.about(total / rows, sqrt(variance) / rows) if rows else Estimate(float("nan"))
