"""What is asked is checked, and a cursor is good for its own query alone."""

from dataclasses import replace
from datetime import date

import pytest

from lifecycle.index.errors import WrongQuery
from lifecycle.index.query import Place, Query


def test_texts_become_a_query() -> None:
    texts = {"name": " José ", "since": "2026-01-02", "limit": "7", "decision": "declined", "after": ""}
    expected = Query(name="José", since=date(2026, 1, 2), limit=7, decision="declined")
    assert Query.from_texts(texts) == expected
    assert expected.checked().name == "jose"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"nme": "x"}, "no filter 'nme'"),
        ({"since": "yesterday"}, "are days"),
        ({"limit": "many"}, "limit is a number"),
        ({"limit": "0"}, "limit is a number from 1 to 1000"),
        ({"limit": "1001"}, "limit is a number from 1 to 1000"),
        ({"sort": "name"}, "sort is one of -received"),
        ({"id": "12"}, "no application's id"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "no day is left"),
        ({"name": "?!"}, "no letter"),
    ],
)
def test_what_cannot_be_asked_is_told(texts: dict[str, str], said: str) -> None:
    with pytest.raises(WrongQuery, match=said):
        Query.from_texts(texts).checked()


def test_a_cursor_comes_back_as_it_was() -> None:
    query = Query(sort="-probability")
    place = Place(0.1 + 0.2, 7, True)
    assert Place.read(replace(query, after=place.cursor(query), limit=9)) == place
    assert Place.read(query) is None


@pytest.mark.parametrize("after", ["x", "WzFd", "!!!", "bnVsbA"])
def test_what_is_no_cursor_is_told(after: str) -> None:
    with pytest.raises(WrongQuery, match="after is no cursor"):
        Place.read(Query(after=after))


def test_a_cursor_of_another_query_is_told() -> None:
    cursor = Place(1, 2).cursor(Query(decision="approved"))
    with pytest.raises(WrongQuery, match="another query"):
        Place.read(Query(decision="declined", after=cursor))


def test_a_cursor_tells_nothing_of_what_is_looked_for() -> None:
    query = Query(name="ana souza", identity="012345678").checked()
    import base64

    told = base64.urlsafe_b64decode(Place(1, 2).cursor(query) + "==")
    assert b"ana" not in told and b"0123" not in told


def test_none_asks_for_what_has_no_value() -> None:
    assert Query(outcome="none", decision="approved").facets == {"outcome": "", "decision": "approved"}


def test_days_are_whole_and_both_count() -> None:
    assert Query(since=date(1970, 1, 2), until=date(1970, 1, 2)).moments == (86_400_000, 2 * 86_400_000)
