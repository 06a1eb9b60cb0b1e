"""What the index keeps of a row of the history."""

import csv
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import starmap
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np

from creditrisk.application import FIELDS, Role
from creditrisk.application_id import milliseconds
from creditrisk.errors import UnreadableRow
from creditrisk.history.parts import Layout, Row
from creditrisk.portfolio.kinds import Text
from lifecycle.arrays import moments
from lifecycle.index.folding import fold, fold_identity
from lifecycle.index.schema import BINS, UNTOLD

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WRITTEN = re.compile(r"(?:(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)?")
"""A moment as this system writes it, or nothing."""
_VERDICTS = frozenset(("approved", "declined", "referred"))
_PREDICTIONS = frozenset("01")
_IDENTITY = [(name, field.kind) for name, field in FIELDS.items() if field.role is Role.IDENTITY]
NAMES: Final = tuple(name for name, kind in _IDENTITY if isinstance(kind, Text) and kind.name)
"""The fields that hold a person's name."""
NUMBER: Final = next((name for name, kind in _IDENTITY if name not in NAMES), "")
"""The field that holds the identity number: the first field of identity that is no name."""
_WANTED = ("APPLICATION_ID", "RECEIVED_AT", "SCORED_AT", *NAMES, NUMBER, "MODEL", "MODEL_VERSION", "PROBABILITY",
           "PREDICTION", "DECISION", "REASONS", "THRESHOLD", "POLICY")  # fmt: skip


class Entry(NamedTuple):
    """One application as the index keeps it, and the cells of its row. Moments are milliseconds since 1970."""

    id: str
    received: int
    scored: int
    identity: str
    name: str
    model: str
    version: str
    policy: str
    decision: str
    probability: float
    threshold: float | None
    place: int
    cells: Sequence[str]


class EntryReader:
    """Reads rows under one layout. Lines that are written as usual are read at once and by column, which takes a tenth of
    the time; any other is left to the history's own reader, so that both always agree on what can be read."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._there = [name for name in _WANTED if name in layout.columns]
        self._taken = itemgetter(*map(layout.columns.index, self._there))

    def entries(self, lines: Sequence[str], places: Sequence[int]) -> list[Entry | None]:
        """What the index keeps of each line, which begin at these places; None for one of which only the history's own
        reader can tell what it says."""
        rows = _cells(lines, self.layout)
        usual = [at for at, cells in enumerate(rows) if cells is not None]
        cells = [cells for cells in rows if cells is not None]
        entries: list[Entry | None] = [None] * len(lines)
        for at, entry in zip(usual, self._by_column(cells, [places[at] for at in usual]), strict=True):
            entries[at] = entry
        return entries

    def _by_column(self, cells: Sequence[list[str]], places: Sequence[int]) -> Sequence[Entry | None]:
        """The same of rows with a cell for each column. What is made of an odd row is thrown away at the end."""
        if not cells:
            return []
        column = dict(zip(self._there, zip(*map(self._taken, cells), strict=True), strict=True))
        nothing = [""] * len(cells)
        ids, decisions = column["APPLICATION_ID"], column.get("DECISION", nothing)
        chances = _numbers(column["PROBABILITY"])
        limits = _numbers([limit or "0.5" for limit in column.get("THRESHOLD", nothing)])
        came = _moments(column.get("RECEIVED_AT", nothing))
        ended = _moments(column.get("SCORED_AT", nothing))
        odd = set().union(
            _others(ids, _ID.fullmatch),
            _others(decisions, _VERDICTS.__contains__),
            _others(column.get("PREDICTION", nothing), _PREDICTIONS.__contains__),
            _others(column.get("REASONS", nothing), _is_list),
            _others(chances, math.isfinite),
            _others(limits, math.isfinite),
            _others(came, _is_told),
            _others(ended, _is_told),
        )
        received = [
            moment or after or (0 if at in odd else milliseconds(id_))
            for at, (moment, after, id_) in enumerate(zip(came, ended, ids, strict=True))
        ]
        scored = [after or moment for after, moment in zip(ended, received, strict=True)]
        words = [column[name] for name in NAMES if name in column]
        names = map(" ".join, zip(*words, strict=True)) if words else nothing
        entries: list[Entry | None] = list(starmap(Entry, zip(
            ids, received, scored, map(fold_identity, column.get(NUMBER, nothing)), map(fold, names),
            column.get("MODEL", nothing), column.get("MODEL_VERSION", nothing), column.get("POLICY", nothing),
            decisions, chances, limits, places, cells, strict=True,
        )))  # fmt: skip
        for at in odd:
            entries[at] = None
        return entries

    def from_row(self, row: Row, place: int) -> Entry:
        """The same through the history's own reader. Raises UnreadableRow."""
        answer = row.record().answer
        decision, cells = answer.decision, row.by_column
        if decision is None:
            raise UnreadableRow(f"{row}: it holds no decision")
        scored = _moment_or_0(decision.scored_at)
        received = _moment_or_0(answer.received_at) or scored or milliseconds(answer.id)
        name = " ".join(str(answer.application.get(name) or "") for name in NAMES)
        return Entry(
            answer.id, received, scored or received,
            fold_identity(cells.get(NUMBER, "")), fold(name), decision.model, decision.model_version,
            cells.get("POLICY", ""), str(decision.decision),
            UNTOLD if math.isnan(decision.probability) else decision.probability, decision.threshold, place,
            [cells.get(column, "") for column in self.layout.columns],
        )  # fmt: skip


