"""How well a score ranks: ROC-AUC with DeLong's interval, the difference of two on the same rows, and KS.

Sources: E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
characteristic curves" (1988); X. Sun and W. Xu (2014) for the way by ranks, which takes one sort instead of all pairs.

Everything is made of masses: each row stands for so many bad applicants and so many good ones. A known outcome is 1 and 0,
or its weight; one that is only expected is shared between both.
"""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from lifecycle.performance.estimate import Estimate, Floats


@dataclass(frozen=True)
class Ranking:
    """What one sort of the rows tells.

    `worse` is, for each row, the share of the good applicants that it is thought riskier than, half of the equal ones
    included; `better` the share of the bad ones that it is thought less risky than. `influence` is how much each row moves
    the ROC-AUC: the sum of its squares is DeLong's variance.
    """

    auc: float
    ks: float
    worse: Floats
    better: Floats
    influence: Floats

    @property
    def deviation(self) -> float:
        """The standard deviation of the ROC-AUC; NaN with fewer than two bad or two good rows."""
        return sqrt(float(self.influence @ self.influence))

    @property
    def roc_auc(self) -> Estimate:
        """The ROC-AUC with DeLong's interval."""
        return Estimate.about(self.auc, self.deviation)


def rank(score: Floats, bads: Floats, goods: Floats) -> Ranking:
    """Rank rows by a score, of which more means riskier. `bads` and `goods` are each row's masses, 0 or more."""
    all_bad, all_good = float(bads.sum()), float(goods.sum())
    if not all_bad or not all_good:
        nothing = np.full(len(score), nan)
        return Ranking(nan, nan, nothing, nothing, nothing)
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    bad_here, good_here = np.add.reduceat(bads[order], starts), np.add.reduceat(goods[order], starts)
    bad_to_here, good_to_here = np.cumsum(bad_here), np.cumsum(good_here)
    equal = np.diff(np.append(starts, len(score)))
    worse, better = np.empty(len(score)), np.empty(len(score))
    worse[order] = np.repeat((good_to_here - good_here / 2) / all_good, equal)
    better[order] = np.repeat((all_bad - bad_to_here + bad_here / 2) / all_bad, equal)
    auc = float(bads @ worse) / all_bad
    ks = float(np.abs(bad_to_here / all_bad - good_to_here / all_good).max())
    of_bads = _unbiased(bads) * bads * (worse - auc) / all_bad
    of_goods = _unbiased(goods) * goods * (better - auc) / all_good
    return Ranking(auc, ks, worse, better, of_bads + of_goods)


def difference(ours: Ranking, theirs: Ranking) -> Estimate:
    """By how much the second ROC-AUC is higher than the first, both of the same rows in the same order, with DeLong's
    interval for pairs: what both have in common falls out, so it is narrower than either's own."""
    apart = theirs.influence - ours.influence
    return Estimate.about(theirs.auc - ours.auc, sqrt(float(apart @ apart)))


def _unbiased(masses: Floats) -> float:
    """What makes a sum of squares about a mean unbiased, as DeLong's is."""
    rows = int(np.count_nonzero(masses))
    return sqrt(rows / (rows - 1)) if rows > 1 else nan
