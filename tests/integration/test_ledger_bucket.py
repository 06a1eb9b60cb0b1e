"""A ledger in S3, over HTTP to a stand-in: one object a call, never inside the history, and faults in words."""

import re

import pytest

from creditrisk.errors import HistoryUnavailable
from creditrisk.history import open_history
from creditrisk.ledger import Ledger, Table, open_ledger
from tests.s3_server import Fault, S3Server

NOTES = Table("notes", ("ID", "WORDS"))


@pytest.fixture
def ledger(server: S3Server) -> Ledger:
    return open_ledger("s3://bucket/history", NOTES)


def test_each_call_is_one_object_beside_the_history(ledger: Ledger, server: S3Server) -> None:
    ledger.append([("1", "one"), ("2", 'a "word", two')])
    ((key, body),) = server.objects.items()
    assert re.fullmatch(r"history-notes/date=\d{4}-\d\d-\d\d/\d{15}-[0-9a-f]{12}\.csv", key)
    assert body.decode() == 'ID,WORDS\n1,one\n2,"a ""word"", two"\n'
    ledger.append([])
    assert len(server.objects) == 1


@pytest.mark.parametrize("url", ["s3://bucket/history", "s3://bucket/credit/risk", "s3://bucket"])
def test_a_history_reader_meets_none_of_it(server: S3Server, url: str) -> None:
    open_ledger(url, NOTES).append([("1", "one")])
    assert list(open_history(url).parts()) == []
    assert [row["ID"] for row in open_ledger(url, NOTES).rows()] == ["1"]


def test_rows_come_in_the_order_of_writing_over_many_pages(ledger: Ledger) -> None:
    rows = [(str(number), "São") for number in range(25)]
    for row in rows:
        ledger.append([row])
    assert [tuple(row.values()) for row in ledger.rows()] == rows
    names = [part.name for part in ledger.parts()]
    assert len(names) == 25
    assert names == sorted(names)


def test_a_part_is_read_from_where_a_row_ended(ledger: Ledger) -> None:
    ledger.append([("1", "one"), ("2", "two"), ("3", "three")])
    (part,) = ledger.parts()
    first, *_, last = ledger.read(part.name)
    assert [row["ID"] for row, _ in ledger.read(part.name, first.end)] == ["2", "3"]
    assert last.end == part.size
    assert list(ledger.read("date=2026-01-01/gone.csv")) == []


@pytest.mark.parametrize("fault", ["cut after", "500", "cut before"])
def test_a_reply_that_is_lost_once_writes_the_rows_once(
    ledger: Ledger, server: S3Server, fault: Fault
) -> None:
    server.faults.append(fault)
    ledger.append([("1", "one")])
    assert [row["ID"] for row in ledger.rows()] == ["1"]


def test_an_s3_that_refuses_is_told_in_words(ledger: Ledger, server: S3Server) -> None:
    server.fault_always = "500"
    with pytest.raises(HistoryUnavailable, match="The notes in S3 cannot be written or read"):
        ledger.append([("1", "one")])


def test_objects_of_a_later_version_are_read_too(ledger: Ledger) -> None:
    open_ledger("s3://bucket/history", Table("notes", ("ID", "WORDS", "BY"))).append([("1", "one", "ana")])
    ledger.append([("2", "two")])
    assert list(ledger.rows()) == [{"ID": "1", "WORDS": "one", "BY": "ana"}, {"ID": "2", "WORDS": "two"}]


KEYED = Table("notes", ("ID", "WORDS"), by_key=True)


def test_the_rows_of_a_key_are_found_without_a_look_at_others(server: S3Server) -> None:
    ledger = open_ledger("s3://bucket/history", KEYED)
    for number in range(30):
        ledger.append([(str(number % 10), f"note {number}")])
    server.objects_read = server.listings = 0
    assert [row["WORDS"] for row in ledger.of("7")] == ["note 7", "note 17", "note 27"]
    assert (server.listings, server.objects_read) == (1, 3)
    assert list(ledger.of("77")) == list(ledger.of("1/7")) == []
    assert [row["ID"] for row in ledger.rows()] == [str(number % 10) for number in range(30)]
    assert list(open_history("s3://bucket/history").parts()) == []


def test_a_write_that_failed_half_way_tells_of_nothing_and_is_done_again(server: S3Server) -> None:
    ledger = open_ledger("s3://bucket/history", KEYED)
    ledger.append([("1", "one")])
    (row,) = [key for key in server.objects if key.startswith("history-notes/")]
    body = server.objects.pop(row)
    assert list(ledger.of("1")) == list(ledger.rows()) == []
    server.objects[row] = body
    assert [each["WORDS"] for each in ledger.of("1")] == ["one"]
