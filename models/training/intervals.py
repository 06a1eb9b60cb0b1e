"""How sure the figures are: 95 % intervals, by drawing the out-of-fold rows anew many times (bootstrap)."""

import numpy as np

from models.training.arrays import Labels
from scoring.estimators import probability
from scoring.features import Matrix

LEVEL = 0.95
Figures = dict[str, float]


class _Ranked:
    """One repeat's rows in the order of their log-odds, so that a draw's figures cost one pass."""

    def __init__(self, log_odds: Matrix, bad: Labels) -> None:
        self.order = np.argsort(log_odds, kind="stable")
        probabilities = np.clip(probability(log_odds[self.order]), 1e-12, 1 - 1e-12)
        self.bad = bad[self.order].astype(float)
        self.squared = (probabilities - self.bad) ** 2
        self.surprise = -np.log(np.where(self.bad > 0, probabilities, 1 - probabilities))

    def figures(self, weights: Matrix) -> Figures:
        """The figures of a draw in which row i stands `weights[i]` times."""
        weight = weights[self.order]
        bads, goods = weight * self.bad, weight * (1 - self.bad)
        goods_below = np.cumsum(goods)
        bads_below = np.cumsum(bads)
        pairs = bads_below[-1] * goods_below[-1]
        auc = float((bads * (goods_below - goods / 2)).sum() / pairs)
        apart = np.abs(bads_below / bads_below[-1] - goods_below / goods_below[-1]).max()
        return {
            "roc_auc": auc,
            "gini": 2 * auc - 1,
            "ks": float(apart),
            "brier": float(weight @ self.squared / weight.sum()),
            "log_loss": float(weight @ self.surprise / weight.sum()),
        }


def intervals(log_odds: Matrix, bad: Labels, seed: int, draws: int) -> dict[str, tuple[float, float]]:
    """Figure → how far below and above it the 95 % interval reaches (two figures, the first mostly negative).

    `log_odds` (repeats × rows): a draw is the same for every repeat, and its figures are their mean over the repeats.
    What another choice of folds or seeds would change is not in it; the spread over the folds tells of that.
    """
    ranked = [_Ranked(row, bad) for row in log_odds]
    random = np.random.default_rng(seed)

    def mean(weights: Matrix) -> Figures:
        each = [repeat.figures(weights) for repeat in ranked]
        return {name: float(np.mean([figures[name] for figures in each])) for name in each[0]}

    whole = mean(np.ones(len(bad)))
    drawn = [
        mean(np.bincount(random.integers(len(bad), size=len(bad)), minlength=len(bad)).astype(float))
        for _ in range(draws)
    ]
    tails = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    return {
        name: tuple(float(np.quantile([d[name] for d in drawn], tail)) - value for tail in tails)  # type: ignore[misc]
        for name, value in whole.items()
    }
