"""Groups of applicants by a field that is protected or held: what the field's definition says, and no field by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import Field, Role
from creditrisk.portfolio.kinds import Choice, Code

AGE_FROM = (25, 35, 45, 55, 62)
"""First years of the age bands after the youngest; the last is the age from which US law protects elderly applicants."""
BANDS = 5
"""Bands that a number other than an age is cut into, of about equally many applicants."""
FEWEST = 100
"""Applicants that a group needs to be judged."""
GAP = -1
"""The group of whoever did not give the field."""

Places = NDArray[np.int64]
"""Of each applicant, the place of something in a list: of the group, or of the applicant in the data."""


@dataclass(frozen=True)
class Grouping:
    """The groups that a field makes: their `names`, and `of` each applicant the place of the group there, or GAP."""

    field: Field
    names: tuple[str, ...]
    of: Places

    def take(self, rows: Places) -> "Grouping":
        """The same groups among some of the applicants."""
        return Grouping(self.field, self.names, self.of[rows])

    def judged(self) -> list[int]:
        """The places of the groups that are large enough to be judged."""
        counts = np.bincount(self.of[self.of != GAP], minlength=len(self.names))
        return [place for place, count in enumerate(counts.tolist()) if count >= FEWEST]


def sensitive(fields: Mapping[str, Field]) -> list[Field]:
    """The fields that fairness is measured by: protected ones, scored or not, and those held for it."""
    return [
        field
        for field in fields.values()
        if field.role is not Role.IDENTITY and (field.protected or field.role is Role.HELD)
    ]


def grouping_of(field: Field, values: Sequence[Any]) -> Grouping | None:
    """The groups of applicants by their `values` of a field: its levels, or bands of a number. None for text and
    whatever else makes no groups, and when nobody gave the field."""
    there = [value for value in values if value is not None]
    if not there:
        return None
    if field.is_number:
        return _bands(field, values, _edges(field, there))
    if not isinstance(field.kind, Choice | Code):
        return None
    offered = list(field.choices)
    found = sorted(set(there) - set(offered), key=lambda value: (len(value), value))
    levels = [*(value for value in offered if value in set(there)), *found]
    place = {value: number for number, value in enumerate(levels)}
    of = np.array([GAP if value is None else place[value] for value in values], np.int64)
    return Grouping(field, tuple(field.shown(value) for value in levels), of)


def _edges(field: Field, there: Sequence[float]) -> list[float]:
    """The least value of each band but the lowest. Those that are drawn from the data have two digits: no edge is then
    anyone's own figure."""
    if "age" in field.protected:
        return [edge for edge in AGE_FROM if min(there) < edge <= max(there)]
    cuts = np.quantile(np.array(there, float), np.arange(1, BANDS) / BANDS)
    return sorted({edge for edge in map(_two_digits, cuts.tolist()) if min(there) < edge <= max(there)})


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")


def _bands(field: Field, values: Sequence[Any], edges: list[float]) -> Grouping:
    numbers = np.array([np.nan if value is None else value for value in values], float)
    of = np.where(np.isnan(numbers), GAP, np.searchsorted(np.array(edges), numbers, side="right"))
    return Grouping(field, _band_names(edges, field.is_whole), of.astype(np.int64))


def _band_names(edges: list[float], whole: bool) -> tuple[str, ...]:
    """The bands in words, by their edges: whole numbers have a greatest one, others do not."""
    if not edges:
        return ("all",)
    if whole:
        between = [f"{_shown(low)} – {_shown(np.ceil(high) - 1)}" for low, high in pairwise(edges)]
        return (f"up to {_shown(np.ceil(edges[0]) - 1)}", *between, f"{_shown(edges[-1])} and more")
    between = [f"{_shown(low)} to below {_shown(high)}" for low, high in pairwise(edges)]
    return (f"below {_shown(edges[0])}", *between, f"{_shown(edges[-1])} and more")


def _shown(number: float) -> str:
    return f"{number:,.10g}"
