"""Counts of a distribution's cells by week, and the shift of each week from the training data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle.drift.psi import Shift, shift

FEWEST = 20
"""Applications that a week needs to be judged."""
A_YEAR = 52
RECENT = 4
"""Weeks that are also looked at together, up to the last one."""
LOOKS = 2
"""How often every distribution is looked at each week: the week itself, and the recent ones together."""
FALSE_ALARMS = 0.25
"""How often a year, over all distributions and looks, data that do not change go beyond chance: less than once."""

_MONDAY = 3
"""Days from the last Monday before 1 January 1970, a Thursday."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """The weeks that some applications came in: `mondays`, and `of` each application the place of its week, -1 where
    nobody knows when it came in."""

    mondays: tuple[str, ...]
    of: NDArray[np.intp]


def calendar(received: NDArray[np.datetime64]) -> Calendar:
    """The weeks, from the first to the last with an application, those without one left out."""
    known = ~np.isnat(received)
    of = np.full(len(received), -1, np.intp)
    days = received[known].astype("datetime64[D]").astype(np.int64)
    found, places = np.unique((days + _MONDAY) // 7, return_inverse=True)
    of[known] = places
    mondays = (found * 7 - _MONDAY).astype("datetime64[D]")
    return Calendar(tuple(str(day) for day in mondays), of)


def counts_by_week(cells: NDArray[np.intp], weeks: Calendar, width: int) -> tuple[Counts, Counts]:
    """How many applications lie in each cell: week by week (weeks × cells), and of all, dated or not (cells)."""
    dated = weeks.of >= 0
    flat = np.bincount(weeks.of[dated] * width + cells[dated], minlength=len(weeks.mondays) * width)
    return flat.reshape(-1, width), np.bincount(cells, minlength=width)


def chance_each(series: int) -> float:
    """The probability with which one look at one of so many distributions may go beyond its limit: with it, data that do
    not change do so FALSE_ALARMS times a year."""
    return FALSE_ALARMS / (A_YEAR * LOOKS * max(series, 1))


def shifts(trained: Sequence[int], by_week: Counts, chance: float) -> list[Shift | None]:
    """Each week's shift from the training data; None for one with too few applications."""
    return [shift(trained, week, chance) if week.sum() >= FEWEST else None for week in by_week]
