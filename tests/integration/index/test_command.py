"""`creditrisk index` on the command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.index import index
from lifecycle.index.building import rebuild
from lifecycle.index.opening import open_database
from lifecycle.index.query import Query
from lifecycle.index.search import search
from lifecycle.index.service import LOOK_SECONDS, serve
from lifecycle.index.sqlite import SqliteFile
from tests.integration.index.conftest import Decide, Write

Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HISTORY_URL", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(index, list(arguments))

    return run


def test_a_search_page_by_page(run: Run, decide: Decide, write: Write) -> None:
    write([decide(n, FULL_NAME="Inês Lima") for n in range(5)] + [decide(9, FULL_NAME="Ana Souza")])
    assert run("rebuild").output == "6 applications are in the index\n"
    first = json.loads(run("search", "--name", "ines", "--limit", "3", "--json").stdout)
    assert [row["id"] for row in first["rows"]] == [decide(n).id for n in (4, 3, 2)]
    assert first["count"] == {"number": 5, "more": False}
    second = json.loads(
        run("search", "--name", "ines", "--limit", "3", "--after", first["next"], "--json").stdout
    )
    assert [row["id"] for row in second["rows"]] == [decide(n).id for n in (1, 0)]
    assert not second["next"]
    shown = run("search", "--limit", "2").output
    assert decide(9).id in shown and "6 found; --after " in shown
    assert "Souza" not in shown


def test_what_cannot_be_asked_is_one_sentence(run: Run, decide: Decide, write: Write) -> None:
    write([decide(1)])
    assert "creditrisk index rebuild" in str(run("search").exception)
    run("rebuild")
    assert "since and until are days" in str(run("search", "--since", "never").exception)


def test_status_for_programs(run: Run, decide: Decide, write: Write) -> None:
    assert json.loads(run("status", "--json").stdout)["whole"] is False
    write([decide(1)])
    run("rebuild")
    told = json.loads(run("status", "--json").stdout)
    assert (told["whole"], told["applications"], told["behind_bytes"]) == (True, 1, 0)


def test_following_finds_what_is_recorded_and_ends_on_a_signal(
    folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    environment = {**os.environ, "HISTORY_URL": str(folder), "DATABASE_URL": ""}
    process = subprocess.Popen([sys.executable, "-m", "cli", "index", "follow"], env=environment)
    database = open_database("", str(folder))
    try:
        for numbers in ({1}, {1, 2}, {1, 2, 3}):
            write([decide(n) for n in numbers])
            while not database.is_whole() or {row.id for row in search(database, Query()).rows} != {
                decide(n).id for n in numbers
            }:
                assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_follower_waits_for_a_record_that_cannot_be_reached(
    folder: Path, decide: Decide, write: Write
) -> None:
    """The waits tell how long it pauses; the third one mends the record."""
    write([decide(1)])
    database = open_database("", str(folder))
    pauses: list[float] = []
    path = folder / "history.csv"
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()

    def wait(seconds: float) -> bool:
        if seconds:
            pauses.append(seconds)
        if len(pauses) == 3 and path.is_dir():
            path.rmdir()
            path.write_bytes(kept)
        return len(pauses) == 5

    serve(database, str(folder), wait)
    assert pauses == [1.0, 2.0, 4.0, LOOK_SECONDS, LOOK_SECONDS]
    assert search(database, Query()).count.number == 1


def test_a_follower_keeps_the_file_open_and_goes_on_with_one_that_is_put_in_its_place(
    folder: Path, decide: Decide, write: Write
) -> None:
    """Each wait is a look; a log that lies beside the file means that no connection was the last one."""
    database = SqliteFile(folder / "index.sqlite")
    log = folder / "index.sqlite-wal"
    write([decide(1)])
    left: list[bool] = []

    def wait(seconds: float) -> bool:
        if seconds:
            left.append(log.exists() and log.stat().st_size > 0)
            if len(left) == 3:
                assert rebuild(SqliteFile(folder / "index.sqlite"), str(folder), anew=True)
            write([decide(len(left) + 1)])
        return len(left) == 5

    serve(database, str(folder), wait)
    assert left == [False, True, True, True, True]  # at first there was no file
    assert not log.exists()
    assert {row.id for row in search(database, Query()).rows} == {decide(n).id for n in range(1, 6)}
