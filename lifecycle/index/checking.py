"""Whether the index says what the record says: every application of it, every outcome and review, every count."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from creditrisk.counted import counted
from creditrisk.history import open_history
from creditrisk.history.bucket import BucketHistory
from lifecycle.index import bucket_record, folder_record, ledgers, names
from lifecycle.index.database import Database
from lifecycle.index.entries import bin_of
from lifecycle.index.pieces import Known, Piece
from lifecycle.index.schema import DAY, applications, daily, daily_facets, daily_levels, days, facets, sources
from lifecycle.index.writing import Facet, Later, levels_of

NAMED = 20
"""Most differences that are named one by one; all are counted."""
_COLUMNS = "id, received, scored, identity, name, facet, probability, threshold, outcome_at, review_at, source, place"
Progress = Callable[[int], None]


@dataclass
class Checked:
    """What a check found. `differences` are sentences, each naming an application or a count; the first NAMED of them.
    `behind` is how many rows were recorded since the index was last brought up to date: they are no difference."""

    applications: int = 0
    differing: int = 0
    behind: int = 0
    differences: list[str] = field(default_factory=list)

    def differs(self, sentence: str) -> None:
        """Note a difference."""
        self.differing += 1
        if len(self.differences) < NAMED:
            self.differences.append(sentence)


def check(database: Database, history_url: str, progress: Progress = lambda rows: None) -> Checked:
    """Compare the whole index with the record. Raises NoIndex, HistoryUnavailable, IndexUnavailable."""
    with database.reading() as connection:
        return _Check(database, connection, history_url).run(progress)


class _Check:
    """One pass over the record beside one consistent view of the index."""

    def __init__(self, database: Database, connection: Connection, history_url: str) -> None:
        self.database = database
        self.connection = connection
        self.history_url = history_url
        self.found = Checked()
        self.facets = {row.code: Facet(*row[1:]) for row in connection.execute(select(facets))}
        self.parts = {(row.kind, row.name): row for row in connection.execute(select(sources))}
        self.levels = Counter[tuple[str, int, str]]()
        self.outcomes: dict[str, Later] = {}
        self.reviews: dict[str, Later] = {}

    def run(self, progress: Progress) -> Checked:
        """Ledgers first, as an application is compared with what became of it."""
        for source in ledgers.FOLLOWED:
            for piece in ledgers.pieces_of(self.history_url, source, _nothing_known):
                if self._is_in(piece):
                    for later in piece.later:
                        self._keep(later)
        matched = 0
        for piece in self._history():
            if (lost := piece.written - piece.rows - piece.unreadable) > 0:
                self.found.differs(f"{piece.name} has {counted(lost, 'row')} that the index does not read")
            if self._is_in(piece):
                matched += self._compare(piece)
                progress(piece.rows)
        self._absent(matched)
        if wrong := names.differing(self.connection):
            self.found.differs(f"{wrong} sets of names do not tell who has them")
        self._counts()
        return self.found

    def _history(self) -> Iterator[Piece]:
        history = open_history(self.history_url)
        if isinstance(history, BucketHistory):
            return bucket_record.pieces_of(history.objects, lambda names: list(names), once=True)
        return folder_record.pieces_of(Path(self.history_url), _nothing_known)

    def _is_in(self, piece: Piece) -> bool:
        """Whether a piece is in the index, as a whole or in part; rows beyond are counted as behind."""
        part = self.parts.get((piece.source, piece.name))
        position = part.position if part else 0
        if piece.position > position:
            kept = [entry for entry in piece.entries if entry.place < position]
            self.found.behind += piece.rows - len(kept)
            piece.entries, piece.later = kept, []
            return bool(kept)
        return True

    def _keep(self, later: Later) -> None:
        known = self.outcomes if later.kind == "outcome" else self.reviews
        before = known.get(later.id)
        if before is None or later.counts_after(before.value, before.at):
            known[later.id] = later

    def _compare(self, piece: Piece) -> int:
        """How many of the rows are the ones that the index has."""
        code = self.parts[piece.source, piece.name].code
        ids = [entry.id for entry in piece.entries]
        indexed = {row[0]: row for row in self.database.with_ids(self.connection, _COLUMNS, ids)}
        matched = []
        for entry in piece.entries:
            row = indexed.get(entry.id)
            if row is None:
                self.found.differs(f"{entry.id} is in the record and not in the index")
                continue
            if tuple(row[-2:]) != (code, entry.place):
                continue  # the same application in another row, of which the first counts
            outcome, review = self.outcomes.get(entry.id), self.reviews.get(entry.id)
            facet = Facet(
                entry.model, entry.version, entry.policy, entry.decision,
                outcome.value if outcome else "", review.value if review else "",
            )  # fmt: skip
            expected = (
                entry.id, entry.received, entry.scored, entry.identity, entry.name, facet, entry.probability,
                entry.threshold, outcome.at if outcome else None, review.at if review else None,
            )  # fmt: skip
            actual = (*row[:5], self.facets.get(row[5]), *row[6:10])
            if actual != expected:
                columns = _COLUMNS.split(", ")
                wrong = [columns[at] for at in range(len(expected)) if actual[at] != expected[at]]
                self.found.differs(f"{entry.id} differs in {', '.join(wrong)}")
            matched.append(entry)
        self.levels.update(levels_of(matched, piece.columns))
        return len(matched)

    def _absent(self, matched: int) -> None:
        """Applications in the index whose row in the record was not met."""
        self.found.applications = self.connection.scalar(select(func.count()).select_from(applications)) or 0
        if self.found.applications > matched:
            count = self.found.applications - matched
            self.found.differs(f"{count} applications are in the index, and not where it says in the record")

    def _counts(self) -> None:
        """The daily tables against what they add up."""
        expected = Counter[tuple[int, int, int]]()
        numbers: dict[int, tuple[int, int]] = {}
        columns = (applications.c[name] for name in ("n", "received", "facet", "probability"))
        for n, received, facet, probability in self.connection.execute(select(*columns)):
            day = received // DAY
            expected[day, facet, bin_of(probability)] += 1
            first, last = numbers.get(day, (n, n))
            numbers[day] = min(first, n), max(last, n)
        told = {row.day: (row.first_n, row.last_n) for row in self.connection.execute(select(days))}
        if wrong := sum(told.get(day) != numbers.get(day) for day in told.keys() | numbers.keys()):
            self.found.differs(f"{wrong} days do not tell which numbers their applications have")
        stored = {(row.day, row.facet, row.bin): row.number for row in self.connection.execute(select(daily))}
        self._compare_counts("daily", expected, stored)
        sums = Counter[tuple[int, int]]()
        for (day, facet, _), count in expected.items():
            sums[day, facet] += count
        stored_sums = {
            (row.day, row.facet): row.number for row in self.connection.execute(select(daily_facets))
        }
        self._compare_counts("daily_facets", sums, stored_sums)
        levels = {
            (row.field, row.day, row.level): row.number
            for row in self.connection.execute(select(daily_levels))
        }
        self._compare_counts("daily_levels", self.levels, levels)

    def _compare_counts(self, table: str, expected: Counter[Any], stored: dict[Any, int]) -> None:
        for key in expected.keys() | stored.keys():
            if expected[key] != stored.get(key, 0):
                self.found.differs(
                    f"{table} counts {stored.get(key, 0)} where there are {expected[key]}: {key}"
                )


def _nothing_known(name: str) -> Known | None:
    return None
