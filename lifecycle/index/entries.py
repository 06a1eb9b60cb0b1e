"""What the index keeps of a row of the history."""

import csv
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import starmap
from operator import itemgetter
from typing import Final, NamedTuple

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
    """Reads rows under one layout. Lines that are all written as usual are read at once and by column, which takes a tenth
    of the time; anything else is left to the history's own reader, so that both always agree on what can be read."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._there = [name for name in _WANTED if name in layout.columns]
        self._taken = itemgetter(*map(layout.columns.index, self._there))

    def entries(self, lines: Sequence[str], places: Sequence[int]) -> list[Entry] | None:
        """What the index keeps of lines, which begin at these places; None when only the history's own reader can tell what
        one of them says."""
        cells = _cells(lines, self.layout)
        if not cells:
            return None
        column = dict(zip(self._there, zip(*map(self._taken, cells), strict=True), strict=True))
        nothing = [""] * len(cells)
        ids, decisions = column["APPLICATION_ID"], column.get("DECISION", nothing)
        usual = (
            _VERDICTS.issuperset(decisions)
            and _PREDICTIONS.issuperset(column.get("PREDICTION", nothing))
            and all(map(_is_list, column.get("REASONS", nothing)))
            and all(map(_ID.fullmatch, ids))
        )
        if not usual:
            return None
        try:
            chances = list(map(float, column["PROBABILITY"]))
            limits = [float(told or 0.5) for told in column.get("THRESHOLD", nothing)]
            received = _moments(column.get("RECEIVED_AT", nothing))
            scored = _moments(column.get("SCORED_AT", nothing))
        except ValueError:
            return None
        if not all(map(math.isfinite, chances)) or not all(map(math.isfinite, limits)):
            return None
        received = [
            moment or after or milliseconds(id_)
            for moment, after, id_ in zip(received, scored, ids, strict=True)
        ]
        scored = [after or moment for after, moment in zip(scored, received, strict=True)]
        words = [column[name] for name in NAMES if name in column]
        names = map(" ".join, zip(*words, strict=True)) if words else nothing
        return list(starmap(Entry, zip(
            ids, received, scored, map(fold_identity, column.get(NUMBER, nothing)), map(fold, names),
            column.get("MODEL", nothing), column.get("MODEL_VERSION", nothing), column.get("POLICY", nothing),
            decisions, chances, limits, places, cells, strict=True,
        )))  # fmt: skip

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


def _moments(texts: Sequence[str]) -> list[int]:
    """The same of a column, 0 where nothing is told."""
    cells = np.array(texts, "S")
    told = moments(cells)
    if (np.isnat(told) & (cells != b"")).any():
        raise ValueError("not all are moments")
    numbers: list[int] = np.where(np.isnat(told), 0, told.astype(np.int64)).tolist()
    return numbers


def _is_list(reasons: str) -> bool:
    return (reasons[:2] == "[[" and reasons[-2:] == "]]") or reasons in ("[]", "")


def _cells(lines: Sequence[str], layout: Layout) -> list[list[str]] | None:
    """The cells of many lines at once; None unless each line is one row of plain text with as many cells as there are
    columns."""
    if not layout.version:
        return None
    try:
        "".join(lines).encode()
        cells = list(csv.reader(lines))
    except (csv.Error, UnicodeEncodeError):
        return None
    # A quotation mark that is never closed makes one row of several lines.
    width = len(layout.columns)
    return cells if len(cells) == len(lines) and set(map(len, cells)) == {width} else None


def _moment_or_0(text: str) -> int:
    try:
        return moment_of(text) if text else 0
    except ValueError:  # as a spreadsheet wrote it
        return 0
