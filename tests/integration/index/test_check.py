"""`index check` names what differs, whatever it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.index import index
from lifecycle.index import folder_record
from lifecycle.index.building import follow
from lifecycle.index.checking import check
from lifecycle.index.database import Database
from lifecycle.index.entries import Entry
from lifecycle.index.pieces import read_lines
from tests.integration.index.conftest import Decide, Tell, Write


@pytest.fixture
def filled(database: Database, folder: Path, decide: Decide, write: Write, tell: Tell) -> Database:
    write([decide(n, probability=0.2, version="v1") for n in range(8)])
    tell((decide(1), "good", "2026-05-01"), (decide(2), "bad", "2026-05-01"))
    follow(database, str(folder))
    assert check(database, str(folder)).differing == 0
    return database


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE applications SET name = 'somebody else' WHERE n = 3", "differs in name"),
        ("UPDATE applications SET identity = '1' WHERE n = 3", "differs in identity"),
        ("UPDATE applications SET probability = 0.21 WHERE n = 3", "differs in probability"),
        ("UPDATE applications SET received = received + 1 WHERE n = 3", "differs in received"),
        ("UPDATE applications SET outcome_at = 5 WHERE n = 2", "differs in outcome_at"),
        ("UPDATE facets SET decision = 'declined' WHERE outcome = 'good'", "differs in facet"),
        ("DELETE FROM applications WHERE n = 4", "is in the record and not in the index"),
        ("UPDATE applications SET place = place + 1 WHERE n = 4", "not where it says in the record"),
        ("UPDATE daily SET number = number + 1 WHERE day = (SELECT min(day) FROM daily)", "daily counts"),
        ("DELETE FROM daily_facets WHERE day = (SELECT min(day) FROM daily)", "daily_facets counts 0"),
        ("UPDATE daily_levels SET number = 7 WHERE field = 'AGE' AND number <> 7", "daily_levels counts 7"),
        ("UPDATE days SET last_n = last_n + 1 WHERE first_n = 1", "1 days do not tell"),
        ("DELETE FROM names WHERE key = (SELECT min(key) FROM names)", "1 sets of names"),
        (
            "UPDATE names SET bits = (SELECT bits FROM names WHERE key = 'a') WHERE key = 's'",
            "1 sets of names",
        ),
        (
            "INSERT INTO names (key, part, bits) SELECT 'zz', part, bits FROM names WHERE key = 'a'",
            "1 sets of names",
        ),
    ],
)
def test_a_change_is_found_and_named(filled: Database, folder: Path, change: str, said: str) -> None:
    with filled.writing() as connection:
        connection.execute(text(change))
    found = check(filled, str(folder))
    assert found.differing
    assert any(said in sentence for sentence in found.differences)


def test_an_outcome_that_was_never_told_is_found(filled: Database, folder: Path) -> None:
    (folder / "outcomes.csv").unlink()
    found = check(filled, str(folder))
    assert found.differing == 2
    assert all("differs in facet, outcome_at" in sentence for sentence in found.differences)


def test_rows_that_nothing_is_made_of_are_found(
    database: Database, folder: Path, decide: Decide, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check reads the record as the index does: what both are blind to is found by counting lines."""
    write([decide(n) for n in range(3)])

    def blind(*read: Any) -> tuple[list[Entry], int]:
        entries, unreadable = read_lines(*read)
        return entries[1:], unreadable

    monkeypatch.setattr(folder_record, "read_lines", blind)
    follow(database, str(folder))
    assert check(database, str(folder)).differences == ["history.csv has 1 row that the index does not read"]


def test_lines_without_a_row_and_rows_that_cannot_be_read_are_no_difference(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(n) for n in range(3)])
    with (folder / "history.csv").open("a", newline="") as history:
        history.write("\n\r\nno row at all\n")
    follow(database, str(folder))
    found = check(database, str(folder))
    assert (found.applications, found.differences) == (3, [])


def test_what_is_not_read_yet_is_no_difference(
    filled: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(20), decide(21)])
    found = check(filled, str(folder))
    assert (found.differing, found.behind) == (0, 2)


def test_the_command_ends_with_1_and_says_what_to_do(
    filled: Database, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", str(folder))
    monkeypatch.setenv("DATABASE_URL", database_url)
    well = CliRunner().invoke(index, ["check", "--json"])
    assert well.exit_code == 0 and json.loads(well.stdout)["applications"] == 8
    with filled.writing() as connection:
        connection.execute(text("DELETE FROM applications WHERE n = 4"))
    ill = CliRunner().invoke(index, ["check"])
    assert ill.exit_code == 1
    assert "creditrisk index rebuild" in str(ill.exception)
    assert "is in the record and not in the index" in ill.output
