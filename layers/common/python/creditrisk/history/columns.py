"""The history's columns: what each is called, of which type it is, what it means, and since which version it is there.

To add a column, add one entry to `TABLE`, before RECORD_VERSION, with `since` one above VERSION: what is written, how files
of every version are read, and docs/history.md follow from it. When a column's content changes, set `changed` to one above
VERSION, and let `records.from_row` read what was in it before. Never remove or move an entry: files of earlier versions
are read by this table for ever.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from operator import attrgetter
from typing import Any, Final

from creditrisk.application import FIELDS, Value
from creditrisk.decision import Answer, Change, Decision, Reason

Cell = str | int | float | None

IMPORTED: Final = "imported"
"""What stands as MODEL in records that were brought along from another system."""


@dataclass(frozen=True)
class Type:
    """How a value is written into a cell and read from it. An empty cell means no value, whatever the type."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], Cell] | None = None
    """None: the value is written as it is, and a value of None makes an empty cell."""


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and "." not in text and "e" not in text.lower() else value


def _whole(text: str) -> int:
    """A whole number; a spreadsheet may have written 1 as 1.0."""
    value = float(text)
    if not value.is_integer():
        raise ValueError("not a whole number")
    return int(value)


def _verdict(text: str) -> str:
    if text not in ("approved", "declined", "referred"):
        raise ValueError("neither approved nor declined nor referred")
    return text


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def reasons_cell(reasons: Sequence[tuple[str, float, Value]]) -> str:
    """Reasons as JSON: [[field, contribution, value], …]."""
    return _as_json(reasons)


def _read_reasons(text: str) -> list[Reason]:
    """Reasons as they were written: before the version REASONS_WITH_VALUES, with a sentence in place of the value."""
    return [
        Reason(str(name), float(contribution), value if isinstance(value, str | int | float) else None)
        for name, contribution, value in json.loads(text)
    ]


def names_cell(names: Sequence[str]) -> str:
    """Fields' names with spaces between them; as a list in JSON where a name has a space itself."""
    return json.dumps(names, ensure_ascii=False) if any(" " in name for name in names) else " ".join(names)


def _read_names(text: str) -> list[str]:
    try:
        return [str(name) for name in json.loads(text)] if text.startswith("[") else text.split()
    except ValueError:  # a name that begins so
        return text.split()


def changes_cell(changes: list[Change]) -> str:
    """What would have changed a decision, as JSON: [[field, value], …]; empty when there is nothing."""
    return json.dumps(changes, ensure_ascii=False) if changes else ""


def _read_changes(text: str) -> list[Change]:
    return [
        Change(str(name), value if isinstance(value, str | int | float) else None)
        for name, value in json.loads(text)
    ]


TEXT = Type("text", str)
WHOLE = Type("whole number", _whole)
NUMBER = Type("number", _number)
PROBABILITY = Type("number", float, lambda value: "" if value is None or isnan(value) else repr(value))
MOMENT = Type("moment", str)
VERDICT = Type("text", _verdict)
NAMES = Type("names", _read_names, names_cell)
REASONS = Type("JSON", _read_reasons, reasons_cell)
CHANGES = Type("JSON", _read_changes, changes_cell)


@dataclass(frozen=True)
class Column:
    """One column. `attribute` names the attribute that it holds, of the decision when `decided`, else of the answer; it is
    '' for a field of the application and for RECORD_VERSION. `since` is the version that introduced the column, `changed`
    the first version whose cells are as `type` and `meaning` say."""

    name: str
    type: Type
    meaning: str
    attribute: str = ""
    decided: bool = True
    since: int = 1
    changed: int = 1


def _of_fields() -> list[Column]:
    """The application's columns, in the manual's order."""
    columns = []
    for name, field in FIELDS.items():
        kind = TEXT if not field.is_number else WHOLE if field.is_whole else NUMBER
        unit = f", {field.unit}" if field.unit else ""
        columns.append(Column(name, kind, f"{field.label}{unit}"))
    return columns


