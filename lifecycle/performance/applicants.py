"""What a model is worth over all applicants, though who was declined has no outcome.

A policy may accept some of those below its cut-off at random, each with a known chance. Those whom it did accept stand for
the others: each counts 1 / chance times (D. Horvitz and D. Thompson, "A generalization of sampling without replacement from
a finite universe", 1952; J. Hájek, 1971, for the ratio). Nothing is assumed of the declined, and nothing is made up for
them: a model cannot be praised for its own guesses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle.performance.estimate import Estimate, Floats
from lifecycle.performance.figures import Figures, figures

FEWEST = 10
"""Bad and good applicants accepted at random that are needed before anything is said of all."""


@dataclass(frozen=True)
class AllApplicants:
    """Figures over all `applicants`. `stand_for` is how many of them the accepted ones make up, each counted as often as its
    chance asks for: well below all where some could not have been accepted.

    `explored` were accepted at random, with known outcomes. `out_of_reach` applicants are riskier than anyone who could be
    accepted: the figures say nothing of them.
    """

    figures: Figures
    applicants: int
    stand_for: Estimate
    explored: int
    out_of_reach: int


def weights_of(propensity: Floats) -> Floats:
    """How many applicants each accepted one stands for; NaN for those that could not be accepted."""
    with np.errstate(divide="ignore"):
        found: Floats = np.where(propensity > 0, 1 / propensity, np.nan)
    return found


def over_all_applicants(
    probability: Floats, propensity: Floats, bad: NDArray[np.int8], mature: NDArray[np.bool_]
) -> AllApplicants | None:
    """The figures over all applicants who are mature; None when too few of them were accepted at random."""
    scored = mature & ~np.isnan(probability)
    weight = weights_of(propensity)
    known = scored & (bad >= 0) & np.isfinite(weight)
    explored = known & (propensity < 1)
    bads = int(np.count_nonzero(explored & (bad == 1)))
    if min(bads, int(np.count_nonzero(explored)) - bads) < FEWEST:
        return None
    accepted = scored & np.isfinite(weight)
    reach = probability[accepted].max()
    return AllApplicants(
        figures(probability[known], bad[known], weight[known]),
        int(np.count_nonzero(scored)),
        _whole(weight[accepted]),
        int(np.count_nonzero(explored)),
        int(np.count_nonzero(scored & (probability > reach))),
    )


def _whole(weight: Floats) -> Estimate:
    """The sum of the weights, and how far chance alone moves it."""
    return Estimate.about(float(weight.sum()), float(np.sqrt((weight * (weight - 1)).sum())))
