"""A lender's file of outcomes: read however it was written, each row once, and a word for each that cannot be taken."""

import gzip
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creditrisk.application_id import received_at
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable, UnusableFile, WrongColumns
from creditrisk.history import Record
from creditrisk.history.folder import FolderHistory
from creditrisk.ledger import Ledger
from creditrisk.outcomes import open_outcomes
from creditrisk.outcomes.adding import Report, add
from creditrisk.outcomes.given import GivenFile

Decided = Callable[..., Answer]
LATER = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
"""Tomorrow, which is not in the future yet: so it is after what is recorded, also when midnight passes meanwhile."""


@pytest.fixture
def outcomes(history: FolderHistory) -> Ledger:
    return open_outcomes(str(history.folder))


@pytest.fixture
def recorded(history: FolderHistory, decided: Decided) -> Callable[..., str]:
    """Records an application, and returns its id."""

    def record(**changes: object) -> str:
        answer = decided(**changes)
        history.append([Record(answer)], lambda: {answer.id})
        return answer.id

    return record


@pytest.fixture
def put(history: FolderHistory, outcomes: Ledger) -> Callable[..., Report]:
    """Adds a file."""

    def put(*lines: str, encoding: str = "utf-8", **more: Any) -> Report:
        return add(history, outcomes, GivenFile(io.BytesIO("\n".join(lines).encode(encoding))), **more)

    return put


Recorded = Callable[..., str]
Put = Callable[..., Report]
HEADER = "APPLICATION_ID,OUTCOME,OBSERVED_AT"


def told(outcomes: Ledger) -> list[tuple[str, str, str, str, str]]:
    names = ("APPLICATION_ID", "OUTCOME", "OBSERVED_AT", "EXPOSURE", "LOSS")
    return [tuple(row[name] for name in names) for row in outcomes.rows()]  # type: ignore[misc]


