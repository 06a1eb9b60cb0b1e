"""What becomes known after a decision, as the ledgers beside the history tell it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from creditrisk.errors import HistoryUnavailable
from creditrisk.ledger import Table, open_ledger
from creditrisk.outcomes import OUTCOMES
from creditrisk.reviews import REVIEWS
from lifecycle.index.entries import moment_of
from lifecycle.index.pieces import Known, Piece
from lifecycle.index.writing import ASKED, Kind, Later

_ROWS = 20_000
"""Most rows of a piece."""
Read = Callable[[Mapping[str, str]], Later | None]


def _outcome(row: Mapping[str, str]) -> Later | None:
    return _later(row, "outcome", row.get("OUTCOME", ""), row.get("OBSERVED_AT", ""))


def _review(row: Mapping[str, str]) -> Later | None:
    """A review is ASKED for until somebody has decided it; then it is what they decided."""
    return _later(row, "review", row.get("DECISION") or ASKED, row.get("AT", ""))


def _later(row: Mapping[str, str], kind: Kind, value: str, at: str) -> Later | None:
    try:
        return (
            Later(row["APPLICATION_ID"], kind, value, moment_of(at))
            if value and row["APPLICATION_ID"]
            else None
        )
    except ValueError:
        return None


FOLLOWED: dict[str, tuple[Table, Kind, Read]] = {
    "outcomes": (OUTCOMES, "outcome", _outcome),
    "reviews": (REVIEWS, "review", _review),
}
"""Ledger → what of it is read, what it tells, and how a row tells it."""


def pieces_of(history_url: str, source: str, known: Callable[[str], Known | None]) -> Iterator[Piece]:
    """What was written into a ledger since. Raises HistoryUnavailable."""
    table, _, read = FOLLOWED[source]
    ledger = open_ledger(history_url, table)
    for part in ledger.parts():
        start = there.position if (there := known(part.name)) else 0
        if part.size < start:
            raise HistoryUnavailable(
                f"{part.name} is shorter than it was: restore it, then `creditrisk index rebuild`."
            )
        if part.size == start:
            continue
        rows = ledger.read(part.name, start)
        while taken := list(islice(rows, _ROWS)):
            later = [found for placed in taken if (found := read(placed.row))]
            yield Piece(
                source, part.name, start, taken[-1].end, later=later, unreadable=len(taken) - len(later)
            )
            start = taken[-1].end
