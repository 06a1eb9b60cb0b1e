"""A field's recorded values, each kind of value once: a million rows have a few hundred of most fields."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS


@dataclass(frozen=True)
class Column:
    """The values of a field, one an application: `values` are the different ones, canonical and None for a gap; `codes`
    their places, row by row."""

    values: tuple[Any, ...]
    codes: NDArray[np.intp]

    def spread(self) -> list[Any]:
        """The value of every row."""
        values = self.values
        return [values[code] for code in self.codes.tolist()]


def column_of(field: str, recorded: Sequence[Any]) -> Column:
    """The values of a field as they are recorded: text or canonical values, '' and None for a gap."""
    places: defaultdict[Any, int] = defaultdict()
    places.default_factory = places.__len__
    codes = np.fromiter(map(places.__getitem__, recorded), np.intp, len(recorded))
    number = field in FIELDS and FIELDS[field].is_number
    return Column(tuple(_canonical(value, number) for value in places), codes)


def _canonical(value: Any, number: bool) -> Any:
    """A value as it was accepted; a number that is none any more, in a history that was edited, is a gap."""
    if value is None or value == "":
        return None
    if not number:
        return str(value)
    try:
        found = float(value)
    except ValueError:
        return None
    return found if np.isfinite(found) else None
