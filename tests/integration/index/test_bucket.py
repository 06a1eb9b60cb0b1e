"""The index of a history in S3: by events, by a schedule, and while objects are merged."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import Record, open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.merging import merge_days
from creditrisk.ledger import open_ledger
from creditrisk.outcomes import OUTCOMES
from functions.indexer.handler import handler
from lifecycle.index.building import follow
from lifecycle.index.checking import check
from lifecycle.index.database import Database
from lifecycle.index.opening import open_database
from lifecycle.index.query import Query
from lifecycle.index.search import search
from tests.integration.index.conftest import Decide
from tests.s3_server import S3Server

URL = "s3://history/credit/risk"


class Context:
    """As much time as a test needs."""

    def __init__(self, milliseconds: int = 600_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(f"sqlite:///{tmp_path}/index.sqlite", URL)


@pytest.fixture
def lambda_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: S3Server) -> None:
    monkeypatch.setenv("HISTORY_URL", URL)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/index.sqlite")


Put = Callable[..., list[str]]


@pytest.fixture
def put(server: S3Server) -> Put:
    """Records answers in S3; returns the keys of the objects that this made."""
    history = open_history(URL)

    def append(*answers: Answer) -> list[str]:
        before = set(server.objects)
        history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})
        return sorted(
            key.removeprefix("/history/").removeprefix("history/") for key in set(server.objects) - before
        )

    return append


def event(*keys: str) -> dict[str, Any]:
    return {"Records": [{"s3": {"object": {"key": key.replace("=", "%3D")}}} for key in keys]}


def found(database: Database) -> set[str]:
    return {row.id for row in search(database, Query()).rows}


def test_everything_in_the_bucket_is_found_once(
    server: S3Server, database: Database, decide: Decide, put: Put
) -> None:
    for n in range(6):
        put(decide(n))
    follow(database, URL)
    put(decide(6), decide(7))
    assert follow(database, URL) == 2
    reads = server.objects_read
    assert follow(database, URL) == 0
    assert server.objects_read == reads  # nothing is read twice
    assert found(database) == {decide(n).id for n in range(8)}
    assert check(database, URL).differing == 0


def test_merged_objects_change_nothing_but_the_place(
    server: S3Server, database: Database, decide: Decide, put: Put
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=10)
    answers = [decide(n, moment=long_ago + timedelta(seconds=n)) for n in range(12)]
    for answer in answers:
        put(answer)
    follow(database, URL)
    history = open_history(URL)
    assert isinstance(history, BucketHistory)
    assert merge_days(history).written == 1
    follow(database, URL)
    assert found(database) == {answer.id for answer in answers}
    assert check(database, URL).differing == 0


@pytest.mark.usefixtures("lambda_environment")
def test_an_event_tells_which_object_is_new(
    server: S3Server, database: Database, decide: Decide, put: Put
) -> None:
    put(decide(1))
    assert handler({}, Context()) == {"rows": 0, "whole": True}  # made from nothing
    keys = put(decide(2), decide(3))
    listings = server.listings
    assert handler(event(*keys), Context())["rows"] == 2
    assert server.listings == listings
    assert handler(event(*keys), Context())["rows"] == 0
    put(decide(4))  # of which no event comes
    assert handler(None, Context())["rows"] == 1
    assert found(database) == {decide(n).id for n in range(1, 5)}


@pytest.mark.usefixtures("lambda_environment")
def test_an_event_of_a_ledger_brings_its_outcomes(database: Database, decide: Decide, put: Put) -> None:
    put(decide(1))
    handler({}, Context())
    ledger = open_ledger(URL, OUTCOMES)
    ledger.append([[decide(1).id, "bad", "2026-05-01", *[""] * (len(OUTCOMES.columns) - 3)]])
    assert handler(event("credit/risk-outcomes/date=2026-05-01/x.csv"), Context()) == {
        "rows": 1,
        "whole": True,
    }
    assert search(database, Query(outcome="bad")).count.number == 1


@pytest.mark.usefixtures("lambda_environment")
def test_what_there_is_no_time_for_is_done_the_next_time(
    database: Database, decide: Decide, put: Put
) -> None:
    for n in range(3):
        put(decide(n))
    assert handler({}, Context(milliseconds=1_000)) == {"rows": 0, "whole": False}
    assert handler(event("credit/risk/date=2026-01-01/x.csv"), Context())["whole"]
    assert len(found(database)) == 3


@pytest.mark.usefixtures("lambda_environment")
def test_a_bucket_that_fails_is_told_and_tried_again(
    server: S3Server, database: Database, decide: Decide, put: Put
) -> None:
    put(decide(1))
    handler({}, Context())
    put(decide(2))
    server.fault_always = "cut before"
    with pytest.raises(HistoryUnavailable):
        handler({}, Context())
    server.fault_always = None
    assert handler({}, Context())["rows"] == 1
    assert json.dumps(handler({}, Context()))
