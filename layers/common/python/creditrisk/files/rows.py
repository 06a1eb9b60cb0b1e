"""Scores the rows of a table, as text: each gets its decision with reasons, or all errors because of which it has none."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from creditrisk.application import FIELDS, Field, Role, Value
from creditrisk.decision import MOST_REASONS, ScoreLike, decide, declines
from creditrisk.errors import NotAProbability, WrongColumns
from creditrisk.files.columns import Columns
from creditrisk.files.pieces import reader
from creditrisk.formulas import as_it_was
from creditrisk.history.columns import changes_cell, names_cell, reasons_cell
from creditrisk.policy.definition import Policy

RESULT_COLUMNS = (
    "probability",
    "prediction",
    "decision",
    "reasons",
    "unknown",
    "counterfactual",
    "rule",
    "error",
)
"""The columns that are added to a row; `rule` tells of the policy's rule that decided before the score. What the history has, too, is spelt as it is there."""
_NEEDED = [n for n, field in FIELDS.items() if not field.missing and field.role is not Role.IDENTITY]
_MEMO_SIZE = 50_000
_LONGEST_MEMO = 200
"""Most characters of a text that is remembered: longer ones seldom come twice."""
_BLOCK = 2_000
"""How many rows are scored at a time: few enough to be in the processor's cache still when they are written."""


class ColumnScorer(Protocol):
    """What is needed of the active model: see `scoring.Scorer`."""

    name: str
    version: str
    fields: list[str]

    def score_columns(self, columns: Mapping[str, Sequence[Any]], explained: bool) -> Sequence[ScoreLike]: ...
    def counterfactuals(
        self, declined: Sequence[Mapping[str, Any]], threshold: float
    ) -> Sequence[Sequence[tuple[str, Value]]]: ...


class Refusal(str):
    """Why a value is refused."""


class _Memo(dict[str, Any]):
    """Text → its canonical value, or a Refusal; each text of a column is read only once."""

    def __init__(self, field: Field, exported: bool) -> None:
        super().__init__()
        self._exported = exported
        self._field = field
        self.refused = False  # whether any text was refused

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
    """Scores the rows of one table. Columns that hold no field are not read. Nor are those of a person's identity, which is
    never scored: a name or number that the form would refuse is no error here."""

    def __init__(
        self,
        scorer: ColumnScorer,
        policy: Policy,
        header: Sequence[str],
        reasons: int = MOST_REASONS,
        delimiter: str = ",",
    ) -> None:
        """`reasons` are told of each decision, at most; with 0 nothing is explained, and no counterfactual looked for.

        Raises WrongColumns when the header lacks a needed field, or has one twice, or a column of RESULT_COLUMNS.
        """
        self.scorer = scorer
        self.policy = policy
        self.reasons = reasons
        self._fields = list(dict.fromkeys((*scorer.fields, *policy.fields)))
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
        """Score lines of CSV, without the header. Returns the same rows with their results as CSV, how many rows there are,
        and how many of them have an error.

        Empty lines are no rows. A row that is too long or too short is written with as many cells as the header, so that
        its error is in the right column.
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
        """The cells of RESULT_COLUMNS for each row, in order. A row that cannot be scored gets its errors; the others are
        scored all the same."""
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
        """Number of a row → all its errors, as one text."""
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
        everything = len(good) == len(next(iter(columns.values())))
        given = {
            name: (columns[name] if everything else [columns[name][at] for at in good])
            if name in columns
            else [None] * len(good)
            for name in self._fields
        }
        scores = self.scorer.score_columns(given, bool(self.reasons))
        if not self.reasons and not self.policy.rules:  # the application's values are needed for nothing else
            return [self._cells(score, {}, ()) for score in scores]
        rows = [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
        if not self.reasons:
            return [self._cells(score, row, ()) for score, row in zip(scores, rows, strict=True)]
        declined = [
            at for at, score in enumerate(scores) if declines(score.probability, self.policy.decline_from)
        ]
        found = self.scorer.counterfactuals([rows[at] for at in declined], self.policy.approve_below)
        changes = dict(zip(declined, found, strict=True))
        return [
            self._cells(score, row, changes.get(at, ()))
            for at, (score, row) in enumerate(zip(scores, rows, strict=True))
        ]

    def _cells(
        self, score: ScoreLike, application: Mapping[str, Any], changes: Sequence[tuple[str, Value]]
    ) -> list[str]:
        """The cells of RESULT_COLUMNS for a scored row: its decision, or an error when the model gave no probability."""
        try:
            decision = decide(
                score,
                application,
                self.policy,
                self.scorer.name,
                self.scorer.version,
                "",
                most=self.reasons,
                counterfactual=changes,
            )
        except NotAProbability as error:
            return [*[""] * (len(RESULT_COLUMNS) - 1), str(error)]
        return [
            repr(decision.probability),
            str(decision.prediction),
            decision.decision,
            reasons_cell(decision.reasons) if self.reasons else "",
            names_cell(decision.unknown),
            changes_cell(decision.counterfactual),
            decision.rule,
            "",
        ]


def _columns(header: Sequence[str]) -> Columns:
    columns = Columns.of(header)
    taken = [column for column in header if column.strip().lower() in RESULT_COLUMNS]
    if _is_history(header):  # its own columns, in upper case, hold what was decided then
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