def test_rows_are_added_as_they_were_told(put: Put, recorded: Recorded, outcomes: Ledger) -> None:
    one, other = recorded(), recorded()
    report = put(
        f"{HEADER},EXPOSURE,LOSS",
        f"{one},good,{LATER},,",
        f'{other.upper()},BAD,{LATER}T23:00:00+02:00,"1000,5",12',
    )
    assert (report.rows, report.added, report.refused) == (2, 2, [])
    assert told(outcomes) == [
        (one, "good", LATER, "", ""),
        (other, "bad", f"{LATER}T21:00:00.000Z", "1000.5", "12"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_is_read_however_it_was_written(
    put: Put, recorded: Recorded, outcomes: Ledger, encoding: str, delimiter: str
) -> None:
    id = recorded()
    rows = [["Nota", "outcome", "application id", "Observed-At"], ["São", "Good", id, LATER]]
    put(*[delimiter.join(row) for row in rows], encoding=encoding)
    assert told(outcomes) == [(id, "good", LATER, "", "")]


def test_a_packed_file_is_unpacked(history: FolderHistory, recorded: Recorded, outcomes: Ledger) -> None:
    packed = gzip.compress(f"{HEADER}\n{recorded()},bad,{LATER}\n".encode())
    assert add(history, outcomes, GivenFile(io.BytesIO(packed))).added == 1


def test_the_same_file_again_adds_nothing_and_a_longer_one_what_is_new(
    put: Put, recorded: Recorded, outcomes: Ledger
) -> None:
    lines = [HEADER, f"{recorded()},good,{LATER}", f"{recorded()},bad,{LATER}"]
    assert put(*lines).added == 2
    assert (again := put(*lines)).added == 0
    assert again.known == 2
    assert put(*lines, f"{recorded()},good,{LATER}", lines[1]).added == 1
    assert len(told(outcomes)) == 3


def test_a_correction_stands_beside_what_it_corrects_and_the_old_file_again_changes_nothing(
    put: Put, recorded: Recorded, outcomes: Ledger
) -> None:
    id = recorded()
    first, second = [HEADER, f"{id},good,{LATER}"], [HEADER, f"{id},bad,{LATER}"]
    put(*first)
    put(*second)
    again = put(*first)
    assert (again.added, again.known, again.corrected) == (0, 1, 1)
    assert [row[1] for row in told(outcomes)] == ["good", "bad"]


REFUSED = {
    "{id},good": "it has 2 cells, and the header 3",
    "{id},good,2026-02-30": "OBSERVED_AT is no date",
    "{id},good,30/11/2026": "OBSERVED_AT is no date",
    "{id},good,": "OBSERVED_AT is empty",
    "{id},good,2999-01-01": "OBSERVED_AT is in the future",
    "{id},good,2001-01-01": "it was observed before the application came in",
    "{id},fine,2026-01-01": "OUTCOME is none of good, bad, indeterminate",
    ",good,2026-01-01": "APPLICATION_ID is empty",
    "nobody,good,2026-01-01": "no application of the history has this id",
    "018cc251-f400-7f72-807e-036fa444ec89,good,2026-01-01": "no application of the history has this id",
    "ffffffff-ffff-7fff-bfff-ffffffffffff,good,2026-01-01": "no application of the history has this id",
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_row_that_cannot_be_taken_is_told_with_its_line_and_costs_no_other(
    put: Put, recorded: Recorded, outcomes: Ledger, row: str
) -> None:
    id = recorded()
    report = put(HEADER, "", row.format(id=id), f"{id},good,{LATER}")
    ((line, problem),) = [(refused.line, refused.problem) for refused in report.refused]
    assert line == 3
    assert problem.startswith(REFUSED[row])
    assert told(outcomes) == [(id, "good", LATER, "", "")]


@pytest.mark.parametrize("amount", ["-1", "1.000,00", "many", "1e999", "nan", "1 000"])
def test_an_amount_that_is_none_is_told(put: Put, recorded: Recorded, amount: str) -> None:
    report = put(f"{HEADER};LOSS".replace(",", ";"), f"{recorded()};bad;{LATER};{amount}")
    assert [row.problem for row in report.refused] == ["LOSS is no amount; write it as 1234.56"]


def test_a_person_and_a_day_name_an_application_too(put: Put, recorded: Recorded, outcomes: Ledger) -> None:
    id, other = recorded(DNI="012345678"), recorded(DNI="87654321")
    day = received_at(id).date()
    report = put(
        "dni;date;outcome;observed_at", f"012.345.678;{day};good;{LATER}", f"87654321;{day};bad;{LATER}"
    )
    assert report.refused == []
    assert [row[:2] for row in told(outcomes)] == [(id, "good"), (other, "bad")]


def test_a_lenders_day_may_be_the_one_beside_that_of_utc(
    put: Put, recorded: Recorded, outcomes: Ledger
) -> None:
    id = recorded(DNI="012345678")
    day = received_at(id).date()
    for step, added in ((-2, 0), (-1, 1), (1, 0), (2, 0)):
        report = put("DNI,DATE,OUTCOME,OBSERVED_AT", f"012345678,{day + timedelta(days=step)},good,{LATER}")
        assert report.added == added
    assert len(told(outcomes)) == 1


def test_who_applied_twice_on_a_day_is_ambiguous_unless_the_name_tells(
    put: Put, recorded: Recorded, outcomes: Ledger
) -> None:
    ana, _ = (
        recorded(DNI="012345678", FULL_NAME="Ana Souza"),
        recorded(DNI="012345678", FULL_NAME="Eva Souza"),
    )
    day = received_at(ana).date()
    report = put("DNI,DATE,OUTCOME,OBSERVED_AT", f"012345678,{day},good,{LATER}")
    assert [row.problem for row in report.refused] == [
        "2 applications of this person came in then; name one by its APPLICATION_ID"
    ]
    put("DNI,FULL_NAME,DATE,OUTCOME,OBSERVED_AT", f"012345678,ANA SOUZA,{day},good,{LATER}")
    assert [row[0] for row in told(outcomes)] == [ana]


def test_a_person_whom_nobody_knows_or_who_can_be_none_is_told_without_a_word_of_theirs(
    put: Put, recorded: Recorded
) -> None:
    recorded()
    report = put(
        "DNI,DATE,OUTCOME,OBSERVED_AT",
        f"999999999,{LATER},good,{LATER}",
        f"Ana,{LATER},good,{LATER}",
        f"012345678,,good,{LATER}",
    )
    assert [row.problem for row in report.refused] == [
        "no application of this person came in on that day",
        "DNI is none that an application can have",
        "DATE is empty: it says when the application came in",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("APPLICATION_ID,OUTCOME\nx,good\n", "lacks OBSERVED_AT"),
        (
            "DNI,OUTCOME,OBSERVED_AT\nx,good,2026-01-01\n",
            r"lacks APPLICATION_ID \(or FULL_NAME or DNI, and DATE\)",
        ),
        ("OUTCOME,Outcome,OBSERVED_AT,APPLICATION_ID\n", "OUTCOME is there twice"),
        ("PK\x03\x04xl/", "Excel|ZIP"),
    ],
)
def test_a_file_that_is_no_table_of_outcomes_is_refused_as_a_whole(text: str, told: str) -> None:
    with pytest.raises((UnusableFile, WrongColumns), match=told):
        GivenFile(io.BytesIO(text.encode()))


def test_an_interruption_leaves_whole_rows_and_the_same_file_completes_it(
    put: Put, recorded: Recorded, outcomes: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.outcomes.adding._BATCH", 2)
    lines = [HEADER, *(f"{recorded()},good,{LATER}" for _ in range(5))]

    def stop(what: str, done: int, all: int) -> None:
        if what == "writing" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(*lines, progress=stop)
    assert len(told(outcomes)) == 4
    assert (rest := put(*lines)).added == 1
    assert rest.known == 4
    assert [row[0] for row in told(outcomes)] == [line[:36] for line in lines[1:]]


def test_a_full_disk_is_said_and_the_same_file_completes_it(
    put: Put, recorded: Recorded, outcomes: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [HEADER, f"{recorded()},good,{LATER}"]

    def full(file: int, data: bytes, offset: int) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(HistoryUnavailable, match="No space left"):
            put(*lines)
    assert put(*lines).added == 1


def test_lines_are_counted_as_the_file_has_them(put: Put, recorded: Recorded) -> None:
    report = put(
        f"{HEADER},NOTE",
        f'{recorded()},good,{LATER},"over\ntwo lines"',
        f"x,good,{LATER},",
        "",
        f"y,good,{LATER},",
    )
    assert [row.line for row in report.refused] == [4, 6]
