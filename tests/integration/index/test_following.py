"""The index follows the record: everything once, corrections included, whatever is killed."""

import os
import signal
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from creditrisk import reviews
from creditrisk.errors import HistoryUnavailable
from lifecycle.index.building import finish, follow, rebuild
from lifecycle.index.checking import check
from lifecycle.index.counts import counts, level_counts
from lifecycle.index.database import Database
from lifecycle.index.errors import AlreadyBuilding, NoIndex
from lifecycle.index.following import Follower
from lifecycle.index.opening import open_database
from lifecycle.index.query import Query
from lifecycle.index.search import search
from lifecycle.index.status import status
from lifecycle.index.writing import Writer
from tests.integration.index.conftest import Decide, Tell, Write, dump

DAY = "2026-05-01"
LATER = "2026-06-01"


def same_as_made_anew(database: Database, folder: Path) -> bool:
    """Whether an index that followed says what one says that is made from the record now."""
    followed = dump(database)
    rebuild(database, str(folder))
    return followed == dump(database)


def test_without_an_index_there_is_nothing_to_look_up(database: Database) -> None:
    with pytest.raises(NoIndex, match="creditrisk index rebuild"):
        search(database, Query())


def test_what_is_recorded_is_found(database: Database, folder: Path, decide: Decide, write: Write) -> None:
    write([decide(n) for n in range(40)])
    follow(database, str(folder))
    write([decide(n) for n in range(40, 100)])
    assert follow(database, str(folder)) == 60
    assert follow(database, str(folder)) == 0
    page = search(database, Query(limit=3))
    answers = [decide(n) for n in (99, 98, 97)]
    assert [row.id for row in page.rows] == [answer.id for answer in answers]
    assert [row.probability for row in page.rows] == [
        answer.decision.probability for answer in answers if answer.decision
    ]
    assert page.rows[0].received_at == answers[0].received_at
    assert check(database, str(folder)).differing == 0
    assert same_as_made_anew(database, folder)


