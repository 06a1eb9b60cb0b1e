"""Rows of a table, as text, scored: each with its decision, its reasons, or every reason why it has none."""

import json
from collections.abc import Sequence
from typing import Any

from creditrisk.application import FIELDS, Field, Role, canonical_name
from scoring.errors import ModelError
from scoring.foreign import ForeignScorer
from scoring.scorer import Scorer

RESULT_COLUMNS = ("probability", "prediction", "decision", "reasons", "error")
_MEMO_SIZE = 200_000


class WrongColumns(ModelError):
    """A table's header does not name what an application needs, or names it twice."""


class Refusal(str):
    """Why a value is refused."""


class _Memo(dict[str, Any]):
    """Text → canonical value or Refusal, worked out once for each text that stands in a column."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field = field
        self.refused = False  # whether any text was

    def __missing__(self, text: str) -> Any:
        try:
            value: Any = self._field.parse(text)
        except ValueError as error:
            value = Refusal(f"{self._field.name}: {error}")
            self.refused = True
        if self._field.role is Role.IDENTITY and not text.strip():
            value = None  # who it is has no part in a score
        if len(self) < _MEMO_SIZE:
            self[text] = value
        return value


class RowScorer:
    """Scores the rows of one table; columns that are no field are left alone."""

    def __init__(self, scorer: Scorer | ForeignScorer, header: Sequence[str], reasons: int = 4) -> None:
        """Raises WrongColumns, naming every column that is missing, given twice or in the way."""
        self.scorer = scorer
        self.reasons = reasons
        self.width = len(header)
        self.place = _places(header)
        self._memos = {name: _Memo(FIELDS[name]) for name in self.place}

    def score(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """The cells under RESULT_COLUMNS of each row, in order; a bad row has its errors and stops nothing."""
        whole = [number for number, row in enumerate(rows) if len(row) == self.width]
        by_column = list(zip(*(rows[number] for number in whole), strict=True)) or [()] * self.width
        columns = {
            name: list(map(self._memos[name].__getitem__, by_column[at])) for name, at in self.place.items()
        }
        errors = self._errors(columns, whole)
        good = [position for position, number in enumerate(whole) if number not in errors]
        results = [["", "", "", "", errors.get(number, f"The row has {len(row)} cells; the header has {self.width}.")] for number, row in enumerate(rows)]  # fmt: skip
        for position, cells in zip(good, self._decided(columns, good), strict=True):
            results[whole[position]] = cells
        return results

    def _errors(self, columns: dict[str, list[Any]], whole: Sequence[int]) -> dict[int, str]:
        """Row number → all its errors."""
        errors: dict[int, str] = {}
        for name, values in columns.items():
            if self._memos[name].refused:
                for number, value in zip(whole, values, strict=True):
                    if type(value) is Refusal:
                        errors[number] = f"{errors[number]}; {value}" if number in errors else str(value)
        return errors

    def _decided(self, columns: dict[str, list[Any]], good: Sequence[int]) -> list[list[str]]:
        if not good:
            return []
        threshold = self.scorer.threshold
        everything = len(good) == len(next(iter(columns.values())))
        given = {
            name: (columns[name] if everything else [columns[name][at] for at in good])
            if name in columns
            else [None] * len(good)
            for name in self.scorer.fields
        }
        if not self.reasons:
            return [_cells(chance, threshold, "") for chance in self.scorer.probabilities(given).tolist()]
        applications = [dict(zip(given, values, strict=True)) for values in zip(*given.values(), strict=True)]
        return [
            _cells(s.probability, threshold, _told(s.reasons))
            for s in self.scorer.score(applications, self.reasons)
        ]


def _places(header: Sequence[str]) -> dict[str, int]:
    """Field → its column."""
    place: dict[str, int] = {}
    for number, column in enumerate(header):
        name = canonical_name(column)
        if name in place:
            raise WrongColumns(f"The column {name} is there twice.")
        if name:
            place[name] = number
    taken = [column for column in header if column.strip().lower() in RESULT_COLUMNS]
    if taken:
        raise WrongColumns(
            f"The header has {', '.join(taken)} already; rename or remove what an earlier scoring added."
        )
    needed = [
        n
        for n, field in FIELDS.items()
        if not field.missing and field.role is not Role.IDENTITY and n not in place
    ]
    if needed:
        raise WrongColumns(f"The header lacks {', '.join(needed)}.")
    return place


def _told(reasons: Sequence[Any]) -> str:
    return json.dumps([[r.field, round(r.contribution, 6), r.text] for r in reasons], ensure_ascii=False)


def _cells(chance: float, threshold: float, reasons: str) -> list[str]:
    declined = chance >= threshold
    return [repr(chance), "1" if declined else "0", "declined" if declined else "approved", reasons, ""]
