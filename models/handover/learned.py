"""What a fitted encoder learned about each field: its levels, with their type; nothing for a field that it takes as a number.

Training data may have a code as 9, 9.0 or "9". To find the level of an applicant's canonical value, each learned level is
read as the field itself would read it. The encoder is then given the level as it learned it, in the same type.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from creditrisk.application import FIELDS, Role, canonical_name
from models.handover.errors import WrongShape
from models.handover.lawful import usable
from scoring.inputs import Input
from scoring.levels import as_trained


def is_gap(value: Any) -> bool:
    """Whether a learned level is a missing value: None, NaN, pandas' NA or NaT."""
    return value is None or bool(value != value) if not hasattr(value, "__array__") else False


@dataclass
class Learned:
    """One field as an encoder knows it. `column` is its name in the frame; `levels` are as the encoder has them, without
    gaps, or None for a field that is taken as a number; `gap` is the missing value that it learned, and `gap_known` tells
    whether it learned one."""

    name: str
    column: str
    levels: list[Any] | None = None
    gap: Any = math.nan
    gap_known: bool = True
    canonical: list[Any] = field(default_factory=list)
    """For each level, the canonical value that has it, or None when no applicant can give it."""

    def add(self, categories: Sequence[Any]) -> None:
        """Add the levels that another encoder learned of the same field."""
        if self.levels is None:
            self.levels, self.gap_known = [], False
        for value in categories:
            raw = value.item() if isinstance(value, np.generic) else value
            if is_gap(raw):
                self.gap, self.gap_known = raw, True
            elif raw not in self.levels:
                self.levels.append(raw)
                self.canonical.append(self._canonical(raw))

    def _canonical(self, level: Any) -> Any:
        try:
            value = as_trained(self.name, [FIELDS[self.name].parse(level)])[0]
        except ValueError:
            return None
        if value in self.canonical:  # of two spellings, the one like the value is kept
            if str(level) != str(value):
                return None
            self.canonical[self.canonical.index(value)] = None
        return value

    @property
    def numeric(self) -> bool:
        """Whether the frame's column holds numbers alone."""
        return self.levels is None or all(isinstance(level, int | float) for level in self.levels)

    def raw(self, value: Any) -> Any:
        """What the encoder is given for a canonical value: the level or the missing value that it learned, or, for any other,
        a value that it never saw."""
        if value is None:
            return self.gap
        if self.levels is None:
            return _number(value)
        value = as_trained(self.name, [value])[0]
        if value in self.canonical:
            return self.levels[self.canonical.index(value)]
        return self.never()

    def never(self) -> Any:
        """A value that the encoder never learned: a number where all its levels are numbers, else a text."""
        if self.levels and self.numeric:
            return float(max(self.levels)) + 1.0
        return "\N{REPLACEMENT CHARACTER}"

    def to_input(self) -> Input:
        """How the served graph is given this field."""
        return Input(self.name, None if self.levels is None else tuple(self.canonical), self.gap_known)


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def named_fields(columns: Sequence[Any], file: str) -> dict[str, Learned]:
    """Column of the frame → its field. Raises WrongShape, naming the columns that are no field, or that identify a person."""
    found = {str(column): canonical_name(str(column)) for column in columns}
    odd = [column for column, name in found.items() if name is None]
    if odd:
        raise WrongShape(
            f"{file} was fitted on columns that are no fields: {', '.join(odd[:8])}; name the columns of the frame as the "
            f"fields are named ({', '.join(usable()[:4])} … in README's table or `creditrisk model template`)."
        )
    identity = [column for column, name in found.items() if name and FIELDS[name].role is Role.IDENTITY]
    if identity:
        raise WrongShape(
            f"{file} was fitted on {', '.join(identity)}, which tell who somebody is; leave them out."
        )
    return {column: Learned(name, column) for column, name in found.items() if name}


def frame_of(learned: Sequence[Learned], columns: Mapping[str, Sequence[Any]]) -> Any:
    """The DataFrame that the encoder is given for canonical values (by field): every value as the encoder learned it."""
    import pandas as pd

    data = {}
    for entry in learned:
        table = _Table(entry)
        values = [table[value] for value in columns[entry.name]]
        data[entry.column] = pd.Series(values, dtype=float if entry.numeric else object)
    return pd.DataFrame(data)


class _Table(dict[Any, Any]):
    """Canonical value → raw value (`Learned.raw`), computed once for each."""

    def __init__(self, entry: Learned) -> None:
        super().__init__()
        self._entry = entry

    def __missing__(self, value: Any) -> Any:
        self[value] = self._entry.raw(value)
        return self[value]
