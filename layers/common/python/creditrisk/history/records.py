"""A record of the history: one decided application, as one line of CSV and back."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from creditrisk.application import FIELDS, Value
from creditrisk.decision import Answer, Decision, value_told
from creditrisk.errors import UnreadableRow
from creditrisk.history.columns import (
    COLUMNS,
    HEADER,
    REASONS_WITH_VALUES,
    TYPES,
    VERSION,
    Cell,
    cells_of,
    decision_of,
    version_of,
)

__all__ = [
    "COLUMNS",
    "HEADER",
    "Record",
    "UnreadableRow",
    "from_line",
    "from_row",
    "id_of",
    "record_of",
    "to_line",
    "to_lines",
]


@dataclass(frozen=True)
class Record:
    """A decided application that is in the history, or is to be written to it.

    `answer` holds its id, when it was received, the application and the decision. `fresh` matters for writing alone: no
    scorer can have recorded it before. `version` is the version of the columns that it was written with, and `more` the
    text in columns that only a newer version knows.
    """

    answer: Answer
    fresh: bool = True
    version: int = VERSION
    more: Mapping[str, str] = field(default_factory=dict)


def to_line(answer: Answer) -> str:
    """The answer as one line of CSV, its line feed included; no value holds a line break."""
    return to_lines([answer])


def to_lines(answers: Iterable[Answer]) -> str:
    """Answers as lines of CSV, each as `to_line` has it."""
    return _csv(map(cells_of, answers))


def csv_line(cells: Sequence[Cell]) -> str:
    """Cells as one line of CSV."""
    return _csv([cells])


def _csv(rows: Iterable[Sequence[Cell]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def from_line(line: str, columns: Sequence[str] = COLUMNS) -> Answer:
    """The answer that a line of the history records, under the columns of its file. Raises UnreadableRow."""
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error as error:
        raise UnreadableRow(f"it is no CSV ({error})") from None
    if len(cells) != len(columns):
        raise UnreadableRow(f"it has {len(cells)} cells instead of {len(columns)}")
    return from_row(dict(zip(columns, cells, strict=True)))


def from_row(row: Mapping[str, str]) -> Answer:
    """The answer that a row records, whichever version wrote it.

    Values are not validated again: the fields' rules are for what comes in, and may have changed since. In a row that a
    newer version wrote, what this version cannot read is left out. Raises UnreadableRow when the row holds no decision.
    """
    try:
        decision, version = decision_of(row), version_of(row)
    except (ValueError, TypeError, OverflowError) as error:
        raise UnreadableRow(f"it holds no decision ({type(error).__name__})") from None
    application: dict[str, Value] = {name: row.get(name) or None for name in FIELDS}
    for name, read in _READ:
        if text := row.get(name):
            application[name] = _recalled(read, text)
    if version < REASONS_WITH_VALUES:
        _give_values(decision, application)
    return Answer(
        row["APPLICATION_ID"],
        "decided",
        row.get("RECEIVED_AT", ""),
        application,
        decision,
        corrects=row.get("CORRECTS", ""),
    )


_READ = [(name, TYPES[name].read) for name in FIELDS if TYPES[name].read is not str]


def _give_values(decision: Decision, application: Mapping[str, Value]) -> None:
    """Replace the sentence that early versions wrote into a reason by the value that it was about: the application's own."""
    decision.reasons = [
        reason._replace(value=value_told(reason.field, application, decision.unknown))
        for reason in decision.reasons
    ]


def _recalled(read: Callable[[str], Value], text: str) -> Value:
    """A field's value as it was accepted. Text where a number is expected stays text."""
    try:
        return read(text)
    except (ValueError, OverflowError):
        return text


def record_of(row: Mapping[str, str]) -> Record:
    """The record that a row holds, whichever version wrote it. Raises UnreadableRow as `from_row`."""
    more = {} if row.keys() <= TYPES.keys() else {name: row[name] for name in row if name not in TYPES}
    return Record(from_row(row), version=version_of(row), more=more)


def id_of(line: str) -> str:
    """The application's id on a line of the history, which begins with it."""
    return line.partition(",")[0]
