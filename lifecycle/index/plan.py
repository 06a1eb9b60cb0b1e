"""How a query is answered by reading a bounded number of rows, however long the record is.

The daily table tells exactly how many applications match the filters of facets and days, and so which way is short:

- *few*: what a selective filter leaves is fetched and sorted;
- *walked*: facet by facet, rows are walked in the order asked for until the page is full.

Rows are walked past when they have another name, or, sorted by score, were received on other days. That is done only where
more than √(page × rows) match: evenly spread, a page is full after at most as many steps again.
"""

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Row, func, literal, select, tuple_, union_all

from lifecycle.index.database import Database
from lifecycle.index.query import Place, Query
from lifecycle.index.schema import applications, daily_facets, facets

MOST_COUNTED = 10_000
"""A count goes no further, where it is not told by the daily table."""
_FETCHED = 1_000
"""Rows that are quickly fetched and sorted, however few there are in all."""
_WALKED_PER_FETCHED = 10
"""Rows that are walked past in the time in which one is fetched by its number and sorted."""
_MOST_FACETS = 64
"""Facets that are walked one by one and merged. With more of them, most rows match."""
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
        self._key: ColumnElement[Any] = _APPLICATION[self._sort]
        self._by_moment = self._sort == "received"
        self._names = database.named(query.name.split()) if query.name else None
        self._single = bool(query.id or query.identity)
        self._in_days = 0
        self._matching = {} if self._single else self._count_by_facet()
        self._few = self._threshold()
        self._named = self._find_names()
        self._counted: int | None = None

    def _chosen(self) -> list[int]:
        """The facets that the query asks for."""
        wanted = self.query.facets.items()
        return [
            code
            for code, row in self.facets.items()
            if all(getattr(row, name) == value for name, value in wanted)
        ]

    def _count_by_facet(self) -> dict[int, int]:
        """Facet → how many applications with it were received on the days asked for, where there are any."""
        counted = select(daily_facets.c.facet, func.sum(daily_facets.c.number)).group_by(daily_facets.c.facet)
        first, last = self.query.days
        if first is not None:
            counted = counted.where(daily_facets.c.day >= first)
        if last is not None:
            counted = counted.where(daily_facets.c.day <= last)
        found = {code: int(count) for code, count in self.connection.execute(counted) if count}
        self._in_days = sum(found.values())
        chosen = set(self._chosen())
        return {code: count for code, count in found.items() if code in chosen}

    def _threshold(self) -> int:
        """How many rows are fetched sooner than walked to: in the time of what is walked past until a page is full.

        By moment, one walk within the days passes other facets; by score, each facet has a walk, which passes other days.
        """
        total = self.connection.scalar(select(func.max(_APPLICATION.n))) or 0
        matching = sum(self._matching.values())
        if not matching:
            return _FETCHED
        factor = self._in_days / matching if self._by_moment else len(self._matching) * total / self._in_days
        return max(_FETCHED, math.isqrt(int(self.query.limit * total * factor / _WALKED_PER_FETCHED)))

    def _find_names(self) -> list[int]:
        """The numbers of those who have the name, no more than matter; looked for once, since all of its words' lists are
        read for the first of them."""
        if self._names is None:
            return []
        return list(self.connection.scalars(self._names.limit(max(self._few, MOST_COUNTED) + 1)))

    def page(self, place: Place | None) -> Rows:
        """A page's rows and one more from a place on, in the opposite order when it asks for what is before it."""
        descending = self.query.sort.startswith("-") != bool(place and place.back)
        few = self._fetched()
        if few is not None:  # counted by the way: what is materialized is looked for once
            counted = select(few, select(func.count()).select_from(few).scalar_subquery().label("in_all"))
            rows = self._sorted(counted, few.c[self._sort], few.c.n, place, descending)
            self._counted = rows[0].in_all if rows else None
            return rows
        if not self._matching:
            return []
        codes = list(self._matching)
        wholly = self._by_moment and (len(codes) == len(self.facets) or self._names is not None)
        if wholly or len(codes) > _MOST_FACETS:
            chosen = [*self._by_days(), *self._by_facet()]
            walked = select(applications).where(*chosen, *self._by_name())
            return self._sorted(walked, self._key, _APPLICATION.n, place, descending)
        walks = []
        for code in codes:
            walk = select(applications).where(
                _APPLICATION.facet == code, *self._by_days(walked=True), *self._by_name()
            )
            walks.append(select(self._ordered(walk, self._key, _APPLICATION.n, place, descending).subquery()))
        merged = union_all(*walks).subquery()
        return self._sorted(select(merged), merged.c[self._sort], merged.c.n, place, descending)

    def count(self) -> tuple[int, bool]:
        """How many applications match, and whether there are more than that."""
        if self._counted is not None:
            return self._counted, False
        few = self._fetched()
        if few is not None:
            return self.connection.scalar(select(func.count()).select_from(few)) or 0, False
        if self._names is None:
            return sum(self._matching.values()), False
        if not (self.query.facets or self.query.since or self.query.until):
            return min(len(self._named), MOST_COUNTED), len(self._named) > MOST_COUNTED
        named = select(func.count()).where(
            self.database.among(self._named[:MOST_COUNTED]), *self._by_facet(), *self._by_days()
        )
        return self.connection.scalar(named) or 0, len(self._named) > MOST_COUNTED

    def _fetched(self) -> CTE | None:
        """What a selective filter leaves; None when no filter is selective."""
        chosen: list[ColumnElement[bool]] = [*self._by_facet(), *self._by_days()]
        if self._single:
            if self.query.id:
                chosen.append(_APPLICATION.id == self.query.id)
            if self.query.identity:
                chosen.append(_APPLICATION.identity == self.query.identity)
            chosen += self._by_name()
        elif self._names is not None and len(self._named) <= self._few:
            chosen.append(self.database.among(self._named))
        elif sum(self._matching.values()) <= self._few and (self._names is not None or not self._by_moment):
            chosen = [_APPLICATION.facet.in_(list(self._matching)), *self._by_days(), *self._by_name()]
        else:
            return None
        # Materialized, so that no database thinks it quicker to walk all rows in the order asked for.
        return select(applications).where(*chosen).cte("few").prefix_with("MATERIALIZED")

    def _by_facet(self) -> list[ColumnElement[bool]]:
        return [_APPLICATION.facet.in_(self._chosen())] if self.query.facets else []

    def _by_days(self, walked: bool = False) -> list[ColumnElement[bool]]:
        """Within the days. Where rows are `walked` by score, as an expression that no index has: a database would take the
        index by moment otherwise, and sort all of the days."""
        first, last = self.query.moments
        received = _APPLICATION.received + 0 if walked and not self._by_moment else _APPLICATION.received
        return [
            *([] if first is None else [received >= first]),
            *([] if last is None else [received < last]),
        ]

    def _by_name(self) -> list[ColumnElement[bool]]:
        words = literal(" ") + _APPLICATION.name
        return [words.contains(f" {word}", autoescape=True) for word in self.query.name.split()]

    def _sorted(
        self, rows: Any, key: ColumnElement[Any], n: ColumnElement[Any], place: Place | None, descending: bool
    ) -> Rows:
        return self.connection.execute(self._ordered(rows, key, n, place, descending)).all()

    def _ordered(
        self, rows: Any, key: ColumnElement[Any], n: ColumnElement[Any], place: Place | None, descending: bool
    ) -> Any:
        """The first rows after a place, in order, and one more than the page has."""
        if place:
            here, there = tuple_(key, n), tuple_(literal(place.value), literal(place.n))
            rows = rows.where(here < there if descending else here > there)
        order = (key.desc(), n.desc()) if descending else (key.asc(), n.asc())
        return rows.order_by(*order).limit(self.query.limit + 1)

    def place_of(self, row: Row[Any], back: bool) -> Place:
        """The place of a row in the order asked for."""
        return Place(getattr(row, self._sort), row.n, back)
