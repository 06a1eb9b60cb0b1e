"""Champion and challenger on the same applications: who ranks better, where they disagree, whom each would have approved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditrisk.decision import declines
from lifecycle.performance.applicants import weights_of
from lifecycle.performance.estimate import Estimate, Floats
from lifecycle.performance.figures import Figures, figures, rate_of
from lifecycle.performance.ranking import difference, rank


@dataclass(frozen=True)
class Corner:
    """Applications on which both agree, or disagree in one direction, and the bad rate of those whose outcome is known."""

    name: str
    applications: int
    known: int
    bad_rate: Estimate


@dataclass(frozen=True)
class Duel:
    """`champion` and `challenger` on the same known outcomes, and by how much the challenger's ROC-AUC is higher
    (`advantage`), which is None while no outcome is known. With `weighted`, all three stand for all applicants.

    `corners` compare them at the cut-off in force; `approvals` at the cut-offs by which both approve as many: the bad rate
    of those approved whose outcome is known.
    """

    rows: int
    known: int
    weighted: bool
    champion: Figures | None
    challenger: Figures | None
    advantage: Estimate | None
    corners: tuple[Corner, ...]
    threshold: float
    challenger_threshold: float
    approvals: tuple[Estimate, Estimate]

    @property
    def verdict(self) -> str:
        """Who ranks better, in a sentence."""
        if self.advantage is None or np.isnan(self.advantage.low):
            return "No outcomes yet tell which of the two ranks better."
        if self.advantage.low > 0:
            return "The challenger ranks better, and it is no chance."
        if self.advantage.high < 0:
            return "The champion ranks better, and it is no chance."
        return "Champion and challenger rank alike, as far as outcomes tell."


def duel(
    champion: Floats,
    challenger: Floats,
    propensity: Floats,
    known: NDArray[np.bool_],
    bad: NDArray[np.int8],
    threshold: float,
    weighted: bool,
) -> Duel | None:
    """Compare both on the applications that both scored; None when there are none. With `weighted`, each accepted
    application counts for those that could have been accepted in its place."""
    both = ~np.isnan(champion) & ~np.isnan(challenger)
    if not both.any():
        return None
    weight = weights_of(propensity)
    judged = both & known & (np.isfinite(weight) if weighted else True)
    rows = np.flatnonzero(judged)
    of = weight[rows] if weighted else None
    ours = theirs = advantage = None
    if len(rows):
        ours, theirs = (figures(score[rows], bad[rows], of) for score in (champion, challenger))
        masses = np.ones(len(rows)) if of is None else of
        bads, goods = masses * (bad[rows] == 1), masses * (bad[rows] == 0)
        advantage = difference(rank(champion[rows], bads, goods), rank(challenger[rows], bads, goods))
    equal = _cut(challenger[both], int((~declines(champion[both], threshold)).sum()))
    approved = (
        judged & ~declines(champion, threshold),
        judged & ~declines(challenger, equal),
    )
    return Duel(
        int(both.sum()),
        len(rows),
        weighted,
        ours,
        theirs,
        advantage,
        _corners(champion, challenger, both, judged, bad, threshold),
        threshold,
        equal,
        (_rate(bad, approved[0], weight, weighted), _rate(bad, approved[1], weight, weighted)),
    )


def _cut(scores: Floats, approved: int) -> float:
    """The threshold by which so many are approved, as nearly as equal scores allow."""
    ranked = np.sort(scores)
    return float(ranked[approved]) if approved < len(ranked) else float(np.nextafter(ranked[-1], np.inf))


def _rate(bad: NDArray[np.int8], rows: NDArray[np.bool_], weight: Floats, weighted: bool) -> Estimate:
    return rate_of((bad[rows] == 1).astype(np.float64), weight[rows] if weighted else None)


def _corners(
    champion: Floats,
    challenger: Floats,
    both: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    bad: NDArray[np.int8],
    threshold: float,
) -> tuple[Corner, ...]:
    first, second = declines(champion, threshold), declines(challenger, threshold)
    parts = {
        "both approve": both & ~first & ~second,
        "only the champion approves": both & ~first & second,
        "only the challenger approves": both & first & ~second,
        "both decline": both & first & second,
    }
    return tuple(
        Corner(
            name,
            int(rows.sum()),
            int((rows & judged).sum()),
            rate_of((bad[rows & judged] == 1).astype(np.float64)),
        )
        for name, rows in parts.items()
    )
