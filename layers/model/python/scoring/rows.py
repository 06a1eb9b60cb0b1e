"""Rows of a table, as text, scored: each with its decision, its reasons, or every reason why it has none."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from creditrisk.application import FIELDS, Field, Role
from creditrisk.files import Columns, WrongColumns, reader
from creditrisk.formulas import as_it_was
from scoring.scorer import AnyScorer

RESULT_COLUMNS = ("probability", "prediction", "decision", "reasons", "unknown", "error")
"""What is told of a row, behind its own columns; `unknown` names fields whose value the model did not know, separated by
spaces, as the history does."""
_NEEDED = [n for n, field in FIELDS.items() if not field.missing and field.role is not Role.IDENTITY]
_MEMO_SIZE = 50_000
_LONGEST_MEMO = 200
"""Characters of a text that is worth being remembered."""
_BLOCK = 2_000
"""Rows at a time: so many are still in the processor's cache when they are written."""


class Refusal(str):
    """Why a value is refused."""


class _Memo(dict[str, Any]):
    """Text → canonical value or Refusal, worked out once for each text that stands in a column."""

    def __init__(self, field: Field, exported: bool) -> None:
        super().__init__()
        self._exported = exported
        self._field = field
        self.refused = False  # whether any text was

    def __missing__(self, text: str) -> Any:
        value = self._read(text)
        if len(self) < _MEMO_SIZE and len(text) <= _LONGEST_MEMO:
            self[text] = value
        return value

    def _read(self, text: str) -> Any:
        if self._exported:
            text = as_it_was(text)
        try:
            return self._field.parse(text)
        except ValueError as error:
            self.refused = True
            return Refusal(f"{self._field.name}: {error}")


class RowScorer:
    """Scores the rows of one table. Columns that are no field are left alone, and so are those of identity: who it is
    has no part in a score, so a name or a number that no form would take spoils none."""

    def __init__(
        self, scorer: AnyScorer, header: Sequence[str], reasons: int = 4, delimiter: str = ","
    ) -> None:
        """Raises WrongColumns, naming every column that is missing, given twice or in the way."""
        self.scorer = scorer
        self.reasons = reasons
        self.delimiter = delimiter
        self.width = len(header)
        self.columns = _columns(header)
        self.place = self.columns.place
        exported = _is_history(header)
        self._memos = {
            name: _Memo(FIELDS[name], exported)
            for name in self.place
            if FIELDS[name].role is not Role.IDENTITY
        }

    @property
    def absent(self) -> list[str]:
        """The fields that the model uses and the table does not have: they are scored as missing."""
        return self.columns.lacking(self.scorer.fields)

    def score_text(self, text: str) -> tuple[str, int, int]:
        """Score lines of CSV (without the header): the same rows with their results, how many, and how many were bad.

        Empty lines are no rows. A row too long or too short is brought to the header's width, so that its error stands
        in its column.
        """
        rows = list(filter(None, reader(io.StringIO(text, newline=""), self.delimiter)))
        out, bad = io.StringIO(), 0
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\n")
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            results = self.score(block)
            writer.writerows(self._fitted(row) + cells for row, cells in zip(block, results, strict=True))
            bad += sum(1 for cells in results if cells[-1])
        return out.getvalue(), len(rows), bad

    def _fitted(self, row: list[str]) -> list[str]:
        return row if len(row) == self.width else (row + [""] * self.width)[: self.width]

    def score(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """The cells under RESULT_COLUMNS of each row, in order; a bad row has its errors and stops nothing."""
        whole = [number for number, row in enumerate(rows) if len(row) == self.width]
        by_column = list(zip(*(rows[number] for number in whole), strict=True)) or [()] * self.width
        columns = {
            name: list(map(memo.__getitem__, by_column[self.place[name]]))
            for name, memo in self._memos.items()
        }
        errors = self._errors(columns, whole)
        if len(whole) < len(rows):
            errors |= {number: self._misfit(row) for number, row in enumerate(rows) if len(row) != self.width}
        good = [position for position, number in enumerate(whole) if number not in errors]
        decided = self._decided(columns, good)
        if not errors:
            return decided
        nothing = [""] * (len(RESULT_COLUMNS) - 1)
        results = [[*nothing, errors.get(number, "")] for number in range(len(rows))]
        for position, cells in zip(good, decided, strict=True):
            results[whole[position]] = cells
        return results

    def _misfit(self, row: Sequence[str]) -> str:
        lines = 1 + sum(cell.count("\n") for cell in row)
        told = f"The row has {len(row)} cells; the header has {self.width}."
        if lines > 1:
            told += f" It goes over {lines} lines: perhaps a quotation mark in its first is not closed."
        return told

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
            chances, unknown = self.scorer.probabilities_and_unknown(given)
            return [
                _cells(chance, threshold, "", names)
                for chance, names in zip(chances.tolist(), unknown, strict=True)
            ]
        applications = [dict(zip(given, values, strict=True)) for values in zip(*given.values(), strict=True)]
        return [
            _cells(s.probability, threshold, _told(s.reasons), s.unknown)
            for s in self.scorer.score(applications, self.reasons)
        ]


def _columns(header: Sequence[str]) -> Columns:
    columns = Columns.of(header)
    taken = [column for column in header if column.strip().lower() in RESULT_COLUMNS]
    if _is_history(header):  # its own, in upper case, stay what was decided then
        taken = [column for column in taken if not column.strip().isupper()]
    if taken:
        raise WrongColumns(
            f"The header has {', '.join(taken)} already; rename or remove what an earlier scoring added."
        )
    columns.check(_NEEDED)
    return columns


def _is_history(header: Sequence[str]) -> bool:
    """Whether the table is an exported history."""
    return "APPLICATION_ID" in header and "MODEL_VERSION" in header


def _told(reasons: Sequence[Any]) -> str:
    return json.dumps([[r.field, round(r.contribution, 6), r.text] for r in reasons], ensure_ascii=False)


_APPROVED, _DECLINED = ("0", "approved"), ("1", "declined")


def _cells(chance: float, threshold: float, reasons: str, unknown: Sequence[str]) -> list[str]:
    return [repr(chance), *(_DECLINED if chance >= threshold else _APPROVED), reasons, " ".join(unknown), ""]
