"""An index of a history that a test writes, in SQLite and in a real PostgreSQL."""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.history import Record
from creditrisk.history.folder import FolderHistory
from creditrisk.ledger import open_ledger
from creditrisk.outcomes import OUTCOMES
from lifecycle.index.database import Database
from lifecycle.index.opening import open_database
from tests import machine
from tests.helpers import Make
from tests.postgres import PostgresServer, postgres_server

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = ("Ana", "José", "Maria", "João", "Inês")
LAST = ("Souza", "Gonçalves", "da Silva", "Lima", "O'Neil")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    machine.require("PostgreSQL")
    with postgres_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """DATABASE_URL of no index yet: beside the history, or in PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    url = request.getfixturevalue("postgres").url
    yield url
    for database in (open_database(url, ""), open_database(url, "").fresh()):
        database.discard()


@pytest.fixture
def database(database_url: str, folder: Path) -> Database:
    return open_database(database_url, str(folder))


Decide = Callable[..., Answer]


def made_id(moment: datetime, number: int) -> str:
    """An id of an application that came in at a moment; later numbers sort after earlier ones."""
    value = f"{int(moment.timestamp() * 1000):012x}7{number >> 12:03x}8{number & 0xFFF:03x}{number:012x}"
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


@pytest.fixture
def decide(make_application: Make) -> Decide:
    """A decided application: the number gives its moment, name, identity number and score."""

    def make(number: int, **changes: Any) -> Answer:
        draw = random.Random(number)
        moment = changes.pop("moment", BEGIN + timedelta(hours=7 * number))
        probability = changes.pop("probability", round(draw.random(), 3))
        verdict = changes.pop("verdict", "declined" if probability >= 0.5 else "approved")
        version = changes.pop("version", draw.choice(("v1", "v2")))
        decision = Decision(
            probability, int(probability >= 0.5), verdict, 0.5, "lightgbm", version,
            timestamp(moment + timedelta(seconds=1)), [Reason("AGE", 0.25, 34)],
        )  # fmt: skip
        who = {
            "FULL_NAME": f"{draw.choice(FIRST)} {draw.choice(LAST)} {draw.choice(LAST)}",
            "DNI": f"{number:09}",
        }
        application = make_application(**{**who, "AGE": draw.randint(18, 80), **changes})
        return Answer(made_id(moment, number), "decided", timestamp(moment), application, decision)

    return make


Write = Callable[[Sequence[Answer]], None]


@pytest.fixture
def write(folder: Path) -> Write:
    """Records answers, as a scorer does."""
    history = FolderHistory(folder)

    def append(answers: Sequence[Answer]) -> None:
        ids = {answer.id for answer in answers}
        history.append([Record(answer) for answer in answers], lambda: ids)

    return append


Tell = Callable[..., None]


@pytest.fixture
def tell(folder: Path) -> Tell:
    """Adds outcomes: (answer, outcome, observed at) each."""
    ledger = open_ledger(str(folder), OUTCOMES)

    def add(*told: tuple[Answer, str, str]) -> None:
        rest = [""] * (len(OUTCOMES.columns) - 3)
        ledger.append([[answer.id, outcome, at, *rest] for answer, outcome, at in told])

    return add


def dump(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything that an index says, without the numbers that depend on the order in which it was told."""
    from sqlalchemy import select

    from lifecycle.index.schema import applications, daily, daily_facets, daily_levels, facets

    with database.reading() as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in (facets, applications, daily, daily_facets, daily_levels)
        }
    told = {row.pop("code"): tuple(row.values()) for row in rows.pop("facets")}
    for name, there in rows.items():
        for row in there:
            row.pop("n", None)
            if "facet" in row:
                row["facet"] = told[row["facet"]]
        kept = [row for row in there if row.get("number") != 0]
        rows[name] = sorted(kept, key=lambda row: repr(sorted(row.items())))
    return rows


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
