"""`make bench-index`: making the index and asking it, at as many rows as BENCH_ROWS says, on SQLite and, where
BENCH_DATABASE_URL names an empty database, on PostgreSQL; beside what the history alone takes. With ARGS=--made the index
there is filled without a record, as ten million rows of one take an hour to write and to read."""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from benchmarks import tables
from benchmarks.made_history import write_history
from benchmarks.made_index import make_index
from creditrisk.history import open_history
from lifecycle.index.building import rebuild
from lifecycle.index.counts import counts, level_counts
from lifecycle.index.database import Database
from lifecycle.index.opening import open_database
from lifecycle.index.postgres import Postgres
from lifecycle.index.query import Query
from lifecycle.index.schema import applications
from lifecycle.index.search import search

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DRAWN = int(os.environ.get("BENCH_DRAWN", "60"))
"""Look-ups of each kind."""
DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "")
_BEGIN = date(2025, 1, 1)

Row = tuple[str, str, str, str]


class Person(NamedTuple):
    """An application to look for."""

    id: str
    identity: str
    name: str


def main(arguments: Sequence[str]) -> None:
    """Measure, and keep the figures unless --no-keep is said."""
    rows: list[Row] = []
    data: dict[str, Any] = {"rows": ROWS}
    name = "index"
    if "--made" in arguments:  # without a record, and so without a rebuild
        name = "index_made"
        database = open_database(DATABASE_URL, "")
        if not _is_there(database):
            make_index(database, ROWS)
        data["PostgreSQL"] = _measured("PostgreSQL", database, rows)
    else:
        with tempfile.TemporaryDirectory() as place:
            _recorded(place, rows, data)
    title = f"Index of {ROWS:,} applications, milliseconds of a look-up: processor of client and server, and the clock"
    header = ("what", "median", "p99, or most", "by the clock")
    tables.write(name, title, header, rows, data, keep="--no-keep" not in arguments)


def _recorded(place: str, rows: list[Row], data: dict[str, Any]) -> None:
    write_history(Path(place), ROWS)
    databases = {"SQLite": open_database("", place)}
    if DATABASE_URL:
        databases["PostgreSQL"] = open_database(DATABASE_URL, place)
    for name, database in databases.items():
        begun = time.process_time()
        rebuild(database, place)
        seconds = time.process_time() - begun
        rows.append((f"{name}: rebuild, CPU s of the process (with outcomes)", f"{seconds:.1f}", "", ""))
        data[name] = {"rebuild": seconds, **_measured(name, database, rows)}
    _beside(Path(place), rows, data)


def _is_there(database: Database) -> bool:
    """Whether an earlier run has made the index."""
    if not database.is_whole():
        return False
    with database.reading() as connection:
        return bool(connection.scalar(select(func.max(applications.c.n))) == ROWS)


def _measured(name: str, database: Database, rows: list[Row]) -> dict[str, Any]:
    rows.append((f"{name}: size, MB", f"{database.size() / 1e6:,.0f}", "", ""))
    asked = _asked(database)
    rows += [(f"{name}: {what}", *took.told()) for what, took in asked.items()]
    return {"size": database.size(), **{what: took._asdict() for what, took in asked.items()}}


class Took(NamedTuple):
    """Milliseconds of the processors: the median and the 99th percentile; and the latter by the clock."""

    median: float
    most: float
    clock: float

    def told(self) -> tuple[str, str, str]:
        return f"{self.median:.1f}", f"{self.most:.1f}", f"{self.clock:.1f}"


class Clock:
    """Tells how long the processors worked on a look-up: this process, and the server's where it runs on this machine. On one
    that has other work to do, the clock on the wall tells more of that."""

    def __init__(self, database: Database) -> None:
        self.server: Path | None = None
        if isinstance(database, Postgres):
            with database.engine.connect() as connection:  # the pool gives the same one to each look-up
                self.server = Path(
                    "/proc", str(connection.scalar(text("SELECT pg_backend_pid()"))), "schedstat"
                )

    def processor(self) -> float:
        """Milliseconds of the processors."""
        there = int(self.server.read_text().split()[0]) / 1e6 if self.server and self.server.exists() else 0.0
        return time.process_time() * 1000 + there

    def timed(self, call: Callable[[], object], times: int) -> Took:
        """What a call takes."""
        took, clock = [], []
        for _ in range(times):
            begun, at = self.processor(), time.perf_counter()
            call()
            clock.append((time.perf_counter() - at) * 1000)
            took.append(self.processor() - begun)
        took.sort()
        clock.sort()
        last = min(times - 1, int(times * 0.99))
        return Took(took[times // 2], took[last], clock[last])


def _asked(database: Database) -> dict[str, Took]:
    """What is looked up → what it takes."""
    people = _people(database)
    clock = Clock(database)

    def look_up(make: Callable[[random.Random, Person], Query]) -> Callable[[], object]:
        draw = random.Random(3)
        return lambda: search(database, make(draw, draw.choice(people)))

    took = {what: clock.timed(look_up(make), DRAWN) for what, make in _LOOK_UPS.items()}
    after = search(database, Query(decision="approved")).next
    charts: dict[str, Callable[[], object]] = {
        "second page": lambda: search(database, Query(decision="approved", after=after)),
        "chart: decisions and outcomes by week": lambda: counts(database, ["decision", "outcome"], "week"),
        "chart: scores": lambda: counts(database, ["bin", "decision"]),
        "chart: a field's levels by week": lambda: level_counts(database, "AGE", "week"),
    }
    return took | {what: clock.timed(call, DRAWN) for what, call in charts.items()}


def _people(database: Database) -> list[Person]:
    draw = random.Random(2)
    numbers = [draw.randrange(1, ROWS + 1) for _ in range(300)]
    chosen = select(applications.c.id, applications.c.identity, applications.c.name)
    with database.reading() as connection:
        return [Person(*row) for row in connection.execute(chosen.where(applications.c.n.in_(numbers)))]


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
    looked = Clock(open_database("", str(folder))).timed(lambda: history.find(ids.pop()), len(ids))
    begun, read = time.process_time(), 0
    for read, _ in enumerate(history.records(), 1):
        if read == 20_000:
            break
    each = (time.process_time() - begun) / read
    rows.append(("beside: an id in history.csv", *looked.told()))
    rows.append(
        ("beside: any other look-up, every record read, CPU s (from 20,000)", f"{each * ROWS:,.0f}", "", "")
    )
    data["beside"] = {"id": looked._asdict(), "scan": each * ROWS}


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
