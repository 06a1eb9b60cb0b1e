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
    accepted: the figures say nothing of them. Nor do they of those who `came_late` on their day, when its places for random
    acceptance were taken; these are not among the `applicants`.
    """

    figures: Figures
    applicants: int
    stand_for: Estimate
    explored: int
    out_of_reach: int
    came_late: int = 0


def weights_of(propensity: Floats) -> Floats:
    """How many applicants each accepted one stands for; NaN for those that could not be accepted."""
    with np.errstate(divide="ignore"):
        found: Floats = np.where(propensity > 0, 1 / propensity, np.nan)
    return found


def came_late(
    received: NDArray[np.datetime64], scored: NDArray[np.datetime64], propensity: Floats
) -> NDArray[np.bool_]:
    """Who was scored when the places for random acceptance of the day of receipt were taken: from the first one on whose
    `propensity` is 0, whatever the score.

    Until then each one's chance is known, given what came before; when the places end follows from the draws and the order,
    not from outcomes. So whoever came earlier can stand for all who did. Whoever came later is left out together, approved or
    not: to keep those approved alone would make applicants look better than they are.
    """
    none_left: NDArray[np.bool_] = np.equal(propensity, 0)
    late = none_left.copy()
    if not late.any():
        return late
    days, of = np.unique(received.astype("datetime64[D]"), return_inverse=True)
    first = np.full(len(days), np.iinfo(np.int64).max)
    timed = none_left & ~np.isnat(scored)
    np.minimum.at(first, of[timed], scored[timed].astype(np.int64))
    late |= ~np.isnat(received) & ~np.isnat(scored) & (scored.astype(np.int64) >= first[of])
    return late


def over_all_applicants(
    probability: Floats,
    propensity: Floats,
    bad: NDArray[np.int8],
    mature: NDArray[np.bool_],
    late: NDArray[np.bool_] | None = None,
) -> AllApplicants | None:
    """The figures over all applicants who are mature, but those who came `late`; None when too few of them were accepted at
    random."""
    everyone = mature & ~np.isnan(probability)
    scored = everyone if late is None else everyone & ~late
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
        int(np.count_nonzero(everyone & ~scored)),
    )


def _whole(weight: Floats) -> Estimate:
    """The sum of the weights, and how far chance alone moves it."""
    return Estimate.about(float(weight.sum()), float(np.sqrt((weight * (weight - 1)).sum())))
