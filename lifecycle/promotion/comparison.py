"""Two versions of the model on the same applications with known outcomes, none of which either learned from."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from creditrisk.decision import declines
from lifecycle.performance.estimate import Estimate, Floats
from lifecycle.performance.figures import Figures, figures
from lifecycle.performance.ranking import difference, rank
from models.training.data import Data
from scoring.scorer import AnyScorer

_PIECE: Final = 50_000
"""Applications that are scored at once: encoded, each is ten kilobytes."""


@dataclass(frozen=True)
class Judged:
    """A version, its probabilities of default for some applications, and what these are worth."""

    version: str
    probability: Floats
    figures: Figures


@dataclass(frozen=True)
class Comparison:
    """`advantage` is by how much the second one's ROC-AUC is higher (paired, DeLong). `disagreements` counts applications
    that only one of them would approve at `threshold`."""

    first: Judged
    second: Judged
    advantage: Estimate
    threshold: float
    only_first_approves: int
    only_second_approves: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; what cannot be told is None."""
        return {
            "rows": self.first.figures.rows,
            "bad": self.first.figures.bad,
            "first": told(self.first),
            "second": told(self.second),
            "advantage": of_estimate(self.advantage),
            "threshold": self.threshold,
            "only_first_approves": self.only_first_approves,
            "only_second_approves": self.only_second_approves,
        }


def judge(scorer: AnyScorer, data: Data) -> Judged:
    """A model's figures on applications that it did not learn from; weighted where these are."""
    pieces = [
        scorer.probabilities({name: data.columns[name][start : start + _PIECE] for name in scorer.fields})
        for start in range(0, len(data), _PIECE)
    ]
    probability = np.concatenate([np.zeros(0), *pieces])
    return Judged(scorer.version, probability, figures(probability, data.bad.astype(np.int8), data.weights))


def compare(first: Judged, second: Judged, data: Data, threshold: float) -> Comparison:
    """Both on the same `data`."""
    masses = np.ones(len(data)) if data.weights is None else data.weights
    bads, goods = masses * data.bad, masses * (1 - data.bad)
    advantage = difference(rank(first.probability, bads, goods), rank(second.probability, bads, goods))
    one, other = declines(first.probability, threshold), declines(second.probability, threshold)
    return Comparison(
        first, second, advantage, threshold, int((~one & other).sum()), int((one & ~other).sum())
    )


def told(judged: Judged) -> dict[str, Any]:
    """A version's figures as JSON data."""
    found = judged.figures
    return {
        "version": judged.version,
        "rows": found.rows,
        "bad": found.bad,
        "bad_rate": of_estimate(found.bad_rate),
        "mean_probability": _finite(found.mean_probability),
        "roc_auc": of_estimate(found.roc_auc),
        "gini": of_estimate(found.gini),
        "ks": _finite(found.ks),
        "brier": of_estimate(found.brier),
        "calibration_slope": of_estimate(found.calibration.slope),
        "calibration_intercept": of_estimate(found.calibration.intercept),
        "calibration_error": _finite(found.calibration.error),
    }


def of_estimate(estimate: Estimate) -> dict[str, float | None]:
    """A figure with its interval, as JSON data."""
    return {name: _finite(value) for name, value in estimate._asdict().items()}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