def test_an_application_recorded_twice_counts_once(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    first = decide(1, probability=0.2)
    follow(database, str(folder))
    write([first])
    write([first, decide(2)])
    follow(database, str(folder))
    write([replace(first), decide(3)])
    follow(database, str(folder))
    assert search(database, Query()).count == (3, False)
    assert sum(counted.number for counted in counts(database, ["decision"])) == 3
    assert check(database, str(folder)).differing == 0


def test_a_corrected_outcome_moves_its_counts(
    database: Database, folder: Path, decide: Decide, write: Write, tell: Tell
) -> None:
    one, two, three = (decide(n, probability=0.1) for n in (1, 2, 3))
    write([one, two, three])
    tell((one, "good", DAY), (two, "good", DAY))
    follow(database, str(folder))
    assert {c.group: c.number for c in counts(database, ["outcome"])} == {("good",): 2, ("",): 1}
    tell((one, "bad", LATER), (two, "bad", "2026-04-01"), (three, "indeterminate", DAY))
    follow(database, str(folder))
    expected = {("good",): 1, ("bad",): 1, ("indeterminate",): 1}
    assert {c.group: c.number for c in counts(database, ["outcome"])} == expected
    assert [row.id for row in search(database, Query(outcome="bad")).rows] == [one.id]
    assert search(database, Query(outcome="none")).count.number == 0
    assert search(database, Query(id=one.id)).rows[0].outcome_at == "2026-06-01T00:00:00.000Z"
    assert check(database, str(folder)).differing == 0
    assert same_as_made_anew(database, folder)


def test_a_review_is_asked_for_until_somebody_has_decided(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    one, two = decide(1), decide(2, verdict="referred")
    write([one, two])
    ledger = reviews.open_reviews(str(folder))
    reviews.ask(ledger, one.id)
    follow(database, str(folder))
    assert [row.id for row in search(database, Query(review="asked")).rows] == [one.id]
    reviews.decide(ledger, one.id, "approved", "payslip seen", "ana")
    reviews.decide(ledger, two.id, "declined", "no income", "ana")
    follow(database, str(folder))
    found = {row.id: (row.decision, row.review) for row in search(database, Query()).rows}
    assert found == {
        one.id: (one.decision.decision if one.decision else "", "approved"),
        two.id: ("referred", "declined"),
    }
    reviews.ask(ledger, one.id)
    follow(database, str(folder))
    assert search(database, Query(review="asked", decision="referred")).rows == []
    assert [row.id for row in search(database, Query(review="asked")).rows] == [one.id]
    assert check(database, str(folder)).differing == 0


def test_of_two_outcomes_of_one_moment_the_later_written_counts(
    database: Database, folder: Path, decide: Decide, write: Write, tell: Tell
) -> None:
    one = decide(1)
    write([one])
    tell((one, "good", DAY), (one, "bad", DAY))
    follow(database, str(folder))
    assert search(database, Query()).rows[0].outcome == "bad"
    tell((one, "good", DAY))
    follow(database, str(folder))
    assert search(database, Query()).rows[0].outcome == "good"


def test_an_outcome_that_comes_before_its_application_is_kept(
    database: Database, folder: Path, decide: Decide, write: Write, tell: Tell
) -> None:
    one = decide(1)
    write([decide(0)])
    tell((one, "good", DAY), (one, "bad", LATER))
    follow(database, str(folder))
    tell((one, "good", DAY))
    follow(database, str(folder))
    write([one])
    follow(database, str(folder))
    assert search(database, Query(id=one.id)).rows[0].outcome == "bad"
    assert check(database, str(folder)).differing == 0


def test_a_row_that_is_being_written_is_taken_once_it_is_whole(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    follow(database, str(folder))
    before = (folder / "history.csv").read_bytes()
    write([decide(2), decide(3)])
    after = (folder / "history.csv").read_bytes()
    for end in range(len(before) + 1, len(after), 97):
        (folder / "history.csv").write_bytes(after[:end])
        follow(database, str(folder))
    (folder / "history.csv").write_bytes(after)
    follow(database, str(folder))
    assert search(database, Query()).count.number == 3
    assert check(database, str(folder)).differing == 0


def test_a_last_row_without_its_line_feed_is_there(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1), decide(2)])
    path = folder / "history.csv"
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    follow(database, str(folder))
    assert search(database, Query()).count.number == 2
    write([decide(3)])
    follow(database, str(folder))
    assert search(database, Query()).count.number == 3
    assert check(database, str(folder)).differing == 0


def test_a_row_that_cannot_be_read_costs_no_other(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    path = folder / "history.csv"
    with path.open("ab") as file:
        file.write(b'damaged,"never closed\n\xff\xfe,\n')
    write([decide(2), decide(3, FULL_NAME='Ana "Aninha" Souza, née Gonçalves')])
    follow(database, str(folder))
    assert search(database, Query()).count.number == 3
    assert search(database, Query(name="aninha nee")).count.number == 1
    assert status(database, str(folder)).unreadable == 2
    assert check(database, str(folder)).differing == 0


def test_a_history_that_a_spreadsheet_rewrote_is_indexed(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1), decide(2)])
    path = folder / "history.csv"
    header, *rows = path.read_text().splitlines()
    follow(database, str(folder))
    path.write_text("\ufeff" + "\r\n".join([header, *rows]) + "\r\n", encoding="utf-8")
    write([decide(3)])
    follow(database, str(folder))
    assert search(database, Query()).count.number == 3
    assert check(database, str(folder)).differing == 0


def test_a_history_that_was_replaced_is_indexed_anew(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1), decide(2), decide(3)])
    follow(database, str(folder))
    (folder / "history.csv").unlink()
    write([decide(2), decide(4)])
    follow(database, str(folder))
    assert {row.id for row in search(database, Query()).rows} == {decide(2).id, decide(4).id}


def test_the_old_index_answers_until_the_new_one_is_whole(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(n) for n in range(5)])
    follow(database, str(folder))
    seen: list[int] = []
    write([decide(n) for n in range(5, 9)])
    rebuild(database, str(folder), progress=lambda rows: seen.append(search(database, Query()).count.number))
    assert set(seen) == {5}
    assert search(database, Query()).count.number == 9


