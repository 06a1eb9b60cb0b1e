"""What the index keeps of a row of the history."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from creditrisk.application import FIELDS, Role
from creditrisk.application_id import milliseconds
from creditrisk.errors import UnreadableRow
from creditrisk.history.parts import Layout, Row
from creditrisk.portfolio.kinds import Text
from lifecycle.index.folding import fold, fold_identity
from lifecycle.index.schema import BINS, UNTOLD

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VERDICTS = ("approved", "declined", "referred")
_IDENTITY = [(name, field.kind) for name, field in FIELDS.items() if field.role is Role.IDENTITY]
NAMES: Final = tuple(name for name, kind in _IDENTITY if isinstance(kind, Text) and kind.name)
"""The fields that hold a person's name."""
NUMBER: Final = next((name for name, kind in _IDENTITY if name not in NAMES), "")
"""The field that holds the identity number: the first field of identity that is no name."""


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
    """Reads rows under one layout. What is written as usual is read without making a record of it, which takes a fifth of
    the time; anything else is left to the history's own reader, so that both always agree on what can be read."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        columns = {name: place for place, name in enumerate(layout.columns)}
        self._plain = bool(layout.version)
        self._names = [columns[name] for name in NAMES if name in columns]
        wanted = ("APPLICATION_ID", "RECEIVED_AT", "SCORED_AT", NUMBER, "MODEL", "MODEL_VERSION", "PROBABILITY",
                  "PREDICTION", "DECISION", "REASONS", "THRESHOLD", "POLICY")  # fmt: skip
        # A column that is not there is the cell beyond the last, which is added for it.
        self._taken = itemgetter(*(columns.get(name, len(columns)) for name in wanted))

    def entry(self, cells: list[str], place: int) -> Entry | None:
        """What the index keeps of a row with as many cells as the layout has columns; None when only the history's own
        reader can tell what it says."""
        if not self._plain:
            return None
        (id_, received, scored, number, model, version, probability, prediction, decision, reasons, threshold,
         policy) = self._taken([*cells, ""])  # fmt: skip
        name = cells[self._names[0]] if len(self._names) == 1 else " ".join([cells[at] for at in self._names])
        usual = (
            decision in _VERDICTS
            and prediction in ("0", "1")
            and ((reasons[:2] == "[[" and reasons[-2:] == "]]") or reasons in ("[]", ""))
            and _ID.fullmatch(id_)
        )
        if not usual:
            return None
        try:
            chance, limit = float(probability), float(threshold or 0.5)
            moment = moment_of(received) if received else 0
            if not math.isfinite(chance) or not math.isfinite(limit):
                return None
            scored_at = moment_of(scored) if scored else 0
        except ValueError:
            return None
        moment = moment or scored_at or milliseconds(id_)
        return Entry(
            id_, moment, scored_at or moment, fold_identity(number), fold(name), model, version, policy, decision,
            chance, limit, place, cells,
        )  # fmt: skip

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
    if (
        len(text) == 24 and text[13] == text[16] == ":" and text[19] == "." and text[-1] == "Z"
    ):  # as written here
        return _hour(text[:13]) + int(text[14:16]) * 60_000 + int(text[17:19]) * 1_000 + int(text[20:23])
    return _moment(text)


@lru_cache(maxsize=1 << 12)
def _hour(text: str) -> int:
    return _moment(text)


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _moment_or_0(text: str) -> int:
    try:
        return moment_of(text) if text else 0
    except ValueError:  # as a spreadsheet wrote it
        return 0
