"""`make bench-index`: making the index and asking it, at as many rows as BENCH_ROWS says, on SQLite and, where
BENCH_DATABASE_URL names an empty database, on PostgreSQL; beside what the history alone takes."""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from benchmarks import tables
from benchmarks.made_history import write_history
from creditrisk.history import open_history
from lifecycle.index.building import rebuild
from lifecycle.index.counts import counts, level_counts
from lifecycle.index.database import Database
from lifecycle.index.opening import open_database
from lifecycle.index.query import Query
from lifecycle.index.schema import applications
from lifecycle.index.search import search

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DRAWN = int(os.environ.get("BENCH_DRAWN", "60"))
"""Look-ups of each kind."""
DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "")
_BEGIN = date(2025, 1, 1)

Row = tuple[str, str, str]


class Person(NamedTuple):
    """An application to look for."""

    id: str
    identity: str
    name: str


def main(arguments: Sequence[str]) -> None:
    """Measure, and keep the figures unless --no-keep is said."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_history(folder, ROWS)
        databases = {"SQLite": open_database("", place)}
        if DATABASE_URL:
            databases["PostgreSQL"] = open_database(DATABASE_URL, place)
        rows: list[Row] = []
        data: dict[str, Any] = {"rows": ROWS}
        for name, database in databases.items():
            data[name] = _measured(name, database, place, rows)
        _beside(folder, rows, data)
    header = ("what", "median", "p99, or most")
    title = f"Index of {ROWS:,} applications, milliseconds of a look-up (SQLite: processor; PostgreSQL: wall)"
    tables.write("index", title, header, rows, data, keep="--no-keep" not in arguments)


def _measured(name: str, database: Database, place: str, rows: list[Row]) -> dict[str, Any]:
    begun = time.process_time()
    rebuild(database, place)
    seconds = time.process_time() - begun
    rows.append((f"{name}: rebuild, CPU s of the process (with outcomes)", f"{seconds:.1f}", ""))
    rows.append((f"{name}: size, MB", f"{database.size() / 1e6:,.0f}", ""))
    asked = _asked(name, database)
    rows += [(f"{name}: {what}", f"{median:.1f}", f"{most:.1f}") for what, (median, most) in asked.items()]
    return {"rebuild": seconds, "size": database.size(), **asked}


def _asked(name: str, database: Database) -> dict[str, tuple[float, float]]:
    """What is looked up → the median and the 99th percentile of its milliseconds."""
    people = _people(database)
    # A server's work is not in this process: only the clock on the wall tells of it, and only on a quiet machine.
    clock = time.perf_counter if name == "PostgreSQL" else time.process_time

    def look_up(make: Callable[[random.Random, Person], Query]) -> Callable[[], object]:
        draw = random.Random(3)
        return lambda: search(database, make(draw, draw.choice(people)))

    took = {what: _timed(look_up(make), DRAWN, clock) for what, make in _LOOK_UPS.items()}
    after = search(database, Query(decision="approved")).next
    charts: dict[str, Callable[[], object]] = {
        "second page": lambda: search(database, Query(decision="approved", after=after)),
        "chart: decisions and outcomes by week": lambda: counts(database, ["decision", "outcome"], "week"),
        "chart: scores": lambda: counts(database, ["bin", "decision"]),
        "chart: a field's levels by week": lambda: level_counts(database, "AGE", "week"),
    }
    return took | {what: _timed(call, DRAWN, clock) for what, call in charts.items()}


def _people(database: Database) -> list[Person]:
    draw = random.Random(2)
    numbers = [draw.randrange(1, ROWS + 1) for _ in range(300)]
    chosen = select(applications.c.id, applications.c.identity, applications.c.name)
    with database.reading() as connection:
        return [Person(*row) for row in connection.execute(chosen.where(applications.c.n.in_(numbers)))]


def _timed(call: Callable[[], object], times: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds."""
    took = []
    for _ in range(times):
        begun = clock()
        call()
        took.append((clock() - begun) * 1000)
    took.sort()
    return took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]


def _days(draw: random.Random, length: int) -> dict[str, Any]:
    since = _BEGIN + timedelta(days=draw.randrange(365 - length))
    return {"since": since, "until": since + timedelta(days=length)}


def _words(name: str, letters: int) -> str:
    return " ".join(word[:letters] for word in reversed(name.split()))


_LOOK_UPS: dict[str, Callable[[random.Random, Person], Query]] = {
    "id": lambda draw, who: Query(id=who.id),
    "identity number": lambda draw, who: Query(identity=who.identity),
    "full name": lambda draw, who: Query(name=who.name),
    "one word of a name": lambda draw, who: Query(name=draw.choice(who.name.split())),
    "two letters of a name": lambda draw, who: Query(name=who.name[:2]),
    "three letters of each word": lambda draw, who: Query(name=_words(who.name, 3)),
    "a word, decision, 30 days": lambda draw, who: Query(
        name=who.name.split()[0], decision=draw.choice(("approved", "declined")), **_days(draw, 30)
    ),
    "newest": lambda draw, who: Query(),
    "decision, outcome, version": lambda draw, who: Query(
        decision="approved", outcome=draw.choice(("good", "bad", "none")), version=draw.choice(("v1", "v2"))
    ),
    "decision, version, a week": lambda draw, who: Query(decision="declined", version="v2", **_days(draw, 7)),
    "riskiest approved": lambda draw, who: Query(decision="approved", sort="-probability"),
    "riskiest of a word and 90 days": lambda draw, who: Query(
        name=who.name.split()[-1], sort="-probability", **_days(draw, 90)
    ),
    "riskiest of 90 days": lambda draw, who: Query(sort="-probability", **_days(draw, 90)),
}


def _beside(folder: Path, rows: list[Row], data: dict[str, Any]) -> None:
    """The same without an index: the file searched for an id, and every record made to see what it says."""
    history = open_history(str(folder))
    ids = [line.split(",", 1)[0] for line in _some_lines(folder / "history.csv")]
    looked = _timed(lambda: history.find(ids.pop()), len(ids), time.process_time)
    begun, read = time.process_time(), 0
    for read, _ in enumerate(history.records(), 1):
        if read == 20_000:
            break
    each = (time.process_time() - begun) / read
    rows.append(("beside: an id in history.csv", f"{looked[0]:,.0f}", f"{looked[1]:,.0f}"))
    rows.append(
        ("beside: any other look-up, every record read, CPU s (from 20,000)", f"{each * ROWS:,.0f}", "")
    )
    data["beside"] = {"id": looked, "scan": each * ROWS}


def _some_lines(path: Path) -> list[str]:
    """The beginnings of lines spread over the file."""
    size = path.stat().st_size
    found = []
    with path.open("rb") as file:
        for part in range(1, 10):
            file.seek(size * part // 10)
            file.readline()
            found.append(file.readline(200).decode())
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