def test_what_comes_in_during_a_rebuild_is_in_it(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    more = [[decide(2)], [decide(3)]]
    rebuild(database, str(folder), progress=lambda rows: write(more.pop()) if more else None)
    follow(database, str(folder))
    assert search(database, Query()).count.number == 3
    assert check(database, str(folder)).differing == 0


def test_a_follower_does_not_skip_what_a_swapped_index_lacks(
    database: Database, database_url: str, folder: Path, decide: Decide, write: Write
) -> None:
    """The index that it began with was ahead of the one that is put in its place meanwhile."""
    write([decide(1)])
    rebuild(database, str(folder))
    write([decide(2)])
    other = open_database(database_url, str(folder))
    follower = Follower(database, str(folder))
    ahead = next(follower._pieces(recent=False))
    write([decide(3)])
    with database.building():
        new = database.fresh()
        new.discard()
        new.create()
        finish(new)  # nothing is in it
        database.take_over()
    assert follower._put(ahead, True) == 0
    follow(other, str(folder))
    assert search(other, Query()).count.number == 3


def test_only_one_makes_it_anew(
    database: Database, database_url: str, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    with database.building(), pytest.raises(AlreadyBuilding):
        rebuild(open_database(database_url, str(folder)), str(folder))


def test_an_interrupted_rebuild_is_gone_on_with(
    database: Database, folder: Path, decide: Decide, write: Write, tell: Tell
) -> None:
    write([decide(n) for n in range(30)])
    tell(*[(decide(n), "good", DAY) for n in range(10)])
    assert not rebuild(database, str(folder), enough=lambda: True)
    assert not database.is_whole()
    told: list[int] = []
    assert rebuild(database, str(folder), progress=told.append)
    assert sum(told) < 40  # the rows of the first attempt are not read again
    assert search(database, Query(outcome="good")).count.number == 10
    assert check(database, str(folder)).differing == 0


def follow_and_die(database_url: str, folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Follow in a process of its own, which is killed at the given one of the steps of its transactions; False when it has
    not as many."""
    if not (child := os.fork()):
        steps = count(1)
        for name in ("add", "apply", "close"):
            plain = getattr(Writer, name)

            def dying(self: Writer, *arguments: Any, plain: Any = plain, **named: Any) -> Any:
                for _ in range(2):
                    if next(steps) == number:
                        os.kill(os.getpid(), signal.SIGKILL)
                    plain(self, *arguments, **named) if _ == 0 else None

            monkeypatch.setattr(Writer, name, dying)
        try:
            follow(open_database(database_url, str(folder)), str(folder))
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_anywhere_it_goes_on_and_counts_nothing_twice(
    database: Database, database_url: str, folder: Path, decide: Decide, write: Write, tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    killed = 0
    for numbers, told in (
        (range(10), [(n, "good", DAY) for n in range(5)]),
        (range(10, 20), [(n, "bad", LATER) for n in range(3)]),
    ):
        write([decide(n) for n in numbers])
        tell(*[(decide(n), outcome, at) for n, outcome, at in told])
        killed += sum(follow_and_die(database_url, folder, step, monkeypatch) for step in range(1, 9))
    assert killed >= 6
    follow(database, str(folder))
    assert search(database, Query()).count.number == 20
    assert {c.group: c.number for c in counts(database, ["outcome"])} == {
        ("bad",): 3,
        ("good",): 2,
        ("",): 15,
    }
    assert check(database, str(folder)).differing == 0


def test_counts_of_levels_add_up_to_the_rows(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    ages = [20, 25, 31, 39, 40]
    write([decide(n, AGE=age, RESIDENCIAL_CITY="" if n else "Niterói") for n, age in enumerate(ages)])
    follow(database, str(folder))
    assert {c.group[0]: c.number for c in level_counts(database, "AGE")} == {"20": 2, "30": 2, "40": 1}
    cities = level_counts(database, "RESIDENCIAL_CITY", "day", Query(since=datetime(2026, 1, 1).date()))
    assert sum(c.number for c in cities) == 5
    weeks = level_counts(database, "AGE", "week")
    assert {c.start.weekday() for c in weeks if c.start} == {0}


def test_a_history_that_cannot_be_read_is_told(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1)])
    follow(database, str(folder))
    (folder / "history.csv").unlink()
    (folder / "history.csv").mkdir()
    with pytest.raises(HistoryUnavailable):
        follow(database, str(folder))
    assert search(database, Query()).count.number == 1


def test_status_tells_how_far_it_is(database: Database, folder: Path, decide: Decide, write: Write) -> None:
    assert not status(database, str(folder)).whole
    write([decide(1)])
    follow(database, str(folder))
    assert (status(database, str(folder)).applications, status(database, str(folder)).behind_bytes) == (1, 0)
    write([decide(2)])
    assert (status(database, str(folder)).behind_bytes or 0) > 100
