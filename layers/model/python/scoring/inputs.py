"""What another's model is given of an application: numbers as they are, levels by their place in what it learned."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scoring.features import Columns
from scoring.levels import as_trained


@dataclass(frozen=True)
class Input:
    """One field. With `levels` (canonical values, each in the place that the graph knows it by; None for a level that
    no applicant can give) the graph gets a place: len(levels) for a gap, one more for a value never learned.
    Without, it gets the number, NaN for a gap; or, `by_name`, the canonical value itself."""

    field: str
    levels: tuple[str | int | float | None, ...] | None = None
    gap_known: bool = True
    by_name: bool = False
    _place: Mapping[Any, int] = attribute(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        levels = as_trained(self.field, self.levels or ())
        place = {level: number for number, level in enumerate(levels) if level is not None}
        object.__setattr__(self, "_place", place)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From the manifest. Raises KeyError, TypeError or ValueError."""
        levels = data.get("levels")
        return cls(
            str(data["field"]),
            None if levels is None else tuple(levels),
            bool(data.get("gap_known", True)),
            bool(data.get("by_name", False)),
        )

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        data: dict[str, Any] = {"field": self.field}
        if self.levels is not None:
            data["levels"] = list(self.levels)
        if not self.gap_known:
            data["gap_known"] = False
        if self.by_name:
            data["by_name"] = True
        return data

    def read(self, values: Sequence[Any]) -> list[Any]:
        """What the graph gets for canonical values."""
        values = as_trained(self.field, values)
        if self.by_name:
            return list(values)
        if self.levels is None:
            return [_number(value) for value in values]
        gap, never = len(self.levels), len(self.levels) + 1
        return [gap if value is None else self._place.get(value, never) for value in values]

    def unknown(self, value: Any) -> bool:
        """Whether the model never learned this value; a gap counts where it never saw one."""
        if value is None:
            return not self.gap_known
        if self.levels is not None:
            return as_trained(self.field, [value])[0] not in self._place
        return not self.by_name and math.isnan(_number(value))


class Inputs:
    """All the fields of one model, in its order."""

    def __init__(self, entries: Sequence[Input]) -> None:
        self.entries = entries
        self.by_name = any(entry.by_name for entry in entries)

    def table(self, columns: Columns) -> NDArray[Any]:
        """Applications × fields, as float64 (or, by name, as objects)."""
        read = [entry.read(columns[entry.field]) for entry in self.entries]
        if not self.by_name:
            return np.array(read, float).T
        table = np.empty((len(read[0]), len(read)), object)
        for place, column in enumerate(read):
            table[:, place] = column
        return table

    def unknown(self, columns: Columns) -> list[tuple[str, ...]]:
        """For each application, the fields whose value the model never learned."""
        rows = zip(*(columns[entry.field] for entry in self.entries), strict=True)
        return [
            tuple(e.field for e, value in zip(self.entries, row, strict=True) if e.unknown(value))
            for row in rows
        ]


def _number(value: Any) -> float:
    """A canonical value as a number: a code's number too; NaN for a gap and for what is none."""
    try:
        return math.nan if value is None else float(value)
    except ValueError:
        return math.nan
