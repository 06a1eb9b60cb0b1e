"""Rates by group: who is approved, who is wrongly declined, whose risk is told right; and the four-fifths rule.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927), for the interval of a
rate; D. Katz and others, "Obtaining confidence intervals for the risk ratio in cohort studies" (1978), for that of a ratio
of two; the US Uniform Guidelines on Employee Selection Procedures (1978) for the four-fifths rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from creditrisk.decision import declines
from models.fairness.grouping import GAP, Grouping
from scoring.features import Matrix

Labels = NDArray[np.int64]
"""What became of each applicant: 1 for a default, 0 for none."""
FOUR_FIFTHS = 0.8
_Z = 1.959964
"""Standard deviations to either side of the mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Rate:
    """A share of some applicants with its 95 % interval; all three NaN when there are none."""

    value: float
    low: float
    high: float
    rows: int


def wilson(hits: int, rows: int) -> Rate:
    """The share that `hits` are of `rows`, with Wilson's interval, which is honest near 0 and 1, too."""
    if not rows:
        return Rate(nan, nan, nan, 0)
    share, spread = hits / rows, _Z**2 / rows
    middle = (share + spread / 2) / (1 + spread)
    reach = sqrt(share * (1 - share) * spread + (spread / 2) ** 2) / (1 + spread)
    return Rate(share, min(max(middle - reach, 0.0), share), max(min(middle + reach, 1.0), share), rows)


@dataclass(frozen=True)
class Outcome:
    """What one threshold does to a group: the share approved, of good clients declined, of bad clients approved."""

    approved: Rate
    good_declined: Rate
    bad_approved: Rate


@dataclass(frozen=True)
class Group:
    """A group large enough to be judged: its bad rate, its mean probability of default, and what becomes of it at each
    threshold."""

    name: str
    bad: Rate
    probability: float
    outcomes: tuple[Outcome, ...]

    @property
    def gap(self) -> float:
        """How much higher the probability is than the bad rate: above 0, the group is thought worse than it is."""
        return self.probability - self.bad.value

    @property
    def calibrated(self) -> bool:
        """Whether the mean probability may well be the bad rate."""
        return self.bad.low <= self.probability <= self.bad.high


@dataclass(frozen=True)
class Ratio:
    """The lowest approval rate over the highest at a threshold, with its 95 % interval, and whose they are."""

    threshold: float
    value: float
    low: float
    high: float
    lowest: str
    highest: str

    @property
    def verdict(self) -> str:
        """What the four-fifths rule says of it, and whether that is sure."""
        if self.value < FOUR_FIFTHS:
            word, sure = "fails", self.high < FOUR_FIFTHS
        else:
            word, sure = "passes", self.low >= FOUR_FIFTHS
        return f"{word} the four-fifths rule{'' if sure else ', though perhaps by chance'}"


@dataclass(frozen=True)
class Comparison:
    """The groups of a field side by side. `too_few` names those that are not judged, `not_given` counts who gave none.
    There is a ratio for each threshold, or none when fewer than two groups are judged."""

    grouping: Grouping
    groups: tuple[Group, ...]
    too_few: tuple[str, ...]
    not_given: int
    ratios: tuple[Ratio, ...]

    @property
    def worst_told(self) -> Group | None:
        """The group whose probability and bad rate differ most; None without two groups."""
        return max(self.groups, key=lambda group: abs(group.gap)) if len(self.groups) > 1 else None


def compare(
    grouping: Grouping, probabilities: Matrix, bad: Labels, thresholds: Sequence[float]
) -> Comparison:
    """What the thresholds do to each group; `probabilities` are of default, by models that did not learn from the row."""
    judged = grouping.judged()
    groups = tuple(
        _group(grouping.names[place], grouping.of == place, probabilities, bad, thresholds)
        for place in judged
    )
    there = set(grouping.of.tolist())
    too_few = [
        name for place, name in enumerate(grouping.names) if place in there and place not in set(judged)
    ]
    found = [ratio(groups, place, threshold) for place, threshold in enumerate(thresholds)]
    return Comparison(
        grouping,
        groups,
        tuple(too_few),
        int((grouping.of == GAP).sum()),
        tuple(each for each in found if each),
    )


def _group(
    name: str, rows: NDArray[np.bool_], probabilities: Matrix, bad: Labels, thresholds: Sequence[float]
) -> Group:
    told, became = probabilities[rows], bad[rows]
    outcomes = tuple(_outcome(declines(told, threshold), became == 1) for threshold in thresholds)
    return Group(name, wilson(int(became.sum()), len(became)), float(told.mean()), outcomes)


def _outcome(declined: NDArray[np.bool_], bad: NDArray[np.bool_]) -> Outcome:
    return Outcome(
        wilson(int((~declined).sum()), len(declined)),
        wilson(int((declined & ~bad).sum()), int((~bad).sum())),
        wilson(int((~declined & bad).sum()), int(bad.sum())),
    )


def ratio(groups: Sequence[Group], place: int, threshold: float) -> Ratio | None:
    """The ratio of approval rates at a threshold, the `place`th of the groups' outcomes; None without two groups, and
    when nobody is approved.

    Where the lowest rate is 0 Katz's interval does not exist; the quotient of both rates' outer limits stands for it.
    """
    if len(groups) < 2:
        return None
    ranked = sorted(groups, key=lambda group: group.outcomes[place].approved.value)
    low, high = ranked[0].outcomes[place].approved, ranked[-1].outcomes[place].approved
    if not high.value:
        return None
    value = low.value / high.value
    if low.value:
        error = sqrt((1 - low.value) / (low.value * low.rows) + (1 - high.value) / (high.value * high.rows))
        least, most = value * exp(-_Z * error), value * exp(_Z * error)
    else:
        least, most = 0.0, low.high / high.low
    return Ratio(threshold, value, least, most, ranked[0].name, ranked[-1].name)
