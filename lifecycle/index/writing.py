"""Putting what was read of the record into the index: each batch is one transaction, with how far was read in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, select

from lifecycle.index import names
from lifecycle.index.database import Database
from lifecycle.index.entries import Entry, bin_of
from lifecycle.index.levels import counted_fields
from lifecycle.index.schema import DAY, applications, daily, daily_facets, daily_levels, days, facets, pending

Kind = Literal["outcome", "review"]
"""What may become known of an application after its decision."""


ASKED: Final = "asked"
"""How a review stands until a person has decided."""


class Facet(NamedTuple):
    """What few values an application's filters take together."""

    model: str
    version: str
    policy: str
    decision: str
    outcome: str = ""
    review: str = ""


class Later(NamedTuple):
    """What became known of an application, and when (milliseconds since 1970): its outcome, or how its review stands."""

    id: str
    kind: Kind
    value: str
    at: int

    def counts_after(self, value: str, at: int) -> bool:
        """Whether this counts where another value was told before, of another moment: the latest does, and of two at the
        same the one written later. Of two people who decide on one review, the first has decided."""
        return self.at >= at and not (self.kind == "review" and ASKED not in (self.value, value))


class Writer:
    """Writes within one transaction."""

    def __init__(self, database: Database, connection: Connection, whole: bool) -> None:
        self.database = database
        self.connection = connection
        self._whole = whole
        self._names = {int(row[0]): Facet(*row[1:]) for row in connection.execute(select(facets))}
        self._facets: dict[tuple[str, ...], int] = {facet: code for code, facet in self._names.items()}
        self._known = len(self._facets)
        self._n: int = connection.scalar(select(func.coalesce(func.max(applications.c.n), 0))) or 0
        self._daily = Counter[tuple[int, ...]]()

    def add(self, source: int, entries: Sequence[Entry], columns: Sequence[str], moved: bool = False) -> None:
        """Add applications that are not in the index yet. Those that are keep what they say; with `moved` their place is
        now this one."""
        first: dict[str, Entry] = {}
        for entry in entries:
            first.setdefault(entry.id, entry)
        known = {row[0] for row in self.database.with_ids(self.connection, "id", list(first))}
        if moved and known:
            self.database.change(
                self.connection,
                applications,
                ("source", "place", "id"),
                [(source, first[id].place, id) for id in known],
            )
        new = [entry for entry in first.values() if entry.id not in known]
        if not new:
            return
        rows = self._rows(source, new)
        self.database.add(self.connection, rows)
        if self._whole:
            named = [(row[0], entry.name) for row, entry in zip(rows, new, strict=True)]
            names.put(self.database, self.connection, named)
        self._count_levels(new, columns)

    def _rows(self, source: int, entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
        """Rows of `applications`, by column as that takes half the time; what they add to the counts of the days is noted."""
        (ids, received, scored, identities, folded, models, versions, policies, decisions, chances, limits, places,
         _) = zip(*entries, strict=True)  # fmt: skip
        waiting = self._waiting(ids)
        outcomes, outcomes_at = _told(waiting, "outcome", ids)
        reviews, reviews_at = _told(waiting, "review", ids)
        codes = self._codes(zip(models, versions, policies, decisions, outcomes, reviews, strict=True))
        received_on = [moment // DAY for moment in received]
        self._daily.update(zip(received_on, codes, map(bin_of, chances), strict=True))
        numbers = range(self._n + 1, self._n + 1 + len(ids))
        self._n = numbers[-1]
        self._put_days(received_on, numbers)
        return list(
            zip(numbers, ids, received, scored, identities, folded, codes, chances, limits, outcomes_at, reviews_at,
                repeat(source), places)
        )  # fmt: skip

    def _codes(self, told: Iterable[tuple[str, ...]]) -> list[int]:
        """The numbers of facets, of which the same few come again and again."""
        found = list(told)
        for facet in dict.fromkeys(found):
            self._code(Facet(*facet))
        return [self._facets[facet] for facet in found]

    def _put_days(self, received_on: Sequence[int], numbers: range) -> None:
        """Note the first and the last number that a day's applications have: no later one is lower."""
        last = dict(zip(received_on, numbers, strict=True))
        first = dict(zip(reversed(received_on), reversed(numbers), strict=True))
        self.database.put(
            self.connection,
            days,
            ("day", "first_n", "last_n"),
            [(day, first[day], n) for day, n in last.items()],
            "last_n = excluded.last_n",
        )

    def _waiting(self, ids: Sequence[str]) -> dict[str, dict[str, Later]]:
        """What became known of these applications before they were in the index."""
        found: dict[str, dict[str, Later]] = defaultdict(dict)
        if self.connection.scalar(select(pending.c.id).limit(1)) is None:
            return found
        rows = list(self.database.with_ids(self.connection, "id, kind, value, at", ids, "pending"))
        for id_, kind, value, at in rows:
            found[id_][kind] = Later(id_, kind, value, int(at))
        if found:
            its_id = pending.c.id == bindparam("its_id")
            self.connection.execute(delete(pending).where(its_id), [{"its_id": id_} for id_ in found])
        return found

    def apply(self, kind: Kind, rows: Iterable[Later]) -> None:
        """Note what became known: of an application, the latest moment counts, and of two at the same the one written later.
        What was counted before is taken back from the counts."""
        latest: dict[str, Later] = {}
        for later in rows:
            known = latest.get(later.id)
            if known is None or later.counts_after(known.value, known.at):
                latest[later.id] = later
        columns = f"id, n, received, facet, probability, {kind}_at"
        changed = []
        missing = set(latest)
        for id_, n, received, code, probability, at in self.database.with_ids(
            self.connection, columns, list(latest)
        ):
            missing.discard(id_)
            later = latest[id_]
            told = getattr(self._names[code], kind)
            if at is not None and not later.counts_after(told, at):
                continue
            facet = self._code(self._names[code]._replace(**{kind: later.value}))
            if facet != code:
                day, bin_ = received // DAY, bin_of(probability)
                self._daily[day, code, bin_] -= 1
                self._daily[day, facet, bin_] += 1
            if facet != code or at != later.at:
                changed.append((facet, later.at, n))
        self.database.change(self.connection, applications, ("facet", f"{kind}_at", "n"), changed)
        self.database.put(
            self.connection,
            pending,
            Later._fields,
            [latest[id_] for id_ in sorted(missing)],
            "value = excluded.value, at = excluded.at WHERE excluded.at >= pending.at",
        )

    def _code(self, facet: Facet) -> int:
        code = self._facets.get(facet)
        if code is None:
            code = self._facets[facet] = len(self._facets)
            self._names[code] = facet
        return code

    def _count_levels(self, entries: Sequence[Entry], columns: Sequence[str]) -> None:
        counted = levels_of(entries, columns)
        self._add_up(daily_levels, ("field", "day", "level"), counted)

    def _add_up(self, table: Table, key: Sequence[str], changes: Mapping[Any, int]) -> None:
        """Add to the counts of a table."""
        self.database.put(
            self.connection,
            table,
            (*key, "number"),
            [(*of, change) for of, change in changes.items() if change],
            f"number = {table.name}.number + excluded.number",
        )

    def close(self) -> None:
        """Write what was gathered: new facets, and how the counts of the days change."""
        self.database.put(
            self.connection,
            facets,
            ("code", *Facet._fields),
            [(code, *facet) for code, facet in self._names.items() if code >= self._known],
        )
        self._add_up(daily, ("day", "facet", "bin"), self._daily)
        sums = Counter[tuple[int, ...]]()
        for (day, facet, _), change in self._daily.items():
            sums[day, facet] += change
        self._add_up(daily_facets, ("day", "facet"), sums)
        self._daily.clear()


def _told(
    waiting: Mapping[str, Mapping[str, Later]], kind: Kind, ids: Sequence[str]
) -> tuple[Sequence[str], Sequence[int | None]]:
    """What is known already of these applications, '' for nothing; and since when."""
    if not waiting:
        return [""] * len(ids), [None] * len(ids)
    found = [waiting.get(id_, {}).get(kind) for id_ in ids]
    return [later.value if later else "" for later in found], [later.at if later else None for later in found]


def levels_of(entries: Sequence[Entry], columns: Sequence[str]) -> dict[tuple[str, int, str], int]:
    """(field, day, level) → how many of these applications, whose cells stand under these columns. Equal cells are counted
    before they become levels: that is done in C."""
    days = defaultdict[int, list[Sequence[str]]](list)
    for entry in entries:
        days[entry.received // DAY].append(entry.cells)
    counted = [(name, at, _LEVELS[name]) for at, name in enumerate(columns) if name in _LEVELS]
    found = defaultdict[tuple[str, int, str], int](int)
    for day, cells in days.items():
        by_column = list(zip(*cells, strict=True))
        for name, at, level in counted:
            for text, count in Counter(by_column[at]).items():
                found[name, day, level(text)] += count
    return found


_LEVELS = counted_fields()
