"""How a query is answered by reading a bounded number of rows, however long the record is.

What matches is counted before it is read: the daily table tells exactly how many applications match the filters of facets and
days, and the sets of `names` how many have a name. So it is known which way is short:

- *few*: what a selective filter leaves is fetched and sorted;
- *walked*: in the order asked for, an index is walked until the page is full. It holds a run of entries for each facet, and
  those of the facets that match are merged; what is walked past is an entry of the index, and never a row.

Entries are walked past when they have another name, or, sorted by score, were received on other days. Evenly spread, the page
is full after (rows of the page) x (entries) / (those that match).
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Row,
    Select,
    asc,
    desc,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from lifecycle.index import names
from lifecycle.index.database import Database
from lifecycle.index.query import Place, Query
from lifecycle.index.schema import applications, daily_facets, days, facets

MOST_COUNTED = 20_000
"""Of those who match other filters, so many are looked at to count who has the name as well."""
_FETCHED = 1_000
"""Rows that are quickly fetched and sorted, however few there are in all."""
_MOST_MERGED = {"received": 64, "probability": 400}
"""Facets of which the entries are merged. Of more, the rows are looked at: by moment, as most of them match; by score, as no
database takes a statement of any length."""
_APPLICATION = applications.c

Rows = Sequence[Row[Any]]


class Plan:
    """One query within one connection."""

    def __init__(self, database: Database, connection: Connection, query: Query) -> None:
        self.database = database
        self.connection = connection
        self.query = query
        self.facets = {row.code: row for row in connection.execute(select(facets))}
        self._sort = query.sort.removeprefix("-")
        self._by_moment = self._sort == "received"
        self._counted: int | None = None
        self._on_page = 0
        self._single = bool(query.id or query.identity)
        if self._single:
            self._few: CTE | None = self._fetched(self._one())
            return
        self._named = names.find(connection, query.name.split(), self._among) if query.name else None
        self._matching = self._count_by_facet(*query.days) if any(query.days) else self._on_any_day
        self._few = self._fetched(self._selected()) if self._is_few() else None

    @cached_property
    def _among(self) -> range:
        """The numbers among which those of the days asked for are."""
        first, last = self.query.days
        found = select(func.min(days.c.first_n), func.max(days.c.last_n)).where(
            *([] if first is None else [days.c.day >= first]), *([] if last is None else [days.c.day <= last])
        )
        begin, end = self.connection.execute(found).one()
        return range(0) if begin is None else range(begin, end + 1)

    def _chosen(self) -> list[int]:
        """The facets that the query asks for."""
        wanted = self.query.facets.items()
        return [
            code
            for code, row in self.facets.items()
            if all(getattr(row, name) == value for name, value in wanted)
        ]

    @cached_property
    def _on_any_day(self) -> dict[int, int]:
        """Facet that is asked for → how many applications have it, whenever they were received."""
        return self._count_by_facet()

    def _count_by_facet(self, first: int | None = None, last: int | None = None) -> dict[int, int]:
        """Facet that is asked for → how many applications with it were received on these days, where there are any."""
        counted = select(daily_facets.c.facet, func.sum(daily_facets.c.number)).group_by(daily_facets.c.facet)
        if first is not None:
            counted = counted.where(daily_facets.c.day >= first)
        if last is not None:
            counted = counted.where(daily_facets.c.day <= last)
        chosen = set(self._chosen())
        return {
            code: int(count) for code, count in self.connection.execute(counted) if count and code in chosen
        }

    def _is_few(self) -> bool:
        """Whether what a filter leaves is fetched and sorted sooner than a page of it is walked to."""
        matching = sum(self._matching.values())
        if self._named is None and self._by_moment:
            return False  # all that is walked along matches
        share = 1.0 if self._named is None else len(self._named) / max(1, len(self._among))
        passed = matching if self._by_moment else sum(self._on_any_day[code] for code in self._matching)
        walked = self.query.limit * passed / max(1.0, matching * share)
        fetched = matching if self._named is None else min(matching, len(self._named))
        return fetched <= max(_FETCHED, min(walked, passed) / self.database.walked_per_fetched)

    def page(self, place: Place | None) -> Rows:
        """A page's rows and one more from a place on, in the opposite order when it asks for what is before it."""
        descending = self.query.sort.startswith("-") != bool(place and place.back)
        keys = self._found(place, descending) if self._few is not None else self._walked(place, descending)
        if keys is None:
            return []
        found = keys.subquery()
        rows = self.connection.execute(
            select(applications, *([found.c.in_all] if "in_all" in found.c else []))
            .join_from(found, applications, _APPLICATION.n == found.c.n)
            .order_by(*_order(found.c.key, found.c.n, descending))
        ).all()
        self._on_page = min(len(rows), self.query.limit)
        if self._few is not None:  # counted by the way: what is materialized is looked for once
            self._counted = rows[0].in_all if rows else None
        return rows

    def _found(self, place: Place | None, descending: bool) -> Select[Any]:
        """The numbers of a page's rows, and what they are sorted by, of few."""
        few = self._few
        assert few is not None
        in_all = select(func.count()).select_from(few).scalar_subquery().label("in_all")
        found = select(few, in_all).where(*_beyond(place, few.c.key, few.c.n, descending))
        return found.order_by(*_order(few.c.key, few.c.n, descending)).limit(self.query.limit + 1)

    def _walked(self, place: Place | None, descending: bool) -> Any:
        """The same, walked to; None where nothing matches."""
        if not self._matching:
            return None
        key, n = _APPLICATION[self._sort], _APPLICATION.n
        walk = select(key.label("key"), n.label("n")).where(
            *self._by_days(walked=True),
            *([] if self._named is None else [self._has_name(n)]),
            *_beyond(place, key, n, descending),
        )
        codes = list(self._matching)
        if self._by_moment and len(codes) == len(self.facets):
            walks = [walk]
        elif len(codes) > _MOST_MERGED[self._sort]:
            walks = [walk.where(_APPLICATION.facet.in_(codes))]
        else:
            walks = [walk.where(_APPLICATION.facet == code) for code in codes]
        limit = self.query.limit + 1
        if len(walks) == 1:
            return walks[0].order_by(*_order(key, n, descending)).limit(limit)
        # Each is told to be in order: PostgreSQL merges then, and would sort all of the entries otherwise.
        ordered = [walk.order_by(*_order(key, n, descending)).subquery() for walk in walks]
        by: list[Any] = [desc(name) if descending else asc(name) for name in ("key", "n")]
        return union_all(*(select(walk.c.key, walk.c.n) for walk in ordered)).order_by(*by).limit(limit)

    def count(self) -> tuple[int, bool]:
        """How many applications match, and whether there are more than that."""
        if self._counted is not None:
            return self._counted, False
        if self._few is not None:
            return self.connection.scalar(select(func.count()).select_from(self._few)) or 0, False
        if self._named is None:
            return sum(self._matching.values()), False
        if sum(self._matching.values()) == len(self._among):  # all of these numbers match but for the name
            return len(self._named), False
        looked_at = (
            select(_APPLICATION.n).where(*self._by_facet(), *self._by_days()).limit(MOST_COUNTED).subquery()
        )
        named = select(func.count()).select_from(looked_at).where(self._has_name(looked_at.c.n))
        counted = self.connection.scalar(named) or 0
        more = sum(self._matching.values()) > MOST_COUNTED
        return max(counted, self._on_page) if more else counted, more

    def _fetched(self, chosen: Sequence[ColumnElement[bool]]) -> CTE:
        """The numbers of these rows, and what they are sorted by. Materialized, so that no database thinks it quicker to
        walk all rows in the order asked for."""
        found = select(_APPLICATION[self._sort].label("key"), _APPLICATION.n).where(*chosen)
        return found.cte("few").prefix_with("MATERIALIZED")

    def _one(self) -> list[ColumnElement[bool]]:
        chosen = [*self._by_facet(), *self._by_days(), *self._by_name()]
        if self.query.id:
            chosen.append(_APPLICATION.id == self.query.id)
        if self.query.identity:
            chosen.append(_APPLICATION.identity == self.query.identity)
        return chosen

    def _selected(self) -> list[ColumnElement[bool]]:
        """By the filter that leaves fewest, and the others."""
        if self._named is not None and len(self._named) <= sum(self._matching.values()):
            return [self.database.among(list(self._named)), *self._by_facet(), *self._by_days()]
        return [_APPLICATION.facet.in_(list(self._matching)), *self._by_days(), *self._by_name()]

    def _by_facet(self) -> list[ColumnElement[bool]]:
        return [_APPLICATION.facet.in_(self._chosen())] if self.query.facets else []

    def _by_days(self, walked: bool = False) -> list[ColumnElement[bool]]:
        """Within the days; where entries are `walked` along by score, by what they say besides."""
        first, last = self.query.moments
        passed = walked and not self._by_moment
        received = self.database.passed(_APPLICATION.received) if passed else _APPLICATION.received
        return [
            *([] if first is None else [received >= first]),
            *([] if last is None else [received < last]),
        ]

    def _by_name(self) -> list[ColumnElement[bool]]:
        words = literal(" ") + _APPLICATION.name
        return [words.contains(f" {word}", autoescape=True) for word in self.query.name.split()]

    @cached_property
    def _has_name(self) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
        """What tells of a number that it is of one who has the name."""
        assert self._named is not None
        most = self.connection.scalar(select(func.max(_APPLICATION.n))) or 0
        return self.database.within(self._named, most)

    def place_of(self, row: Row[Any], back: bool) -> Place:
        """The place of a row in the order asked for."""
        return Place(getattr(row, self._sort), row.n, back)


def _beyond(
    place: Place | None, key: ColumnElement[Any], n: ColumnElement[Any], descending: bool
) -> list[ColumnElement[bool]]:
    """After a place, in the order asked for."""
    if place is None:
        return []
    here, there = tuple_(key, n), tuple_(literal(place.value), literal(place.n))
    return [here < there if descending else here > there]


def _order(key: ColumnElement[Any], n: ColumnElement[Any], descending: bool) -> list[ColumnElement[Any]]:
    return [key.desc(), n.desc()] if descending else [key.asc(), n.asc()]
