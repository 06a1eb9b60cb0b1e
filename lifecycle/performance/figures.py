"""The usual figures of a model on outcomes that are known: one object, whether rows are weighted or not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle.performance.calibration import Calibration, bins_of, calibration_of
from lifecycle.performance.estimate import Estimate, Floats, mean_of
from lifecycle.performance.ranking import Ranking, rank
from models.fairness.rates import wilson

DECILES = 10


@dataclass(frozen=True)
class Figures:
    """What a model's probabilities are worth on some rows; NaN where there are too few bad or good ones.

    `brier` is the mean squared distance of probability and outcome (Brier, 1950); `ks` the largest distance of the
    distributions of bad and good (Kolmogorov and Smirnov).
    """

    rows: int
    bad: int
    bad_rate: Estimate
    mean_probability: float
    roc_auc: Estimate
    ks: float
    brier: Estimate
    calibration: Calibration

    @property
    def gini(self) -> Estimate:
        """2 × ROC-AUC – 1."""
        return Estimate(*(2 * end - 1 for end in self.roc_auc))


@dataclass(frozen=True)
class Decile:
    """A tenth of the rows, the riskiest first. `captured` is the share of all bad ones in it and those before it, `lift`
    its bad rate over that of all."""

    rows: int
    bad: int
    least: float
    most: float
    mean_probability: float
    bad_rate: Estimate
    captured: float
    lift: float


def figures(probability: Floats, bad: NDArray[np.int8], weight: Floats | None = None) -> Figures:
    """The figures of some rows: probability of default, what came of each (1 bad, 0 good), and its weight."""
    became = bad.astype(np.float64)
    masses = np.ones(len(became)) if weight is None else weight
    ranking = rank(probability, masses * became, masses * (1 - became))
    return Figures(
        len(became),
        int(became.sum()),
        rate_of(became, weight),
        mean_of(probability, weight).value,
        ranking.roc_auc if weight is None else _weighted(ranking),
        ranking.ks,
        mean_of((probability - became) ** 2, weight),
        calibration_of(probability, became, weight),
    )


def _weighted(ranking: Ranking) -> Estimate:
    return Estimate.share(ranking.auc, ranking.deviation)


def rate_of(became: Floats, weight: Floats | None = None) -> Estimate:
    """The bad rate: with Wilson's interval, or that of a weighted mean."""
    if weight is None:
        rate = wilson(int(became.sum()), len(became))
        return Estimate(rate.value, rate.low, rate.high)
    found = mean_of(became, weight)
    return Estimate(found.value, max(found.low, 0.0), min(found.high, 1.0))


def deciles(probability: Floats, bad: NDArray[np.int8]) -> list[Decile]:
    """The rows in ten parts by risk, the riskiest first."""
    if not len(bad):
        return []
    whole, told, captured = int(bad.sum()), [], 0
    for part in reversed(bins_of(probability, None, DECILES)):
        here = int(bad[part].sum())
        captured += here
        rate = rate_of(bad[part].astype(np.float64))
        told.append(
            Decile(
                len(part),
                here,
                float(probability[part].min()),
                float(probability[part].max()),
                float(probability[part].mean()),
                rate,
                captured / whole if whole else float("nan"),
                rate.value * len(bad) / whole if whole else float("nan"),
            )
        )
    return told
