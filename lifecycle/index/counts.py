"""Counts for charts, from the additive daily tables: they grow with the days, and not with the rows."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Integer, Table, cast, func, literal, select

from lifecycle.index.database import Database
from lifecycle.index.errors import WrongQuery
from lifecycle.index.query import FACETS, Query
from lifecycle.index.schema import BINS, daily, daily_facets, daily_levels, facets

Every = Literal["day", "week", "all"]
"""What is added up: weeks begin on Mondays."""
_EPOCH = date(1970, 1, 1)
_MONDAY = 3
"""1970 began on a Thursday, three days after a Monday."""
ALL = Query()
"""Everything there is."""
GROUPS = (*FACETS, "bin")


class Counted(NamedTuple):
    """How many applications: `start` is the first day of what is added up (None for all), `group` the values of what they
    are grouped by, in the order asked for."""

    start: date | None
    group: tuple[str, ...]
    number: int


def counts(
    database: Database, by: Collection[str], every: Every = "all", query: Query = ALL
) -> list[Counted]:
    """How many applications, grouped by `by` (facets, or `bin`, the percent of the probability of default below them),
    within the days and facets of a query.

    Raises WrongQuery when the query has filters that the daily table does not know; NoIndex, IndexUnavailable.
    """
    query = query.checked()
    if unknown := sorted(set(by) - set(GROUPS)):
        raise WrongQuery(f"Counts are grouped by {', '.join(GROUPS)}, not by {unknown[0]}.")
    if query.id or query.identity or query.name:
        raise WrongQuery("Counts know days and facets: leave id, identity and name out.")
    table = daily if "bin" in by else daily_facets
    start = _start(table, every)
    inner = [table.c.facet, *([table.c.bin] if table is daily else [])]
    summed = (  # before facets are joined to it: a few thousand rows are left then
        select(start.label("start"), *inner, func.sum(table.c.number).label("number"))
        .where(*_days(table, query))
        .group_by(*inner, *([] if every == "all" else [start]))  # as the table is sorted, as far as that goes
        .subquery()
    )
    columns = [summed.c.bin if name == "bin" else facets.c[name] for name in by]
    counted = (
        select(summed.c.start, *columns, func.sum(summed.c.number).label("number"))
        .join_from(summed, facets, summed.c.facet == facets.c.code)
        .where(*[facets.c[name] == value for name, value in query.facets.items()])
        .group_by(summed.c.start, *columns)
        .order_by(summed.c.start, *columns)
    )
    return _read(database, counted, len(columns))


def level_counts(database: Database, field: str, every: Every = "all", query: Query = ALL) -> list[Counted]:
    """How many applications had each level of a field (`levels`), within the days of a query."""
    query = query.checked()
    start = _start(daily_levels, every)
    counted = select(
        start.label("start"), daily_levels.c.level, func.sum(daily_levels.c.number).label("number")
    ).where(daily_levels.c.field == field, *_days(daily_levels, query))
    grouped = counted.group_by(start, daily_levels.c.level).order_by(start, daily_levels.c.level)
    return _read(database, grouped, 1)


def _start(table: Table, every: Every) -> ColumnElement[Any]:
    day = table.c.day
    match every:
        case "day":
            return day
        case "week":
            return day - (day + _MONDAY) % 7
        case "all":
            return cast(literal(-1), Integer)


def _days(table: Table, query: Query) -> list[ColumnElement[bool]]:
    first, last = query.days
    return [
        *([] if first is None else [table.c.day >= first]),
        *([] if last is None else [table.c.day <= last]),
    ]


def _read(database: Database, counted: Any, width: int) -> list[Counted]:
    with database.reading() as connection:
        return [
            Counted(
                None if row[0] < 0 else _EPOCH + timedelta(days=row[0]),
                tuple(str(value) for value in row[1 : 1 + width]),
                int(row[-1]),
            )
            for row in connection.execute(counted)
            if row[-1]
        ]


def bin_edges(number: int) -> tuple[float, float] | None:
    """The probabilities that a bin begins and ends with; None for the bin of those without one."""
    return None if number < 0 else (number / BINS, (number + 1) / BINS)
