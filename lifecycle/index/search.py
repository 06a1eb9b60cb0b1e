"""Look-ups in the index: a page of applications, and how many there are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from creditrisk.clock import timestamp
from lifecycle.index.database import Database
from lifecycle.index.plan import Plan
from lifecycle.index.query import Place, Query
from lifecycle.index.schema import UNTOLD

__all__ = ["Count", "Found", "Page", "Query", "search"]


@dataclass(frozen=True)
class Found:
    """One application, as the index knows it. Moments are ISO 8601, '' where there is none; what the applicant said stands
    in the record alone."""

    id: str
    received_at: str
    scored_at: str
    model: str
    version: str
    policy: str
    decision: str
    probability: float | None
    threshold: float | None
    outcome: str
    outcome_at: str
    review: str
    review_at: str


class Count(NamedTuple):
    """How many there are: exactly, or, with `more`, more than that."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.number:,}" if self.more else f"{self.number:,}"


@dataclass(frozen=True)
class Page:
    """Applications in the order asked for. `next` and `previous` are cursors for `Query.after`, '' where there is none."""

    rows: list[Found]
    count: Count
    next: str = ""
    previous: str = ""


def search(database: Database, query: Query) -> Page:
    """One page of what matches a query. Raises WrongQuery, NoIndex, IndexUnavailable."""
    query = query.checked()
    place = Place.read(query)
    with database.reading() as connection:
        plan = Plan(database, connection, query)
        rows = list(plan.page(place))
        count = Count(*plan.count())
    more, back = len(rows) > query.limit, place is not None and place.back
    rows = rows[: query.limit]
    if back:
        rows.reverse()
    # One side is where the reader came from; on the other there is a page when one row more was found.
    has_next, has_previous = (True, more) if back else (more, place is not None)
    return Page(
        [_found(row, plan) for row in rows],
        count,
        plan.place_of(rows[-1], back=False).cursor(query) if rows and has_next else "",
        plan.place_of(rows[0], back=True).cursor(query) if rows and has_previous else "",
    )


def _found(row: Row[Any], plan: Plan) -> Found:
    facet = plan.facets[row.facet]
    return Found(
        row.id,
        moment_told(row.received),
        moment_told(row.scored),
        facet.model,
        facet.version,
        facet.policy,
        facet.decision,
        None if row.probability == UNTOLD else row.probability,
        row.threshold,
        facet.outcome,
        moment_told(row.outcome_at),
        facet.review,
        moment_told(row.review_at),
    )


def moment_told(milliseconds: int | None) -> str:
    """A moment of the index as ISO 8601."""
    return "" if milliseconds is None else timestamp(datetime.fromtimestamp(milliseconds / 1000, UTC))
