"""Look-ups give what a slow loop over all answers gives, page by page, in both databases."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from creditrisk.decision import Answer
from lifecycle.index import plan
from lifecycle.index.building import follow, rebuild
from lifecycle.index.counts import counts
from lifecycle.index.database import Database
from lifecycle.index.errors import WrongQuery
from lifecycle.index.folding import fold
from lifecycle.index.postgres import Postgres
from lifecycle.index.query import SORTS, Query, Sort
from lifecycle.index.schema import names
from lifecycle.index.search import Page, search
from lifecycle.index.sqlite import SqliteFile
from tests.integration.index.conftest import BEGIN, FIRST, LAST, Decide, Tell, Write

ROWS = 50


@pytest.fixture
def answers(decide: Decide) -> list[Answer]:
    """Some of one moment, and some of one probability: an order needs more than what is sorted by."""
    made = [decide(n) for n in range(ROWS)]
    return made + [decide(ROWS + n, moment=BEGIN + timedelta(days=3), probability=0.25) for n in range(20)]


@pytest.fixture
def outcomes(answers: list[Answer]) -> dict[str, str]:
    return {answer.id: ("good", "bad")[n % 3 == 0] for n, answer in enumerate(answers) if n % 2}


@pytest.fixture
def filled(
    database: Database,
    folder: Path,
    answers: list[Answer],
    outcomes: dict[str, str],
    write: Write,
    tell: Tell,
) -> Database:
    write(answers)
    tell(*[(answer, outcomes[answer.id], "2026-09-01") for answer in answers if answer.id in outcomes])
    follow(database, str(folder))
    return database


@pytest.fixture(params=["as it is", "always walked", "always fetched"])
def any_plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are always fetched: the other way is taken only with a long history, so it is forced here."""
    if request.param == "always walked":
        walked(monkeypatch)
    elif request.param == "always fetched":
        monkeypatch.setattr(plan, "_FETCHED", 10**6)


def walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a row took forever to fetch."""
    monkeypatch.setattr(plan, "_FETCHED", -1)
    for database in (SqliteFile, Postgres):
        monkeypatch.setattr(database, "walked_per_fetched", -1)


def expected(answers: list[Answer], outcomes: dict[str, str], query: Query) -> list[str]:
    """The ids that a query must find, by a loop."""

    def matches(answer: Answer) -> bool:
        decision, who = answer.decision, answer.application
        assert decision
        day = date.fromisoformat(answer.received_at[:10])
        words = fold(str(who["FULL_NAME"])).split()
        return all(
            (
                not query.id or answer.id == query.id,
                not query.identity or who["DNI"] == query.identity,
                all(any(word.startswith(part) for word in words) for part in fold(query.name).split()),
                not query.since or day >= query.since,
                not query.until or day <= query.until,
                query.decision in ("", decision.decision),
                query.version in ("", decision.model_version),
                query.model in ("", decision.model),
                query.outcome in ("", outcomes.get(answer.id, "none")),
            )
        )

    def key(found: tuple[int, Answer]) -> tuple[Any, int]:
        number, answer = found
        assert answer.decision
        return (
            answer.received_at if query.sort.endswith("received") else answer.decision.probability,
            number,
        )

    matching = [found for found in enumerate(answers) if matches(found[1])]
    return [answer.id for _, answer in sorted(matching, key=key, reverse=query.sort.startswith("-"))]


def pages(database: Database, query: Query) -> Iterator[Page]:
    """All pages forward, each checked against the way back to it."""
    page = search(database, query)
    yield page
    while page.next:
        following = search(database, replace(query, after=page.next))
        assert search(database, replace(query, after=following.previous)).rows == page.rows
        page = following
        yield page


def queries() -> list[Query]:
    """Combinations of filters, drawn once and for all."""
    draw = random.Random(7)
    choose: dict[str, Callable[[], Any]] = {
        "name": lambda: draw.choice([draw.choice(FIRST), draw.choice(LAST)[:3], f"{draw.choice(LAST)} {draw.choice(FIRST)[:2]}", "s"]),
        "since": lambda: BEGIN.date() + timedelta(days=draw.randrange(40)),
        "until": lambda: BEGIN.date() + timedelta(days=draw.randrange(2, 60)),
        "decision": lambda: draw.choice(("approved", "declined", "referred")),
        "version": lambda: draw.choice(("v1", "v2", "none")),
        "outcome": lambda: draw.choice(("good", "bad", "none")),
    }  # fmt: skip
    sorts: tuple[Sort, ...] = ("-received", "received", "-probability", "probability")
    made = []
    for number in range(24):
        filters = {name: choose[name]() for name in draw.sample(sorted(choose), draw.randrange(4))}
        query = Query(**filters, sort=sorts[number % 4], limit=draw.choice((5, 9, 50)))
        if not (query.since and query.until and query.since > query.until):
            made.append(query)
    return made


@pytest.mark.usefixtures("any_plan")
def test_every_combination_of_filters_finds_what_a_loop_finds(
    filled: Database, answers: list[Answer], outcomes: dict[str, str]
) -> None:
    several = 0
    for query in queries():
        wanted = expected(answers, outcomes, query)
        found = list(pages(filled, query))
        assert [row.id for page in found for row in page.rows] == wanted, query
        assert all(page.count.number == len(wanted) and not page.count.more for page in found), query
        assert not found[0].previous
        several += len(found) > 2
    assert several > 4


def test_one_application_is_found_by_its_id_and_its_number(filled: Database, answers: list[Answer]) -> None:
    one = answers[17]
    for query in (Query(id=one.id), Query(identity="00.000.0017"), Query(identity="000000017", id=one.id)):
        assert [row.id for row in search(filled, query).rows] == [one.id]
    assert search(filled, Query(id=one.id, identity="000000018")).rows == []
    assert search(filled, Query(identity="17")).rows == []


def test_accents_case_and_order_of_words_do_not_matter(
    database: Database, folder: Path, decide: Decide, write: Write
) -> None:
    write([decide(1, FULL_NAME="Inês Gonçalves O'Neil"), decide(2, FULL_NAME="Ines Lima")])
    follow(database, str(folder))
    for name in ("INÊS", "ines goncalves", "gonç in", "neil", "o'neil", "o neil"):
        assert decide(1).id in {row.id for row in search(database, Query(name=name)).rows}, name
    for name in ("nes", "lima gonc", "ines'; drop table names --", '" OR "', "*", "100%", "_"):
        try:
            found = search(database, Query(name=name)).rows
        except WrongQuery:
            continue
        assert decide(1).id not in {row.id for row in found}, name


def test_a_count_that_goes_too_far_says_so(
    filled: Database, monkeypatch: pytest.MonkeyPatch, answers: list[Answer]
) -> None:
    monkeypatch.setattr(plan, "MOST_COUNTED", 5)
    walked(monkeypatch)
    anas = sum("Ana" in str(answer.application["FULL_NAME"]) for answer in answers)
    assert search(filled, Query(name="ana")).count == (anas, False)
    assert search(filled, Query(name="ana", limit=1)).count == (anas, False)
    found = search(filled, Query(name="ana", decision="approved", limit=4))
    assert found.count.more and len(found.rows) == 4 <= found.count.number <= 5
    assert str(found.count) == f"more than {found.count.number}"
    assert search(filled, Query()).count == (len(answers), False)


@pytest.mark.parametrize("facets", [70, 410])
def test_any_number_of_versions_is_walked_along(
    database: Database,
    folder: Path,
    decide: Decide,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    facets: int,
) -> None:
    made = [decide(n, version=f"v{n % facets}", verdict="approved") for n in range(2 * facets)]
    write([*made, decide(9_000, verdict="declined")])
    follow(database, str(folder))
    walked(monkeypatch)
    for sort in SORTS:
        query = Query(decision="approved", sort=sort, limit=facets)
        assert [row.id for page in pages(database, query) for row in page.rows] == expected(made, {}, query)


@pytest.mark.usefixtures("any_plan")
def test_a_page_and_its_count_are_of_one_moment(
    filled: Database, folder: Path, answers: list[Answer], decide: Decide, write: Write
) -> None:
    query = Query(name="ana", decision="approved", limit=1000).checked()
    with filled.reading() as connection:
        asked = plan.Plan(filled, connection, query)
        write([decide(500 + n, FULL_NAME="Ana Lima", probability=0.1) for n in range(20)])
        follow(filled, str(folder))
        wanted = expected(answers, {}, query)
        assert [row.id for row in asked.page(None)] == wanted
        assert asked.count() == (len(wanted), False)


def test_names_that_come_in_later_are_found_as_those_that_were_there(
    filled: Database, folder: Path, answers: list[Answer], decide: Decide, write: Write
) -> None:
    later = [decide(500 + n) for n in range(30)] + [decide(600, FULL_NAME="Zacarias Ana Anabela")]
    write(later[:10])
    follow(filled, str(folder))
    write(later[10:])
    follow(filled, str(folder))
    followed = _sets(filled)
    for name in ("ana", "an", "gonc", "goncalves", "zacarias anab", "silva jose", "z"):
        query = Query(name=name, sort="received", limit=1000)
        assert [row.id for row in search(filled, query).rows] == expected([*answers, *later], {}, query), name
    rebuild(filled, str(folder), anew=True)
    assert _sets(filled) == followed


def _sets(database: Database) -> dict[tuple[str, int], bytes]:
    with database.reading() as connection:
        return {(key, part): bits for key, part, bits in connection.execute(select(names))}


def test_a_page_is_the_same_though_applications_come_in(
    filled: Database, folder: Path, answers: list[Answer], decide: Decide, write: Write
) -> None:
    query = Query(limit=20)
    first = search(filled, query)
    second = search(filled, replace(query, after=first.next))
    write([decide(500), decide(501)])
    follow(filled, str(folder))
    assert search(filled, replace(query, after=first.next)).rows == second.rows


def test_counts_of_the_daily_tables_are_those_of_the_rows(
    filled: Database, answers: list[Answer], outcomes: dict[str, str]
) -> None:
    since, until = BEGIN.date() + timedelta(days=3), BEGIN.date() + timedelta(days=20)
    query = Query(since=since, until=until, decision="approved")
    by_week = counts(filled, ["decision", "outcome"], "week", query)
    assert sum(counted.number for counted in by_week) == len(expected(answers, outcomes, query))
    good = sum(counted.number for counted in by_week if counted.group[1] == "good")
    assert good == len(expected(answers, outcomes, replace(query, outcome="good")))
    bins = {int(counted.group[0]): counted.number for counted in counts(filled, ["bin"])}
    probabilities = [answer.decision.probability for answer in answers if answer.decision]
    assert bins == {n: sum(int(p * 50) == n for p in probabilities) for n in bins}
    assert sum(bins.values()) == len(answers)
    with pytest.raises(WrongQuery):
        counts(filled, ["decision"], "all", Query(name="ana"))
    with pytest.raises(WrongQuery):
        counts(filled, ["name"])
