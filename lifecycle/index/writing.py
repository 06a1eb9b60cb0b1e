"""Putting what was read of the record into the index: each batch is one transaction, with how far was read in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, func, select

from lifecycle.index import names
from lifecycle.index.database import Database
from lifecycle.index.entries import Entry, bin_of
from lifecycle.index.levels import counted_fields
from lifecycle.index.schema import DAY, applications, facets, pending

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
        self._facets = {
            Facet(*row[1:]): int(row[0]) for row in connection.execute(select(facets).order_by(facets.c.code))
        }
        self._names = {code: facet for facet, code in self._facets.items()}
        self._known = len(self._facets)
        self._n: int = connection.scalar(select(func.coalesce(func.max(applications.c.n), 0))) or 0
        self._daily = Counter[tuple[int, int, int]]()

    def add(self, source: int, entries: Sequence[Entry], columns: Sequence[str], moved: bool = False) -> None:
        """Add applications that are not in the index yet. Those that are keep what they say; with `moved` their place is
        now this one."""
        first: dict[str, Entry] = {}
        for entry in entries:
            first.setdefault(entry.id, entry)
        known = {row[0] for row in self.database.with_ids(self.connection, "id", list(first))}
        if moved and known:
            self.database.many(
                self.connection,
                "UPDATE applications SET source = ?, place = ? WHERE id = ?",
                [(source, first[id].place, id) for id in known],
            )
        new = [entry for entry in first.values() if entry.id not in known]
        if not new:
            return
        waiting = self._waiting([entry.id for entry in new])
        rows = [self._row(source, entry, waiting.get(entry.id, {})) for entry in new]
        self.database.add(self.connection, rows)
        if self._whole:
            names.put(self.connection, [(row[0], entry.name) for row, entry in zip(rows, new, strict=True)])
        self._count_levels(new, columns)

    def _row(self, source: int, entry: Entry, later: Mapping[str, Later]) -> tuple[Any, ...]:
        outcome, review = later.get("outcome"), later.get("review")
        facet = self._code(
            Facet(
                entry.model,
                entry.version,
                entry.policy,
                entry.decision,
                outcome.value if outcome else "",
                review.value if review else "",
            )
        )
        self._n += 1
        self._daily[entry.received // DAY, facet, bin_of(entry.probability)] += 1
        return (
            self._n, entry.id, entry.received, entry.scored, entry.identity, entry.name, facet, entry.probability,
            entry.threshold, outcome.at if outcome else None, review.at if review else None, source, entry.place,
        )  # fmt: skip

    def _waiting(self, ids: Sequence[str]) -> dict[str, dict[str, Later]]:
        """What became known of these applications before they were in the index."""
        found: dict[str, dict[str, Later]] = defaultdict(dict)
        if self.connection.scalar(select(pending.c.id).limit(1)) is None:
            return found
        rows = list(self.database.with_ids(self.connection, "id, kind, value, at", ids, "pending"))
        for id_, kind, value, at in rows:
            found[id_][kind] = Later(id_, kind, value, int(at))
        self.database.many(
            self.connection,
            "DELETE FROM pending WHERE id = ? AND kind = ?",
            [(row[0], row[1]) for row in rows],
        )
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
        self.database.many(
            self.connection, f"UPDATE applications SET facet = ?, {kind}_at = ? WHERE n = ?", changed
        )
        self.database.many(
            self.connection,
            "INSERT INTO pending (id, kind, value, at) VALUES (?, ?, ?, ?) ON CONFLICT (id, kind) DO UPDATE "
            "SET value = excluded.value, at = excluded.at WHERE excluded.at >= pending.at",
            [latest[id_] for id_ in sorted(missing)],
        )

    def _code(self, facet: Facet) -> int:
        code = self._facets.get(facet)
        if code is None:
            code = self._facets[facet] = len(self._facets)
            self._names[code] = facet
        return code

    def _count_levels(self, entries: Sequence[Entry], columns: Sequence[str]) -> None:
        self.database.many(
            self.connection,
            "INSERT INTO daily_levels (field, day, level, number) VALUES (?, ?, ?, ?) ON CONFLICT (field, day, level) "
            "DO UPDATE SET number = daily_levels.number + excluded.number",
            [(*key, count) for key, count in levels_of(entries, columns).items()],
        )

    def close(self) -> None:
        """Write what was gathered: new facets, and how the counts of the days change."""
        self.database.many(
            self.connection,
            "INSERT INTO facets (code, model, version, policy, decision, outcome, review) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(code, *facet) for facet, code in self._facets.items() if code >= self._known],
        )
        self.database.many(
            self.connection,
            "INSERT INTO daily (day, facet, bin, number) VALUES (?, ?, ?, ?) ON CONFLICT (day, facet, bin) "
            "DO UPDATE SET number = daily.number + excluded.number",
            [(*key, change) for key, change in self._daily.items() if change],
        )
        sums = Counter[tuple[int, int]]()
        for (day, facet, _), change in self._daily.items():
            sums[day, facet] += change
        self.database.many(
            self.connection,
            "INSERT INTO daily_facets (day, facet, number) VALUES (?, ?, ?) ON CONFLICT (day, facet) "
            "DO UPDATE SET number = daily_facets.number + excluded.number",
            [(*key, change) for key, change in sums.items() if change],
        )
        self._daily.clear()


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
