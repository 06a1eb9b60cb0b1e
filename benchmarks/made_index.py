"""An index of many made-up applications, filled through its own writer without a record: what `made_history` writes, at a
fifth of the time. For asking it alone: its applications stand nowhere."""

import random
from collections.abc import Iterator, Sequence

from benchmarks.made_history import BEGIN, YEAR_MS, Names, id_at
from creditrisk.decision import declines
from lifecycle.index.building import finish
from lifecycle.index.database import Database
from lifecycle.index.entries import Entry
from lifecycle.index.folding import fold
from lifecycle.index.writing import Later, Writer
from models.synthetic import synthetic_applicants

_TEMPLATES = 2_000
_AT_ONCE = 20_000
_LATER_MS = 200 * 86_400_000


def make_index(database: Database, rows: int, seed: int = 1) -> None:
    """Fill an index with so many applications; of half of those approved it is known what became."""
    new = database.fresh()
    new.discard()
    new.create()
    draw = random.Random(seed)
    names = Names(draw)
    applicants = list(synthetic_applicants(_TEMPLATES))
    columns = list(applicants[0])
    cells = [[str(value) for value in applicant.values()] for applicant in applicants]
    chances = [min(0.999, max(0.001, draw.betavariate(2.2, 6))) for _ in cells]

    def entries(begin: int, end: int) -> Iterator[Entry]:
        for number in range(begin, end):
            moment = BEGIN + number * YEAR_MS // rows
            at = number % _TEMPLATES
            verdict = "declined" if declines(chances[at], 0.5) else "approved"
            yield Entry(
                id_at(moment, draw), moment, moment, f"{draw.randrange(10**11):011}", fold(names.one()), "lightgbm",
                f"v{1 + at % 3}", "", verdict, chances[at], 0.5, number, cells[at],
            )  # fmt: skip

    for begin in range(0, rows, _AT_ONCE):
        with new.writing() as connection:
            writer = _Knowing(new, connection, draw)
            writer.add(1, list(entries(begin, min(rows, begin + _AT_ONCE))), columns)
            writer.close()
    finish(new)
    database.take_over()


class _Knowing(Writer):
    """Knows outcomes at once that others are told later."""

    def __init__(self, database: Database, connection: object, draw: random.Random) -> None:
        super().__init__(database, connection, whole=False)  # type: ignore[arg-type]
        self._draw = draw

    def add(self, source: int, entries: Sequence[Entry], columns: Sequence[str], moved: bool = False) -> None:
        """Add applications of which what becomes is drawn."""
        self._drawn = {
            entry.id: {"outcome": self._outcome(entry)}
            for entry in entries
            if entry.decision == "approved" and self._draw.random() < 0.5
        }
        super().add(source, entries, columns, moved)

    def _waiting(self, ids: Sequence[str]) -> dict[str, dict[str, Later]]:
        return self._drawn

    def _outcome(self, entry: Entry) -> Later:
        value = "bad" if self._draw.random() < 0.25 else "good"
        return Later(entry.id, "outcome", value, entry.received + _LATER_MS)