def bin_of(probability: float) -> int:
    """The bin of a probability of default: 0 to BINS - 1, or -1 without one."""
    return -1 if probability == UNTOLD else min(BINS - 1, max(0, int(probability * BINS)))


def moment_of(text: str) -> int:
    """A moment in ISO 8601 as milliseconds since 1970; UTC where it does not say. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _moments(texts: Sequence[str]) -> Sequence[int | None]:
    """The same of a column: 0 where nothing is told, None where it is no moment. By array only as they are written here:
    NumPy takes other things for moments than `moment_of`, and an array is as wide as its longest cell."""
    if all(map(_WRITTEN.fullmatch, texts)):
        cells = np.array(texts, "S")
        told = moments(cells)
        untold = np.isnat(told)
        if not (untold & (cells != b"")).any():
            numbers: list[int] = np.where(untold, 0, told.astype(np.int64)).tolist()
            return numbers
    return list(map(_moment_or_none, texts))


def _moment_or_none(text: str) -> int | None:
    try:
        return moment_of(text) if text else 0
    except ValueError:
        return None


def _is_told(moment: int | None) -> bool:
    return moment is not None


def _numbers(texts: Sequence[str]) -> list[float]:
    """A column's numbers, nan where it is none."""
    try:
        return list(map(float, texts))
    except ValueError:
        return list(map(_number, texts))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _others(cells: Sequence[Any], is_usual: Callable[[Any], object]) -> list[int]:
    """Which cells of a column are not as usual."""
    if all(map(is_usual, cells)):
        return []
    return [at for at, cell in enumerate(cells) if not is_usual(cell)]


def _is_list(reasons: str) -> bool:
    return (reasons[:2] == "[[" and reasons[-2:] == "]]") or reasons in ("[]", "")


def _cells(lines: Sequence[str], layout: Layout) -> Sequence[list[str] | None]:
    """The cells of each line; None unless it is one row of plain text with as many cells as there are columns."""
    if not layout.version:
        return [None] * len(lines)
    width = len(layout.columns)
    rows = _parsed(lines)
    # A quotation mark that is never closed makes one row of several lines.
    if rows is None or len(rows) != len(lines):
        alone = [_parsed([line]) for line in lines]
        rows = [found[0] if found and len(found) == 1 else [] for found in alone]
    return [cells if len(cells) == width else None for cells in rows]


def _parsed(lines: Sequence[str]) -> list[list[str]] | None:
    try:
        "".join(lines).encode()
        return list(csv.reader(lines))
    except (csv.Error, UnicodeEncodeError):
        return None


def _moment_or_0(text: str) -> int:
    return _moment_or_none(text) or 0  # as a spreadsheet wrote it