TABLE: Final = (
    Column("APPLICATION_ID", TEXT, "the application's id, a UUID: one row each", "id", decided=False),
    Column("RECEIVED_AT", MOMENT, "when it was accepted; empty when nobody knows (brought along)", "received_at", decided=False),
    Column("SCORED_AT", MOMENT, "when it was scored; empty when nobody knows (brought along)", "scored_at"),
    *_of_fields(),
    Column("MODEL", TEXT, "the model that decided; `imported` for what was brought along", "model"),
    Column("MODEL_VERSION", TEXT, "which version of it", "model_version"),
    Column("PROBABILITY", PROBABILITY, "the probability of default, 0 to 1, in full precision", "probability"),
    Column("PREDICTION", WHOLE, "1: bad, from the threshold on; 0: good", "prediction"),
    Column("DECISION", VERDICT, "`approved`, `declined`, or `referred` to a person (since version 5)", "decision"),
    Column("REASONS", REASONS, "the principal reasons, strongest first: `[[field, contribution in log-odds, value], …]`; before version 3 with an English sentence in place of the value", "reasons", changed=3),
    Column("THRESHOLD", NUMBER, "the probability from which was declined", "threshold"),
    Column("UNKNOWN", NAMES, "fields whose value the model had never seen, with spaces between them; as JSON where a name has a space", "unknown"),
    Column("CHALLENGER", TEXT, "the model that scored beside it and decided nothing", "challenger"),
    Column("CHALLENGER_PROBABILITY", PROBABILITY, "what that one said", "challenger_probability"),
    Column("COUNTERFACTUAL", CHANGES, "with which answers a declined application would have been approved by the same model: `[[field, value], …]`; empty when it was approved, or none was found", "counterfactual", since=4),
    Column("POLICY", TEXT, "the version of the policy that decided: its name and a digest of its content", "policy", since=5),
    Column("PROPENSITY", PROBABILITY, "the chance with which an application from the threshold on was to be accepted at random: 0 when the day's places were taken; empty when the policy would not have accepted it so", "propensity", since=5),
    Column("RULE", TEXT, "the policy's rule that decided before the score: `name: reason`; empty when none did", "rule", since=5),
    Column("CORRECTS", TEXT, "the id of the application that this one corrects; empty when it corrects none", "corrects", decided=False, since=5),
    Column("RECORD_VERSION", WHOLE, "the version of these columns that the row was written with", since=2),
)  # fmt: skip
"""Every column there is. RECORD_VERSION stays the last: where it is missing or not whole, the row was cut off."""

VERSION: Final = max(max(column.since, column.changed) for column in TABLE)
"""The version that is written. Rows without a RECORD_VERSION are of version 1."""
REASONS_WITH_VALUES: Final = 3
"""The version from which a reason holds its field's value; before, it held a sentence."""


def columns_of(version: int) -> tuple[str, ...]:
    """The names of the columns that a version writes, in order."""
    return tuple(column.name for column in TABLE if column.since <= version)


def header_of(columns: Sequence[str]) -> str:
    """The first line of a file with these columns; a field's name may hold what CSV puts into quotation marks."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(columns)
    return buffer.getvalue()


COLUMNS: Final = columns_of(VERSION)
HEADER: Final = header_of(COLUMNS)
HEADERS: Final = {header_of(columns_of(version)): version for version in range(1, VERSION + 1)}
"""The first line of a file → the last version that writes this line. Versions with the same columns write to the same
file; each row tells which version wrote it."""
TYPES: Final = {column.name: column.type for column in TABLE}

_DECIDED: Final = [column for column in TABLE if column.attribute and column.decided]
_BEFORE: Final[dict[str, Any]] = {"threshold": 0.5, "model": "", "model_version": "", "scored_at": ""}
"""The values for cells that are empty in an old row. 0.5 has always been the threshold's default."""


def cells_of(answer: Answer) -> list[Cell]:
    """The cells of a row for a decided application. Raises ValueError for one that is not decided."""
    if answer.decision is None:
        raise ValueError("Only a decided application is recorded.")
    return [
        *_BEFORE_FIELDS(answer),
        *map(answer.application.get, FIELDS),
        *[
            write(value) if write else value
            for write, value in zip(_WRITE_AFTER, _AFTER_FIELDS(answer), strict=True)
        ],
        VERSION,
    ]


def decision_of(row: Mapping[str, str]) -> Decision:
    """The decision that a row records. Raises ValueError, TypeError when it records none.

    A newer version may have written something that this version cannot read into a column that both have. That cell is
    left out, unless it is one of _NEEDED; an unknown word in DECISION is kept as it is.
    """
    values: dict[str, Any] = dict(_BEFORE)
    for column in _DECIDED:
        if text := row.get(column.name):
            try:
                values[column.attribute] = column.type.read(text)
            except (ValueError, TypeError, OverflowError):
                if version_of(row) <= VERSION or column.attribute in _NEEDED:
                    raise
                if column.type is VERDICT:
                    values[column.attribute] = text
    if values["model"] == IMPORTED:  # another system's history may have predictions without probabilities
        values.setdefault("probability", nan)
    return Decision(**values)


def version_of(row: Mapping[str, str]) -> int:
    """The version of the columns that a row was written with; 0 when its RECORD_VERSION cannot be read."""
    try:
        return _whole(row.get("RECORD_VERSION") or "1")
    except (ValueError, OverflowError):
        return 0


_NEEDED: Final = ("probability", "prediction")
"""The attributes without which there is no decision, whichever version wrote the row."""

_FIRST_FIELD: Final = COLUMNS.index(next(iter(FIELDS)))
_AFTER: Final = TABLE[_FIRST_FIELD + len(FIELDS) : -1]


def _attributes(columns: Sequence[Column]) -> Callable[[Answer], tuple[Any, ...]]:
    return attrgetter(
        *(f"decision.{column.attribute}" if column.decided else column.attribute for column in columns)
    )


_BEFORE_FIELDS: Final = _attributes(TABLE[:_FIRST_FIELD])
_AFTER_FIELDS: Final = _attributes(_AFTER)
_WRITE_AFTER: Final = [column.type.write for column in _AFTER]
