"""The population stability index, and how large chance alone makes it.

PSI = Σ (p – q) ln(p / q) over the cells of a distribution, p and q being the shares now and in the training data (D. Lewis,
"An Introduction to Credit Scoring", 1994). If nothing changed, it is about (1/n + 1/m) χ² with one degree of freedom less
than there are cells, n and m being the rows now and in training (B. Yurdakul, "Statistical properties of population
stability index", 2018): so what counts as a shift depends on n, and not on 0.1 and 0.25 alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import erfc, exp, lgamma, log, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = Sequence[int] | NDArray[np.int64]

MODERATE, LARGE = 0.1, 0.25
"""The customary marks: from the first on a shift is worth a look, from the second on something must be done."""
FEWEST = 10.0
"""Rows that a cell is expected to hold, or it is counted together with others: below, the χ² law does not hold."""

Verdict = Literal["steady", "slight", "moved", "moved much"]


@dataclass(frozen=True, eq=False)
class Shift:
    """A distribution beside that of the training data. `limit` is what chance alone keeps PSI below; `parts` are the
    contributions of the cells, 0 for those that are counted with others."""

    rows: int
    psi: float
    limit: float
    parts: Floats

    @property
    def verdict(self) -> Verdict:
        """Within chance: steady. Beyond it: slight below 0.1, moved much from 0.25 on, moved between."""
        if self.psi <= self.limit:
            return "steady"
        return "slight" if self.psi < MODERATE else "moved" if self.psi < LARGE else "moved much"

    @property
    def alarms(self) -> bool:
        """Whether somebody should look: it is no chance, and large enough to matter."""
        return self.verdict in ("moved", "moved much")


def shift(trained: Counts, found: Counts, chance: float) -> Shift:
    """The shift from the counts in the training data to those found, cell by cell. `chance` is the probability with which
    data that did not change go beyond the limit."""
    then, now = np.asarray(trained, float), np.asarray(found, float)
    before, rows = float(then.sum()), float(now.sum())
    parts = np.zeros(len(then))
    if not rows or not before:
        return Shift(int(rows), 0.0, 0.0, parts)
    rare = _rare(then * (rows / before))
    alone = np.flatnonzero(~rare)
    pooled = len(alone) < len(then)
    if len(alone) + pooled < 2:
        return Shift(int(rows), 0.0, 0.0, parts)
    q, p = _shares(then, rare, pooled), _shares(now, rare, pooled)
    each = (p - q) * np.log(p / q)
    parts[alone] = each[: len(alone)]
    if pooled:
        together = np.flatnonzero(rare)
        parts[together[np.argmax(np.abs(now[together] / rows - then[together] / before))]] = each[-1]
    limit = (1 / rows + 1 / before) * chi_square(len(each) - 1, chance)
    return Shift(int(rows), float(each.sum()), limit, parts)


def _rare(expected: Floats) -> NDArray[np.bool_]:
    """The cells that are counted as one: those in which too few rows are expected, and with them so many of the next rarest
    that together they are expected to hold enough. What a field never had may be all that is left beside one value; that
    stays apart, since it is what a change would show in."""
    rare = expected < FEWEST
    together = float(expected[rare].sum())
    if not rare.any() or together >= FEWEST:
        return rare
    for place in np.argsort(expected, kind="stable")[int(rare.sum()) : -1].tolist():
        rare[place] = True
        together += float(expected[place])
        if together >= FEWEST:
            break
    return rare


def _shares(counts: Floats, rare: NDArray[np.bool_], pooled: bool) -> Floats:
    """The share of each cell, with half a row more in each, as `scoring.reference.shares` has them."""
    cells = counts[~rare]
    if pooled:
        cells = np.append(cells, counts[rare].sum())
    cells = cells + 0.5
    found: Floats = cells / cells.sum()
    return found


@cache
def chi_square(freedom: int, chance: float) -> float:
    """What a χ² variable with so many degrees of freedom goes beyond with this probability."""
    low, high = 0.0, 1.0
    while _beyond(high, freedom) > chance:
        high *= 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _beyond(middle, freedom) > chance else (low, middle)
    return high


def _beyond(value: float, freedom: int) -> float:
    """The probability that χ² goes beyond a value: closed forms, as the degrees of freedom are whole (Abramowitz and
    Stegun, 26.4.4 and 26.4.5)."""
    half = value / 2
    if freedom % 2:
        steps = range(1, freedom // 2 + 1) if half else ()
        return erfc(sqrt(half)) + sum(exp((i - 0.5) * log(half) - half - lgamma(i + 0.5)) for i in steps)
    term, total = exp(-half), 0.0
    for i in range(freedom // 2):
        total += term
        term *= half / (i + 1)
    return total
