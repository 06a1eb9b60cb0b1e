"""Scores the rows of a table, as text: each gets its decision with reasons, or all errors because of which it has none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Role
from creditrisk.deciding import APPROVED, VERDICTS, ColumnScorer, ScoresLike, principal_reasons, verdicts
from creditrisk.decision import MOST_REASONS, ScoreLike, changes_told, decide, declines
from creditrisk.errors import NotAProbability, WrongColumns
from creditrisk.files.columns import Columns
from creditrisk.files.lines import Row, all_plain, by_csv, cells_of, columns_of, lines_of, rows_of
from creditrisk.files.memo import Memo, Refusal
from creditrisk.files.reasons import reasons_cells
from creditrisk.history.columns import changes_cell, names_cell, reasons_cell
from creditrisk.policy.definition import Policy
from creditrisk.repeated import Repeated

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
_BLOCK = 2_000
"""How many rows are scored at a time: few enough to be in the processor's cache still when they are written."""


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
            name: Memo(FIELDS[name], exported)
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
        out: list[str] = []
        count = bad = 0
        rows = rows_of(text, self.delimiter)
        while block := list(islice(rows, _BLOCK)):
            results = self._scored(block)
            out += self._lines(block, results)
            count, bad = count + len(block), bad + sum(1 for cells in results if cells[-1])
        return "".join(out), count, bad

    def _scored(self, rows: Sequence[Row]) -> list[Sequence[str]]:
        """The cells of RESULT_COLUMNS for each row of a text."""
        if all_plain(rows, self.delimiter, self.width):
            return self._results(columns_of(rows, self.delimiter, self.width), range(len(rows)), {})
        return self.score([cells_of(row, self.delimiter) for row in rows])

    def _lines(self, rows: Sequence[Row], results: Sequence[Sequence[str]]) -> Iterator[str]:
        """Rows with their results as they are written: a plain one as it is, everything else by the csv module."""
        delimiter, marks = self.delimiter, self.width - 1
        as_it_is = [isinstance(row, str) and row.count(delimiter) == marks for row in rows]
        others = [
            self._fitted(cells_of(row, delimiter))
            for plain, row in zip(as_it_is, rows, strict=True)
            if not plain
        ]
        other = iter(by_csv(([*cells, ""] for cells in others), delimiter))
        return (
            f"{row}{delimiter}{line}\n" if plain else f"{next(other)}{line}\n"
            for plain, row, line in zip(as_it_is, rows, lines_of(results, delimiter), strict=True)
        )

    def _fitted(self, row: Sequence[str]) -> Sequence[str]:
        return row if len(row) == self.width else [*row, *[""] * self.width][: self.width]

    def score(self, rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """The cells of RESULT_COLUMNS for each row, in order. A row that cannot be scored gets its errors; the others are
        scored all the same."""
        whole = [number for number, row in enumerate(rows) if len(row) == self.width]
        by_column = list(zip(*(rows[number] for number in whole), strict=True)) or [()] * self.width
        misfits = {number: self._misfit(row) for number, row in enumerate(rows) if len(row) != self.width}
        return self._results(by_column, whole, misfits)

    def _results(
        self, by_column: Sequence[Sequence[str]], whole: Sequence[int], misfits: dict[int, str]
    ) -> list[Sequence[str]]:
        """The cells of all rows: of the `whole` ones, whose numbers these are, and of those that do not fit the header."""
        columns = self._read(by_column)
        errors = self._errors(columns, whole) | misfits
        if not errors:
            return self._decided(columns, whole)
        good = [position for position, number in enumerate(whole) if number not in errors]
        decided = self._decided(columns, good)
        rows = range(len(whole) + len(misfits))
        results: list[Sequence[str]] = [self._refused(errors.get(number, "")) for number in rows]
        for position, cells in zip(good, decided, strict=True):
            results[whole[position]] = cells
        return results

    def _read(self, by_column: Sequence[Sequence[str]]) -> dict[str, Repeated]:
        """The columns that are decided by, and those in which some value is refused: of the others nothing is needed."""
        columns = {}
        for name, memo in self._memos.items():
            cells = by_column[self.place[name]]
            if name in self._fields or any(map(_is_refused, map(memo.__getitem__, set(cells)))):
                columns[name] = Repeated.of(cells).each(memo.__getitem__)
        return columns

    def _misfit(self, row: Sequence[str]) -> str:
        lines = 1 + sum(cell.count("\n") for cell in row)
        told = f"The row has {len(row)} cells; the header has {self.width}."
        if lines > 1:
            told += f" It goes over {lines} lines: perhaps a quotation mark in its first is not closed."
        return told

    def _errors(self, columns: Mapping[str, Repeated], whole: Sequence[int]) -> dict[int, str]:
        """Number of a row → all its errors, as one text."""
        errors: dict[int, str] = {}
        for name, column in columns.items():
            if self._memos[name].refused:
                for position in np.flatnonzero(column.array(_is_refused, bool)).tolist():
                    number, told = whole[position], column[position]
                    errors[number] = f"{errors[number]}; {told}" if number in errors else str(told)
        return errors

    def _refused(self, error: str) -> list[str]:
        return [*[""] * (len(RESULT_COLUMNS) - 1), error]

    def _decided(self, columns: Mapping[str, Repeated], good: Sequence[int]) -> list[Sequence[str]]:
        if not good:
            return []
        rows = np.array(good)
        given = {name: columns[name] for name in self._fields if name in columns}
        if given and len(rows) < len(next(iter(given.values()))):
            given = {name: column.only(rows) for name, column in given.items()}
        for name in self._fields:
            given.setdefault(name, Repeated([None], np.zeros(len(rows), np.intp)))
        scores = self.scorer.scores(given, bool(self.reasons))
        cells = self._by_score(given, scores)
        odd = self._not_by_score(given, scores.probabilities)
        for at, score, application in zip(
            odd, scores.only(odd).each(self.scorer.fields), _applications(given, odd), strict=True
        ):
            cells[at] = self._cells(score, application)
        return cells

    def _by_score(self, given: Mapping[str, Repeated], scores: ScoresLike) -> list[Sequence[str]]:
        """The cells of rows that the score decides, all at once."""
        probabilities, policy = scores.probabilities, self.policy
        found = verdicts(policy, probabilities)
        declined = declines(probabilities, policy.decline_from)
        reasons: Iterable[str] = repeat("", len(found))
        changes = [""] * len(found)
        if scores.contributions is not None:
            told = principal_reasons(
                scores.contributions,
                self.scorer.fields,
                given,
                scores.unknown,
                found == APPROVED,
                self.reasons,
            )
            reasons = reasons_cells(told)
            for at, cell in self._changes(given, np.flatnonzero(declined)):
                changes[at] = cell
        return list(
            zip(
                map(repr, probabilities.tolist()),
                map(str, declined.astype(int).tolist()),
                map(VERDICTS.__getitem__, found.tolist()),
                reasons,
                Repeated.of(scores.unknown).each(names_cell),
                changes,
                repeat("", len(found)),
                repeat("", len(found)),
                strict=True,
            )
        )

    def _changes(
        self, given: Mapping[str, Repeated], declined: NDArray[np.intp]
    ) -> Iterator[tuple[int, str]]:
        """Declined row → the cell of what would have had it approved."""
        applications = _applications(given, declined)
        found = self.scorer.counterfactuals(applications, self.policy.approve_below)
        for at, application, changes in zip(declined.tolist(), applications, found, strict=True):
            yield at, changes_cell(changes_told(changes, application, self.policy))

    def _not_by_score(
        self, given: Mapping[str, Repeated], probabilities: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """The rows that a rule decides on, and those whose score is no probability."""
        odd = ~((probabilities >= 0) & (probabilities <= 1))
        if self.policy.rules:
            applications = _applications(given, np.arange(len(odd)))
            odd |= [self.policy.rule_for(application) is not None for application in applications]
        return np.flatnonzero(odd)

    def _cells(self, score: ScoreLike, application: Mapping[str, Any]) -> list[str]:
        """The cells of a row that is decided by itself: by a rule, or not at all when the model gave no probability."""
        scorer = self.scorer
        try:
            decision = decide(
                score, application, self.policy, scorer.name, scorer.version, "", most=self.reasons
            )
        except NotAProbability as error:
            return self._refused(str(error))
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


def _applications(given: Mapping[str, Repeated], rows: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Some rows, each as field → canonical value."""
    columns = [column.only(rows) for column in given.values()]
    return [dict(zip(given, row, strict=True)) for row in zip(*columns, strict=True)]


def _is_refused(value: Any) -> bool:
    return type(value) is Refusal


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
