"""What a model's decisions mean for groups of applicants: deciles of risk, sexes, age bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.decision import declines
from models.training.arrays import Labels
from scoring.features import Matrix

APPROVE_SHARE = 0.8
DECILES = 10
FEWEST = 500
"""Applications that a group needs for its approval rate to be compared with others'."""
AGE_BANDS = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 120))
SEXES = {"F": "female", "M": "male"}


@dataclass(frozen=True)
class Decile:
    """A tenth of the applications, in falling risk: its size, bad clients, mean probability; and how much of all bad
    clients it and the ones above hold."""

    rows: int
    bads: int
    probability: float
    share_of_bads: float

    @property
    def bad_rate(self) -> float:
        return self.bads / self.rows


@dataclass(frozen=True)
class Outcome:
    """What one threshold does to a group: share approved, bad rate of the approved (NaN when there are none), share of
    good clients declined (NaN likewise)."""

    approved: float
    bad_rate: float
    good_declined: float


@dataclass(frozen=True)
class Group:
    """A group of applicants and what becomes of it at each threshold."""

    name: str
    rows: int
    bad_rate: float
    probability: float
    outcomes: tuple[Outcome, ...]


def deciles(probabilities: Matrix, bad: Labels) -> list[Decile]:
    """The gains table: highest risk first."""
    parts = np.array_split(np.argsort(-probabilities, kind="stable"), DECILES)
    caught = np.cumsum([bad[part].sum() for part in parts]) / bad.sum()
    return [
        Decile(len(part), int(bad[part].sum()), float(probabilities[part].mean()), float(share))
        for part, share in zip(parts, caught, strict=True)
    ]


def threshold_approving(probabilities: Matrix, share: float = APPROVE_SHARE) -> float:
    """The probability below which this share of the applications lies."""
    return float(np.quantile(probabilities, share))


def sex_of(values: Sequence[Any]) -> NDArray[np.str_]:
    """The group of each applicant's sex."""
    return np.array([SEXES.get(value, "not given") for value in values])


def age_band_of(values: Sequence[Any]) -> NDArray[np.str_]:
    """The age band of each applicant."""
    names = {age: f"{low} – {high}" if high < 120 else f"{low} and older" for low, high in AGE_BANDS for age in range(low, high + 1)}  # fmt: skip
    return np.array([names.get(value, "not given") for value in values])


def groups(
    of: NDArray[np.str_], probabilities: Matrix, bad: Labels, thresholds: Sequence[float]
) -> list[Group]:
    """What becomes of each group, in the order of their names."""
    found = []
    for name in sorted(set(of.tolist())):
        rows = of == name
        found.append(
            Group(
                name,
                int(rows.sum()),
                float(bad[rows].mean()),
                float(probabilities[rows].mean()),
                tuple(
                    _outcome(~declines(probabilities[rows], threshold), bad[rows]) for threshold in thresholds
                ),
            )
        )
    return found


def _outcome(approved: NDArray[np.bool_], bad: Labels) -> Outcome:
    good = bad == 0
    return Outcome(
        float(approved.mean()),
        float(bad[approved].mean()) if approved.any() else float("nan"),
        float((~approved)[good].mean()) if good.any() else float("nan"),
    )


def impact_ratio(found: Sequence[Group], threshold: int) -> tuple[float, str, str]:
    """The lowest approval rate over the highest, and whose they are, among groups of at least FEWEST applications.

    Below 0.8 it fails the "four-fifths rule" (US Uniform Guidelines on Employee Selection Procedures, 1978), a usual
    first look at unequal treatment. Without two such groups: 1, and no names.
    """
    large = [group for group in found if group.rows >= FEWEST]
    if len(large) < 2:
        return 1.0, "", ""
    low, *_, high = sorted(large, key=lambda group: group.outcomes[threshold].approved)
    if not high.outcomes[threshold].approved:
        return 1.0, low.name, high.name
    return low.outcomes[threshold].approved / high.outcomes[threshold].approved, low.name, high.name


@dataclass(frozen=True)
class Comparison:
    """Groups side by side: `impact` has for each threshold it, the impact ratio, and whose the lowest and highest approval
    rate are; `worst` is the large group whose mean probability and bad rate differ most, by `gap`. Without two large
    groups: no impact and no worst."""

    groups: list[Group]
    impact: list[tuple[float, float, str, str]]
    worst: str = ""
    gap: float = 0.0


def compare(found: list[Group], thresholds: Sequence[float]) -> Comparison:
    """Compare groups whose outcomes are those at the `thresholds`."""
    ratios = [(threshold, *impact_ratio(found, place)) for place, threshold in enumerate(thresholds)]
    impact = [each for each in ratios if each[2]]
    if not impact:
        return Comparison(found, impact)
    gaps = {group.name: group.probability - group.bad_rate for group in found if group.rows >= FEWEST}
    worst = max(gaps, key=lambda name: abs(gaps[name]))
    return Comparison(found, impact, worst, gaps[worst])
