"""The history as typed records: every version there was or will be, lazily, since a moment, each application once."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isnan
from typing import Any

import pytest

from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import Record
from creditrisk.history.columns import COLUMNS, HEADER, VERSION, columns_of
from creditrisk.history.folder import FolderHistory
from creditrisk.history.records import csv_line, to_line

Decided = Callable[..., Answer]
NEWER = str(VERSION + 7)


def cells(answer: Answer, **changes: str) -> dict[str, str]:
    (row,) = csv.DictReader([HEADER, to_line(answer)])
    return {**row, **changes}


def write(
    history: FolderHistory, columns: tuple[str, ...], *rows: dict[str, str], name: str = "history.csv"
) -> None:
    history.folder.mkdir(parents=True, exist_ok=True)
    lines = [csv_line([row.get(column, "") for column in columns]) for row in rows]
    (history.folder / name).write_text(",".join(columns) + "\n" + "".join(lines), encoding="utf-8")


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_every_version_there_was_is_read_in_the_shape_of_this_one(
    history: FolderHistory, decided: Decided, version: int
) -> None:
    answer = decided()
    write(history, columns_of(version), cells(answer, RECORD_VERSION=str(version)))
    (record,) = history.records()
    assert (record.answer.id, record.answer.application) == (answer.id, answer.application)
    assert record.answer.decision is not None and record.answer.decision.probability == 0.25
    assert (record.version, record.more) == (version, {})


@pytest.mark.parametrize(
    ("columns", "more"),
    [
        ((*COLUMNS[:-1], "BUREAU_SCORE", "RECORD_VERSION"), {"BUREAU_SCORE": "711"}),
        ((*COLUMNS, "BUREAU_SCORE"), {"BUREAU_SCORE": "711"}),
        (("BUREAU_SCORE", *COLUMNS), {"BUREAU_SCORE": "711"}),
        ((*reversed(COLUMNS), "BUREAU_SCORE", "Olá, mundo"), {"BUREAU_SCORE": "711", "Olá, mundo": ""}),
    ],
)
def test_columns_of_a_newer_version_stop_nothing_and_come_along_as_text(
    history: FolderHistory, decided: Decided, columns: tuple[str, ...], more: dict[str, str]
) -> None:
    answer = decided()
    header = [f'"{column}"' if "," in column else column for column in columns]
    write(history, columns, cells(answer, RECORD_VERSION=NEWER, BUREAU_SCORE="711"))
    text = (history.folder / "history.csv").read_text()
    (history.folder / "history.csv").write_text(",".join(header) + "\n" + text.partition("\n")[2])
    (record,) = history.records()
    assert record == Record(answer, version=int(NEWER), more=more)
    assert history.find(answer.id) == answer


@pytest.mark.parametrize(
    "changes",
    [
        {"REASONS": json.dumps({"version": 9, "reasons": []})},
        {"REASONS": "AGE|-0.25"},
        {"REASONS": json.dumps([["AGE", "much", "words", 4, 5]])},
        {"CHALLENGER_PROBABILITY": "12 %"},
        {"THRESHOLD": "by segment"},
        {"DECISION": "postponed"},
    ],
)
def test_what_a_newer_version_wrote_differently_is_left_out_and_costs_no_record(
    history: FolderHistory, decided: Decided, changes: dict[str, str]
) -> None:
    answer = decided()
    write(history, COLUMNS, cells(answer, RECORD_VERSION=NEWER, **changes))
    (record,) = history.records()
    assert record.answer.decision is not None
    assert record.answer.decision.probability == 0.25
    assert record.answer.application == answer.application
    assert record.answer.decision.decision == changes.get("DECISION", "approved")
    assert history.find(answer.id) == record.answer


@pytest.mark.parametrize("changes", [{"REASONS": "AGE|-0.25"}, {"DECISION": "postponed"}, {"PREDICTION": ""}])
def test_the_same_in_a_row_of_this_version_is_a_damaged_row_and_is_told(
    history: FolderHistory, decided: Decided, changes: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    answer, other = decided(), decided()
    write(history, COLUMNS, cells(answer, **changes), cells(other))
    assert [record.answer for record in history.records()] == [other]
    assert "history.csv, line 2" in caplog.text
    with pytest.raises(HistoryUnavailable, match="restore"):
        history.find(answer.id)


def test_of_two_rows_of_an_application_the_first_that_can_be_read_counts(
    history: FolderHistory, decided: Decided
) -> None:
    first, second = decided(), decided()
    assert first.decision is not None
    later = replace(first, decision=replace(first.decision, probability=0.75))
    write(history, COLUMNS, cells(second, REASONS="?"), cells(first), cells(later), cells(second))
    assert [record.answer for record in history.records()] == [first, second]


def test_records_are_read_as_they_are_asked_for(
    history: FolderHistory, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    answer = decided()
    write(history, COLUMNS, cells(answer), *[{"APPLICATION_ID": "no id"}] * 50)
    assert [record.answer for record in islice(history.records(), 1)] == [answer]
    assert caplog.text == ""


def test_a_prediction_that_was_brought_along_without_a_probability_is_a_record(
    history: FolderHistory, decided: Decided
) -> None:
    brought = cells(decided(), MODEL="imported", PROBABILITY="", REASONS="[]")
    write(history, COLUMNS, brought, cells(decided(), PROBABILITY=""))
    (record,) = history.records()
    assert record.answer.decision is not None and isnan(record.answer.decision.probability)
    assert to_line(record.answer) == csv_line(list(brought.values()))


@pytest.mark.parametrize("always", [0, 16 << 20])
def test_records_since_a_moment_begin_there(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch, always: int
) -> None:
    monkeypatch.setattr("creditrisk.history.tail.ALWAYS_READ", always)
    monkeypatch.setattr("creditrisk.history.files._SEARCHED", 4_096)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    answers = [decided(began + timedelta(minutes=minute)) for minute in range(300)]
    held = {answer.id for answer in answers}
    history.append([Record(answer) for answer in answers], lambda: held)
    for minute in (0, 1, 30, 61, 150, 299):
        since = began + timedelta(minutes=minute)
        assert [record.answer for record in history.records(since)] == answers[minute:]
    assert list(history.records(began + timedelta(minutes=300))) == []


def test_of_a_long_history_only_its_end_is_read(
    history: FolderHistory, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.history.tail.ALWAYS_READ", 0)
    monkeypatch.setattr("creditrisk.history.files._SEARCHED", 4_096)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    answers = [decided(began + timedelta(minutes=minute)) for minute in range(1_000)]
    history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})
    read: list[Any] = []
    monkeypatch.setattr(
        "creditrisk.history.files.rows_of", lambda name, lines, *rest: read.extend(lines) or []
    )
    list(history.records(began + timedelta(minutes=990)))
    assert 10 <= len(read) < 100


def test_what_was_brought_along_counts_from_when_it_was(history: FolderHistory, decided: Decided) -> None:
    answer = decided(datetime(2020, 1, 1, tzinfo=UTC))
    history.add_part("0" * 12, [to_line(answer)])
    path = history.folder / f"imported-{'0' * 12}.csv"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    brought = datetime.fromtimestamp(1_700_000_000, UTC)
    assert [record.answer for record in history.records(brought)] == [answer]
    assert list(history.records(brought + timedelta(seconds=1))) == []
