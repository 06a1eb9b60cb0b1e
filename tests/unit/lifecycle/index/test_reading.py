"""Lines that are read at once and by column say what each says by itself."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import UnreadableRow
from creditrisk.history.columns import HEADER
from creditrisk.history.parts import Layout, rows_of
from creditrisk.history.records import to_line
from lifecycle.index import entries
from lifecycle.index.entries import Entry, EntryReader
from lifecycle.index.pieces import read_lines
from tests.helpers import Make

START = 500
"""Where in its file the first line begins."""


@pytest.fixture
def reader() -> EntryReader:
    layout = Layout.of(HEADER)
    assert layout
    return EntryReader(layout)


@pytest.fixture
def lines(make_application: Make) -> list[str]:
    def line(number: int) -> str:
        moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number)
        decision = Decision(number / 20, int(number >= 10), "declined" if number >= 10 else "approved", 0.5, "lightgbm", "v1",
                            timestamp(moment + timedelta(seconds=1)), [Reason("AGE", 0.25, 34)])  # fmt: skip
        application = make_application(FULL_NAME=f"Inês O'Neil {number}", DNI=f"{number:05}.{number}")
        id_ = f"0193a1b2-0000-7000-8000-{number:012}"
        return to_line(Answer(id_, "decided", timestamp(moment), application, decision))

    return [line(number) for number in range(20)]


def one_by_one(reader: EntryReader, lines: list[str]) -> list[Entry]:
    """As the history's own reader reads each."""
    found, place = [], START
    for line in lines:
        for row in rows_of("history.csv", [line], reader.layout, first=0):
            with suppress(UnreadableRow):
                found.append(reader.from_row(row, place))
        place += len(line.encode("utf-8", "surrogateescape"))
    return found


def test_lines_as_usual_are_read_at_once(reader: EntryReader, lines: list[str]) -> None:
    read = reader.entries([line[:-1] for line in lines], range(len(lines)))
    assert read and [entry.id for entry in read] == [line[:36] for line in lines]
    assert read_lines(reader, "history.csv", "".join(lines).encode(), START) == (one_by_one(reader, lines), 0)


def test_a_portfolio_without_names_has_its_rows_too(
    reader: EntryReader, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "NAMES", ())
    read, _ = read_lines(reader, "history.csv", "".join(lines).encode(), START)
    assert len(read) == len(lines) and read == one_by_one(reader, lines)
    assert {entry.name for entry in read} == {""}


@pytest.mark.parametrize("at", [0, 7, 19])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-03-01T", "2026-02-30T"),
        ("2026-03-01T", "2026-03-01 "),
        ("lightgbm", "light\udcffgbm"),
        ("lightgbm", 'light"gbm'),
        (",0,", ",perhaps,"),
        (",0.5,", ",nan,"),
        ("0193a1b2", "0193a1b"),
        ("\n", "\n\n"),
        ("\n", ",\n"),
    ],
)
def test_a_line_that_is_not_as_usual_is_read_by_itself_and_the_others_as_ever(
    at: int, old: str, new: str, reader: EntryReader, lines: list[str]
) -> None:
    changed = lines[at].replace(old, new, 1)
    assert changed != lines[at]
    text = "".join([*lines[:at], changed, *lines[at + 1 :]])
    expected = one_by_one(reader, text.splitlines(keepends=True))
    read, unreadable = read_lines(reader, "history.csv", text.encode("utf-8", "surrogateescape"), START)
    assert repr(read) == repr(expected)  # nan is not equal to itself
    assert len(read) + unreadable == len(lines) and unreadable <= 1
